//! The sample events: each is named as its README says, and each has its answer.

use serde_json::Value;

use crate::project::{files, text};

const FUNCTIONS: [&str; 6] = ["authorizer", "callback", "login", "logout", "proxy", "session"];

/// `<function>-<source>-<case>.json`, directly in `events/` or in a folder of the function.
#[test]
fn every_sample_names_its_function() {
    for path in samples() {
        let name = path.rsplit('/').next().unwrap();
        let parts: Vec<&str> = name.split(['-', '.']).collect();
        assert!(parts.len() >= 4 && FUNCTIONS.contains(&parts[0]), "{path}: <function>-<source>-<case>.json");
    }
}

#[test]
fn every_sample_is_json() {
    for path in samples() {
        // What a function must refuse may be no JSON at all; then its name says so.
        if path.contains("malformed") || path.contains("not-json") {
            continue;
        }
        let parsed: Result<Value, _> = serde_json::from_str(&text(&path));
        assert!(parsed.is_ok(), "{path} is no JSON");
    }
}

#[test]
fn every_sample_has_its_answer_and_every_answer_its_sample() {
    for path in samples() {
        let other = match path.strip_suffix(".expected.json") {
            Some(stem) => format!("{stem}.json"),
            None => path.replace(".json", ".expected.json"),
        };
        assert!(crate::project::root().join(&other).is_file(), "{path} without {other}");
    }
}

fn samples() -> Vec<String> {
    let sample = |path: &String| {
        let name = path.rsplit('/').next().unwrap_or_default();
        path.starts_with("events/")
            && path.ends_with(".json")
            && FUNCTIONS.iter().any(|function| name.starts_with(function))
    };
    files().into_iter().filter(sample).collect()
}
