use super::*;
use crate::configuration::suggestion;

/// The names in Kong Gateway 3.15's schema.
const NAMES: &str = include_str!("names-3.15.txt");

#[test]
fn every_parameter_has_one_verdict() {
    let names: Vec<&str> = NAMES.lines().collect();
    let table: Vec<&str> = PARAMETERS.iter().map(|parameter| parameter.name).collect();
    assert_eq!(names.len(), 234);
    assert_eq!(table, names);
}

/// A parameter that is also a key is simply read; any other has an explanation.
#[test]
fn a_kept_parameter_is_a_key_of_ours() {
    for parameter in PARAMETERS {
        let key = KEYS.iter().any(|key| key.name == parameter.name);
        assert_eq!(key, parameter.verdict == Verdict::Kept, "{}", parameter.name);
        assert!(key || !parameter.here.is_empty(), "{}", parameter.name);
        // A similar name would be reported as a typo instead of explained.
        let slip = suggestion::nearest(parameter.name, KEYS.iter().map(|key| key.name));
        assert!(key || slip.is_none(), "{}: {slip:?}", parameter.name);
    }
}

#[test]
fn former_names_lead_to_those_of_today() {
    for (former, today) in FORMER {
        assert!(PARAMETERS.iter().all(|parameter| parameter.name != former), "{former}");
        assert_eq!(Parameter::find(former).map(|parameter| parameter.name), Some(today));
        assert!(instead_of(former).is_some(), "{former}");
    }
}

/// Kong Gateway 3.2 renamed these (its changelog, and the old names that it sends to older data planes).
#[test]
fn former_names_of_keys() {
    for (former, today) in [
        ("authorization_cookie_lifetime", Some("authorization_rolling_timeout")),
        ("session_cookie_idletime", Some("session_idling_timeout")),
        ("session_cookie_lifetime", Some("session_rolling_timeout")),
        ("session_cookie_renew", None),
        ("session_rolling_timeout", None),
        ("session_cookie_samesite", None),
    ] {
        assert_eq!(Parameter::key_of(former), today, "{former}");
    }
}

#[test]
fn whole_names_and_families() {
    assert_eq!(instead_of("ssl_verify"), Some(ALWAYS));
    assert_eq!(instead_of("ssl_verify_depth"), None);
    assert_eq!(instead_of("verify_nonce"), Some(ALWAYS));
    assert_eq!(instead_of("verify"), None);
    assert_eq!(instead_of("consumer_by"), Some(CONSUMERS));
    assert_eq!(instead_of("session_redis_prefix"), Some(STORES));
    assert_eq!(instead_of("session_cookie_lifetime"), Some(RENAMED));
    assert!(instead_of("session_cookie_renew").is_some_and(|text| text.contains("renewed by itself")));
    assert_eq!(instead_of("leeway"), None);
    assert_eq!(instead_of("upstream_headers_name"), Some(UPSTREAM_HEADERS));
    assert_eq!(instead_of_former("upstream_headers_name"), None);
    assert_eq!(instead_of_former("session_cookie_renewal"), None);
}
