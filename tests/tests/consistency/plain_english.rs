//! Checks the testable part of CONTRIBUTING's rule about plain English: no sentence begins with What, Who or Of.
//!
//! A question and a heading may begin with them.

use relying_party::refusal::reason;

use crate::project::{files, text};

const NOT_FIRST: &[&str] = &["Of", "What", "Whatever", "Who", "Whoever", "Whom", "Whose"];

/// The files whose texts people see on pages.
const PAGES: &[&str] =
    &["crates/relying-party/src/http/page.rs", "crates/relying-party/src/http/page/advice.rs"];

#[test]
fn no_sentence_of_a_document_begins_with_what_who_or_of() {
    let documents = files().into_iter().filter(|path| path.ends_with(".md"));
    let found: Vec<String> = documents.flat_map(|path| faults(&path, &paragraphs(&text(&path)))).collect();
    assert_eq!(found, [""; 0], "{}", found.join("\n"));
}

#[test]
fn no_sentence_of_a_comment_begins_with_what_who_or_of() {
    let found: Vec<String> = files()
        .into_iter()
        .filter_map(|path| {
            let marks: &[&str] = match path.rsplit_once('.')?.1 {
                "rs" => &["//!", "///", "//"],
                "toml" | "yaml" | "yml" => &["#", "Description:"],
                _ => return None,
            };
            Some(faults(&path, &comments(&text(&path), marks)))
        })
        .flatten()
        .collect();
    assert_eq!(found, [""; 0], "{}", found.join("\n"));
}

#[test]
fn no_sentence_that_people_see_begins_with_what_who_or_of() {
    let sentences = reason::ALL.iter().map(|reason| reason.sentence.to_owned()).collect::<Vec<_>>();
    let mut found = faults("refusal/reason.rs", &sentences);
    for path in PAGES {
        let source = text(path);
        let texts: Vec<String> = source.split('"').skip(1).step_by(2).map(str::to_owned).collect();
        assert!(texts.iter().any(|text| text.contains("Sign ")), "{path} has no texts");
        found.extend(faults(path, &texts));
    }
    assert_eq!(found, [""; 0], "{}", found.join("\n"));
}

#[test]
fn the_rule_bites() {
    let document = "# What is this?\n\nIt is good. What is not\nis bad.\n\n- Of late. Why? Who knows?\n\n```\nWhat\n```\n\
                    | What | b |\n|---|---|\n| x | **Whoever** comes |\n";
    assert_eq!(
        faults("", &paragraphs(document)),
        [": What is not is bad.", ": Of late.", ": What", ": **Whoever** comes"]
    );
    let source =
        "//! What a module.\n/// Good.\n///\n/// Who\n/// knows.\nfn f() {} // Of no concern\n// Of late.\n";
    let marks = ["//!", "///", "//"];
    assert_eq!(faults("", &comments(source, &marks)), [": What a module.", ": Who knows.", ": Of late."]);
    let template = "a: # What\n  Description: Who knows.\n  # Of late.\n";
    assert_eq!(faults("", &comments(template, &["#", "Description:"])), [": Who knows.", ": Of late."]);
}

/// The sentences that begin with a forbidden word.
fn faults(path: &str, paragraphs: &[String]) -> Vec<String> {
    let begins = |sentence: &&str| {
        let start = sentence.trim_start_matches(|character: char| !character.is_alphanumeric());
        let first = start.split(|character: char| !character.is_alphanumeric()).next();
        first.is_some_and(|word| NOT_FIRST.contains(&word)) && !sentence.ends_with('?')
    };
    paragraphs
        .iter()
        .flat_map(|paragraph| sentences(paragraph))
        .filter(begins)
        .map(|sentence| format!("{path}: {sentence}"))
        .collect()
}

/// Cuts a paragraph after each mark that ends a sentence and is followed by a space, also within bold type.
fn sentences(paragraph: &str) -> Vec<&str> {
    let mut sentences = Vec::new();
    let mut rest = paragraph;
    while let Some(at) = [". ", "? ", "! ", "?** ", ".** "]
        .iter()
        .filter_map(|end| rest.find(end).map(|at| at + end.len()))
        .min()
    {
        let (sentence, next) = rest.split_at(at);
        sentences.push(sentence.trim_end_matches([' ', '*']));
        rest = next;
    }
    sentences.push(rest.trim_end_matches([' ', '*']));
    sentences
}

/// The paragraphs, list items and table cells of a document, each as one line, without code and headings.
fn paragraphs(document: &str) -> Vec<String> {
    let mut paragraphs = vec![String::new()];
    let mut is_code = false;
    for line in document.lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        }
        let line = line.trim();
        let starts = line.is_empty() || ["- ", "#", "|", "```"].iter().any(|start| line.starts_with(start));
        if starts {
            paragraphs.push(String::new());
        }
        if is_code || line.starts_with('#') || line.starts_with("```") {
            continue;
        }
        if line.starts_with('|') {
            paragraphs.extend(line.split('|').map(|cell| cell.trim().to_owned()));
            paragraphs.push(String::new());
        } else if let Some(paragraph) = paragraphs.last_mut() {
            paragraph.push_str(line.trim_start_matches("- "));
            paragraph.push(' ');
        }
    }
    paragraphs
}

/// The paragraphs of comments that begin with one of `marks`.
fn comments(source: &str, marks: &[&str]) -> Vec<String> {
    let mut paragraphs = vec![String::new()];
    for line in source.lines() {
        let comment = marks.iter().find_map(|mark| line.trim_start().strip_prefix(mark));
        match (comment.map(str::trim), paragraphs.last_mut()) {
            (Some(comment), Some(paragraph)) if !comment.is_empty() => {
                paragraph.push_str(comment);
                paragraph.push(' ');
            }
            _ => paragraphs.push(String::new()),
        }
    }
    paragraphs
}
