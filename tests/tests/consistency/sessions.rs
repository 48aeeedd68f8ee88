//! docs/sessions.md: each fault names tests that exist.

use crate::project::text;
use crate::security::tests;

#[test]
fn every_fault_names_tests_that_exist() {
    let document = text("docs/sessions.md");
    let (_, table) = document.split_once("| fault |").unwrap();
    let tests = tests();
    let rows: Vec<&str> = table.lines().skip(2).take_while(|line| line.starts_with("| ")).collect();
    for row in &rows {
        let cell = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        let named: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "no test is named: {row}");
        for name in named {
            assert!(tests.contains(name), "docs/sessions.md names the test {name}, which does not exist");
        }
    }
    assert!(rows.len() > 20, "{} faults", rows.len());
}
