#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::time::Duration;

use relying_party::configuration::Warning;
use relying_party::refusal::reason;
use relying_party::time::Timestamp;

use super::{Log, LogLevel, LogLine, StartLine, write_start_line};

const AT: Timestamp = Timestamp::from_unix(1_795_292_567);

fn written(threshold: LogLevel, line: &LogLine<'_>) -> String {
    let mut bytes = Vec::new();
    Log::new(threshold).write_to(&mut bytes, line).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_full_line_is_one_json_object() {
    let line = LogLine {
        route: Some("/orders/*"),
        status: Some(403),
        reason: Some("group_missing"),
        fault: Some("client"),
        detail: Some("a \"quoted\"\nword".into()),
        note: Some("`groups` is odd"),
        duration: Duration::from_nanos(1_234_567),
        request_id: "c6af9ac6",
        extended_request_id: "U2tPXFGkFiAFuyQ=",
        session_hash: Some("9f86d081"),
        ..LogLine::new("authorizer", "deny", LogLevel::Info, AT)
    };
    assert_eq!(
        written(LogLevel::Info, &line),
        concat!(
            r#"{"level":"INFO","timestamp":"2026-11-21T20:22:47Z","function":"authorizer","#,
            r#""route":"/orders/*","decision":"deny","status":403,"reason":"group_missing","#,
            r#""fault":"client","detail":"a \"quoted\"\nword","note":"`groups` is odd","duration_ms":1.234,"#,
            r#""request_id":"c6af9ac6","extended_request_id":"U2tPXFGkFiAFuyQ=","session_hash":"9f86d081"}"#,
            "\n"
        )
    );
}

#[test]
fn an_absent_field_is_left_out() {
    let line = LogLine::new("login", "redirect", LogLevel::Info, AT);
    assert_eq!(
        written(LogLevel::Info, &line),
        concat!(
            r#"{"level":"INFO","timestamp":"2026-11-21T20:22:47Z","function":"login","#,
            r#""decision":"redirect","duration_ms":0.0}"#,
            "\n"
        )
    );
}

#[test]
fn a_setting_without_effect_is_a_warning_that_names_its_key() {
    let warning = Warning { key: "session_table", problem: "acts elsewhere" };
    let line = LogLine::without_effect("login", &warning, AT);
    let text = concat!(
        r#"{"level":"WARN","timestamp":"2026-11-21T20:22:47Z","function":"login","#,
        r#""decision":"misconfigured","fault":"configuration","detail":"session_table: acts elsewhere","#,
        r#""duration_ms":0.0}"#,
        "\n"
    );
    assert_eq!(written(LogLevel::Warn, &line), text);
    assert_eq!(written(LogLevel::Error, &line), "");
}

#[test]
fn the_level_filters() {
    let levels = [LogLevel::Error, LogLevel::Warn, LogLevel::Info, LogLevel::Debug];
    for (threshold, shown) in levels.into_iter().zip(1..) {
        let lines = levels
            .into_iter()
            .filter(|level| !written(threshold, &LogLine::new("login", "answer", *level, AT)).is_empty());
        assert_eq!(lines.count(), shown, "{threshold:?}");
    }
}

#[test]
fn a_reason_sets_code_fault_text_and_level() {
    for (reason, level) in [
        (&reason::GROUP_MISSING, LogLevel::Info),
        (&reason::PROVIDER_TIMED_OUT, LogLevel::Warn),
        (&reason::AT_HASH_MISMATCH, LogLevel::Warn),
        (&reason::CLIENT_SECRET_MISSING, LogLevel::Error),
        (&reason::SESSION_TOO_LARGE, LogLevel::Warn),
        (&reason::UPSTREAM_ANSWER_TOO_LARGE, LogLevel::Warn),
        (&reason::UPSTREAM_MISSING, LogLevel::Error),
        (&reason::INTERNAL_ERROR, LogLevel::Error),
    ] {
        let line = LogLine::new("login", "answer", LogLevel::Debug, AT).because(reason);
        assert_eq!(
            (line.level, line.reason, line.detail),
            (level, Some(reason.code), Some(reason.log.into()))
        );
        assert_eq!(line.fault, Some(reason.fault.name()));
    }
}

#[test]
fn a_refused_start_lists_every_fault() {
    let line = StartLine {
        level: LogLevel::Error,
        at: AT,
        function: "login",
        decision: "refuse_to_start",
        fault: "configuration",
        faults: &["issuer: is required".to_owned(), "leeway: is not a number".to_owned()],
    };
    let mut bytes = Vec::new();
    write_start_line(&mut bytes, &line).unwrap();
    assert_eq!(
        String::from_utf8(bytes).unwrap(),
        concat!(
            r#"{"level":"ERROR","timestamp":"2026-11-21T20:22:47Z","function":"login","#,
            r#""decision":"refuse_to_start","fault":"configuration","#,
            r#""faults":["issuer: is required","leeway: is not a number"]}"#,
            "\n"
        )
    );
}

#[test]
fn a_writer_that_fails_is_told() {
    let mut full: &mut [u8] = &mut [0; 8];
    let line = LogLine::new("login", "answer", LogLevel::Info, AT);
    assert!(Log::new(LogLevel::Info).write_to(&mut full, &line).is_err());
}

#[test]
fn an_event_of_no_form_is_a_warning_and_a_malformed_one_is_the_clients() {
    for (refusal, level) in [
        (crate::event::EventRefusal::Unsupported, LogLevel::Warn),
        (crate::event::EventRefusal::NotJson, LogLevel::Info),
    ] {
        let line = LogLine::new("login", "refuse", LogLevel::Debug, Timestamp::from_unix(0));
        assert_eq!(line.refusing_event(&refusal).level, level, "{refusal:?}");
    }
}
