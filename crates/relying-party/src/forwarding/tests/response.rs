use serde_json::{Value, json};

use super::super::*;
use super::{relying_party, request};

fn answered(keys: &Value, headers: &[(&str, &str)], set_cookies: &[&str]) -> ForwardedHead {
    let relying_party = relying_party(keys);
    let destination = Destination::of(&relying_party, &request("GET", "/api/x", &[])).unwrap();
    let response = UpstreamResponseHead {
        status: StatusCode::OK,
        headers: headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()))
            .collect(),
    };
    let mut head = relying_party.forwarded_head(response, &destination).unwrap();
    head.set(set_cookies.iter().map(|value| (*value).to_owned()).collect());
    head
}

fn location(keys: &Value, location: &str) -> String {
    answered(keys, &[("Location", location)], &[]).headers.first().unwrap().1.clone()
}

#[test]
fn a_field_of_one_connection_ends_here() {
    let head = answered(
        &json!({}),
        &[
            ("Connection", "X-Named, close"),
            ("X-Named", "1"),
            ("Keep-Alive", "timeout=5"),
            ("Transfer-Encoding", "chunked"),
            ("Trailer", "x"),
            ("Upgrade", "h2"),
            ("Proxy-Authenticate", "Basic"),
            ("Alt-Svc", "h3=\":443\""),
            ("Content-Type", "text/plain"),
            ("X-Twice", "1"),
            ("x-twice", "2"),
        ],
        &[],
    );
    let head: Vec<(&str, &str)> =
        head.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(head, [("content-type", "text/plain"), ("x-twice", "1"), ("x-twice", "2")]);
}

#[test]
fn the_upstream_sets_none_of_our_cookies() {
    let head = answered(
        &json!({}),
        &[
            ("Set-Cookie", "app=1; Path=/"),
            ("Set-Cookie", "__Host-landed=9; Secure; Path=/"),
            ("Set-Cookie", " __Host-refreshed = 9"),
            ("Set-Cookie", "__host-landed=9"),
            ("Set-Cookie", "=__Host-landed=9"),
            ("Set-Cookie", "__Host-landed"),
            ("Set-Cookie", "__Host-attempt-abcdefgh=9"),
            ("set-cookie", "__Host-other=1; Secure; Path=/"),
        ],
        &[],
    );
    assert_eq!(head.set_cookies, ["app=1; Path=/", "__Host-other=1; Secure; Path=/"]);
}

#[test]
fn nor_the_session_cookie_whole_or_in_chunks() {
    let keys = json!({"session_cookie_name": "mine"});
    let names = ["__Host-mine", "__Host-mine.0", "__Secure-mine", "__SECURE-mine.12"];
    for name in names {
        let head = answered(&keys, &[("Set-Cookie", &format!("{name}=9"))], &[]);
        assert!(head.set_cookies.is_empty(), "{name}");
    }
    assert_eq!(answered(&keys, &[("Set-Cookie", "__Host-mine2=9")], &[]).set_cookies.len(), 1);
}

#[test]
fn an_answer_with_our_cookie_is_kept_by_no_cache() {
    let fields = [("Cache-Control", "public, max-age=600"), ("Expires", "0"), ("Etag", "\"x\"")];
    for name in [
        "CDN-Cache-Control",
        "Cloudflare-CDN-Cache-Control",
        "Edge-Control",
        "Surrogate-Control",
        "X-Accel-Expires",
    ] {
        let head = answered(&json!({}), &[(name, "max-age=600")], &["ours=1"]);
        assert_eq!(head.headers, [("cache-control".to_owned(), "no-store".to_owned())], "{name}");
        assert_eq!(answered(&json!({}), &[(name, "max-age=600")], &[]).headers.len(), 1, "{name}");
    }
    let head = answered(&json!({}), &fields, &["ours=1"]);
    assert_eq!(head.set_cookies, ["ours=1"]);
    let head: Vec<(&str, &str)> =
        head.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(head, [("etag", "\"x\""), ("cache-control", "no-store")]);
    assert_eq!(answered(&json!({}), &fields, &[]).headers.len(), 3);
}

