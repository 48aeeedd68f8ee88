//! Runs the release binaries under AWS's Runtime Interface Emulator with every sample of `events/`. `tests/release`
//! builds them and runs this test, which fails rather than skip when something is missing.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tests::events::emulator::{Emulator, binary};
use tests::events::sample::{self, FUNCTIONS, Sample};
use tests::events::{environment, oversize, provider};

fn samples() -> Vec<Sample> {
    let mut samples = sample::all().unwrap();
    samples.extend(oversize::all(&samples).unwrap());
    samples
}

/// The last line that the function logged.
fn last_line(emulator: &Emulator) -> Value {
    let log = emulator.log().unwrap();
    let line = log.lines().rev().find(|line| line.starts_with('{') && line.contains("\"decision\""));
    line.map_or(Value::Null, |line| serde_json::from_str(line).unwrap())
}

/// A function with the stand-in and the application.
fn start(function: &str) -> Emulator {
    let (origin, upstream) = (provider::serve().unwrap(), provider::serve_upstream().unwrap());
    Emulator::start(function, &environment::before(&origin, &upstream).unwrap()).unwrap()
}

/// An address where no server listens: the port was free a moment ago.
fn closed() -> String {
    format!("http://{}", std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap())
}

fn try_function(function: &str) {
    let emulator = start(function);
    let mut wrong = Vec::new();
    for sample in samples().iter().filter(|sample| sample.function() == function) {
        match emulator.invoke(&sample.event) {
            Ok(answer) => {
                wrong.extend(sample.judge(&answer));
                wrong.extend(sample.judge_log(&last_line(&emulator)));
            }
            Err(fault) => wrong.push(format!("{}: {fault}", sample.name)),
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.join("\n"), emulator.log().unwrap());
}

#[test]
fn authorizer_answers_every_sample() {
    try_function("authorizer");
}

#[test]
fn callback_answers_every_sample() {
    try_function("callback");
}

#[test]
fn login_answers_every_sample() {
    try_function("login");
}

#[test]
fn logout_answers_every_sample() {
    try_function("logout");
}

#[test]
fn proxy_answers_every_sample() {
    try_function("proxy");
}

#[test]
fn session_answers_every_sample() {
    try_function("session");
}

#[test]
fn cargo_lambda_invoke_gets_the_expected_answer_of_every_function() {
    let samples = samples();
    for name in [
        "authorizer/rest-bearer",
        "authorizer/httpapi2-page",
        "callback/rest-access-denied",
        "login/httpapi2-page",
        "logout/functionurl-signed-out",
        "proxy/functionurl-page",
        "session/alb-session-none",
    ] {
        let sample = samples.iter().find(|sample| sample.name == name).unwrap();
        let emulator = start(sample.function());
        assert_eq!(sample.judge(&emulator.invoke_with_cargo_lambda(name).unwrap()), Vec::<String>::new());
    }
}

#[test]
fn authorizer_fails_with_the_reason_when_the_provider_is_down() {
    let emulator =
        Emulator::start("authorizer", &environment::before(&closed(), &closed()).unwrap()).unwrap();
    let samples = samples();
    let bearer = samples.iter().find(|sample| sample.name == "authorizer/rest-bearer").unwrap();
    let answer = emulator.invoke(&bearer.event).unwrap();
    assert_eq!(answer, json!({"errorType": "Refused", "errorMessage": "vestibule: provider_unreachable"}));
}

#[test]
fn proxy_says_that_nothing_listens_at_the_upstream() {
    let origin = provider::serve().unwrap();
    let emulator = Emulator::start("proxy", &environment::before(&origin, &closed()).unwrap()).unwrap();
    let samples = samples();
    let bearer = samples.iter().find(|sample| sample.name == "proxy/alb-bearer").unwrap();
    let answer = emulator.invoke(&bearer.event).unwrap();
    assert_eq!(answer.get("statusCode"), Some(&json!(502)), "{answer}");
    assert!(answer.to_string().contains("upstream_unreachable"), "{answer}");
    assert_eq!(last_line(&emulator).get("reason"), Some(&json!("upstream_unreachable")));
}

#[test]
fn a_target_group_without_multi_value_headers_is_told_of_once() {
    for function in ["login", "proxy"] {
        let emulator = start(function);
        let single = |sample: &&Sample| {
            sample.function() == function
                && sample.name.contains("/alb-")
                && sample.name.contains("single-value")
        };
        for sample in samples().iter().filter(single).cycle().take(3) {
            emulator.invoke(&sample.event).unwrap();
        }
        let log = emulator.log().unwrap();
        assert_eq!(log.matches("target_group_without_multi_value_headers").count(), 1, "{function}: {log}");
    }
}

#[test]
fn every_function_lists_all_faults_of_its_configuration_and_ends() {
    for function in FUNCTIONS {
        let output = Command::new(binary(function).unwrap())
            .env_clear()
            .envs([
                ("VESTIBULE_CLIENT_ID", "client"),
                ("VESTIBULE_ISSUER", "http://idp.example"),
                ("VESTIBULE_LEEWAY", "soon"),
                ("VESTIBULE_SESSION_SECRET", "short"),
                ("VESTIBULE_UNHEARD_OF", "1"),
            ])
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{function}");
        let log = String::from_utf8(output.stdout).unwrap();
        let line: Value = serde_json::from_str(log.lines().next().unwrap()).unwrap();
        assert_eq!(line.get("decision"), Some(&json!("refuse_to_start")), "{function}");
        let faults = line.get("faults").unwrap().to_string();
        for key in ["issuer", "leeway", "public_url", "session_secret", "VESTIBULE_UNHEARD_OF"] {
            assert!(faults.contains(key), "{function}: {key} is not in {faults}");
        }
        for value in ["soon", "short"] {
            assert!(!faults.contains(&format!("{value}\"")), "{function}: {faults}");
        }
    }
}

#[test]
fn a_wrong_configuration_is_what_the_emulator_answers() {
    let emulator =
        Emulator::start("authorizer", &[("VESTIBULE_CLIENT_ID".to_owned(), "client".to_owned())]).unwrap();
    let answer = emulator.invoke(b"{}").unwrap();
    assert_eq!(answer.get("errorType"), Some(&json!("Runtime.ConfigurationFault")), "{answer}");
    for key in ["issuer", "public_url", "session_secret"] {
        assert!(answer.to_string().contains(key), "{key} is not in {answer}");
    }
}
