//! Tests settings without an effect, each next to one that has an effect.

use super::super::*;
use super::{good, good_for};

const OIDC: &str = "issuer: https://id.example.com\n";
const ENDPOINTS: &str = "authorization_endpoint: https://id.example.com/a\ntoken_endpoint: https://id.example.com/t\n\
                         jwks_endpoint: https://id.example.com/j\n";
const ARN: &str =
    "alb_arn: arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/front/0123456789abcdef\n";

fn warned(lines: &str, role: Role) -> Vec<&'static str> {
    let role_lines = if role == Role::Proxy {
        format!("upstream_url: https://10.0.0.7\n{lines}")
    } else {
        lines.to_owned()
    };
    good_for(&role_lines, role).warnings.into_iter().map(|warning| warning.key).collect()
}

/// A refresh sends them too, without `authorization_code`.
#[test]
fn arguments_of_the_token_request_need_sessions() {
    let arguments = |method: &str| {
        warned(&format!("auth_methods: {method}\ntoken_post_args: {{a: b}}"), Role::Authorizer)
    };
    assert!(arguments("bearer").contains(&"token_post_args"));
    assert!(!arguments("session").contains(&"token_post_args"));
}

#[test]
fn placeholders_of_the_provider_and_the_client() {
    for (placeholder, real, key) in [
        ("client_id: YOUR_CLIENT_ID", "client_id: yours", "client_id"),
        ("client_secret: changeme", "client_secret: changes", "client_secret"),
        ("issuer: https://YOUR_DOMAIN/", "issuer: https://domain.example.com/", "issuer"),
    ] {
        assert!(warned(placeholder, Role::Proxy).contains(&key), "{placeholder}");
        assert!(!warned(real, Role::Proxy).contains(&key), "{real}");
    }
}

#[test]
fn a_key_without_effect_is_warned_of_and_its_neighbour_is_not() {
    let bearer_row = "bearer_issuers: [{issuer: 'https://id.example.com', audiences: a}]";
    let pairs = [
        (format!("auth_methods: session\n{bearer_row}"), bearer_row.to_owned(), "bearer_issuers"),
        (
            "alb_session_cookie_name: a".to_owned(),
            format!("auth_methods: alb\n{ARN}alb_session_cookie_name: a"),
            "alb_session_cookie_name",
        ),
        (
            "alb_key_endpoint: http://127.0.0.1:1".to_owned(),
            format!(
                "public_url: http://localhost:8400\nauth_methods: alb\n{ARN}alb_key_endpoint: http://127.0.0.1:1"
            ),
            "alb_key_endpoint",
        ),
        (
            format!("auth_methods: alb\n{ARN}alb_key_endpoint: http://127.0.0.1:1"),
            String::new(),
            "alb_key_endpoint",
        ),
        ("auth_methods: bearer\nscopes: openid".to_owned(), "scopes: openid".to_owned(), "scopes"),
        ("auth_methods: session\nmax_age: 60".to_owned(), "max_age: 60".to_owned(), "max_age"),
        (
            "auth_methods: session\nlogin_redirect_uri: /a".to_owned(),
            "login_redirect_uri: /a".to_owned(),
            "login_redirect_uri",
        ),
        (
            "auth_methods: bearer\nsession_cookie_name: a".to_owned(),
            "session_cookie_name: a".to_owned(),
            "session_cookie_name",
        ),
        (
            "auth_methods: bearer\nlogout_revoke: false".to_owned(),
            "logout_revoke: false".to_owned(),
            "logout_revoke",
        ),
        (
            "session_table: a".to_owned(),
            "session_table: a\nsession_storage: dynamodb".to_owned(),
            "session_table",
        ),
        (
            "session_cache_seconds: 4".to_owned(),
            "session_cache_seconds: 4\nsession_storage: memory".to_owned(),
            "session_cache_seconds",
        ),
        (
            "session_remember_absolute_timeout: 999999".to_owned(),
            "session_remember: ask\nsession_remember_absolute_timeout: 999999".to_owned(),
            "session_remember_absolute_timeout",
        ),
        (
            "logout_revoke: false\nrevocation_endpoint: https://id.example.com/r".to_owned(),
            "revocation_endpoint: https://id.example.com/r".to_owned(),
            "revocation_endpoint",
        ),
        (
            format!("{OIDC}{ENDPOINTS}logout_revoke: true"),
            format!("{OIDC}logout_revoke: true"),
            "logout_revoke",
        ),
        (
            "userinfo_endpoint: https://id.example.com/u".to_owned(),
            format!("{OIDC}userinfo_endpoint: https://id.example.com/u"),
            "userinfo_endpoint",
        ),
        ("roles_claim: a".to_owned(), "roles_claim: a\nroles_required: b".to_owned(), "roles_claim"),
        (
            "scopes_claim: a".to_owned(),
            "scopes_claim: a\nroutes: [{paths: /a, scopes_required: b}]".to_owned(),
            "scopes_claim",
        ),
        (
            "audience_claim: a".to_owned(),
            "audience_claim: a\naudience_required: b".to_owned(),
            "audience_claim",
        ),
        (
            "issuer: https://issuer.invalid".to_owned(),
            "issuer: https://invalid.example.com".to_owned(),
            "issuer",
        ),
        ("client_id: $CLIENT_ID".to_owned(), "client_id: a$".to_owned(), "client_id"),
        (
            "public_url: https://app.invalid".to_owned(),
            "public_url: https://app.invalid.example.com".to_owned(),
            "public_url",
        ),
        (
            "display_errors: true".to_owned(),
            "public_url: http://localhost:8400\ndisplay_errors: true".to_owned(),
            "display_errors",
        ),
    ];
    for (without_effect, neighbour, key) in pairs {
        assert_eq!(warned(&without_effect, Role::Proxy), [key], "{without_effect}");
        assert_eq!(warned(&neighbour, Role::Proxy), [""; 0], "{neighbour}");
    }
}

