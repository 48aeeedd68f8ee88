//! Checks the reason codes in the documents, and those in the template's gateway responses.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use relying_party::refusal::reason::{ALL, Reason};

use crate::project::{files, holds, text};

const DOCUMENT: &str = "docs/reasons.md";

#[test]
fn every_reason_is_documented() {
    let mut table = String::from("| reason | status | fault | what happened |\n|---|---|---|---|\n");
    for reason in ALL {
        let Reason { code, fault, status, log, .. } = reason;
        let _ = writeln!(table, "| `{code}` | {} | {} | {log} |", status.as_u16(), fault.name());
    }
    holds(DOCUMENT, "reasons", &table);
}

#[test]
fn every_reason_is_there_once() {
    let codes: BTreeSet<&str> = ALL.iter().map(|reason| reason.code).collect();
    assert_eq!(codes.len(), ALL.len());
}

/// API Gateway's own answers have codes too, which no function returns.
#[test]
fn every_reason_of_the_gateway_responses_is_documented() {
    let template = text("infra/template.yaml");
    let document = text(DOCUMENT);
    let mut found = 0;
    for rest in template.split("\"reason\":\"").skip(1) {
        let code = rest.split('"').next().unwrap();
        assert!(document.contains(&format!("| `{code}` |")), "{DOCUMENT} does not know {code}");
        found += 1;
    }
    assert!(found > 0);
}

/// The short table of actions names only codes that exist.
#[test]
fn the_short_table_names_reasons_that_exist() {
    let document = text(DOCUMENT);
    let section = document.split("## What to do").nth(1).unwrap();
    let rows = section.split("\n## ").next().unwrap();
    let mut found = 0;
    for line in rows.lines().filter(|line| line.starts_with("| `")) {
        for code in line.split('|').nth(1).unwrap().split('`').skip(1).step_by(2) {
            assert!(Reason::named(code).is_some(), "{DOCUMENT} explains {code}, which does not exist");
            found += 1;
        }
    }
    assert!(found >= 10, "{DOCUMENT} explains {found} reasons");
}

/// Each reason has an arm in a table, or is only logged, and a test names its code, its constant, or the refusal of one
/// of its arms.
#[test]
fn every_reason_is_given_and_asserted_by_a_test() {
    let (sources, tests) = sources_and_tests();
    let refusals = refusals(&sources);
    for reason in ALL {
        let constant = reason.code.to_uppercase();
        let arms = refusals.get(&constant).map(Vec::as_slice).unwrap_or_default();
        let constant = format!("reason::{constant}");
        assert!(!arms.is_empty() || names(&sources, &constant), "nothing gives {}", reason.code);
        let asserted = names(&tests, reason.code)
            || names(&tests, &constant)
            || arms.iter().any(|refusal| names(&tests, refusal));
        assert!(asserted, "no test asserts {} ({})", reason.code, arms.join(", "));
    }
}

/// The refusals for each reason, by the reason's constant: `Enum::Variant`.
fn refusals(sources: &str) -> BTreeMap<String, Vec<String>> {
    let mut refusals: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for block in sources.split("\nimpl ") {
        let Some((_, table)) = block.split_once("-> &'static Reason {\n") else { continue };
        let (name, _) = block.split_once(' ').unwrap();
        let (table, _) = table.split_once("\n    }\n").unwrap();
        let mut pieces = table.split("&reason::");
        let mut before = pieces.next().unwrap();
        for piece in pieces {
            let constant = piece
                .split(|letter: char| {
                    letter.is_ascii_lowercase() || !(letter.is_ascii_alphanumeric() || letter == '_')
                })
                .next()
                .unwrap();
            let (pattern, _) = before.rsplit_once("=>").unwrap();
            let start = [",\n", "{\n", "}\n"].iter().filter_map(|end| pattern.rfind(end)).max().unwrap();
            for arm in pattern[start + 2..].split('|') {
                let arm = arm.trim().replace("Self::", &format!("{name}::"));
                let arm = ["(_)", "(refusal)", "(fault)", " {"]
                    .iter()
                    .fold(arm.as_str(), |arm, rest| arm.split_once(rest).map_or(arm, |(kept, _)| kept));
                refusals.entry(constant.to_owned()).or_default().push(arm.to_owned());
            }
            before = piece;
        }
    }
    refusals
}

/// The text of the code, and that of the tests: test files, and the test modules at the end of other files.
fn sources_and_tests() -> (String, String) {
    let (mut sources, mut tests) = (String::new(), String::new());
    for path in files() {
        let is_source = path.ends_with(".rs");
        if path.starts_with("tests/tests/consistency/") || !(is_source || path.starts_with("events/")) {
            continue;
        }
        let of_tests = path.contains("/tests/")
            || path.ends_with("tests.rs")
            || path.starts_with("tests/conformance/")
            || path.starts_with("events/");
        let source = text(&path);
        match source.split_once("#[cfg(test)]\nmod tests {") {
            _ if of_tests => tests.push_str(&source),
            Some((code, module)) => {
                sources.push_str(code);
                tests.push_str(module);
            }
            None => sources.push_str(&source),
        }
    }
    (sources, tests)
}

/// Whether `text` contains `name` other than as part of a longer name.
fn names(text: &str, name: &str) -> bool {
    let goes_on = |byte: Option<char>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == '_');
    text.match_indices(name).any(|(at, _)| {
        !goes_on(text[..at].chars().next_back()) && !goes_on(text[at + name.len()..].chars().next())
    })
}