/// RFC 9111 section 3.5: the upstream sees `Authorization`, and a cache before us does not.
#[test]
fn a_shared_cache_keeps_only_what_the_upstream_allows_it() {
    let after = |fields: &[(&str, &str)]| {
        let mut head = answered(&json!({}), fields, &[]);
        head.keep_from_shared_caches();
        let values = head.headers.into_iter().filter(|(name, _)| name == "cache-control");
        values.map(|(_, value)| value).collect::<Vec<_>>()
    };
    assert_eq!(after(&[]), ["private"]);
    assert_eq!(after(&[("Expires", "Fri, 01 Jan 2100 00:00:00 GMT")]), ["private"]);
    for (told, expected) in [
        ("max-age=3600", "max-age=3600, private"),
        ("max-age=\"3600\"", "max-age=\"3600\", private"),
        ("immutable", "immutable, private"),
        // A cache stores it and asks before each use. Our 304 would release it to somebody else.
        ("no-cache", "no-cache, private"),
        ("No-Cache, max-age=0", "No-Cache, max-age=0, private"),
        ("publicity", "publicity, private"),
        ("", "private"),
        // A directive with the names of fields leaves the rest of the response to the cache.
        ("private=\"x-a\"", "private=\"x-a\", private"),
        ("no-cache=\"set-cookie, x-a\"", "no-cache=\"set-cookie, x-a\", private"),
        ("a=\"x, public, y\"", "a=\"x, public, y\", private"),
    ] {
        assert_eq!(after(&[("Cache-Control", told)]), [expected], "{told}");
    }
    for told in [
        "public, max-age=3600",
        "max-age=3600,PUBLIC",
        "s-maxage=60",
        "S-MaxAge=60, max-age=0",
        "private",
        "no-store",
        "max-age=0, must-revalidate",
        "no-cache=\"x\", private",
    ] {
        assert_eq!(after(&[("Cache-Control", told)]), [told], "{told}");
    }
    let two = [("Cache-Control", "max-age=60"), ("Cache-Control", "no-store")];
    assert_eq!(after(&two), ["max-age=60", "no-store"]);
    let two = [("Cache-Control", "max-age=60"), ("Cache-Control", "immutable")];
    assert_eq!(after(&two), ["max-age=60", "immutable, private"]);
}

/// RFC 9213 section 2.1: a cache that reads such a field ignores `Cache-Control`.
#[test]
fn a_field_that_takes_precedence_over_private_is_removed() {
    let after = |fields: &[(&str, &str)]| {
        let mut head = answered(&json!({}), fields, &[]);
        head.keep_from_shared_caches();
        head.headers.into_iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>()
    };
    for name in [
        "CDN-Cache-Control",
        "Cloudflare-CDN-Cache-Control",
        "Vercel-CDN-Cache-Control",
        "Surrogate-Control",
        "Edge-Control",
    ] {
        let lower = name.to_ascii_lowercase();
        for removed in ["max-age=600", "public, max-age=600", "private=\"x-a\"", "!no-store, max-age=600", ""]
        {
            assert_eq!(after(&[(name, removed)]), ["cache-control: private"], "{name}: {removed}");
            let both = [(name, removed), ("Cache-Control", "no-cache")];
            assert_eq!(after(&both), ["cache-control: no-cache, private"], "{name}: {removed}");
        }
        for kept in ["no-store", "max-age=0, Private"] {
            assert_eq!(
                after(&[(name, kept)]),
                [format!("{lower}: {kept}"), "cache-control: private".to_owned()]
            );
        }
        let decided = [("Cache-Control", "private, max-age=60"), (name, "max-age=600")];
        assert_eq!(after(&decided).len(), 2, "the application decides about shared caches");
    }
    assert_eq!(after(&[("X-Accel-Expires", "600")]), ["cache-control: private"]);
}

