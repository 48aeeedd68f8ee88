//! The reason codes in the documents, and those that the template's gateway responses give.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use relying_party::reason::{ALL, Reason};

use crate::project::{holds, text};

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

/// What API Gateway answers by itself has codes too, which no function gives.
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

/// The README's short table names codes that exist.
#[test]
fn the_readme_names_reasons_that_exist() {
    let readme = text("README.md");
    let section = readme.split("## When something is refused").nth(1).unwrap();
    let rows = section.split("\n## ").next().unwrap();
    let mut found = 0;
    for line in rows.lines().filter(|line| line.starts_with("| `")) {
        for code in line.split('|').nth(1).unwrap().split('`').skip(1).step_by(2) {
            assert!(Reason::named(code).is_some(), "README.md explains {code}, which does not exist");
            found += 1;
        }
    }
    assert!(found >= 10, "the README explains {found} reasons");
}
