//! Reads one event of `events/` and its expected answer.

use std::fs;
use std::path::{Path, PathBuf};

use lambda::FunctionError;
use serde_json::{Value, json};

use super::expectation::differences;

/// The functions that have samples, by the names of their binaries.
pub const FUNCTIONS: [&str; 6] = ["authorizer", "callback", "login", "logout", "proxy", "session"];

/// Entries of the directory that are not samples. `functions/src/check/tests.rs` checks the samples of
/// `check`, because that function does not answer its caller.
const ROOT: [&str; 5] = ["README.md", "check", "credentials.json", "environment.env", "jwks.json"];

/// The sources of events; a sample's name begins with one of them.
const SOURCES: [&str; 9] =
    ["alb", "console", "eventbridge", "functionurl", "httpapi1", "httpapi2", "rest", "token", "websocket"];

/// The member of an expectation that describes the function's log line instead of its response.
pub const LOG: &str = "$log";

#[derive(Clone, Debug)]
pub struct Sample {
    pub name: String,
    /// The event's bytes, which are JSON unless the sample tests invalid JSON.
    pub event: Vec<u8>,
    /// The response, in the language of [`super::expectation`]. `None` if it has not been written yet.
    pub expected: Option<Value>,
}

impl Sample {
    /// The function that the sample is for.
    pub fn function(&self) -> &str {
        self.name.split('/').next().unwrap_or_default()
    }

    /// The differences of `answer` from the expectation, one line each.
    pub fn judge(&self, answer: &Value) -> Vec<String> {
        let Some(expected) = &self.expected else {
            return vec![format!("{}: has no .expected.json", self.name)];
        };
        let mut expected = expected.clone();
        if let Some(members) = expected.as_object_mut() {
            members.remove(LOG);
        }
        self.named(differences(&expected, answer))
    }

    /// The differences of the function's log line from the expected decision and reason.
    pub fn judge_log(&self, line: &Value) -> Vec<String> {
        let Some(expected) = self.expected.as_ref().and_then(|expected| expected.get(LOG)) else {
            return Vec::new();
        };
        let kept = ["decision", "reason"]
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), line.get(name)?.clone())));
        self.named(differences(expected, &Value::Object(kept.collect())))
    }

    fn named(&self, differences: Vec<String>) -> Vec<String> {
        differences.into_iter().map(|difference| format!("{}{difference}", self.name)).collect()
    }
}

/// The directory of the samples.
pub fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../events")
}

pub fn all() -> Result<Vec<Sample>, String> {
    let mut names = Vec::new();
    let mut expected = Vec::new();
    for function in FUNCTIONS {
        for file in files(&directory().join(function))? {
            let (name, list) = match file.strip_suffix(".expected.json") {
                Some(name) => (name, &mut expected),
                None => (file.strip_suffix(".json").unwrap_or(&file), &mut names),
            };
            check_name(name).map_err(|fault| format!("events/{function}/{file} {fault}"))?;
            list.push(format!("{function}/{name}"));
        }
    }
    if let Some(stray) =
        files(&directory())?.iter().find(|file| !ROOT.contains(&&***file) && !FUNCTIONS.contains(&&***file))
    {
        return Err(format!("events/{stray} is in no folder of a function"));
    }
    if let Some(orphan) = expected.iter().find(|name| !names.contains(name)) {
        return Err(format!("events/{orphan}.expected.json has no event"));
    }
    names.sort();
    names.into_iter().map(|name| read(name.clone(), expected.contains(&name))).collect()
}

/// A response as the Lambda service would return it: the function's JSON, or its error.
pub fn as_json(answer: Result<Vec<u8>, FunctionError>) -> Value {
    match answer {
        Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_else(|_| json!({ "no JSON": bytes.len() })),
        Err(error) => json!({ "errorType": error.error_type, "errorMessage": error.error_message }),
    }
}

/// The names of the entries in a directory.
fn files(directory: &Path) -> Result<Vec<String>, String> {
    let fault = |error| format!("{}: {error}", directory.display());
    fs::read_dir(directory)
        .map_err(fault)?
        .map(|entry| Ok(entry.map_err(fault)?.file_name().to_string_lossy().into_owned()))
        .collect()
}

fn check_name(name: &str) -> Result<(), &'static str> {
    match name.split_once('-') {
        Some((source, case)) if SOURCES.contains(&source) && !case.is_empty() => Ok(()),
        _ => Err("is no <source>-<case>.json"),
    }
}

fn read(name: String, has_expected: bool) -> Result<Sample, String> {
    let bytes = |suffix: &str| {
        let path = directory().join(format!("{name}{suffix}"));
        fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))
    };
    let expected = if has_expected {
        let text = bytes(".expected.json")?;
        Some(serde_json::from_slice(&text).map_err(|error| format!("events/{name}.expected.json: {error}"))?)
    } else {
        None
    };
    Ok(Sample { event: bytes(".json")?, name, expected })
}