#[test]
fn the_upstreams_own_address_becomes_the_public_one() {
    for (told, expected) in [
        ("http://upstream.internal:8080/a?b#c", "https://app.example.com/a?b#c"),
        ("http://upstream.internal:8080", "https://app.example.com"),
        ("HTTP://UPSTREAM.internal:8080/a/../b", "https://app.example.com/a/../b"),
        ("https://upstream.internal:8080/a", "https://app.example.com/a"),
        ("/a", "/a"),
        ("a/b", "a/b"),
        ("http://upstream.internal/a", "http://upstream.internal/a"),
        ("http://upstream.internal:8080.evil.example/a", "http://upstream.internal:8080.evil.example/a"),
        ("http://x@upstream.internal:8080/a", "http://x@upstream.internal:8080/a"),
        ("//upstream.internal:8080/a?b", "https://app.example.com/a?b"),
        ("//UPSTREAM.internal:8080", "https://app.example.com"),
        ("//upstream.internal/a", "//upstream.internal/a"),
        ("//x@upstream.internal:8080/a", "//x@upstream.internal:8080/a"),
        ("//elsewhere.example/a", "//elsewhere.example/a"),
        ("///upstream.internal:8080/a", "https://app.example.com///upstream.internal:8080/a"),
        ("//\\upstream.internal:8080/a", "https://app.example.com//\\upstream.internal:8080/a"),
        ("/\\upstream.internal:8080/a", "https://app.example.com/\\upstream.internal:8080/a"),
        ("https://elsewhere.example/a", "https://elsewhere.example/a"),
        ("javascript:alert(1)", "javascript:alert(1)"),
    ] {
        assert_eq!(location(&json!({}), told), expected, "{told}");
    }
}

#[test]
fn a_base_a_stage_and_a_stripped_path_are_put_right() {
    let keys = json!({
        "public_url": "https://app.example.com/prod",
        "routes": [{"paths": ["/api/*"], "upstream_url": "http://api.internal/base", "strip_path": "true"}],
    });
    for (told, expected) in [
        ("http://api.internal/base/a", "https://app.example.com/prod/api/a"),
        ("/base/a?b", "/prod/api/a?b"),
        ("/base", "/prod/api"),
        ("/basement", "/basement"),
        ("http://api.internal/other", "http://api.internal/other"),
        ("//api.internal/base/a", "https://app.example.com/prod/api/a"),
        ("//api.internal/other", "//api.internal/other"),
        ("/\\evil.example", "https://app.example.com/\\evil.example"),
    ] {
        assert_eq!(location(&keys, told), expected, "{told}");
    }
}

#[test]
fn another_protocol_is_no_answer() {
    let relying_party = relying_party(&json!({}));
    let destination = Destination::of(&relying_party, &request("GET", "/", &[])).unwrap();
    let response = UpstreamResponseHead { status: StatusCode::SWITCHING_PROTOCOLS, headers: Vec::new() };
    let refused = relying_party.forwarded_head(response, &destination);
    assert_eq!(refused, Err(UpstreamFault::ResponseMalformed));
}

#[test]
fn an_answer_with_two_ends_is_none() {
    let relying_party = relying_party(&json!({}));
    let destination = Destination::of(&relying_party, &request("GET", "/", &[])).unwrap();
    let refused = |headers: &[(&str, &str)]| {
        let headers =
            headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect();
        let response = UpstreamResponseHead { status: StatusCode::OK, headers };
        relying_party.forwarded_head(response, &destination).err()
    };
    for headers in [
        [("Transfer-Encoding", "chunked"), ("Content-Length", "2")],
        [("Content-Length", "2"), ("transfer-encoding", "chunked")],
        [("Transfer-Encoding", "chunked"), ("Transfer-Encoding", "chunked")],
        [("Transfer-Encoding", "gzip, chunked"), ("X", "y")],
        [("Transfer-Encoding", "chunked, gzip"), ("X", "y")],
        [("Transfer-Encoding", "identity"), ("X", "y")],
    ] {
        assert_eq!(refused(&headers), Some(UpstreamFault::ResponseMalformed), "{headers:?}");
    }
    assert_eq!(refused(&[("Transfer-Encoding", "Chunked")]), None);
    assert_eq!(refused(&[("Content-Length", "2")]), None);
}

