use serde_json::json;

use super::super::*;
use super::{permit, relying_party, request};
use crate::forwarding::identity_header::IdentityKind;
use crate::gate::Permit;
use crate::gate::reserved_header::trusted_header;

/// The headers of an anonymous request to the upstream, without those that every request has.
fn passed(keys: &serde_json::Value, permit: &Permit, headers: &[(&str, &str)]) -> Vec<(String, String)> {
    let relying_party = relying_party(keys);
    let request = request("GET", "/", headers);
    let destination = Destination::of(&relying_party, &request).unwrap();
    let upstream = relying_party.upstream_request(&request, Vec::new(), permit, &destination);
    let ours = ["host", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-request-id", "via"];
    upstream
        .headers
        .into_iter()
        .filter(|(name, _)| !ours.contains(&name.as_str()) && name != "x-vestibule-authenticated")
        .collect()
}

fn names(keys: &serde_json::Value, permit: &Permit, headers: &[(&str, &str)]) -> Vec<String> {
    passed(keys, permit, headers).into_iter().map(|(name, _)| name).collect()
}

fn target(keys: &serde_json::Value, target: &str) -> String {
    let relying_party = relying_party(keys);
    Destination::of(&relying_party, &request("GET", target, &[])).unwrap().target
}

fn refusal(method: &str, headers: &[(&str, &str)]) -> Option<ForwardingRefusal> {
    relying_party(&json!({})).check_forwardable(&request(method, "/", headers)).err()
}

#[test]
fn without_an_upstream_nothing_is_forwarded() {
    let mut relying_party = relying_party(&json!({}));
    let request = request("GET", "/", &[]);
    assert!(Destination::of(&relying_party, &request).is_ok());
    relying_party.configuration.upstream.url = None;
    let refusal = Destination::of(&relying_party, &request).unwrap_err();
    assert_eq!(refusal.reason().code, "upstream_missing");
}

#[test]
fn the_whole_head() {
    let relying_party =
        relying_party(&json!({"upstream_secret_header": "X-Origin-Secret: sixteen-or-more-bytes"}));
    let request =
        request("GET", "/a?b", &[("Accept", "*/*"), ("Host", "app.example.com"), ("Cookie", "a=b")]);
    let destination = Destination::of(&relying_party, &request).unwrap();
    let upstream =
        relying_party.upstream_request(&request, Vec::new(), &permit(IdentityKind::Session), &destination);
    assert_eq!((upstream.scheme.as_str(), upstream.authority.as_str()), ("http", "upstream.internal:8080"));
    assert_eq!(upstream.target, "/a?b");
    let head: Vec<(&str, &str)> =
        upstream.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(
        head,
        [
            ("host", "upstream.internal:8080"),
            ("accept", "*/*"),
            ("cookie", "a=b"),
            ("x-forwarded-for", "192.0.2.7"),
            ("x-forwarded-host", "app.example.com"),
            ("x-forwarded-proto", "https"),
            ("x-request-id", "the-id"),
            ("via", "1.1 vestibule-60cde54b"),
            ("x-origin-secret", "sixteen-or-more-bytes"),
            ("authorization", "Bearer the.access.token"),
            ("x-vestibule-authenticated", "true"),
            ("x-vestibule-sub", "3f0c"),
            ("x-vestibule-issuer", "https://id.example.com"),
        ]
    );
}

#[test]
fn a_field_of_one_connection_ends_here() {
    let headers = [
        ("Connection", "keep-alive, X-Named, te"),
        ("connection", "Also-Named"),
        ("Keep-Alive", "timeout=5"),
        ("Proxy-Authorization", "Basic eDp5"),
        ("Proxy-Connection", "keep-alive"),
        ("TE", "trailers"),
        ("Trailer", "X-End"),
        ("Transfer-Encoding", "chunked"),
        ("Transfer_Encoding", "chunked"),
        ("Upgrade", "h2c"),
        ("HTTP2-Settings", "AAMAAABkAAQAAP__"),
        ("X-Named", "1"),
        ("also-named", "1"),
        ("Content-Length", "5"),
        ("content_length", "5"),
        ("Expect", "100-continue"),
        ("Kept", "1"),
    ];
    assert_eq!(names(&json!({}), &Permit::anonymous(), &headers), ["kept"]);
}

#[test]
fn nobody_else_says_where_a_request_comes_from() {
    let headers = [
        ("X-Forwarded-For", "203.0.113.9"),
        ("x_forwarded_for", "203.0.113.9"),
        ("X-Forwarded-Host", "evil.example"),
        ("X-Forwarded-Proto", "http"),
        ("X-Forwarded-Port", "1"),
        ("X-Forwarded-Prefix", "/evil"),
        ("X-Forwarded-Anything", "evil"),
        ("Forwarded", "for=203.0.113.9"),
        ("X-Real-IP", "203.0.113.9"),
        ("X_Real_IP", "203.0.113.9"),
        ("True-Client-IP", "203.0.113.9"),
        ("CF-Connecting-IP", "203.0.113.9"),
        ("Client-IP", "203.0.113.9"),
        ("X-Request-Id", "theirs"),
        ("Host", "evil.example"),
    ];
    assert_eq!(names(&json!({}), &Permit::anonymous(), &headers), [""; 0]);
}

/// A load balancer may send no trace, and a client must not supply one, because no log line would have that
/// id.
#[test]
fn a_request_without_an_id_has_none() {
    let relying_party = relying_party(&json!({}));
    let headers = [("X-Request-Id", "theirs"), ("x_request_id", "theirs"), ("X-Request-ID", "theirs")];
    let mut request = request("GET", "/", &headers);
    request.request_id.clear();
    let destination = Destination::of(&relying_party, &request).unwrap();
    let upstream = relying_party.upstream_request(&request, Vec::new(), &Permit::anonymous(), &destination);
    let told = upstream.headers.iter().find(|(name, value)| name.contains("request") || value == "theirs");
    assert_eq!(told, None);
}

/// Fields that a framework would trust, in the spellings that CGI treats as one.
#[test]
fn nothing_that_a_framework_believes_is_passed_on() {
    for name in trusted_header::ADDED_ON_THE_WAY.into_iter().chain(trusted_header::CLAIMS) {
        let name = name.replace('*', "any");
        let folded = name.replace('-', "_").to_ascii_uppercase();
        let headers = [(name.as_str(), "root"), (folded.as_str(), "root"), ("kept", "1")];
        assert_eq!(names(&json!({}), &Permit::anonymous(), &headers), ["kept"], "{name}");
    }
}

/// The client's fields of these names are removed, but not ours.
#[test]
fn a_configured_name_that_frameworks_believe_is_set() {
    let keys = json!({
        "upstream_access_token_header": "x-forwarded-access-token",
        "upstream_secret_header": "x-ssl-origin: sixteen-or-more-bytes",
    });
    let client = [("X-Forwarded-Access-Token", "root"), ("X_SSL_Origin", "root")];
    let passed = passed(&keys, &permit(IdentityKind::Session), &client);
    let ours = |name: &str| passed.iter().filter(|(field, _)| field == name).collect::<Vec<_>>().len();
    assert_eq!((ours("x-forwarded-access-token"), ours("x-ssl-origin")), (1, 1), "{passed:?}");
    assert!(passed.iter().all(|(_, value)| value != "root"), "{passed:?}");
}

#[test]
fn no_client_sets_an_identity_header_in_any_spelling() {
    let headers = [
        ("x-vestibule-sub", "root"),
        ("X-Vestibule-Groups", "admin"),
        ("x_vestibule_sub", "root"),
        ("X-Vestibule_Email", "root"),
        ("x.vestibule.sub", "root"),
        ("X-Vestibule", "root"),
        ("X-Claim", "root"),
        ("x_claim", "root"),
        ("X-Origin-Secret", "root"),
    ];
    let keys = json!({
        "upstream_headers": [{"header": "x-claim", "path": "claim"}],
        "upstream_secret_header": "x-origin-secret: sixteen-or-more-bytes",
    });
    assert_eq!(
        passed(&keys, &Permit::anonymous(), &headers),
        [("x-origin-secret".to_owned(), "sixteen-or-more-bytes".to_owned())]
    );
}

#[test]
fn connection_takes_none_of_our_headers_away() {
    let keys = json!({});
    let headers = [("Connection", "x-vestibule-sub, x-vestibule-authenticated, authorization, host, via")];
    assert_eq!(
        names(&keys, &permit(IdentityKind::Session), &headers),
        ["authorization", "x-vestibule-sub", "x-vestibule-issuer"]
    );
}

#[test]
fn authorization_by_what_won_and_what_is_forwarded() {
    let ours = "Bearer the.access.token";
    let (session, bearer) = (permit(IdentityKind::Session), permit(IdentityKind::Bearer));
    let preflight = Permit { identity: None, preflight: true };
    let none = json!({"upstream_access_token_header": "none"});
    let shown = json!({"upstream_access_token_header": "none", "hide_credentials": "false"});
    for (keys, permit, expected) in [
        (&json!({}), &session, Some(ours)),
        (&json!({}), &bearer, Some(ours)),
        (&json!({}), &Permit::anonymous(), Some("Basic eDp5")),
        (&json!({}), &preflight, None),
        (&none, &session, Some("Basic eDp5")),
        (&none, &bearer, None),
        (&shown, &bearer, Some("Basic eDp5")),
    ] {
        let headers = passed(keys, permit, &[("Authorization", "Basic eDp5")]);
        let values: Vec<&str> = headers
            .iter()
            .filter(|(name, _)| name == "authorization")
            .map(|(_, value)| value.as_str())
            .collect();
        assert_eq!(values, expected.into_iter().collect::<Vec<_>>(), "{keys} {permit:?}");
    }
}

/// The application would assume that vestibule has checked or added a bearer token in `Authorization`.
#[test]
fn a_bearer_token_that_nobody_checked_is_not_passed_on() {
    let named = json!({"upstream_access_token_header": "x-token"});
    let none = json!({"upstream_access_token_header": "none"});
    let ours = json!({});
    for (keys, value, passes) in [
        (&ours, "Bearer forged", false),
        (&ours, "bearer forged", false),
        (&ours, "BEARER  forged", false),
        (&ours, "\tBearer forged", false),
        (&ours, "Bearer", false),
        (&ours, "Bearer forged, Basic eDp5", false),
        (&ours, "Bearer\tforged", false),
        (&ours, "Basic eDp5", true),
        (&ours, "DPoP forged", true),
        (&ours, "BearerToken forged", true),
        (&named, "Bearer of.the.application", true),
        (&none, "Bearer of.the.application", true),
    ] {
        let passed = names(keys, &Permit::anonymous(), &[("Authorization", value)]);
        assert_eq!(passed.contains(&"authorization".to_owned()), passes, "{keys} {value:?}");
    }
}

#[test]
fn our_cookies_stay_here() {
    let cookie = "a=1; __Host-landed=1;b=2; __Host-attempt-12345678=x; __Host-refreshed=y";
    let cookies = |permit: &Permit| passed(&json!({}), permit, &[("cookie", cookie), ("Cookie", "c=3")]);
    assert_eq!(cookies(&Permit::anonymous()), [("cookie".to_owned(), "a=1;b=2; c=3".to_owned())]);
    assert_eq!(cookies(&Permit { identity: None, preflight: true }), []);
    let only_ours = passed(&json!({}), &Permit::anonymous(), &[("cookie", "__Host-landed=1")]);
    assert_eq!(only_ours, []);
}

#[test]
fn path_and_query_to_the_byte() {
    for text in [
        "/",
        "/a/b",
        "/a%20b/%C3%BC",
        "/a%2Cb,c",
        "/~a!$&'()*+,=:@b",
        "/a[1]{2}|^",
        "/?",
        "/a?b=c&d=%2F&&=&e",
        "/a?%00%zz%",
        "/a?x=a/b?c;d|{}\\^`",
        "/trailing/",
    ] {
        assert_eq!(target(&json!({}), text), text.trim_end_matches('?'), "{text}");
    }
}

#[test]
fn a_character_that_no_target_can_hold_is_encoded() {
    for (text, expected) in [
        ("/a b", "/a%20b"),
        ("/ü", "/%C3%BC"),
        ("/<\"`>", "/%3C%22%60%3E"),
        ("/a?b c", "/a?b%20c"),
        ("/a?ü#x", "/a?%C3%BC%23x"),
        ("/a?\"<>", "/a?%22%3C%3E"),
    ] {
        assert_eq!(target(&json!({}), text), expected, "{text}");
    }
}

#[test]
fn a_trace_goes_on() {
    let headers = [
        ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        ("tracestate", "a=b"),
        ("X-Amzn-Trace-Id", "Root=1-5c536348-3d683b8b04734faae651f476"),
    ];
    let expected = ["traceparent", "tracestate", "x-amzn-trace-id"];
    assert_eq!(names(&json!({}), &Permit::anonymous(), &headers), expected);
}

#[test]
fn only_a_load_balancer_says_what_a_load_balancer_says() {
    let headers =
        [("x-amzn-oidc-data", "a"), ("X-Amzn-Oidc-Identity", "b"), ("x_amzn_oidc_accesstoken", "c")];
    assert_eq!(names(&json!({}), &Permit::anonymous(), &headers), [""; 0]);
}

#[test]
fn a_base_path_comes_before() {
    let keys = json!({"upstream_url": "https://upstream.internal/base/"});
    assert_eq!(target(&keys, "/"), "/base/");
    assert_eq!(target(&keys, "/a?b"), "/base/a?b");
}

#[test]
fn a_route_of_its_own() {
    let keys = json!({"routes": [
        {"paths": ["/api/v1/*"], "upstream_url": "https://api.internal/x", "strip_path": "true"},
        {"paths": ["/exact"], "strip_path": "true"},
        {"paths": ["/host/*"], "preserve_host": "true"},
        {"paths": ["/shop/*", "/shop/v2/*"], "strip_path": "true"},
        {"paths": ["/*"], "strip_path": "true"},
    ]});
    for (text, expected) in [
        ("/api/v1/a/b?c", "/x/a/b?c"),
        ("/%61pi/v1/a", "/x/a"),
        ("/api/v1/", "/x/"),
        ("/api/v1", "/x/"),
        ("/exact", "/"),
        ("/host/a", "/host/a"),
        ("/other/a", "/other/a"),
        ("/shop/a", "/a"),
        ("/shop/v2/a", "/a"),
    ] {
        assert_eq!(target(&keys, text), expected, "{text}");
    }
    let relying_party = relying_party(&keys);
    let host = |path: &str| {
        let request = request("GET", path, &[("host", "evil.example")]);
        let destination = Destination::of(&relying_party, &request).unwrap();
        let upstream =
            relying_party.upstream_request(&request, Vec::new(), &Permit::anonymous(), &destination);
        upstream.headers.first().unwrap().1.clone()
    };
    assert_eq!(host("/api/v1/a"), "api.internal");
    assert_eq!(host("/host/a"), "app.example.com");
    assert_eq!(host("/other"), "upstream.internal:8080");
}

#[test]
fn a_host_that_is_none() {
    for host in [
        "",
        "user@app.example.com",
        "user:password@app.example.com",
        "app.example.com:",
        "app.example.com:0",
        "app.example.com:65536",
        "app.example.com:8o",
        "app.example.com:443:443",
        "app.example.com/path",
        "app.example.com?",
        "app.example.com#",
        "app.example.com, evil.example",
        "app example",
        "[::1",
        "[::1]x",
        "[app]",
        "::1",
        "app\\evil",
        "%61pp",
    ] {
        assert_eq!(refusal("GET", &[("Host", host)]), Some(ForwardingRefusal::HostMalformed), "{host}");
    }
    for host in ["app.example.com", "app.example.com:443", "localhost:8401", "192.0.2.1", "[::1]:80", "a_b"] {
        assert_eq!(refusal("GET", &[("host", host)]), None, "{host}");
    }
    let twice = [("Host", "app.example.com"), ("host", "app.example.com")];
    assert_eq!(refusal("GET", &twice), Some(ForwardingRefusal::HostMalformed));
}

#[test]
fn methods_that_are_not_passed_on() {
    for method in ["CONNECT", "TRACE"] {
        assert_eq!(refusal(method, &[]), Some(ForwardingRefusal::MethodNotForwarded));
    }
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"] {
        assert_eq!(refusal(method, &[]), None, "{method}");
    }
}

