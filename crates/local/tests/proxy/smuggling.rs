//! Sends requests on the wire that two parsers could read differently. Either the front refuses a request, or the
//! proxy refuses it with its reason, or it reaches the upstream as one unambiguous request.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::{WAYS, Way, parsed, proxy, upstream};

/// The result for the bytes.
enum Outcome {
    /// The front does not accept it as a request and closes the connection.
    NoRequest,
    /// The proxy's response: status and reason.
    Refused(&'static str),
    /// The texts that the upstream's copy of the request contains, and those that it does not contain; a text with
    /// `\r\n` around it is a whole line.
    Passed(&'static [&'static str], &'static [&'static str]),
}

use Outcome::{NoRequest, Passed, Refused};

/// Sent after the request line: `Host`, the listed fields, and an empty line if the row has none.
const FIELDS: [(&str, &str, Outcome); 73] = [
    // Fields that end at this hop (RFC 9110 section 7.6.1), and fields that a client lists in `Connection`.
    (
        "Connection: x-vestibule-sub, x-vestibule-authenticated\r\n",
        "",
        Passed(&["\r\nx-vestibule-authenticated: false"], &["\r\nconnection:"]),
    ),
    (
        "Connection: host, via, x-forwarded-for, x-forwarded-host\r\n",
        "",
        Passed(
            &[
                "\r\nhost: {u}\r\n",
                "\r\nvia: 1.1 vestibule-",
                "\r\nx-forwarded-for: 127.0.0.1\r\n",
                "\r\nx-forwarded-host: {p}\r\n",
            ],
            &[],
        ),
    ),
    (
        "Connection: content-length\r\nContent-Length: 2\r\n",
        "ab",
        Passed(&["\r\ncontent-length: 2\r\n", "\r\n2\n6162"], &[]),
    ),
    (
        "Connection: close, upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n",
        "",
        Passed(&[], &["upgrade", "http2-settings"]),
    ),
    (
        "Keep-Alive: 5\r\nProxy-Connection: keep-alive\r\nProxy-Authorization: Basic eA==\r\n",
        "",
        Passed(&[], &["keep-alive", "proxy-"]),
    ),
    ("TE: trailers\r\nTrailer: x-a\r\n", "", Passed(&[], &["\r\nte:", "trailer"])),
    ("Expect: 100-continue\r\nContent-Length: 2\r\n", "ab", Passed(&["\r\n2\n6162"], &["expect"])),
    ("transfer_encoding: chunked\r\n", "", Passed(&[], &["chunked"])),
    ("Transfer-Encoding_: chunked\r\nx-a: 1\r\n", "", Passed(&["\r\nx-a: 1\r\n"], &[])),
    ("content_length: 9\r\n", "", Passed(&[], &["content_length", "length: 9"])),
    ("content.length: 9\r\n", "", Passed(&[], &["content.length", "length: 9"])),
    ("proxy_authorization: Basic eA==\r\n", "", Passed(&[], &["proxy"])),
    // Vestibule's own field names, in the spellings that frameworks treat as the same.
    ("x-vestibule-sub: claimed\r\n", "", Passed(&[], &["claimed"])),
    ("X-VESTIBULE-SUB: claimed\r\n", "", Passed(&[], &["claimed"])),
    ("x_vestibule_sub: claimed\r\n", "", Passed(&[], &["claimed"])),
    ("X-Vestibule_Sub: claimed\r\n", "", Passed(&[], &["claimed"])),
    ("x.vestibule.sub: claimed\r\n", "", Passed(&[], &["claimed"])),
    ("x~vestibule~sub: claimed\r\n", "", Passed(&[], &["claimed"])),
    ("x-vestibule-authenticated: true\r\n", "", Passed(&["\r\nx-vestibule-authenticated: false"], &["true"])),
    ("x_vestibule_authenticated: true\r\n", "", Passed(&["\r\nx-vestibule-authenticated: false"], &["true"])),
    ("x-vestibule-of-tomorrow: claimed\r\n", "", Passed(&[], &["claimed"])),
    ("x-vestibule: claimed\r\n", "", Passed(&[], &["claimed"])),
    // The name and address that the client claims.
    (
        "X-Forwarded-For: 203.0.113.9\r\n",
        "",
        Passed(&["\r\nx-forwarded-for: 127.0.0.1\r\n"], &["203.0.113.9"]),
    ),
    (
        "X-Forwarded-For: 203.0.113.9\r\nx-forwarded-for: 203.0.113.9\r\n",
        "",
        Passed(&["\r\nx-forwarded-for: 127.0.0.1\r\n"], &["203.0.113.9"]),
    ),
    ("X_Forwarded_For: 203.0.113.9\r\n", "", Refused("400 ambiguous_header")),
    ("X-Forwarded-Host: evil.example\r\n", "", Passed(&["\r\nx-forwarded-host: {p}\r\n"], &["evil.example"])),
    (
        "X-Forwarded-Server: evil.example\r\nX-Forwarded-Prefix: /evil\r\nX-Forwarded-Scheme: evil\r\n",
        "",
        Passed(&[], &["evil"]),
    ),
    ("Forwarded: for=evil;host=evil\r\n", "", Passed(&[], &["evil"])),
    ("X-Real-IP: 203.0.113.9\r\nX_Real_IP: 203.0.113.9\r\n", "", Passed(&[], &["203.0.113.9"])),
    (
        "True-Client-IP: 203.0.113.9\r\nCF-Connecting-IP: 203.0.113.9\r\nClient-IP: 203.0.113.9\r\n",
        "",
        Passed(&[], &["203.0.113.9"]),
    ),
    ("X-Request-Id: of-the-client\r\n", "", Passed(&[], &["of-the-client"])),
    (
        "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n",
        "",
        Passed(&["\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"], &[]),
    ),
    // A method or address that differs from the checked one.
    ("X-HTTP-Method: DELETE\r\n", "", Refused("400 reserved_header")),
    ("X-HTTP-Method-Override: DELETE\r\n", "", Refused("400 reserved_header")),
    ("X_Method_Override: DELETE\r\n", "", Refused("400 reserved_header")),
    ("X-Original-URL: /closed-to-all\r\n", "", Refused("400 reserved_header")),
    ("x_rewrite_url: /closed-to-all\r\n", "", Refused("400 reserved_header")),
    ("Content-Type: a\r\ncontent_type: b\r\n", "", Refused("400 ambiguous_header")),
    ("Upgrade: websocket\r\nConnection: upgrade\r\n", "", Refused("501 websocket_unsupported")),
    ("upgrade: WebSocket\r\n", "", Refused("501 websocket_unsupported")),
    ("Via: 1.1 elsewhere, 1.1 {v}\r\n", "", Refused("508 request_loop")),
    ("Via: 1.1 elsewhere\r\n", "", Passed(&["\r\nvia: 1.1 elsewhere, 1.1 vestibule-"], &[])),
    // Bodies whose end is ambiguous (RFC 9112 sections 6 and 7).
    ("Content-Length: 2\r\nContent-Length: 3\r\n", "abc", NoRequest),
    ("Content-Length: 2, 3\r\n", "abc", NoRequest),
    ("Content-Length: +2\r\n", "ab", NoRequest),
    ("Content-Length: -2\r\n", "ab", NoRequest),
    ("Content-Length: 0x2\r\n", "ab", NoRequest),
    ("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", "2\r\nab\r\n0\r\n\r\n", NoRequest),
    ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "2\r\nab\r\n0\r\n\r\n", NoRequest),
    ("Transfer-Encoding: xchunked\r\n", "2\r\nab\r\n0\r\n\r\n", NoRequest),
    ("Transfer-Encoding: gzip, chunked\r\n", "2\r\nab\r\n0\r\n\r\n", NoRequest),
    ("Transfer-Encoding : chunked\r\n", "2\r\nab\r\n0\r\n\r\n", NoRequest),
    ("Transfer-Encoding:\x0bchunked\r\n", "2\r\nab\r\n0\r\n\r\n", NoRequest),
    (
        "Transfer-Encoding: chunked\r\n",
        "2\r\nab\r\n0\r\n\r\n",
        Passed(&["\r\ncontent-length: 2\r\n", "\r\n2\n6162"], &["chunked"]),
    ),
    ("Transfer-Encoding: chunked\r\n", "-2\r\nab\r\n0\r\n\r\n", NoRequest),
    ("Transfer-Encoding: chunked\r\n", "2\r\nabc\r\n0\r\n\r\n", NoRequest),
    // Lines whose end is ambiguous.
    ("X-A: 1\r\n x-vestibule-sub: claimed\r\n", "", NoRequest),
    ("X-A: 1\r\n\tx-vestibule-sub: claimed\r\n", "", NoRequest),
    ("X-A: 1\nx-vestibule-sub: claimed\r\n", "", NoRequest),
    ("X-A: 1\rx-vestibule-sub: claimed\r\n", "", NoRequest),
    ("X-A: 1\0\r\n", "", NoRequest),
    ("X\0A: 1\r\n", "", NoRequest),
    ("X\rA: 1\r\n", "", NoRequest),
    ("X\nA: 1\r\n", "", NoRequest),
    ("X\r\nA: 1\r\n", "", NoRequest),
    ("x-vestibule-sub\0: claimed\r\n", "", NoRequest),
    ("x-vestibule-sub : claimed\r\n", "", NoRequest),
    // HTTP/2 has pseudo header fields, HTTP/1.1 does not (RFC 9113 section 8.3).
    (":method: GET\r\n", "", NoRequest),
    (":path: /closed-to-all\r\n", "", NoRequest),
    (":authority: evil.example\r\n", "", NoRequest),
    (":scheme: https\r\n", "", NoRequest),
    ("Host: evil.example\r\n", "", NoRequest),
    ("X-A\r\n", "", NoRequest),
];