#[test]
fn a_demand_that_a_person_can_remove_is_warned_of_unless_it_is_checked() {
    for (argument, check) in [
        ("{acr_values: strong}", "roles_required: strong\nroles_claim: acr"),
        ("{acr_values: strong}", "routes: [{paths: /a, roles_required: strong, roles_claim: acr}]"),
        ("{prompt: 'consent login'}", "max_age: 600"),
    ] {
        let asks = format!("authorization_query_args: {argument}");
        assert_eq!(warned(&asks, Role::Proxy), ["authorization_query_args"], "{argument}");
        assert_eq!(warned(&format!("{asks}\n{check}"), Role::Proxy), [""; 0], "{argument}");
    }
    for harmless in ["{prompt: select_account}", "{ui_locales: de}"] {
        assert_eq!(warned(&format!("authorization_query_args: {harmless}"), Role::Proxy), [""; 0]);
    }
}

#[test]
fn an_application_that_nobody_named_is_warned_of() {
    for (upstream_url, said) in
        [("https://application.invalid", &["upstream_url"][..]), ("https://application.example.com", &[])]
    {
        let configuration = good_for(&format!("upstream_url: {upstream_url}"), Role::Proxy);
        let keys: Vec<&str> = configuration.warnings.iter().map(|warning| warning.key).collect();
        assert_eq!(keys, said, "{upstream_url}");
    }
}

#[test]
fn a_key_that_another_function_may_require_is_not_warned_of() {
    for role in [Role::Callback, Role::Login, Role::Session, Role::Logout] {
        assert_eq!(warned("client_secret: s3cret\nroles_claim: a", role), [""; 0], "{role:?}");
    }
}

#[test]
fn a_warning_names_its_key_and_the_defaults_warn_of_nothing() {
    assert_eq!(good("").warnings, []);
    let warnings = good("session_table: a").warnings;
    let said: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    assert_eq!(said, ["session_table: has an effect only with `session_storage: dynamodb`"]);
}

/// Other requirements without an effect are faults.
#[test]
fn requirements_of_white_space_are_faults() {
    for value in ["' '", "['']", "['a', ' ']", "[['a', ' ']]", "[[]]"] {
        assert!(
            !super::faults_of(&format!("groups_required: {value}"), Role::Authorizer).is_empty(),
            "{value}"
        );
    }
}
