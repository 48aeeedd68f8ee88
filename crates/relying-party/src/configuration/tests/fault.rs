//! Tests one change to a good configuration, and the exact fault that it causes.

use super::super::*;
use super::{MINIMAL, faults_of, faults_of_variables, read, with};

pub(super) const EMPTY: &str = "is empty; leave the key out";
pub(super) const EMPTY_LIST: &str = "is an empty list; leave the key out";
pub(super) const HTTPS: &str = "must be an https address (http on loopback only)";
pub(super) const ABSOLUTE: &str = "must be an absolute address";

/// Asserts that `lines` cause this fault of `key` for the authorizer, and no other.
#[track_caller]
pub(super) fn fault(lines: &str, key: &str, problem: &str) {
    fault_for(Role::Authorizer, lines, key, problem);
}

#[track_caller]
pub(super) fn fault_for(role: Role, lines: &str, key: &str, problem: &str) {
    assert_eq!(faults_of(lines, role), [(key.to_owned(), problem.to_owned())], "{lines}");
}

#[test]
fn required_keys() {
    let faults = read("{}", Role::Proxy).unwrap_err();
    let expected: Vec<(&str, &str)> = ["client_id", "issuer", "public_url", "session_secret", "upstream_url"]
        .map(|key| (key, "is required"))
        .into();
    let found: Vec<(&str, &str)> =
        faults.0.iter().map(|fault| (fault.key.as_str(), fault.problem.as_str())).collect();
    assert_eq!(found, expected);
    assert_eq!(
        faults.to_string(),
        "client_id: is required\nissuer: is required\npublic_url: is required\nsession_secret: is required\nupstream_url: is required"
    );
}

#[test]
fn every_fault_at_once() {
    let faults = faults_of(
        "\
issuer: http://id.example.com
leeway: -1
groups_required: []
routes:
- paths: nowhere
  auth: sometimes
  colour: blue
- auth: none
  groups_required: admin
  paths: /x
scopes: email
client_auth: hmac",
        Role::Authorizer,
    );
    let keys: Vec<&str> = faults.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "client_auth",
            "groups_required",
            "issuer",
            "leeway",
            "routes[0].auth",
            "routes[0].colour",
            "routes[0].paths",
            "routes[1].auth",
            "scopes",
        ]
    );
}

#[test]
fn unknown_key() {
    fault("colour: blue", "colour", "is not a known key");
    fault("clientId: x", "clientId", "is not a known key; `client_id` is");
    fault("Issuer: x", "Issuer", "is not a known key; `issuer` is");
    let consumers = "is not a key here: there are no consumers; the upstream gets the claims";
    fault("consumer_claim: [email]", "consumer_claim", consumers);
    let always = "is not a key here: certificates, signatures, claims and nonces are always verified";
    fault("ssl_verify: false", "ssl_verify", always);
    fault("verify_claims: false", "verify_claims", always);
}

/// The settings of a real plugin: every necessary change is listed.
#[test]
fn settings_of_a_kong_plugin_as_they_are() {
    let document = r#"{
        "leeway": 100, "consumer_by": ["username"], "scopes": ["openid"], "logout_query_arg": "logout",
        "client_id": ["1example23456789"], "login_action": "redirect", "login_tokens": {}, "ssl_verify": false,
        "forbidden_redirect_uri": ["https://kong-ee:8446/default/unauthorized"], "logout_methods": ["GET"],
        "consumer_claim": ["email"], "login_redirect_mode": "query",
        "issuer": "https://id.example.com", "redirect_uri": ["https://kong-ee:8447/default/auth"]
    }"#;
    let Faults(faults) = read(document, Role::Authorizer).unwrap_err();
    let (missing, without_counterpart): (Vec<_>, Vec<_>) =
        faults.iter().partition(|fault| fault.problem == "is required");
    let keys = |faults: Vec<&Fault>| faults.iter().map(|fault| fault.key.clone()).collect::<Vec<_>>();
    assert!(without_counterpart.iter().all(|fault| fault.problem.starts_with("is not a key here: ")));
    assert_eq!(keys(missing), ["public_url", "session_secret"]);
    assert_eq!(
        keys(without_counterpart),
        [
            "consumer_by",
            "consumer_claim",
            "login_action",
            "login_redirect_mode",
            "login_tokens",
            "ssl_verify",
        ]
    );
}

/// Unknown names do not hide the faults of other keys.
#[test]
fn unknown_keys_among_other_faults() {
    let faults = faults_of("colour: blue\nleeway: -1", Role::Authorizer);
    let keys: Vec<&str> = faults.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["colour", "leeway"]);
}

