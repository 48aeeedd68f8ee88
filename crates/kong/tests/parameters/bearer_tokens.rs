//! Applications that accept bearer tokens in place of other credentials of Kong.

use serde_json::json;

use crate::{imported, written};

/// Kong asks the provider about these tokens, or has one issued itself, so more tokens pass here.
#[test]
fn tokens_that_pass_here_alone_are_told_first() {
    for (methods, told) in [
        (json!(["bearer"]), None),
        (json!(["bearer", "introspection"]), None),
        (json!([]), None),
        (json!(["introspection"]), Some("`introspection` asks the provider about each token in Kong")),
        (json!(["session", "introspection", "userinfo"]), Some("`introspection` and `userinfo` asks")),
        (json!(["client_credentials", "userinfo"]), Some("`userinfo` asks the provider")),
        (json!(["client_credentials"]), Some("`client_credentials` takes no access token in Kong")),
    ] {
        let import = imported(json!({ "auth_methods": methods }).as_object().unwrap());
        let first = &import.report.first;
        let of_tokens: Vec<&String> = first
            .iter()
            .filter(|line| line.contains("in Kong, but has one") || line.contains("about each token"))
            .collect();
        assert_eq!(of_tokens.len(), usize::from(told.is_some()), "{methods}: {first:?}");
        assert!(of_tokens.iter().all(|line| line.starts_with(told.unwrap())), "{methods}: {first:?}");
    }
}

/// Where nobody signs in, nothing is said of callbacks and pages. The idle limit matters wherever a session passes,
/// because another application may have begun it.
#[test]
fn without_sign_in_there_is_nothing_to_register() {
    for (methods, signs_in, has_sessions) in [
        (json!(["bearer"]), false, false),
        (json!(["kong_oauth2"]), false, false),
        (json!(["session"]), false, true),
        (json!(["bearer", "session"]), false, true),
        (json!(["client_credentials", "session"]), false, true),
        (json!(["bearer", "password"]), true, true),
        (json!([]), true, true),
    ] {
        let import = imported(
            json!({ "auth_methods": methods, "logout_redirect_uri": ["https://shop.example.com/bye"] })
                .as_object()
                .unwrap(),
        );
        let application = import.applications.first().unwrap();
        assert_eq!(application.callbacks.is_empty(), !signs_in, "{methods}");
        let text = |name: &str| &import.files.iter().find(|file| file.path.ends_with(name)).unwrap().text;
        assert_eq!(text("register.txt").starts_with("callback "), signs_in, "{methods}");
        assert_eq!(text("report.md").contains("Register at the provider"), signs_in, "{methods}");
        let idles = import.report.first.iter().any(|line| line.contains("no idle limit"));
        assert_eq!(idles, has_sessions, "{methods}");
    }
}

/// `issuers_allowed` is the whole list: tokens of the own issuer are refused where it is not among them. Kong compares
/// texts, so another spelling is not the own issuer.
#[test]
fn the_issuers_that_are_allowed() {
    const OWN: &str = "https://id.example.com";
    const OTHER: &str = "https://other.example.com";
    const SLASH: &str = "https://id.example.com/";
    const METADATA: &str = "https://id.example.com/.well-known/openid-configuration";
    const NONE: &str = "https://issuer.invalid";
    for (issuer, allowed, verified, accepted, is_told) in [
        (OWN, vec![], true, vec![], false),
        (OWN, vec![OTHER], false, vec![OTHER], false),
        (OWN, vec![OTHER], true, vec![OTHER], true),
        (OWN, vec![OWN, OTHER], false, vec![OWN, OTHER], false),
        (OWN, vec![SLASH], true, vec![SLASH], false),
        (OWN, vec![OWN, SLASH], true, vec![OWN, SLASH], false),
        (SLASH, vec![OWN], true, vec![OWN], false),
        (SLASH, vec![SLASH], true, vec![SLASH], false),
        (OWN, vec![METADATA], true, vec![NONE], false),
        (METADATA, vec![METADATA], true, vec![OWN], false),
        (METADATA, vec![OWN], true, vec![OWN], false),
        (OWN, vec!["https://other.example.com/.well-known/openid-configuration"], false, vec![NONE], false),
        (OWN, vec!["$ISSUER"], false, vec![NONE], false),
    ] {
        let import = imported(
            json!({
                "issuer": issuer, "auth_methods": ["bearer"], "issuers_allowed": allowed, "verify_claims": verified,
            })
            .as_object()
            .unwrap(),
        );
        let lines = written(&import);
        let issuers: Vec<&str> = lines.iter().filter_map(|line| line.strip_prefix("issuer: ")).collect();
        // The first is the key `issuer` itself.
        assert_eq!(issuers.get(1..).unwrap_or_default(), accepted, "{issuer} {allowed:?}");
        let told = import.report.first.iter().any(|line| line.starts_with("tokens of a further issuer"));
        assert_eq!(told, is_told, "{issuer} {allowed:?}");
    }
}