#[test]
fn a_websocket_is_refused() {
    for upgrade in ["websocket", "WebSocket", "h2c, websocket"] {
        let headers = [("Connection", "Upgrade"), ("Upgrade", upgrade)];
        assert_eq!(refusal("GET", &headers), Some(ForwardingRefusal::WebSocket), "{upgrade}");
    }
    assert_eq!(refusal("GET", &[("Upgrade", "h2c")]), None);
}

#[test]
fn a_request_that_was_here_before_is_refused() {
    let relying_party = relying_party(&json!({}));
    let first = request("GET", "/", &[("Via", "1.1 front"), ("via", "2 other (x)")]);
    let destination = Destination::of(&relying_party, &first).unwrap();
    let upstream = relying_party.upstream_request(&first, Vec::new(), &Permit::anonymous(), &destination);
    let via = upstream.headers.iter().find(|(name, _)| name == "via").unwrap().1.clone();
    assert!(via.starts_with("1.1 front, 2 other (x), 1.1 vestibule-"), "{via}");
    assert_eq!(refusal("GET", &[("Via", &via)]), Some(ForwardingRefusal::Loop));
    assert_eq!(refusal("GET", &[("Via", "1.1 vestibule-00000000")]), None);
}

/// The HTTP client sends no longer URL, and encoding turns one character into three bytes.
#[test]
fn a_target_that_cannot_be_sent_is_refused_as_the_clients() {
    let relying_party = relying_party(&json!({}));
    let target = |path: &str| {
        let destination = Destination::of(&relying_party, &request("GET", path, &[]));
        destination.map(|destination| destination.target.len()).map_err(|refusal| refusal.reason().code)
    };
    assert_eq!(target(&format!("/{}", "a".repeat(63_999))), Ok(64_000));
    assert_eq!(target(&format!("/{}", "a".repeat(64_000))), Err("target_too_long"));
    assert_eq!(target(&format!("/a?{}", "a".repeat(64_000))), Err("target_too_long"));
    assert_eq!(target(&format!("/{}", "\u{e9}".repeat(10_666))), Ok(63_997));
    assert_eq!(target(&format!("/{}", "\u{e9}".repeat(10_667))), Err("target_too_long"));
}
