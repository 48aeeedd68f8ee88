use serde_json::json;

use super::super::ForwardingRefusal;
use super::{permit, relying_party, request};
use crate::forwarding::Destination;
use crate::forwarding::identity_header::IdentityKind;

const SECRET: (&str, &str) = ("x-origin-secret", "sixteen-or-more-bytes");

fn refusal(path: &str, headers: &[(&str, &str)]) -> Option<ForwardingRefusal> {
    let one = json!({"front_secret_header": "X-Origin-Secret: sixteen-or-more-bytes"});
    relying_party(&one).check_front(&request("GET", path, headers)).err()
}

#[test]
fn a_request_through_the_front_passes() {
    assert_eq!(refusal("/a", &[SECRET]), None);
    assert_eq!(refusal("/a", &[("X-Origin-Secret", SECRET.1)]), None);
    assert_eq!(refusal("/oauth2/login", &[SECRET]), None);
}

#[test]
fn without_a_configured_secret_anybody_passes() {
    assert_eq!(relying_party(&json!({})).check_front(&request("GET", "/a", &[])), Ok(()));
}

#[test]
fn a_request_that_went_round_the_front_is_refused() {
    for path in ["/a", "/oauth2/login", "/oauth2/session", "/oauth2/nothing", "/oauth2/health/", "/health"] {
        assert_eq!(refusal(path, &[]), Some(ForwardingRefusal::FrontSecretMissing), "{path}");
        let other = [("x-other", SECRET.1)];
        assert_eq!(refusal(path, &other), Some(ForwardingRefusal::FrontSecretMissing), "{path}");
    }
}

#[test]
fn another_secret_is_refused() {
    for value in [
        "",
        "sixteen-or-more-byte",
        "sixteen-or-more-bytes1",
        "Sixteen-or-more-bytes",
        "sixteen-or-more-bytes,sixteen-or-more-bytes",
    ] {
        assert_eq!(refusal("/a", &[(SECRET.0, value)]), Some(ForwardingRefusal::FrontSecretWrong), "{value}");
    }
}

#[test]
fn the_secret_twice_is_refused() {
    assert_eq!(refusal("/a", &[SECRET, SECRET]), Some(ForwardingRefusal::FrontSecretWrong));
    assert_eq!(
        refusal("/a", &[SECRET, ("x_origin_secret", "another")]),
        Some(ForwardingRefusal::FrontSecretWrong)
    );
}

#[test]
fn health_is_asked_without_the_front() {
    assert_eq!(refusal("/oauth2/health", &[]), None);
    // A request with an unsupported method is not a health check.
    let one = json!({"front_secret_header": "X-Origin-Secret: sixteen-or-more-bytes"});
    let posted = relying_party(&one).check_front(&request("POST", "/oauth2/health", &[]));
    assert_eq!(posted, Err(ForwardingRefusal::FrontSecretMissing));
}

#[test]
fn each_of_several_secrets_passes_while_one_is_changed() {
    let several = json!({"front_secret_header": ["x-a: the-new-one-of-them", "x-a: the-old-one-of-them", "x-b: a-name-of-its-own"]});
    let relying_party = relying_party(&several);
    for (name, value) in
        [("x-a", "the-new-one-of-them"), ("x-a", "the-old-one-of-them"), ("x-b", "a-name-of-its-own")]
    {
        assert_eq!(relying_party.check_front(&request("GET", "/a", &[(name, value)])), Ok(()), "{value}");
    }
    let crossed = relying_party.check_front(&request("GET", "/a", &[("x-a", "a-name-of-its-own")]));
    assert_eq!(crossed, Err(ForwardingRefusal::FrontSecretWrong));
}

#[test]
fn the_upstream_never_sees_the_secret() {
    let relying_party =
        relying_party(&json!({"front_secret_header": "X-Origin-Secret: sixteen-or-more-bytes"}));
    let request = request("GET", "/a", &[SECRET, ("X_Origin_Secret", "b"), ("x-kept", "c")]);
    let destination = Destination::of(&relying_party, &request).unwrap();
    let sent =
        relying_party.upstream_request(&request, Vec::new(), &permit(IdentityKind::Session), &destination);
    let names: Vec<&str> = sent.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert!(names.contains(&"x-kept"));
    assert!(!names.iter().any(|name| name.contains("origin")), "{names:?}");
}

#[test]
fn the_secret_is_not_shown() {
    let relying_party =
        relying_party(&json!({"front_secret_header": "X-Origin-Secret: sixteen-or-more-bytes"}));
    assert!(!format!("{:?}", relying_party.configuration).contains("sixteen-or-more-bytes"));
}