#[test]
fn values_that_are_no_utf_8_are_read_as_latin_1() {
    let relying_party = relying_party(&json!({}));
    let destination = Destination::of(&relying_party, &request("GET", "/", &[])).unwrap();
    let headers = vec![("x".to_owned(), b"f\xfcr".to_vec()), ("y".to_owned(), "für".as_bytes().to_vec())];
    let response = UpstreamResponseHead { status: StatusCode::OK, headers };
    let head = relying_party.forwarded_head(response, &destination).unwrap();
    assert_eq!(head.headers.iter().map(|(_, value)| value.as_str()).collect::<Vec<_>>(), ["für", "für"]);
}

#[test]
fn an_address_without_its_base_names_no_other_host() {
    let keys = json!({"upstream_url": "http://upstream.internal:8080/app"});
    for (told, expected) in [
        ("/app//evil.example/x", "https://app.example.com//evil.example/x"),
        ("/app/\\evil.example", "https://app.example.com/\\evil.example"),
        ("/app/\t/evil.example", "https://app.example.com//evil.example"),
        ("/app", "https://app.example.com/"),
        ("/app?x=1", "https://app.example.com/?x=1"),
        ("/app/x", "/x"),
    ] {
        assert_eq!(location(&keys, told), expected, "{told}");
        let head = answered(&keys, &[("Content-Location", told)], &[]);
        assert_eq!(head.headers.first().unwrap().1, expected, "{told}");
    }
}

#[test]
fn the_public_host_by_another_scheme_is_the_public_address() {
    let rule = |preserve: bool| json!({"routes": [{"paths": ["/api/*"], "upstream_url": "http://upstream.internal:8080/app", "preserve_host": preserve}]});
    for (preserve, told, expected) in [
        (true, "http://app.example.com/app/x?y#z", "https://app.example.com/x?y#z"),
        (true, "http://APP.example.com/x", "https://app.example.com/x"),
        (true, "//app.example.com/app/x", "https://app.example.com/x"),
        (true, "http://app.example.com//evil.example", "https://app.example.com//evil.example"),
        (false, "http://app.example.com/app/x", "https://app.example.com/app/x"),
        (false, "https://app.example.com/x", "https://app.example.com/x"),
        (true, "http://app.example.com:8080/app/x/", "https://app.example.com/x/"),
        (true, "//app.example.com:8080/x", "https://app.example.com/x"),
        (false, "http://app.example.com:8080/x", "http://app.example.com:8080/x"),
        (true, "http://app.example.com:443/app/x", "https://app.example.com/x"),
        (false, "http://app.example.com:443/x", "https://app.example.com/x"),
        (true, "http://app.example.com:8081/x", "http://app.example.com:8081/x"),
        (true, "https://app.example.com:8443/x", "https://app.example.com:8443/x"),
        (true, "http://www.app.example.com:8080/x", "http://www.app.example.com:8080/x"),
        (true, "http://app.example.com:8080@evil.example/x", "http://app.example.com:8080@evil.example/x"),
        (true, "http://app.example.com.evil.example/x", "http://app.example.com.evil.example/x"),
        (true, "http://user@app.example.com/x", "http://user@app.example.com/x"),
        (true, "ftp://app.example.com/x", "ftp://app.example.com/x"),
    ] {
        assert_eq!(location(&rule(preserve), told), expected, "{preserve} {told}");
    }
}

