//! Lists answers of a broken or malicious upstream, with the exact answer that the client gets for each.

use crate::{Answer, WAYS, Way, ask, proxy, upstream};

/// The path that makes the upstream answer with exactly these bytes.
fn raw(bytes: &[u8]) -> String {
    format!("/raw/{}", upstream::hexadecimal(bytes))
}

/// The result for a response.
enum Outcome {
    /// The proxy refuses it with this status and reason, and the client gets none of it.
    Refused(&'static str),
    /// The proxy passes it on with this status, these fields and this body.
    Passed(u16, &'static [(&'static str, &'static str)], &'static str),
    /// A front that streams passes the head on; a front that reads the whole response first refuses it.
    Broken,
}

use Outcome::{Broken, Passed, Refused};

const MALFORMED: Outcome = Refused("502 upstream_answer_malformed");

const ANSWERS: [(&str, &[u8], Outcome); 63] = [
    // Two lengths, and malformed lengths (RFC 9112 section 6.3).
    ("two lengths", b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nabc", MALFORMED),
    ("two lengths in one", b"HTTP/1.1 200 OK\r\ncontent-length: 2, 3\r\n\r\nabc", MALFORMED),
    ("a length and chunks", b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", MALFORMED),
    ("chunks and a length", b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 2\r\n\r\n0\r\n\r\n", MALFORMED),
    ("a negative length", b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n", MALFORMED),
    ("a length with a sign", b"HTTP/1.1 200 OK\r\ncontent-length: +2\r\n\r\nab", MALFORMED),
    ("a length in hexadecimal", b"HTTP/1.1 200 OK\r\ncontent-length: 0x2\r\n\r\nab", MALFORMED),
    ("an empty length", b"HTTP/1.1 200 OK\r\ncontent-length: \r\n\r\nab", MALFORMED),
    ("a length beyond numbers", b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\nab", MALFORMED),
    ("too long a body", b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nabHTTP/1.1 200 OK\r\nx-second: 1\r\n\r\n", Passed(200, &[], "ab")),
    // Transfer codings that the proxy does not decode (RFC 9112 section 6.1).
    ("two codings", b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n", MALFORMED),
    ("chunked twice", b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", MALFORMED),
    ("chunked twice in one", b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked, chunked\r\n\r\n0\r\n\r\n", MALFORMED),
    ("another coding", b"HTTP/1.1 200 OK\r\ntransfer-encoding: identity\r\n\r\nab", MALFORMED),
    ("nearly chunked", b"HTTP/1.1 200 OK\r\ntransfer-encoding: xchunked\r\n\r\n0\r\n\r\n", MALFORMED),
    ("chunked in capitals", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: CHUNKED\r\n\r\n2\r\nab\r\n0\r\n\r\n", Passed(200, &[], "ab")),
    // Chunks (RFC 9112 section 7.1).
    ("a chunk of no size", b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\r\nab\r\n0\r\n\r\n", Broken),
    ("a chunk of negative size", b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-1\r\nab\r\n0\r\n\r\n", Broken),
    ("a chunk beyond numbers", b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\nab\r\n0\r\n\r\n", Broken),
    ("a chunk longer than it says", b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n", Broken),
    ("a chunk shorter than it says", b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\nab\r\n0\r\n\r\n", Broken),
    ("no last chunk", b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n", Broken),
    ("a field of ours in the trailer", b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nset-cookie: __Host-landed=9\r\n\r\n", Passed(200, &[], "ab")),
    ("cut short", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nab", Broken),
    // Heads.
    ("no version", b"200 OK\r\n\r\n", MALFORMED),
    ("another version", b"HTTP/2.0 200 OK\r\n\r\n", MALFORMED),
    ("another protocol's", b"ICY 200 OK\r\n\r\n", MALFORMED),
    ("a status of two digits", b"HTTP/1.1 99 OK\r\n\r\n", MALFORMED),
    ("a status of four digits", b"HTTP/1.1 1000 OK\r\n\r\n", MALFORMED),
    ("a status that is not a number", b"HTTP/1.1 2x0 OK\r\n\r\n", MALFORMED),
    ("the old version", b"HTTP/1.0 200 OK\r\n\r\nab", Passed(200, &[], "ab")),
    ("no words for its status", b"HTTP/1.1 200\r\ncontent-length: 2\r\n\r\nab", Passed(200, &[], "ab")),
    ("switching protocols", b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n", MALFORMED),
    ("a folded line", b"HTTP/1.1 200 OK\r\nx-a: 1\r\n set-cookie: __Host-landed=9\r\ncontent-length: 2\r\n\r\nab", MALFORMED),
    ("a line folded by a tab", b"HTTP/1.1 200 OK\r\nx-a: 1\r\n\tx-b: 2\r\ncontent-length: 2\r\n\r\nab", MALFORMED),
    ("a space before the colon", b"HTTP/1.1 200 OK\r\nset-cookie : a=1\r\ncontent-length: 2\r\n\r\nab", MALFORMED),
    ("a name with a space", b"HTTP/1.1 200 OK\r\nset cookie: a=1\r\ncontent-length: 2\r\n\r\nab", MALFORMED),
    ("an empty name", b"HTTP/1.1 200 OK\r\n: a=1\r\ncontent-length: 2\r\n\r\nab", MALFORMED),
    ("a name with NUL", b"HTTP/1.1 200 OK\r\nx\0y: a=1\r\ncontent-length: 2\r\n\r\nab", MALFORMED),
    ("a name with a carriage return", b"HTTP/1.1 200 OK\r\nx\ry: a=1\r\ncontent-length: 2\r\n\r\nab", MALFORMED),
    ("a name with a line feed", b"HTTP/1.1 200 OK\r\nx\ny: a=1\r\ncontent-length: 2\r\n\r\nab", MALFORMED),
    ("a pseudo header field", b"HTTP/1.1 200 OK\r\n:status: 500\r\ncontent-length: 2\r\n\r\nab", MALFORMED),
    ("a line without a colon", b"HTTP/1.1 200 OK\r\nnothing\r\ncontent-length: 2\r\n\r\nab", MALFORMED),
    ("a value with NUL", b"HTTP/1.1 200 OK\r\nx-a: 1\0set-cookie: b=2\r\ncontent-length: 2\r\n\r\nab", MALFORMED),
    ("a value with a carriage return", b"HTTP/1.1 200 OK\r\nx-a: 1\rset-cookie: b=2\r\ncontent-length: 2\r\n\r\nab", MALFORMED),
    ("a value with an escape", b"HTTP/1.1 200 OK\r\nx-a: \x1b[2J\r\ncontent-length: 2\r\n\r\nab", MALFORMED),
    // A lone line feed ends a line (RFC 9112 section 2.2 allows it); the next line is a field and is checked as
    // one.
    ("lone line feeds", b"HTTP/1.1 200 OK\nx-a: 1\nset-cookie: __Host-landed=9\ncontent-length: 2\n\nab", Passed(200, &[("x-a", "1")], "ab")),
    // Fields that belong to one connection.
    ("fields that its connection names", b"HTTP/1.1 200 OK\r\nconnection: x-a, keep-alive\r\nx-a: 1\r\nx-b: 2\r\nkeep-alive: timeout=5\r\nproxy-authenticate: Basic\r\nupgrade: h2c\r\ntrailer: x\r\ncontent-length: 2\r\n\r\nab", Passed(200, &[("x-b", "2")], "ab")),
    ("a connection that names cookies", b"HTTP/1.1 200 OK\r\nconnection: set-cookie\r\nset-cookie: __Host-landed=9\r\nset-cookie: a=1\r\ncontent-length: 2\r\n\r\nab", Passed(200, &[("set-cookie", "a=1")], "ab")),
    ("fields of one connection in other spellings", b"HTTP/1.1 200 OK\r\ntransfer_encoding: chunked\r\nproxy_connection: close\r\nx-b: 2\r\ncontent-length: 2\r\n\r\nab", Passed(200, &[("x-b", "2")], "ab")),
    ("a length in another spelling", b"HTTP/1.1 200 OK\r\ncontent_length: 9\r\ncontent-length: 2\r\n\r\nab", Passed(200, &[], "ab")),
    ("a cookie in another spelling", b"HTTP/1.1 200 OK\r\nset_cookie: __Host-landed=9\r\ncontent-length: 2\r\n\r\nab", Passed(200, &[], "ab")),
    ("another address to use from now on", b"HTTP/1.1 200 OK\r\nalt-svc: h3=\":443\"\r\ncontent-length: 2\r\n\r\nab", Passed(200, &[], "ab")),
    // Answers that must not have a body.
    ("204 with a body", b"HTTP/1.1 204 No Content\r\ncontent-length: 2\r\n\r\nab", Passed(204, &[], "")),
    ("304 with a body", b"HTTP/1.1 304 Not Modified\r\ncontent-length: 2\r\netag: \"e\"\r\n\r\nab", Passed(304, &[("etag", "\"e\"")], "")),
    ("204 in chunks", b"HTTP/1.1 204 No Content\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", Passed(204, &[], "")),
    // Unusual answers that are valid.
    ("an odd status", b"HTTP/1.1 299 Odd\r\ncontent-length: 2\r\n\r\nab", Passed(299, &[], "ab")),
    ("an interim answer first", b"HTTP/1.1 103 Early Hints\r\nset-cookie: __Host-landed=9\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nab", Passed(200, &[], "ab")),
    ("names in capitals", b"HTTP/1.1 200 OK\r\nX-A: 1\r\nSET-COOKIE: __Host-landed=9\r\nCONTENT-LENGTH: 2\r\n\r\nab", Passed(200, &[("x-a", "1")], "ab")),
    ("a value in ISO-8859-1", b"HTTP/1.1 200 OK\r\nx-a: f\xfcr\r\ncontent-length: 2\r\n\r\nab", Passed(200, &[("x-a", "f\u{fc}r")], "ab")),
    ("nothing at all", b"", Refused("502 upstream_connection_broken")),
    ("half a head", b"HTTP/1.1 200 OK\r\nx-a: 1\r\n", Refused("502 upstream_connection_broken")),
    ("what is no HTTP", b"SSH-2.0-OpenSSH_9.2p1\r\n", MALFORMED),
];

#[tokio::test]
async fn each_becomes_exactly_what_is_listed() {
    let upstream = upstream::start().await;
    for way in WAYS {
        let proxy = proxy(way, &upstream).await;
        for (what, bytes, outcome) in &ANSWERS {
            let answer = ask(&proxy, "GET", &raw(bytes), "", b"").await;
            assert!(answer.header("set-cookie").iter().all(|set| !set.contains("landed")), "{way:?} {what}");
            match outcome {
                Refused(reason) => assert_eq!(answer.reason(), *reason, "{way:?} {what}"),
                Broken if way == Way::FunctionUrl => {
                    assert_eq!((answer.status, answer.whole), (200, false), "{way:?} {what}");
                }
                Broken => assert_eq!(answer.reason(), "502 upstream_connection_broken", "{way:?} {what}"),
                Passed(status, headers, body) => {
                    let headers =
                        headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
                    let expected = Answer {
                        status: *status,
                        headers: headers.collect(),
                        body: body.as_bytes().to_vec(),
                        whole: true,
                    };
                    assert_eq!(answer, expected, "{way:?} {what}");
                }
            }
        }
    }
}

/// Each front accepts a response up to its limit and refuses a larger one. The limit depends on the size of
/// the response's own JSON, so the table starts a little below it and ends a little above it.
#[tokio::test]
async fn sizes_on_both_sides_of_each_limit() {
    let upstream = upstream::start().await;
    for (way, kind, sizes) in [
        (Way::LoadBalancer, "letters", 1_047_000..1_048_600),
        (Way::LoadBalancer, "bytes", 785_000..786_500),
        (Way::HttpApi, "letters", 6_290_000..6_291_500),
        (Way::HttpApi, "bytes", 4_717_000..4_718_600),
    ] {
        let proxy = proxy(way, &upstream).await;
        let mut whole = Vec::new();
        for size in [sizes.start, sizes.end - 700, sizes.end - 300, sizes.end] {
            let path = format!("/{kind}/{size}");
            let answer = ask(&proxy, "GET", &path, "", b"").await;
            whole.push(answer.status == 200);
            if answer.status == 200 {
                assert!(answer == ask(&upstream, "GET", &path, "", b"").await, "{way:?} {path}");
            } else {
                assert_eq!(answer.reason(), "502 upstream_answer_too_large", "{way:?} {path}");
            }
        }
        assert!(
            whole[0] && !whole[3] && whole.is_sorted_by(|one, next| one >= next),
            "{way:?} {kind} {whole:?}"
        );
    }
}

/// Many fields or long fields are refused before they fill the memory.
#[tokio::test]
async fn heads_beyond_the_limits() {
    let upstream = upstream::start().await;
    for way in WAYS {
        let proxy = proxy(way, &upstream).await;
        for path in ["/many-fields/257", "/long-field/400000", "/long-status/400000"] {
            let answer = ask(&proxy, "GET", path, "", b"").await;
            assert_eq!(answer.reason(), "502 upstream_answer_malformed", "{way:?} {path}");
        }
        // A load balancer accepts a head of 32 KB, which is less than the proxy accepts.
        let answer = ask(&proxy, "GET", "/long-field/33000", "", b"").await;
        if matches!(way, Way::LoadBalancer | Way::LoadBalancerOfSingleValues) {
            assert_eq!(answer.reason(), "502 upstream_answer_too_large");
        } else {
            let long: Vec<usize> = answer.header("x-long").iter().map(|value| value.len()).collect();
            assert_eq!((answer.status, long), (200, vec![33_000]), "{way:?}");
        }
        assert_eq!(ask(&proxy, "GET", "/long-field/32000", "", b"").await.status, 200, "{way:?}");
        let answer = ask(&proxy, "GET", "/many-fields/200", "", b"").await;
        assert_eq!((answer.status, answer.headers.len()), (200, 200), "{way:?}");
    }
}

/// `Set-Cookie` values, and whether they name one of vestibule's cookies. `{}` is the name of the session
/// cookie.
const SET_COOKIES: [(&str, bool); 34] = [
    ("{}=x; Path=/; Secure", true),
    ("{}=; Max-Age=0", true),
    ("{}.0=x", true),
    ("{}.1=x", true),
    ("{}.12=x", true),
    ("{}", true),
    ("={}", true),
    ("={}=x", true),
    (" {}=x", true),
    ("\t{} =x", true),
    ("{} = x", true),
    ("{}=x, a=b", true),
    ("{}=x; Domain=example.com", true),
    ("__host-landed=9", true),
    ("__HOST-landed=9", true),
    ("__Host-landed=9", true),
    ("__Host-landed", true),
    ("__Host-refreshed=x", true),
    ("__Host-attempt-AbCdEfGh=x", true),
    ("__hOsT-attempt-AbCdEfGh=x", true),
    ("__Host-attempt-AbCdEfGh=; Max-Age=0", true),
    ("a=1", false),
    ("a={}", false),
    ("a=__Host-landed=9", false),
    ("a=1; __Host-landed=9", false),
    ("__Host-other=1; Path=/; Secure", false),
    ("__Secure-other=1; Secure", false),
    ("__Host-landed2=1", false),
    ("x__Host-landed=1", false),
    ("x{}=1", false),
    ("{}x=1", false),
    ("{}.x=1", false),
    ("session=1", false),
    ("a=\"{}=x\"", false),
];

#[tokio::test]
async fn no_cookie_of_ours_is_set_by_the_upstream() {
    let upstream = upstream::start().await;
    for way in WAYS {
        let proxy = proxy(way, &upstream).await;
        for (form, is_ours) in SET_COOKIES {
            let set = form.replace("{}", &crate::session_cookie());
            let bytes = format!("HTTP/1.1 200 OK\r\nset-cookie: {set}\r\ncontent-length: 2\r\n\r\nok");
            let answer = ask(&proxy, "GET", &raw(bytes.as_bytes()), "", b"").await;
            let expected = if is_ours { vec![] } else { vec![set.as_str()] };
            assert_eq!((answer.status, answer.header("set-cookie")), (200, expected), "{way:?} {set:?}");
        }
    }
}

/// The upstream's `Location`, and the one that the browser gets. `{u}` is the upstream's authority, `{p}` the public
/// one.
const LOCATIONS: [(&str, &str); 20] = [
    ("http://{u}/a?b#c", "http://{p}/a?b#c"),
    ("HTTP://{u}/a", "http://{p}/a"),
    ("https://{u}/a", "http://{p}/a"),
    ("http://{u}", "http://{p}"),
    ("http://{u}?a", "http://{p}?a"),
    ("/a", "/a"),
    ("a/b", "a/b"),
    ("?a=b", "?a=b"),
    ("#a", "#a"),
    ("", ""),
    ("//{u}/a", "http://{p}/a"),
    ("//evil.example/a", "//evil.example/a"),
    ("https://evil.example/a", "https://evil.example/a"),
    ("http://{u}@evil.example/", "http://{u}@evil.example/"),
    ("http://user@{u}/", "http://user@{u}/"),
    ("http://{u}.evil.example/", "http://{u}.evil.example/"),
    ("/\\evil.example/a", "http://{p}/\\evil.example/a"),
    ("http:/\\evil.example/a", "http://{p}/\\evil.example/a"),
    ("javascript:alert(1)", "javascript:alert(1)"),
    ("http://127.0.0.1:1/a", "http://127.0.0.1:1/a"),
];

#[tokio::test]
async fn addresses_of_the_upstream_become_ours_and_no_others() {
    let upstream = upstream::start().await;
    for way in WAYS {
        let proxy = proxy(way, &upstream).await;
        for (location, expected) in LOCATIONS {
            let at = |text: &str| text.replace("{u}", &upstream).replace("{p}", &proxy);
            for name in ["location", "content-location"] {
                let bytes =
                    format!("HTTP/1.1 302 Found\r\n{name}: {}\r\ncontent-length: 0\r\n\r\n", at(location));
                let answer = ask(&proxy, "GET", &raw(bytes.as_bytes()), "", b"").await;
                assert_eq!(answer.header(name), [at(expected)], "{way:?} {name}: {location}");
            }
        }
    }
}
