//! Tests the proxy behind an HTTP API, a streaming function URL and a load balancer, with a real socket as the
//! upstream: a client gets the same response through the proxy as without it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::string_slice,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "a test fails by panicking"
)]

mod deadline;
mod event;
mod hostile;
mod malformed;
mod nginx;
mod rest;
mod smuggling;
mod upstream;

use std::sync::Arc;
use std::time::Duration;

use flow::site::{Ports, Site};
use flow::system_ports::{SystemClock, SystemEntropy};
use lambda::proxy_function::ProxyFunction;
use local::alb::LoadBalancer;
use local::http_api::HttpApi;
use outbound::https::Roots;
use outbound::provider::{self, HttpsProvider};
use outbound::upstream::HttpUpstream;
use relying_party::configuration::{Configuration, Role, Sources};
use relying_party::relying_party::RelyingParty;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    HttpApi,
    FunctionUrl,
    LoadBalancer,
    LoadBalancerOfSingleValues,
}

const WAYS: [Way; 4] = [Way::HttpApi, Way::FunctionUrl, Way::LoadBalancer, Way::LoadBalancerOfSingleValues];

/// A response as the client received it.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    status: u16,
    /// The fields, without those that every hop sets itself.
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// Whether the response was complete.
    whole: bool,
}

impl Answer {
    fn reason(&self) -> String {
        let problem: serde_json::Value =
            serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"));
        format!("{} {}", self.status, problem["reason"].as_str().unwrap())
    }

    fn header(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
    }
}

/// Starts the proxy behind this front with `upstream`, and returns its address.
async fn proxy(way: Way, upstream: &str) -> String {
    proxy_with(way, upstream, json!({})).await
}

/// The same with more configuration keys.
async fn proxy_with(way: Way, upstream: &str, more: serde_json::Value) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let authority = listener.local_addr().unwrap().to_string();
    let site = site(way, upstream, &authority, more);
    let client = HttpUpstream::new(Roots::built_in(), outbound::upstream::Limits::default());
    let function = Arc::new(ProxyFunction::new(site, Arc::new(client)));
    let log: Arc<dyn Fn(&str) + Send + Sync> = Arc::new(|_| {});
    tokio::spawn(async move {
        let never = std::future::pending::<()>();
        match way {
            Way::HttpApi => HttpApi::new(function, log).serve(listener, never).await,
            Way::FunctionUrl => HttpApi::function_url(function, log).serve(listener, never).await,
            Way::LoadBalancer => LoadBalancer::new(function, true, log).serve(listener, never).await,
            Way::LoadBalancerOfSingleValues => {
                LoadBalancer::new(function, false, log).serve(listener, never).await;
            }
        }
    });
    authority
}

/// A site with the address `public`.
fn site(way: Way, upstream: &str, public: &str, more: serde_json::Value) -> Arc<Site> {
    let ports = Ports {
        provider: Arc::new(HttpsProvider::new(Roots::built_in(), provider::Limits::default())),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        sessions: None,
        client_secret: None,
        user_sign_out: None,
    };
    Arc::new(Site::new(relying_party(way, upstream, public, more), ports))
}

#[expect(clippy::needless_pass_by_value, reason = "callers pass a literal document")]
fn relying_party(way: Way, upstream: &str, public: &str, more: serde_json::Value) -> RelyingParty {
    let mut document = json!({
        "provider": "oidc",
        "issuer": "https://id.example.com",
        "client_id": "the-client",
        "client_secret": "the-client-secret",
        "public_url": format!("http://{public}"),
        "session_secret": "thirty-two bytes for a session and no less",
        "upstream_url": format!("http://{upstream}"),
        "log_level": "error",
        "response_streaming": (way == Way::FunctionUrl).to_string(),
        "routes": [{"paths": ["/closed-to-all"]}, {"paths": ["/*"], "auth": "none"}],
    });
    document.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let document = document.to_string();
    let sources = Sources { document: Some(&document), ..Sources::default() };
    let configuration = Configuration::from_sources(&sources, Role::Proxy).unwrap();
    RelyingParty::new(configuration).unwrap()
}