#[test]
fn issuer() {
    fault("issuer: http://id.example.com", "issuer", HTTPS);
    fault("issuer: ftp://id.example.com", "issuer", HTTPS);
    fault("issuer: id.example.com", "issuer", ABSOLUTE);
    fault("issuer: https://id.example.com?a=b", "issuer", "must be an address without a query");
    for document in
        ["oauth-authorization-server", "jwks.json", "openid-configuration/jwks", "openid-configuration//"]
    {
        let line = format!("issuer: https://id.example.com/.well-known/{document}");
        let problem = "is the address of another document than the provider's metadata; give the issuer";
        fault(&line, "issuer", problem);
    }
    fault("issuer: 'https://id.example.com#a'", "issuer", "must be an address without a fragment");
    fault("issuer: https://me:pw@id.example.com", "issuer", "must be an address without credentials");
    fault("issuer: https://id.example.com/ü", "issuer", "must be an address in plain ASCII");
    fault("issuer: [https://a.example.com, https://b.example.com]", "issuer", "must be one text");
    fault("issuer: {a: b}", "issuer", "must be a text");
    fault("issuer: ''", "issuer", EMPTY);
    fault("issuer:", "issuer", EMPTY);
    fault("issuer: null", "issuer", EMPTY);
    fault("issuer: []", "issuer", EMPTY);
}

#[test]
fn endpoints() {
    for key in [
        "authorization_endpoint",
        "token_endpoint",
        "jwks_endpoint",
        "userinfo_endpoint",
        "revocation_endpoint",
        "end_session_endpoint",
    ] {
        fault(&format!("{key}: http://id.example.com/x"), key, HTTPS);
        fault(&format!("{key}: /x"), key, ABSOLUTE);
        fault(&format!("{key}: 'https:'"), key, ABSOLUTE);
    }
}

#[test]
fn client() {
    let callback = Role::Callback;
    fault(
        "client_auth: private_key_jwt",
        "client_auth",
        "must be one of client_secret_basic, client_secret_post, none",
    );
    fault_for(callback, "client_auth: client_secret_basic", "client_secret", "is required by `client_auth`");
    fault_for(callback, "client_auth: client_secret_post", "client_secret", "is required by `client_auth`");
    fault("client_auth: none\nclient_secret: x", "client_auth", "is `none`, but there is a client secret");
    fault(
        "client_secret_source: vault",
        "client_secret_source",
        "must be one of configuration, cognito, secret:<id>",
    );
    fault(
        "client_secret_source: cognito\nclient_secret: x",
        "client_secret_source",
        "is not `configuration`, but `client_secret` is given too",
    );
    fault(
        "client_secret_source: cognito\nissuer: https://id.example.com",
        "client_secret_source",
        "may be `cognito` for a user pool only",
    );
    fault("client_secret: ' padded'", "client_secret", "starts or ends with white space");
    fault("client_secret: \"with\\nbreak\"", "client_secret", "holds a control character");
    fault("client_id: [one, two]", "client_id", "must be one text");
}

#[test]
fn an_authorizer_that_refreshes_needs_the_secret() {
    fault(
        "client_auth: client_secret_basic\nsession_storage: dynamodb\nsession_table: sessions",
        "client_secret",
        "is required by `client_auth`",
    );
}

#[test]
fn methods_scopes_algorithms() {
    let key = "auth_methods";
    fault("auth_methods: [password]", key, "must be one or more of alb, authorization_code, bearer, session");
    fault("auth_methods: []", key, EMPTY_LIST);
    fault("scopes: email", "scopes", "needs `openid`: without it there is no ID token");
    fault("scopes: []", "scopes", EMPTY_LIST);
    fault("scopes: 'openid \"x\"'", "scopes", "has a scope with characters other than RFC 6749 allows");
    for algorithm in ["none", "HS256", "rs256", "RS256 ES256"] {
        let problem = "must be one or more of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA";
        fault(&format!("signing_algorithms: {algorithm}"), "signing_algorithms", problem);
    }
}

