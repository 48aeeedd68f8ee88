//! Fuzzes requests to the upstream. The first byte selects the caller; then come method and target, then
//! header fields, one for each line.

#![cfg_attr(fuzzing, no_main)]

use std::sync::OnceLock;

use fuzz::{SECRET, browser, fields, has_control, is_token, relying_party, request};
use http::{HeaderName, HeaderValue, Method, Uri};
use relying_party::forwarding::identity_header::{Identity, IdentityKind};
use relying_party::forwarding::{Destination, UpstreamRequest};
use relying_party::gate::Permit;
use relying_party::gate::front::Front;
use relying_party::gate::reserved_header::canonical;
use relying_party::relying_party::RelyingParty;
use relying_party::secret::Secret;
use serde_json::json;

const STYLES: [&str; 4] = ["vestibule", "kong", "oauth2-proxy", "alb"];

fn deployments() -> &'static [RelyingParty] {
    static DEPLOYMENTS: OnceLock<Vec<RelyingParty>> = OnceLock::new();
    let deployment =
        |style: &&str| relying_party(&json!({ "upstream_header_style": style, "session_cookie_name": "s" }));
    DEPLOYMENTS.get_or_init(|| STYLES.iter().map(deployment).collect())
}

fuzz::fuzz_target!(|bytes: &[u8]| {
    let Some((choice, text)) = bytes.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    if text.contains(SECRET) {
        return;
    }
    let (head, rest) = text.split_once('\n').unwrap_or((text, ""));
    let (method, target) = head.split_once(' ').unwrap_or(("GET", head));
    let Ok(method) = Method::from_bytes(method.as_bytes()) else { return };
    let headers = fields(rest);
    // Excludes the characters that no event contains.
    let sound = |(name, value): &(String, String)| is_token(name) && !has_control(value);
    if !target.starts_with('/') || has_control(target) || !headers.iter().all(sound) {
        return;
    }
    let request = request(method, target, headers);
    let deployment = &deployments()[usize::from(choice & 3)];
    if deployment.check_forwardable(&request).is_err() || deployment.admit(&request, Front::Proxy).is_err() {
        return;
    }
    let Ok(destination) = Destination::of(deployment, &request) else { return };
    let permit = match (choice >> 2) & 3 {
        0 => Permit::anonymous(),
        1 => Permit { identity: None, preflight: true },
        2 => Permit { identity: Some(identity(IdentityKind::Session)), preflight: false },
        _ => Permit { identity: Some(identity(IdentityKind::Bearer)), preflight: false },
    };
    let sent = deployment.upstream_request(&request, Vec::new(), &permit, &destination);
    assert_sendable(&sent);
    assert_nothing_is_invented(&sent, &permit, deployment);
    if permit.preflight {
        assert!(!sent.headers.iter().any(|(name, _)| name == "cookie" || name == "authorization"));
    }
});

fn identity(kind: IdentityKind) -> Identity {
    Identity {
        kind,
        issuer: fuzz::ISSUER.to_owned(),
        subject: "the-subject".to_owned(),
        username: Some("ada".to_owned()),
        email: None,
        groups: vec!["staff".to_owned()],
        scope: None,
        claims: serde_json::Map::new(),
        encoded_claims: None,
        access_token: Some(Secret::new("the.access.token")),
        id_token: None,
        load_balancer_data: None,
    }
}

/// Asserts that this is one request line and fields that every parser reads in the same way.
fn assert_sendable(sent: &UpstreamRequest) {
    assert!(
        sent.target.starts_with('/')
            && sent.target.bytes().all(|byte| byte > b' ' && byte != 0x7f && byte != b'#')
    );
    let uri = Uri::builder().scheme(sent.scheme.as_str()).authority(sent.authority.as_str());
    let uri = uri.path_and_query(sent.target.as_str()).build().expect("a target that the client takes");
    assert_eq!(uri.path_and_query().map(http::uri::PathAndQuery::as_str), Some(sent.target.as_str()));
    assert_eq!((sent.scheme.as_str(), sent.authority.as_str()), ("http", "upstream.internal:8080"));
    for (name, value) in &sent.headers {
        assert!(
            HeaderName::from_bytes(name.as_bytes()).is_ok()
                && !name.bytes().any(|byte| byte.is_ascii_uppercase())
        );
        assert!(HeaderValue::from_bytes(value.as_bytes()).is_ok());
        assert!(!value.contains(SECRET));
    }
    let count = |wanted: &str| sent.headers.iter().filter(|(name, _)| canonical(name) == wanted).count();
    for once in ["host", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-request-id", "via"] {
        assert_eq!(count(once), 1, "{once}");
    }
    for at_most_once in ["cookie", "authorization"] {
        assert!(count(at_most_once) <= 1, "{at_most_once}");
    }
    for never in
        ["connection", "content-length", "transfer-encoding", "te", "upgrade", "forwarded", "x-real-ip"]
    {
        assert_eq!(count(never), 0, "{never}");
    }
}

/// Asserts that the headers which the application trusts come from vestibule, and that vestibule's own
/// cookies are not sent.
fn assert_nothing_is_invented(sent: &UpstreamRequest, permit: &Permit, deployment: &RelyingParty) {
    let own = relying_party::forwarding::identity_header::identity_headers(
        permit.identity.as_ref(),
        &deployment.configuration.upstream,
    );
    let reserved = sent.headers.iter().filter(|(name, _)| deployment.reserved_headers.contains(name));
    let reserved: Vec<&(String, String)> = reserved.collect();
    let expected: Vec<&(String, String)> =
        own.iter().filter(|(name, _)| deployment.reserved_headers.contains(name)).collect();
    assert_eq!(reserved, expected);
    if permit.identity.is_some() {
        let credential =
            sent.headers.iter().find(|(name, _)| name == "authorization").map(|(_, value)| value.as_str());
        assert!(credential.is_none_or(|value| value == "Bearer the.access.token"), "{credential:?}");
    }
    let cookie: Vec<String> =
        sent.headers.iter().filter(|(name, _)| name == "cookie").map(|(_, value)| value.clone()).collect();
    let names = &deployment.cookie_names;
    assert!(!browser::cookies(&cookie).iter().any(|(name, _)| names.is_ours(name)));
    let says =
        |name: &str| sent.headers.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str());
    assert_eq!(says("x-forwarded-for"), Some("192.0.2.7"));
    assert_eq!(says("x-forwarded-host"), Some("app.example.com"));
    assert_eq!(says("x-forwarded-proto"), Some("https"));
}
