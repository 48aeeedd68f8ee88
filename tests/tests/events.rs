//! Checks the samples of `events/` in process, without a release build.
//!
//! `EVENTS=write cargo test -p tests --test events` writes new credentials, and a first `.expected.json` for every
//! event that has none. Review its output.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::fs;

use local::api_gateway::Functions;
use serde_json::{Map, Value, json};
use tests::events::sample::{self, Sample, as_json};
use tests::events::{credential, environment, oversize, provider, record};
use tests::invocation::invoke;

/// The functions as `events/environment.env` configures them, with the stand-in and the application, and the
/// application's address.
fn functions() -> (Functions, String) {
    let (origin, upstream) = (provider::serve().unwrap(), provider::serve_upstream().unwrap());
    let keys: Map<String, Value> = environment::before(&origin, &upstream)
        .unwrap()
        .into_iter()
        .map(|(name, value)| {
            let key = name.strip_prefix("VESTIBULE_").unwrap().to_ascii_lowercase();
            let value =
                if value.starts_with('[') { serde_json::from_str(&value).unwrap() } else { json!(value) };
            (key, value)
        })
        .collect();
    let public_url = keys.get("public_url").unwrap().as_str().unwrap().to_owned();
    let document = Value::Object(keys).to_string();
    let functions = local::stack::functions(&document, &public_url, &upstream).unwrap();
    (functions, upstream)
}

fn is_writing() -> bool {
    std::env::var("EVENTS").is_ok_and(|wish| wish == "write")
}

fn committed_credentials() -> Value {
    let text = fs::read(sample::directory().join("credentials.json")).unwrap_or_else(|_| b"{}".to_vec());
    serde_json::from_slice(&text).unwrap()
}

fn pretty(value: &Value) -> String {
    format!("{}\n", serde_json::to_string_pretty(value).unwrap())
}

fn write_credentials() {
    let earlier = committed_credentials();
    let credentials = credential::all().unwrap();
    for sample in sample::all().unwrap() {
        for suffix in ["json", "expected.json"] {
            let path = sample::directory().join(format!("{}.{suffix}", sample.name));
            // Bytes that are not UTF-8 contain no credential.
            let Ok(text) = fs::read_to_string(&path) else { continue };
            fs::write(&path, credential::put_into(&text, &credentials, &earlier)).unwrap();
        }
    }
    let all: Map<String, Value> =
        credentials.into_iter().map(|(name, text)| (name.to_owned(), json!(text))).collect();
    fs::write(sample::directory().join("credentials.json"), pretty(&Value::Object(all))).unwrap();
    fs::write(sample::directory().join("jwks.json"), pretty(&credential::key_set().unwrap())).unwrap();
}

async fn answer(functions: &Functions, sample: &Sample) -> Value {
    answer_of(functions, sample.function(), sample).await
}

async fn answer_of(functions: &Functions, name: &str, sample: &Sample) -> Value {
    let (initial, rest) = name.split_at(1);
    let name = format!("{}{rest}Function", initial.to_uppercase());
    as_json(invoke(functions[&name].as_ref(), &sample.event).await)
}

#[test]
fn the_stored_session_of_the_benchmark_is_one_that_this_code_writes() {
    let path = sample::directory().join("../benchmark/stored_session.env");
    let made = credential::stored_session().unwrap();
    if is_writing() {
        fs::write(&path, &made).unwrap();
    }
    assert_eq!(fs::read_to_string(path).unwrap(), made, "EVENTS=write writes it anew");
}

