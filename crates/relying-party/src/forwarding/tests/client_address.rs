use serde_json::{Value, json};

use super::{permit, relying_party, request};
use crate::configuration::ClientAddress;
use crate::forwarding::Destination;
use crate::forwarding::identity_header::IdentityKind;
use crate::http::request::Request;

const SECRET: (&str, &str) = ("x-origin-secret", "sixteen-or-more-bytes");

/// The values of `X-Forwarded-For` and of the configured header that the application receives.
fn told(keys: &Value, headers: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
    let relying_party = relying_party(keys);
    let headers: Vec<(&str, &str)> = headers.iter().copied().chain([SECRET]).collect();
    let request = request("GET", "/a", &headers);
    assert_eq!(relying_party.check_front(&request), Ok(()));
    let destination = Destination::of(&relying_party, &request).unwrap();
    let sent =
        relying_party.upstream_request(&request, Vec::new(), &permit(IdentityKind::Session), &destination);
    let values = |name: &str| -> Vec<String> {
        let named = sent.headers.iter().filter(|(field, _)| field.replace('_', "-") == name);
        named.map(|(_, value)| value.clone()).collect()
    };
    (values("x-forwarded-for"), [values("cloudfront-viewer-address"), values("x-viewer")].concat())
}

fn from_header(name: &str) -> Value {
    json!({"front_secret_header": "x-origin-secret: sixteen-or-more-bytes", "client_address_header": name})
}

#[test]
fn cloudfront_names_the_client() {
    for (value, expected) in [
        ("198.51.100.10:46532", Some("198.51.100.10")),
        ("2001:db8::8a2e:370:7334:46532", Some("2001:db8::8a2e:370:7334")),
        ("2001:db8:1:2:3:4:5:6:46532", Some("2001:db8:1:2:3:4:5:6")),
        ("2001:db8::1:80", Some("2001:db8::1")),
        ("[2001:db8::1]:80", Some("2001:db8::1")),
        ("198.51.100.10", None),
        ("198.51.100.10:port", None),
        ("198.51.100.10:70000", None),
        ("6.6.6.6, 198.51.100.10:46532", None),
        ("unknown:1", None),
        ("", None),
    ] {
        let (address, own) =
            told(&from_header("CloudFront-Viewer-Address"), &[("CloudFront-Viewer-Address", value)]);
        assert_eq!(address, expected.map(str::to_owned).into_iter().collect::<Vec<_>>(), "{value}");
        assert!(own.is_empty(), "{own:?}");
    }
}

#[test]
fn another_header_names_it_with_a_port_or_without() {
    for (value, expected) in [
        ("198.51.100.10", Some("198.51.100.10")),
        ("2001:db8::1", Some("2001:db8::1")),
        ("[2001:db8::1]", Some("2001:db8::1")),
        ("[2001:db8::1]:443", Some("2001:db8::1")),
        ("198.51.100.10:443", Some("198.51.100.10")),
        ("198.51.100.10, 10.0.0.1", None),
        ("example.com", None),
    ] {
        let (address, own) = told(&from_header("x-viewer"), &[("x-viewer", value)]);
        assert_eq!(address, expected.map(str::to_owned).into_iter().collect::<Vec<_>>(), "{value}");
        assert!(own.is_empty(), "{own:?}");
        assert_eq!(
            super::super::client_address::address(value).map(|found| found.to_string()).as_deref(),
            expected
        );
    }
}

#[test]
fn no_client_adds_a_second_one() {
    for others in [
        [("x-viewer", "198.51.100.10"), ("x-viewer", "6.6.6.6")],
        [("x-viewer", "198.51.100.10"), ("X_Viewer", "6.6.6.6")],
    ] {
        assert_eq!(told(&from_header("x-viewer"), &others), (vec![], vec![]), "{others:?}");
    }
    assert_eq!(told(&from_header("x-viewer"), &[("x-forwarded-for", "6.6.6.6")]), (vec![], vec![]));
}

#[test]
fn an_address_that_nobody_vouches_for_is_not_told() {
    let none = json!({"client_address_header": "none"});
    assert_eq!(told(&none, &[("x-forwarded-for", "6.6.6.6")]), (vec![], vec![]));
    let connection = told(&json!({}), &[("x-viewer", "6.6.6.6")]);
    assert_eq!(connection, (vec!["192.0.2.7".to_owned()], vec!["6.6.6.6".to_owned()]));
}

#[test]
fn a_connection_of_no_address_has_none() {
    for (source_ip, expected) in [
        (Some("192.0.2.7"), Some("192.0.2.7")),
        (Some("2001:db8::1"), Some("2001:db8::1")),
        (Some("test-invoke-source-ip"), None),
        (Some("IP"), None),
        (Some("192.0.2.7, 6.6.6.6"), None),
        (Some(""), None),
        (None, None),
    ] {
        let source_ip = source_ip.map(str::to_owned);
        let request = Request { source_ip: source_ip.clone(), ..request("GET", "/a", &[]) };
        let address = ClientAddress::OfConnection.of(&request);
        assert_eq!(address.as_deref(), expected, "{source_ip:?}");
    }
}