/// Browsers drop tabs, read backslashes as slashes, and any number of slashes as two (WHATWG URL section
/// 4.4).
#[test]
fn a_path_that_browsers_take_for_a_host_is_one_of_the_public_host() {
    for (told, expected) in [
        ("/\\evil.example", "/\\evil.example"),
        ("\\\\evil.example", "/\\\\evil.example"),
        ("\\/evil.example", "/\\/evil.example"),
        ("///evil.example", "///evil.example"),
        ("//\\evil.example", "//\\evil.example"),
        ("/\t/evil.example", "//evil.example"),
        ("/\t\\evil.example", "/\\evil.example"),
        ("\t//evil.example", "//evil.example"),
        ("http:\\\\evil.example", "/\\\\evil.example"),
        ("https:///evil.example", "///evil.example"),
        ("HTTP:/\\evil.example", "/\\evil.example"),
        ("ht\ttps://evil.example", "//evil.example"),
    ] {
        let expected = format!("https://app.example.com{expected}");
        for keys in [json!({}), json!({"upstream_url": "http://upstream.internal:8080/app"})] {
            assert_eq!(location(&keys, told), expected, "{told}");
            let url = url::Url::parse("https://app.example.com/a").unwrap().join(&expected).unwrap();
            assert_eq!(url.host_str(), Some("app.example.com"), "{told}");
        }
    }
    for (told, expected) in [
        ("http:/x", "/x"),
        ("http:x", "/x"),
        ("https:x/y?z", "/x/y?z"),
        ("/%09/evil.example", "/%09/evil.example"),
        ("//elsewhere.example/a", "//elsewhere.example/a"),
        ("https://elsewhere.example/a", "https://elsewhere.example/a"),
        ("a\\b", "a\\b"),
        ("javascript:alert(1)", "javascript:alert(1)"),
    ] {
        assert_eq!(location(&json!({}), told), expected, "{told}");
    }
}

#[test]
fn addresses_in_refresh_and_link_are_rewritten_too() {
    let keys = json!({"upstream_url": "http://upstream.internal:8080/app"});
    for (name, told, expected) in [
        ("Refresh", "0; url=http://upstream.internal:8080/app/x", "0; url=https://app.example.com/x"),
        ("Refresh", "5;URL='/app/x'", "5;URL='/x'"),
        (
            "Refresh",
            "1.5 , url = \"/app//evil.example\" x",
            "1.5 , url = \"https://app.example.com//evil.example\" x",
        ),
        ("Refresh", "0; /app/x", "0; /x"),
        ("Refresh", "0 /\\evil.example", "0 https://app.example.com/\\evil.example"),
        ("Refresh", "0; url=\" //evil.example\"", "0; url=\"https://app.example.com//evil.example\""),
        ("Refresh", "0; url=//elsewhere.example/", "0; url=//elsewhere.example/"),
        ("Refresh", "30", "30"),
        ("Refresh", "0; url=''", "0; url=''"),
        (
            "Link",
            "</app/a.css>; rel=preload, <http://upstream.internal:8080/app/?p=2>; rel=\"next\"",
            "</a.css>; rel=preload, <https://app.example.com/?p=2>; rel=\"next\"",
        ),
        (
            "Link",
            "</app/x>; title=\"</app/\\\"<y>\"; rel=a,<//elsewhere.example/>",
            "</x>; title=\"</app/\\\"<y>\"; rel=a,<//elsewhere.example/>",
        ),
        (
            "Link",
            "</\\evil.example>; rel=canonical",
            "<https://app.example.com/\\evil.example>; rel=canonical",
        ),
        ("Link", "</app/x", "</app/x"),
        ("Link", "</app/x>, <</app/y", "</x>, <</app/y"),
        ("Link", "", ""),
    ] {
        let head = answered(&keys, &[(name, told)], &[]);
        assert_eq!(head.headers.first().unwrap().1, expected, "{name}: {told}");
    }
}