#[test]
fn bearer_issuers() {
    let pool = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Other";
    let row = |row: &str, key: &str, problem: &str| {
        fault(&format!("bearer_issuers: [{row}]"), &format!("bearer_issuers{key}"), problem);
    };
    row("", "", EMPTY_LIST);
    row("x", "[0]", "is not a mapping");
    row("{audiences: a}", "[0].issuer", "is required");
    row("{issuer: 'http://id.example.com', audiences: a}", "[0].issuer", HTTPS);
    row(
        "{issuer: 'https://id.example.com'}",
        "[0].audiences",
        "is required for an issuer that is not a user pool",
    );
    row("{issuer: 'https://id.example.com', audiences: []}", "[0].audiences", EMPTY_LIST);
    row(
        "{issuer: 'https://id.example.com', audiences: a, jwks_endpoint: 'http://x.example'}",
        "[0].jwks_endpoint",
        HTTPS,
    );
    row("{issuer: 'https://id.example.com', audiences: a, colour: blue}", "[0].colour", "is not a known key");
    row("{issuer: 'https://id.example.com', audiences: a, audiences: b}", "[0].audiences", "is given twice");
    row(&format!("{{issuer: '{pool}'}}"), "[0].client_ids", "is required for a user pool");
    row(
        "{issuer: 'https://id.example.com', audiences: a}, {issuer: 'https://id.example.com', audiences: b}",
        "[1].issuer",
        "has a row already",
    );
}

/// With such a row, ID tokens and access tokens could not be told apart.
#[test]
fn a_bearer_row_whose_audience_is_the_client() {
    fault(
        "\
issuer: https://id.example.com
bearer_issuers:
- issuer: https://id.example.com
  audiences: 1example23456789",
        "bearer_issuers[0].client_ids",
        "is required where `client_id` is an audience",
    );
}

#[test]
fn requirements() {
    for key in ["scopes_required", "audience_required", "groups_required", "roles_required"] {
        for empty in ["[]", "''", "' '", "", "null"] {
            fault(&format!("{key}: {empty}"), key, EMPTY_LIST);
        }
        for empty in ["['']", "[a, '  ']", "[a, null]", "[['']]", "[a, [b, ' ']]", "[[null]]"] {
            fault(&format!("{key}: {empty}"), key, "has an empty entry");
        }
        for (value, problem) in [
            ("[]", EMPTY_LIST),
            ("a,,b", "has an empty entry"),
            ("a,", "has an empty entry"),
            ("[\"\"]", "has an empty entry"),
            ("[[\"\"]]", "has an empty entry"),
            ("[a", "is not readable as JSON at line 1, column 2"),
        ] {
            let variable = format!("VESTIBULE_{}", key.to_ascii_uppercase());
            let faults = faults_of_variables(&[(variable, value.to_owned())]);
            assert_eq!(faults, [(key.to_owned(), problem.to_owned())], "{key}: {value}");
        }
        fault(&format!("{key}: [[]]"), key, EMPTY_LIST);
        for pattern in ["'*'", "[a, '*']", "['a *']"] {
            let problem = "has `*`; patterns are not supported. Leave the key out, or write `[\"*\"]` for a value that is literally `*`";
            fault(&format!("{key}: {pattern}"), key, problem);
        }
        for wrong in ["[[[a]]]", "[{a: b}]", "[[{a: b}]]", "{a: b}"] {
            fault(&format!("{key}: {wrong}"), key, "must be a list of texts");
        }
    }
    fault(
        "scopes_required: [[read write]]",
        "scopes_required",
        "has a scope with a space, which no scope can have",
    );
    for key in ["scopes_claim", "audience_claim", "groups_claim", "roles_claim"] {
        fault(&format!("{key}: ''"), key, EMPTY);
        fault(&format!("{key}: []"), key, EMPTY_LIST);
        fault(&format!("{key}: [a, '']"), key, "has an empty entry");
    }
}

#[test]
fn a_fault_about_a_secret_names_only_its_key() {
    for lines in [
        "client_secret: ' very-secret'",
        "session_secret: very-secret",
        "session_secret: [very-secret, [very-secret]]",
        "client_secret: {very-secret: very-secret}",
        "client_secret: [very-secret, very-secret]",
        "session_secret: '[very-secret'",
    ] {
        let text = read(&with(lines), Role::Callback).unwrap_err().to_string();
        assert!(!text.contains("very-secret"), "{text}");
    }
}

#[test]
fn the_minimal_document_needs_each_of_its_keys() {
    for line in MINIMAL.lines() {
        let key = line.split(':').next().unwrap_or_default();
        let kept: Vec<&str> = MINIMAL.lines().filter(|other| *other != line).collect();
        let Faults(faults) = read(&kept.join("\n"), Role::Session).unwrap_err();
        assert_eq!(faults, [Fault { key: key.to_owned(), problem: "is required".to_owned() }]);
    }
}
