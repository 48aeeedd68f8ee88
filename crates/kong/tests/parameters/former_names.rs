//! Settings of Kong Gateway before 3.2, whose names have changed since.

use kong::Setting;
use relying_party::configuration::kong::Verdict;
use serde_json::{Map, Value, json};

use crate::{imported, lines, written};

fn settings(value: &Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

/// A former name has the effect of the present one, so that no limit of a session is lost.
#[test]
fn a_former_name_is_the_present_one() {
    let import = imported(&settings(&json!({
        "session_cookie_lifetime": 900, "session_cookie_idletime": 300, "authorization_cookie_lifetime": 120,
        "session_rolling_timeout": null,
    })));
    let written = written(&import);
    for line in [
        "session_rolling_timeout: 900",
        "session_idling_timeout: 300",
        "authorization_rolling_timeout: 120",
        // A cookie keeps no idle limit.
        "session_storage: dynamodb",
    ] {
        assert!(written.contains(&line), "{line}: {written:?}");
    }
    for (former, present) in [
        ("session_cookie_lifetime", "`session_rolling_timeout`"),
        ("session_cookie_idletime", "`session_idling_timeout`"),
        ("authorization_cookie_lifetime", "`authorization_rolling_timeout`"),
    ] {
        let told = lines(&import, former);
        assert!(
            told.values().all(|(verdict, text)| *verdict == Verdict::Kept && text.starts_with(present)),
            "{told:?}"
        );
        assert_eq!(told.len(), 1, "{former}");
    }
    let defaults = &import.applications.first().unwrap().defaults;
    assert!(defaults.iter().all(|(name, ..)| !name.ends_with("ing_timeout")), "{defaults:?}");
}

#[test]
fn beside_the_present_name_it_does_not_count() {
    let both = json!({ "session_rolling_timeout": 600, "session_cookie_lifetime": 900 });
    let import = imported(&settings(&both));
    assert!(written(&import).contains(&"session_rolling_timeout: 600"));
    let told = lines(&import, "session_cookie_lifetime");
    let text = "is the former name of `session_rolling_timeout`, which the plugin has too";
    assert!(told.values().all(|told| *told == (Verdict::Always, text)), "{told:?}");
}

/// Names without a present parameter have a sentence of their own.
#[test]
fn a_former_parameter_has_a_sentence_of_its_own() {
    let old =
        json!({ "session_cookie_renew": 100, "session_redis_prefix": "x", "session_storage": "memcache" });
    let import = imported(&settings(&old));
    let needs_you =
        |setting: &&Setting| setting.verdict == Verdict::NeedsYou && setting.name.starts_with("services");
    let asked: Vec<&str> =
        import.report.settings.iter().filter(needs_you).map(|setting| setting.name.as_str()).collect();
    assert!(asked.is_empty(), "{asked:?}");
}

/// A misspelled name has no effect, so it is asked about, however it begins.
#[test]
fn a_misspelled_parameter_is_asked_about() {
    for (name, asked) in [
        ("upstream_headers_name", true),
        ("upstream_headers_claim", true),
        ("session_cookie_renewal", true),
        ("session_cookie_renew", false),
        ("session_redis_prefix", false),
        ("session_memcache_timeout", false),
    ] {
        let import = imported(&settings(&json!({ name: "x-mail" })));
        let told = lines(&import, name);
        assert_eq!(told.len(), 1, "{name}");
        assert!(told.values().all(|(verdict, _)| (*verdict == Verdict::NeedsYou) == asked), "{told:?}");
    }
}
