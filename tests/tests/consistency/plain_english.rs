//! Checks the testable part of CONTRIBUTING's rule about plain English: no sentence, and no name of a test, begins
//! with What, Who or Of.
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

/// The name of a test is a sentence too. A clause of a contract counts, because a macro makes tests from it.
#[test]
fn no_name_of_a_test_begins_with_what_who_or_of() {
    let sources = files().into_iter().filter(|path| path.ends_with(".rs"));
    let found: Vec<String> = sources
        .flat_map(|path| {
            let is_contract = path.starts_with("tests/conformance/src/");
            let questions = tests(&text(&path), is_contract).into_iter().filter(|name| is_question(name));
            questions.map(|name| format!("{path}: {name}")).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(found, [""; 0], "{}", found.join("\n"));
}

#[test]
fn the_rule_about_names_bites() {
    let source = "#[test]\nfn what_is_bad() {}\nfn of_no_concern() {}\n#[fronts(rest)]\nasync fn offers_stay() {}\n\
                  #[tokio::test]\n#[ignore = \"x\"]\n    async fn who_cares() {}\npub async fn of_rows(store: &S) {}\n";
    assert_eq!(tests(source, false), ["what_is_bad", "offers_stay", "who_cares"]);
    assert_eq!(tests(source, true).iter().filter(|name| is_question(name)).count(), 3);
}

/// The names of the functions below an attribute that makes a test, and of the clauses of a contract.
fn tests(source: &str, is_contract: bool) -> Vec<String> {
    let mut names = Vec::new();
    let mut is_test = false;
    for line in source.lines() {
        let code = line.trim_start();
        is_test |= ["#[test]", "#[tokio::test", "#[fronts("].iter().any(|start| code.starts_with(start));
        let clause = line.strip_prefix("pub async fn ").filter(|_| is_contract);
        let function = code.strip_prefix("async fn ").or_else(|| code.strip_prefix("fn "));
        if let Some(rest) = clause.or(function.filter(|_| is_test)) {
            names.extend(rest.split(['(', '<']).next().map(str::to_owned));
        }
        is_test &= function.is_none();
    }
    names
}

fn is_question(name: &str) -> bool {
    let first = name.split('_').next().unwrap_or_default();
    NOT_FIRST.iter().any(|word| word.eq_ignore_ascii_case(first))
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