#[tokio::test]
async fn every_sample_is_answered_as_expected() {
    if is_writing() {
        write_credentials();
    }
    let (functions, upstream) = functions();
    for sample in sample::all().unwrap().iter().filter(|sample| is_writing() && sample.expected.is_none()) {
        let expectation = record::expectation(&answer(&functions, sample).await, &upstream);
        let file = sample::directory().join(format!("{}.expected.json", sample.name));
        fs::write(file, pretty(&expectation)).unwrap();
    }
    let mut samples = sample::all().unwrap();
    samples.extend(oversize::all(&samples).unwrap());
    let mut wrong = Vec::new();
    for sample in &samples {
        wrong.extend(sample.judge(&answer(&functions, sample).await));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Without the other functions the proxy answers for them with the same handlers: it answers every one of their samples
/// alike, except those that depend on the function.
#[tokio::test]
async fn the_proxy_answers_every_sample_of_the_other_functions_alike() {
    let (functions, _) = functions();
    let mut samples = sample::all().unwrap();
    samples.extend(oversize::all(&samples).unwrap());
    let theirs = ["callback", "login", "logout", "session"];
    let mut other = Vec::new();
    let mut alike = 0;
    for sample in samples.iter().filter(|sample| theirs.contains(&sample.function())) {
        if sample.judge(&answer_of(&functions, "proxy", sample).await).is_empty() {
            alike += 1;
        } else {
            other.push(sample.name.as_str());
        }
    }
    // These are paths of another function's endpoint, which the proxy does serve.
    assert_eq!(other, ["login/rest-not-its-path", "logout/rest-not-found"]);
    assert!(alike > 80, "{alike}");
}

#[test]
fn the_credentials_are_those_of_the_development_keys() {
    if is_writing() {
        return;
    }
    let made: Map<String, Value> =
        credential::all().unwrap().into_iter().map(|(name, text)| (name.to_owned(), json!(text))).collect();
    assert_eq!(
        committed_credentials(),
        Value::Object(made),
        "run EVENTS=write cargo test -p tests --test events"
    );
}

#[test]
fn the_key_set_is_that_of_the_development_keys() {
    if is_writing() {
        return;
    }
    let committed = fs::read(sample::directory().join("jwks.json")).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&committed).unwrap(), credential::key_set().unwrap());
}

#[test]
fn no_event_holds_a_token_that_nobody_makes() {
    if is_writing() {
        return;
    }
    let credentials = credential::all().unwrap();
    let made: BTreeSet<&str> = credentials.iter().map(|(_, text)| text.as_str()).collect();
    for sample in sample::all().unwrap() {
        let text = String::from_utf8_lossy(&sample.event).into_owned();
        assert!(!text.contains("{{"), "{}: a credential is not put in", sample.name);
        for token in credential::found_in(&text) {
            assert!(made.contains(token), "{}: {token} is none of credentials.json", sample.name);
        }
    }
}

#[test]
fn every_function_has_samples_of_its_sources() {
    let names: BTreeSet<String> = sample::all()
        .unwrap()
        .iter()
        .filter_map(|sample| Some(sample.name.split_once('-')?.0.to_owned()))
        .collect();
    let mut wanted: Vec<String> = ["rest", "token", "httpapi1", "httpapi2"]
        .iter()
        .map(|source| format!("authorizer/{source}"))
        .collect();
    for function in ["callback", "login", "logout", "session"] {
        wanted
            .extend(["rest", "httpapi2", "functionurl"].iter().map(|source| format!("{function}/{source}")));
    }
    wanted.extend(["alb", "functionurl", "httpapi2", "rest"].iter().map(|source| format!("proxy/{source}")));
    let missing: Vec<String> = wanted.into_iter().filter(|source| !names.contains(source)).collect();
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn every_sample_is_json_unless_its_name_says_malformed() {
    let is_json = |sample: &Sample| serde_json::from_slice::<Value>(&sample.event).is_ok();
    let other: Vec<String> = sample::all()
        .unwrap()
        .into_iter()
        .filter(|sample| !sample.name.contains("malformed") && !is_json(sample))
        .map(|sample| sample.name)
        .collect();
    assert_eq!(other, Vec::<String>::new());
}

#[test]
fn every_expectation_tells_the_log_line() {
    let silent: Vec<String> = sample::all()
        .unwrap()
        .into_iter()
        .filter(|sample| sample.expected.as_ref().is_none_or(|expected| expected.get(sample::LOG).is_none()))
        .map(|sample| sample.name)
        .collect();
    assert_eq!(silent, Vec::<String>::new());
}
