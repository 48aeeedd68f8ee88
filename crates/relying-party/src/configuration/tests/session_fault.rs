//! Tests one change to a good configuration of the session.

use super::fault::{EMPTY_LIST, fault};
use super::faults_of_variables;

#[test]
fn session_storage() {
    fault("session_storage: redis", "session_storage", "must be one of cookie, dynamodb, memory");
    let problem = "is required with `session_storage: dynamodb`";
    fault("session_storage: dynamodb", "session_table", problem);
    fault("session_table: a b", "session_table", "must be a table's name or ARN");
    let problem = "cannot be kept in cookie storage; leave it out";
    fault("session_idling_timeout: 900", "session_idling_timeout", problem);
}

#[test]
fn session_secret() {
    let short = "must be texts of at least 32 bytes; a variable with commas is read as several";
    fault("session_secret: 0123456789abcdef0123456789abcde", "session_secret", short);
    let variable = [("VESTIBULE_SESSION_SECRET".to_owned(), "0123456789abcdef,0123456789abcdef".to_owned())];
    assert_eq!(faults_of_variables(&variable), [("session_secret".to_owned(), short.to_owned())]);
    fault("session_secret: [0123456789abcdef0123456789abcdef, short]", "session_secret", short);
    let twice = "[0123456789abcdef0123456789abcdef, 0123456789abcdef0123456789abcdef]";
    fault(&format!("session_secret: {twice}"), "session_secret", "has the same text twice");
    fault("session_secret: []", "session_secret", EMPTY_LIST);
}

#[test]
fn durations() {
    for (key, least, most) in [
        ("leeway", 0, 300),
        ("max_age", 0, 34_560_000),
        ("session_rolling_timeout", 1, 34_560_000),
        ("session_absolute_timeout", 1, 34_560_000),
        ("session_remember_rolling_timeout", 1, 34_560_000),
        ("session_remember_absolute_timeout", 1, 34_560_000),
        ("authorization_rolling_timeout", 30, 3_600),
        ("refresh_lead", 0, 3_600),
        ("session_cache_seconds", 0, 300),
    ] {
        let problem = format!("must be a whole number of seconds from {least} to {most}");
        for text in
            ["-1", "1.5", "1e3", "+5", "0x10", "ten", "1h", "99999999999", "99999999999999999999999", "true"]
        {
            fault(&format!("{key}: {text}"), key, &problem);
        }
    }
}

#[test]
fn rotation_grace() {
    let problem =
        "must be a whole number of seconds from 0 to 86400, or `none` where refresh tokens are not replaced";
    for text in ["-1", "86401", "60s", "None", "off", "true"] {
        fault(&format!("rotation_grace: {text}"), "rotation_grace", problem);
    }
}

#[test]
fn a_faulty_choice_of_remembering_is_refused() {
    fault("session_remember: sometimes", "session_remember", "must be one of false, true, ask");
    let problem = "is longer than `session_remember_absolute_timeout`";
    let lines = "session_remember_absolute_timeout: 600\nsession_remember_rolling_timeout: 601";
    fault(lines, "session_remember_rolling_timeout", problem);
}

#[test]
fn session_claims() {
    fault("session_claims: []", "session_claims", EMPTY_LIST);
    fault("session_claims: [email, none]", "session_claims", "must be names, or `none` alone");
}

#[test]
fn limits_that_contradict_each_other() {
    let longer = "is longer than `session_absolute_timeout`";
    fault("session_absolute_timeout: 600\nsession_rolling_timeout: 601", "session_rolling_timeout", longer);
    fault(
        "session_storage: memory\nsession_absolute_timeout: 600\nsession_idling_timeout: 601",
        "session_idling_timeout",
        longer,
    );
}

#[test]
fn session_cookie() {
    let key = "session_cookie_name";
    for name in ["a b", "a=b", "a!b", "a.b", &"a".repeat(65)] {
        fault(
            &format!("session_cookie_name: {name}"),
            key,
            "must be at most 64 letters, digits, `-` and `_`",
        );
    }
    let prefix = "gets its `__Host-` or `__Secure-` prefix automatically; leave the prefix out";
    fault("session_cookie_name: __Host-session", key, prefix);
    fault("session_cookie_name: __secure-session", key, prefix);
    for name in ["attempt-x", "landed", "Refreshed"] {
        fault(&format!("session_cookie_name: {name}"), key, "is the name of another cookie of vestibule");
    }
    fault("session_cookie_name: session.0", key, "ends like the number of a chunk");

    let key = "session_cookie_domain";
    let foreign = "is neither the host of `public_url` nor a parent of it";
    for domain in ["other.example.com", "xample.com", "www.app.example.com", "example.org"] {
        fault(&format!("session_cookie_domain: {domain}"), key, foreign);
    }
    fault("session_cookie_domain: com", key, "is a top-level domain, which browsers refuse");
    fault("session_cookie_domain: 'example.com; Path=/x'", key, "must be a domain name");
    fault("session_cookie_domain: ..example.com", key, "must be a domain name");
    let no_name = "cannot be set for an address without a domain name";
    fault("session_cookie_domain: '127.0.0.1'\npublic_url: http://127.0.0.1:8400", key, no_name);
}
