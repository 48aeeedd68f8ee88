use std::collections::BTreeSet;

use super::super::*;
use super::good;

#[test]
fn every_key_is_there_once() {
    let names: BTreeSet<&str> = KEYS.iter().map(|key| key.name).collect();
    assert_eq!(names.len(), KEYS.len());
}

/// `from_sources` asserts that every key has been read; this test gives it all of them.
#[test]
fn every_key_is_read() {
    let lines: Vec<String> = KEYS.iter().map(|key| format!("{}: x", key.name)).collect();
    let faults = super::faults_of(&lines.join("\n"), super::Role::Authorizer);
    let complaining: BTreeSet<&str> = faults.iter().map(|(key, _)| key.as_str()).collect();
    // Keys for which `x` is a valid value.
    let texts = [
        "alb_session_cookie_name",
        "application_name",
        "audience_claim",
        "audience_required",
        "client_id",
        "forbidden_error_message",
        "groups_claim",
        "groups_required",
        "logout_query_arg",
        "logout_uri_suffix",
        "roles_claim",
        "roles_required",
        "scopes_claim",
        "scopes_required",
        "session_claims",
        "session_cookie_domain",
        "session_cookie_name",
        "session_table",
        "unauthorized_error_message",
        "client_secret",
        "authorization_query_args_client",
        "user_pool_domain",
    ];
    for key in KEYS {
        assert!(complaining.contains(key.name) || texts.contains(&key.name), "{}", key.name);
    }
}

#[test]
fn secrets_are_marked() {
    let secret: Vec<&str> = KEYS.iter().filter(|key| key.secret).map(|key| key.name).collect();
    assert_eq!(
        secret,
        [
            "client_secret",
            "token_post_args",
            "session_secret",
            "front_secret_header",
            "upstream_secret_header"
        ]
    );
}

#[test]
fn the_table_as_markdown() {
    let table = markdown();
    assert_eq!(table.lines().count(), KEYS.len() + 2);
    assert!(table.contains("\n| `leeway` | `60` | "));
    assert!(table.contains("\n| `issuer` | required | "));
    assert!(table.contains("auth: required\\|optional\\|none"));
    for line in table.lines() {
        assert_eq!(line.replace("\\|", "").matches('|').count(), 4, "{line}");
    }
}

#[test]
fn defaults() {
    let configuration = good("");
    assert_eq!(configuration.auth_prefix, "/oauth2");
    assert_eq!(configuration.redirect_uri, "https://app.example.com/prod/oauth2/callback");
    assert_eq!(configuration.callback_paths, ["/oauth2/callback"]);
    assert_eq!(
        configuration.auth_methods,
        AuthMethods { alb: false, authorization_code: true, bearer: true, session: true }
    );
    assert_eq!(configuration.scopes, ["openid", "email", "profile"]);
    assert_eq!(configuration.signing_algorithms, [SigningAlgorithm::Rs256]);
    assert_eq!((configuration.leeway, configuration.max_age), (60, None));
    assert!(configuration.requirements.is_empty());
    assert_eq!(configuration.session.storage, SessionStorage::Cookie);
    assert_eq!(configuration.session.cache_seconds, 5);
    assert_eq!((configuration.authorization_rolling_timeout, configuration.refresh_lead), (600, 60));
    assert_eq!(configuration.rotation, RefreshTokenRotation::Unknown);
    assert_eq!(configuration.login_redirect_uri, "https://app.example.com/prod/");
    assert_eq!(configuration.logout_redirect_uri, "https://app.example.com/prod/oauth2/signed-out");
    assert!(configuration.logout_revoke);
    assert!(!configuration.logout_everywhere_at_provider);
    assert_eq!(configuration.upstream.access_token_header, AccessTokenHeader::Authorization);
    assert!(configuration.upstream.hide_credentials);
    assert_eq!(configuration.upstream.header_style, HeaderStyle::Vestibule);
    assert!(configuration.routes.rules().is_empty());
    assert!(!configuration.response_streaming && !configuration.display_errors);
    assert_eq!(configuration.log_level, LogLevel::Info);
}