/// The name of the session cookie.
fn session_cookie() -> String {
    let relying_party = relying_party(Way::HttpApi, "127.0.0.1:9", "127.0.0.1:9", json!({}));
    relying_party.cookie_names.session().to_owned()
}

/// Sends a request and reads its response.
async fn ask(authority: &str, method: &str, target: &str, fields: &str, body: &[u8]) -> Answer {
    let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    let host = if fields.starts_with("Host:") { String::new() } else { format!("Host: {authority}\r\n") };
    let head = format!("{method} {target} HTTP/1.1\r\n{host}{fields}{length}Connection: close\r\n\r\n");
    let mut stream = TcpStream::connect(authority).await.unwrap();
    stream.write_all(&[head.as_bytes(), body].concat()).await.unwrap();
    let mut bytes = Vec::new();
    // A server that is done may not have read everything, but its response still counts.
    let _ = stream.read_to_end(&mut bytes).await;
    parsed(&bytes, method == "HEAD")
}

fn parsed(mut bytes: &[u8], to_head: bool) -> Answer {
    loop {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let rest = &bytes[end + 4..];
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        if status != 101 && status < 200 {
            bytes = rest;
            continue;
        }
        let all: Vec<(String, String)> = lines
            .map(|line| line.split_once(':').unwrap())
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let value = |name: &str| all.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        let bodiless = to_head || status == 204 || status == 304;
        let (body, whole) = match (value("transfer-encoding"), value("content-length")) {
            _ if bodiless => (rest.to_vec(), rest.is_empty()),
            (Some(_), _) => unchunked(rest),
            (None, Some(length)) => (rest.to_vec(), length.parse() == Ok(rest.len())),
            (None, None) => (rest.to_vec(), true),
        };
        let every_hops = ["connection", "content-length", "date", "transfer-encoding"];
        let mut headers: Vec<(String, String)> =
            all.into_iter().filter(|(name, _)| !every_hops.contains(&name.as_str())).collect();
        headers.sort();
        return Answer { status, headers, body, whole };
    }
}

fn unchunked(mut bytes: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    while let Some(end) = bytes.windows(2).position(|window| window == b"\r\n") {
        let size = String::from_utf8_lossy(&bytes[..end]).split(';').next().unwrap().to_owned();
        let size = usize::from_str_radix(&size, 16).unwrap();
        if size == 0 {
            return (body, true);
        }
        body.extend_from_slice(&bytes[end + 2..end + 2 + size]);
        bytes = &bytes[end + 4 + size..];
    }
    (body, false)
}

#[tokio::test]
async fn through_the_proxy_is_as_without_it() {
    let upstream = upstream::start().await;
    for way in WAYS {
        let proxy = proxy(way, &upstream).await;
        for path in [
            "/none",
            "/unchanged",
            "/interim",
            "/chunked",
            "/until-the-end",
            "/gzip",
            "/range",
            "/latin",
            "/redirect",
            "/bytes/0",
            "/bytes/1",
            "/bytes/255",
            "/bytes/65536",
            "/bytes/500000",
            "/letters/0",
            "/letters/1",
            "/letters/900000",
        ] {
            for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"] {
                if method == "HEAD" && ["/interim", "/chunked", "/until-the-end"].contains(&path) {
                    continue;
                }
                let direct = ask(&upstream, method, path, "", b"").await;
                let proxied = ask(&proxy, method, path, "", b"").await;
                assert_eq!(proxied, direct, "{way:?} {method} {path}");
            }
        }
    }
}

/// A target group without multi-value headers loses cookies in both directions; the first request reports it by a
/// status.
#[tokio::test]
async fn several_fields_of_one_name_and_several_cookies() {
    let upstream = upstream::start().await;
    for way in WAYS {
        let proxy = proxy(way, &upstream).await;
        let answer = ask(&proxy, "GET", "/twice", "", b"").await;
        let several = answer.header("x-twice").join(", ");
        assert_eq!((several.as_str(), answer.header("set-cookie")), ("1, 2", vec!["a=1", "b=2"]), "{way:?}");
        let answer = ask(&proxy, "GET", "/ours", "", b"").await;
        assert_eq!(
            (answer.header("set-cookie"), answer.header("alt-svc")),
            (vec!["app=1"], vec![]),
            "{way:?}"
        );
    }
}