#[tokio::test]
async fn fields_that_could_be_read_in_two_ways() {
    let mut wrong = Vec::new();
    let upstream = upstream::start().await;
    for way in WAYS {
        let proxy = proxy(way, &upstream).await;
        let pseudonym = pseudonym(&proxy).await;
        for (fields, body, outcome) in &FIELDS {
            let fields = fields.replace("{v}", &pseudonym);
            let request = format!("POST /echo HTTP/1.1\r\nHost: {proxy}\r\n{fields}\r\n{body}");
            // A load balancer whose target is a function refuses this itself.
            let is_load_balancer = matches!(way, Way::LoadBalancer | Way::LoadBalancerOfSingleValues);
            if is_load_balancer && fields == "Upgrade: websocket\r\nConnection: upgrade\r\n" {
                assert_eq!(parsed(&exchange(&proxy, &request).await, false).status, 400);
                continue;
            }
            if let Some(difference) = difference(&proxy, &upstream, &request, outcome).await {
                wrong.push(format!("{way:?} {fields:?}: {difference}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Request lines of the form `GET {} HTTP/1.1`, and the result of each.
const TARGETS: [(&str, Outcome); 30] = [
    ("GET /echo", Passed(&["GET /echo HTTP/1.1\r\n"], &[])),
    ("GET /echo/a%20b?c=%2F", Passed(&["GET /echo/a%20b?c=%2F HTTP/1.1\r\n"], &[])),
    // The origin of an absolute target has no effect; only the path counts.
    ("GET http://evil.example/echo", Passed(&["GET /echo HTTP/1.1\r\n", "\r\nhost: {u}\r\n"], &["evil"])),
    ("GET http://evil.example/closed-to-all", Refused("401 session_missing")),
    ("GET evil.example:443", NoRequest),
    ("GET *", NoRequest),
    ("OPTIONS *", NoRequest),
    ("GET echo", NoRequest),
    ("GET /echo#x", NoRequest),
    ("GET /echo HTTP/1.1\r\nx-vestibule-sub: claimed\r\nX:", Passed(&[], &["claimed"])),
    ("GET /a b", NoRequest),
    ("GET  /echo", NoRequest),
    ("CONNECT /echo", Refused("501 method_not_forwarded")),
    ("TRACE /echo", Refused("501 method_not_forwarded")),
    ("G\0T /echo", NoRequest),
    ("G(T /echo", NoRequest),
    ("GET //evil.example/echo", Refused("400 ambiguous_path")),
    ("GET /echo/../closed-to-all", Refused("400 ambiguous_path")),
    ("GET /echo/%2e%2e/closed-to-all", Refused("400 ambiguous_path")),
    ("GET /echo\\..\\closed-to-all", Refused("400 ambiguous_path")),
    // The rule names the path without the slash, and a later rule applies to every path.
    ("GET /closed-to-all/", Refused("401 session_missing")),
    ("GET /closed-to-all%2f", Refused("400 ambiguous_path")),
    ("GET /closed-to-all/.", Refused("400 ambiguous_path")),
    ("GET /closed-to-all//", Refused("400 ambiguous_path")),
    ("GET /closed-to-all;/", Refused("400 ambiguous_path")),
    ("GET /closed-to-all?/echo", Refused("401 session_missing")),
    ("GET /closed%2dto-all", Refused("401 session_missing")),
    ("GET /oauth2/health/../echo", Refused("404 not_found")),
    ("POST /oauth2/health", Refused("405 method_not_allowed")),
    (
        "GET /echo?%0d%0ax-vestibule-sub:%20claimed",
        Passed(&["GET /echo?%0d%0ax-vestibule-sub:%20claimed"], &["\r\nx-vestibule-sub"]),
    ),
];

#[tokio::test]
async fn request_lines_that_could_be_read_in_two_ways() {
    let mut wrong = Vec::new();
    let upstream = upstream::start().await;
    for way in WAYS {
        let proxy = proxy(way, &upstream).await;
        for (line, outcome) in &TARGETS {
            // An HTTP API has decoded it to the previous line.
            let decoded = way == Way::HttpApi && line.ends_with("%2f");
            let outcome = if decoded { &Refused("401 session_missing") } else { outcome };
            let request = format!("{line} HTTP/1.1\r\nHost: {proxy}\r\n\r\n");
            if let Some(difference) = difference(&proxy, &upstream, &request, outcome).await {
                wrong.push(format!("{way:?} {line:?}: {difference}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The bytes after a body are a separate request, which is checked separately.
#[tokio::test]
async fn the_bytes_after_a_request_are_judged_by_themselves() {
    let upstream = upstream::start().await;
    for way in WAYS {
        let proxy = proxy(way, &upstream).await;
        let hidden =
            format!("GET /closed-to-all HTTP/1.1\r\nHost: {proxy}\r\nX-Vestibule-Sub: claimed\r\n\r\n");
        for first in [
            format!("GET /echo HTTP/1.1\r\nHost: {proxy}\r\n\r\n"),
            format!("POST /echo HTTP/1.1\r\nHost: {proxy}\r\nContent-Length: 0\r\n\r\n"),
            format!("POST /echo HTTP/1.1\r\nHost: {proxy}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        ] {
            let answers =
                String::from_utf8_lossy(&exchange(&proxy, &format!("{first}{hidden}")).await).into_owned();
            let statuses: Vec<&str> = answers
                .lines()
                .filter(|line| line.starts_with("HTTP/1.1 "))
                .map(|line| &line[9..12])
                .collect();
            // The upstream echoes the first request, whose own line ends in `HTTP/1.1`.
            assert_eq!(statuses, ["200", "401"], "{way:?} {first:?}: {answers}");
            assert!(!answers.contains("claimed"), "{way:?} {answers}");
        }
        // Inside a body the bytes are part of the body.
        let length = hidden.len();
        let request =
            format!("POST /echo HTTP/1.1\r\nHost: {proxy}\r\nContent-Length: {length}\r\n\r\n{hidden}");
        let answers = String::from_utf8_lossy(&exchange(&proxy, &request).await).into_owned();
        assert_eq!(answers.matches("HTTP/1.1 200 ").count(), 1, "{way:?} {answers}");
        assert!(answers.contains(&format!("\r\n{length}\n{}", upstream::hexadecimal(hidden.as_bytes()))));
    }
}

/// The differences from `outcome`.
async fn difference(proxy: &str, upstream: &str, request: &str, outcome: &Outcome) -> Option<String> {
    let bytes = exchange(proxy, request).await;
    let answer = parsed(&bytes, false);
    let body = String::from_utf8_lossy(&answer.body).into_owned();
    let heads = bytes.windows(9).filter(|window| *window == b"HTTP/1.1 ").count();
    let as_said = match outcome {
        NoRequest => answer.status == 400 && body == "{\"message\":\"Bad Request\"}" && heads == 1,
        Refused(reason) => {
            let (status, code) = reason.split_once(' ').unwrap();
            let problem: Option<serde_json::Value> = serde_json::from_str(&body).ok();
            let told = problem.as_ref().and_then(|problem| problem.get("reason")?.as_str());
            answer.status.to_string() == status && told == Some(code) && heads == 1
        }
        Passed(there, gone) => {
            let here = |text: &str| text.replace("{u}", upstream).replace("{p}", proxy);
            let fields = body.split_once("\r\n").map_or("", |(_, fields)| fields).to_ascii_lowercase();
            answer.status == 200
                && there.iter().all(|text| body.contains(&here(text)))
                && gone.iter().all(|text| !fields.contains(text))
        }
    };
    (!as_said).then(|| format!("{} {body}", answer.status))
}

/// Reads everything until the proxy stops sending.
async fn exchange(proxy: &str, request: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(proxy).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    bytes
}

/// The name of this proxy in `Via`.
async fn pseudonym(proxy: &str) -> String {
    let bytes = exchange(proxy, &format!("GET /echo HTTP/1.1\r\nHost: {proxy}\r\n\r\n")).await;
    let told = String::from_utf8(parsed(&bytes, false).body).unwrap();
    let via = told.lines().find_map(|line| line.strip_prefix("via: 1.1 ")).unwrap();
    via.to_owned()
}
