//! Checks that the tests named in SECURITY.md exist.

use std::collections::BTreeSet;

use crate::project::{files, root, text};

/// The table names a test as `crate::path::name` or `name`; only the last part counts.
#[test]
fn every_named_test_exists() {
    let tests = tests();
    let mut found = 0;
    for line in text("SECURITY.md").lines().filter(|line| line.starts_with("| ")) {
        let Some(cell) = line.split(" | ").nth(2) else { continue };
        for name in cell.split('`').skip(1).step_by(2) {
            let name = name.rsplit("::").next().unwrap();
            assert!(tests.contains(name), "SECURITY.md names the test {name}, which does not exist");
            found += 1;
        }
    }
    assert!(found > 20, "{found} tests are named");
}

/// The name of every test; a clause of a contract counts once for all stores.
pub(crate) fn tests() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for path in files().iter().filter(|path| path.ends_with(".rs")) {
        let source = std::fs::read_to_string(root().join(path)).unwrap();
        // This is a clause of a contract, from which a macro makes tests.
        if path.starts_with("tests/conformance/src/") {
            let clauses = source.lines().filter_map(|line| line.strip_prefix("pub async fn "));
            names.extend(clauses.filter_map(|rest| rest.split('(').next()).map(str::to_owned));
        }
        let mut marked = false;
        for line in source.lines().map(str::trim) {
            if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
                marked = true;
            } else if let (Some(rest), true) =
                (line.strip_prefix("pub async fn "), path.starts_with("tests/conformance/src/"))
            {
                names.insert(rest.split('(').next().unwrap().to_owned());
            } else if let Some(rest) = line.strip_prefix("async fn ").or_else(|| line.strip_prefix("fn ")) {
                if marked || path.starts_with("tests/tests/") {
                    names.insert(rest.split(['(', '<']).next().unwrap().to_owned());
                }
                marked = false;
            }
        }
    }
    names
}
