//! Writes the fields of a log line into docs/log.md, and checks that it names every decision.

use std::time::Duration;

use lambda::log::{Log, LogLevel, LogLine};
use relying_party::refusal::reason::GROUP_MISSING;
use relying_party::time::Timestamp;
use serde_json::{Map, Value};

use crate::project::{files, holds, text};

const FIELDS: &[(&str, &str)] = &[
    ("level", "`ERROR`, `WARN` or `INFO`, by which Lambda filters too"),
    ("timestamp", "the time of the response, RFC 3339"),
    (
        "function",
        "the function that answered: `authorizer`, `login`, `callback`, `session`, `logout` or `proxy`; `check` tries a \
         configuration during a deployment",
    ),
    ("method", "the method of the request"),
    ("route", "the path, at most 200 characters of it, without its query"),
    ("decision", "one of the words below"),
    ("status", "the status of the response. An authorizer gives none"),
    ("reason", "the code of a refusal: [reasons.md](reasons.md)"),
    ("fault", "the party that has to act: `client`, `provider`, `configuration`, `outage` or `bug`"),
    (
        "detail",
        "the reason as a sentence and, of a token or a response of the provider, which claim is wrong",
    ),
    ("note", "something odd that was accepted all the same"),
    ("duration_ms", "the time that the function took, in milliseconds"),
    ("request_id", "the id of the request that the front gave it, which pages show too"),
    (
        "extended_request_id",
        "the second id of a REST API. Its clients can choose the first, and never this one",
    ),
    ("session_hash", "a hash that names the session, and is never its id"),
];

fn line() -> String {
    let line = LogLine {
        method: Some("GET"),
        route: Some("/admin/"),
        status: Some(403),
        note: Some("`groups` is a number, expected a list of strings"),
        duration: Duration::from_micros(1_234),
        request_id: "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
        extended_request_id: "U2tPXFGkFiAFuyQ=",
        session_hash: Some("9f86d081884c7d65"),
        ..LogLine::new("proxy", "refuse", LogLevel::Info, Timestamp::from_unix(1_795_292_567))
    };
    let mut bytes = Vec::new();
    Log::new(LogLevel::Info).write_to(&mut bytes, &line.because(&GROUP_MISSING)).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn the_fields_are_those_of_the_code() {
    let line = line();
    holds("docs/log.md", "log line", &format!("```json\n{line}```"));
    let written: Map<String, Value> = serde_json::from_str(&line).unwrap();
    let rows = FIELDS.iter().map(|(name, meaning)| format!("| `{name}` | {meaning} |")).collect::<Vec<_>>();
    holds("docs/log.md", "log fields", &format!("| field | meaning |\n|---|---|\n{}", rows.join("\n")));
    let mut named: Vec<&str> = FIELDS.iter().map(|(name, _)| *name).collect();
    named.sort_unstable();
    let mut present: Vec<&str> = written.keys().map(String::as_str).collect();
    present.sort_unstable();
    assert_eq!(named, present);
}

#[test]
fn every_decision_is_named() {
    let document = text("docs/log.md");
    let mut found = Vec::new();
    for path in files() {
        let ours = ["crates/flow/src/", "crates/lambda/src/", "functions/src/"]
            .iter()
            .any(|at| path.starts_with(at));
        if !ours || path.contains("tests") {
            continue;
        }
        let source = text(&path);
        let production = source.split("#[cfg(test)]").next().unwrap_or_default();
        for before in ["LoggedResponse::of(\"", ".line(\"", "decision: \"", "LogLine::new(name, \""] {
            for rest in production.split(before).skip(1) {
                found.extend(rest.split('"').next().map(str::to_owned));
            }
        }
    }
    assert!(found.iter().any(|decision| decision == "refuse"), "{found:?}");
    for decision in found {
        assert!(document.contains(&format!("`{decision}`")), "docs/log.md does not name {decision}");
    }
}
