//! Checks that links between documents have a target, including the heading.

use crate::project::{files, root, text};

#[test]
fn every_link_resolves() {
    let mut checked = 0;
    for path in files().iter().filter(|path| is_document(path)) {
        for target in targets(&text(path)) {
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let (file, heading) = target.split_once('#').unwrap_or((&target, ""));
            let folder = root().join(path).parent().unwrap().to_owned();
            let linked = if file.is_empty() { root().join(path) } else { folder.join(file) };
            assert!(linked.exists(), "{path} links to {target}, which is not there");
            if !heading.is_empty() {
                let document = std::fs::read_to_string(&linked).unwrap();
                assert!(
                    headings(&document).iter().any(|known| known == heading),
                    "{path}: no heading {target}"
                );
            }
            checked += 1;
        }
    }
    assert!(checked > 10, "{checked} links");
}

/// Comments, templates and messages also name documents without a link.
#[test]
fn every_document_that_a_file_names_exists() {
    let mut named = 0;
    for path in files().iter().filter(|path| !path.ends_with(".png") && !path.starts_with("fuzz/corpus/")) {
        let bytes = std::fs::read(root().join(path)).unwrap();
        let source = String::from_utf8_lossy(&bytes);
        for rest in source.split("docs/").skip(1) {
            let document: String = rest.chars().take_while(char::is_ascii_lowercase).collect();
            if rest[document.len()..].starts_with(".md") {
                let there = root().join(format!("docs/{document}.md")).exists();
                assert!(there, "{path} names docs/{document}.md, which is not there");
                named += 1;
            }
        }
    }
    assert!(named > 20, "{named} names");
}

#[test]
fn the_index_has_every_document() {
    let index = text("docs/README.md");
    for path in files().iter().filter(|path| is_document(path) && *path != "docs/README.md") {
        if let Some(name) = path.strip_prefix("docs/") {
            assert!(index.contains(&format!("]({name})")), "docs/README.md does not list {name}");
        }
    }
}

#[test]
fn the_readme_stays_short() {
    let length = text("README.md").len();
    assert!(length <= 9 * 1024, "README.md has {length} bytes: move what is not for newcomers to docs/");
}

fn is_document(path: &str) -> bool {
    path.ends_with(".md") && !path.contains("node_modules")
}

/// `[text](target)`, outside of code blocks.
fn targets(document: &str) -> Vec<String> {
    let mut targets = Vec::new();
    let mut code = false;
    for line in document.lines() {
        if line.trim_start().starts_with("```") {
            code = !code;
        }
        if !code {
            let found = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
            targets.extend(found.map(str::to_owned));
        }
    }
    targets
}

/// The anchors that GitHub derives from headings.
fn headings(document: &str) -> Vec<String> {
    let anchor = |title: &str| -> String {
        let title = title.trim_start_matches('#').trim().to_lowercase();
        let kept =
            title.chars().filter(|character| character.is_alphanumeric() || " -_".contains(*character));
        kept.map(|character| if character == ' ' { '-' } else { character }).collect()
    };
    document.lines().filter(|line| line.starts_with('#')).map(anchor).collect()
}