#[tokio::test]
async fn the_upstream_gets_method_path_query_and_body_to_the_byte() {
    let upstream = upstream::start().await;
    let bodies: [(&str, Vec<u8>); 4] = [
        ("application/octet-stream", (0..=255).collect()),
        ("text/plain", "ü\n\"".as_bytes().to_vec()),
        ("application/json", br#"{"a":"\u0000"}"#.to_vec()),
        ("multipart/form-data; boundary=x", vec![0xff; 200_000]),
    ];
    for way in WAYS {
        let proxy = proxy(way, &upstream).await;
        for target in [
            "/echo/a%20b/%C3%BC,;c".replace(';', ""),
            "/echo?a=b%2Fc&&d&e=".to_owned(),
            "/echo/~!$'()*+=:@".to_owned(),
        ] {
            if way != Way::HttpApi && way != Way::FunctionUrl && target.contains('?') {
                continue;
            }
            let answer = ask(&proxy, "GET", &target, "", b"").await;
            let told = String::from_utf8(answer.body).unwrap();
            assert!(told.starts_with(&format!("GET {target} HTTP/1.1\r\n")), "{way:?} {told}");
        }
        for (media_type, body) in &bodies {
            let answer = ask(&proxy, "POST", "/echo", &format!("Content-Type: {media_type}\r\n"), body).await;
            let told = String::from_utf8(answer.body).unwrap();
            let hexadecimal = upstream::hexadecimal(body);
            assert!(told.contains(&format!("\r\ncontent-type: {media_type}\r\n")), "{way:?} {media_type}");
            assert!(told.ends_with(&format!("\r\n{}\n{hexadecimal}", body.len())), "{way:?} {media_type}");
        }
    }
}

#[tokio::test]
async fn no_client_says_who_or_where_it_is() {
    let upstream = upstream::start().await;
    let fields = "X-Vestibule-Sub: root\r\nx_vestibule_sub: root\r\nX-Forwarded-For: 203.0.113.9\r\n\
                  X-Real-IP: 203.0.113.9\r\nForwarded: for=203.0.113.9\r\nX-Forwarded-Host: evil.example\r\n\
                  Cookie: a=1; __Host-landed=2; b=3\r\nX-Kept: 1\r\nKeep-Alive: 1\r\n";
    for way in WAYS {
        let proxy = proxy(way, &upstream).await;
        let told = String::from_utf8(ask(&proxy, "GET", "/echo", fields, b"").await.body).unwrap();
        for gone in ["root", "203.0.113.9", "evil.example", "__Host-landed", "keep-alive"] {
            assert!(!told.contains(gone), "{way:?} {gone}: {told}");
        }
        for there in [
            "\r\nx-kept: 1\r\n",
            "\r\ncookie: a=1; b=3\r\n",
            "\r\nx-forwarded-for: 127.0.0.1\r\n",
            "\r\nx-vestibule-authenticated: false",
        ] {
            assert!(told.contains(there), "{way:?} {there:?}: {told}");
        }
        assert!(told.contains(&format!("\r\nx-forwarded-host: {proxy}\r\n")), "{told}");
    }
}

#[tokio::test]
async fn faults_of_the_upstream_by_name() {
    let upstream = upstream::start().await;
    for way in WAYS {
        let proxy = proxy(way, &upstream).await;
        for (path, reason) in [
            ("/nonsense", "502 upstream_answer_malformed"),
            ("/two-lengths", "502 upstream_answer_malformed"),
            ("/two-ends", "502 upstream_answer_malformed"),
            ("/protocol", "502 upstream_answer_malformed"),
            ("/closed", "502 upstream_connection_broken"),
        ] {
            assert_eq!(ask(&proxy, "GET", path, "", b"").await.reason(), reason, "{way:?} {path}");
        }
        for path in ["/cut", "/cut-chunks"] {
            let answer = ask(&proxy, "GET", path, "", b"").await;
            if way == Way::FunctionUrl {
                // The head has been sent, so only the missing end shows that the body is incomplete.
                assert_eq!((answer.status, answer.whole), (200, false), "{path}");
            } else {
                assert_eq!(answer.reason(), "502 upstream_connection_broken", "{way:?} {path}");
            }
        }
    }
}

#[tokio::test]
async fn an_upstream_that_is_not_there() {
    for way in WAYS {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let gone = listener.local_addr().unwrap().to_string();
        drop(listener);
        let proxy = proxy(way, &gone).await;
        assert_eq!(ask(&proxy, "GET", "/", "", b"").await.reason(), "502 upstream_unreachable");
        let page = ask(&proxy, "GET", "/", "Accept: text/html\r\n", b"").await;
        assert_eq!((page.status, page.header("content-type")), (502, vec!["text/html; charset=utf-8"]));
    }
}

#[tokio::test]
async fn more_than_a_front_takes_is_refused_by_name() {
    let upstream = upstream::start().await;
    for (way, path, reason) in [
        (Way::LoadBalancer, "/letters/1048576", Some("502 upstream_answer_too_large")),
        (Way::LoadBalancer, "/bytes/790000", Some("502 upstream_answer_too_large")),
        (Way::HttpApi, "/letters/1048576", None),
        (Way::HttpApi, "/bytes/5000000", Some("502 upstream_answer_too_large")),
        (Way::FunctionUrl, "/bytes/9000000", None),
    ] {
        let proxy = proxy(way, &upstream).await;
        let answer = ask(&proxy, "GET", path, "", b"").await;
        match reason {
            Some(reason) => assert_eq!(answer.reason(), reason, "{way:?} {path}"),
            None => assert_eq!(answer, ask(&upstream, "GET", path, "", b"").await, "{way:?} {path}"),
        }
    }
    let proxy = proxy(Way::LoadBalancer, &upstream).await;
    let fields = "Content-Type: application/octet-stream\r\n";
    let answer = ask(&proxy, "POST", "/echo", fields, &vec![0; 790_000]).await;
    assert_eq!(answer.reason(), "413 request_too_large");
}

#[tokio::test]
async fn requests_that_no_upstream_should_see() {
    let upstream = upstream::start().await;
    for way in WAYS {
        let proxy = proxy(way, &upstream).await;
        for (method, target, fields, reason) in [
            ("GET", "/echo/%2e%2e/a", "", "400 ambiguous_path"),
            ("GET", "/echo/..%2fa", "", "400 ambiguous_path"),
            ("GET", "/echo//a", "", "400 ambiguous_path"),
            ("GET", "/echo/a;b", "", "400 ambiguous_path"),
            ("GET", "/echo%5ca", "", "400 ambiguous_path"),
            ("TRACE", "/echo", "", "501 method_not_forwarded"),
            ("CONNECT", "/echo", "", "501 method_not_forwarded"),
            ("GET", "/echo", "Host: user@x\r\n", "400 host_malformed"),
            ("GET", "/echo", "Host: x:99999\r\n", "400 host_malformed"),
            ("GET", "/echo", "Upgrade: websocket\r\n", "501 websocket_unsupported"),
            ("GET", "/echo", "X-HTTP-Method-Override: PUT\r\n", "400 reserved_header"),
            ("GET", "/echo", "X-Original-URL: /a\r\n", "400 reserved_header"),
            ("GET", "/echo", "Content-Type: a\r\nContent_Type: b\r\n", "400 ambiguous_header"),
            ("GET", "/closed-to-all", "", "401 session_missing"),
            ("GET", "/oauth2/nothing", "", "404 not_found"),
            ("DELETE", "/oauth2/login", "", "405 method_not_allowed"),
        ] {
            let answer = ask(&proxy, method, target, fields, b"").await;
            assert_eq!(answer.reason(), reason, "{way:?} {method} {target} {fields}");
        }
    }
}

#[tokio::test]
async fn the_first_piece_arrives_before_the_second_is_there() {
    let upstream = upstream::start().await;
    let proxy = proxy(Way::FunctionUrl, &upstream).await;
    let mut stream = TcpStream::connect(&proxy).await.unwrap();
    stream.write_all(b"GET /stall-body HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut bytes = Vec::new();
    let arrives = async {
        while !bytes.ends_with(b"first\r\n") {
            assert!(stream.read_buf(&mut bytes).await.unwrap() > 0);
        }
    };
    tokio::time::timeout(Duration::from_secs(20), arrives).await.unwrap();
}
