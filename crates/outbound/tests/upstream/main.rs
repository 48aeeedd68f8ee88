//! Tests the client against upstreams that behave and upstreams that misbehave.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod secure;
mod server;

use std::time::Duration;

use flow::ports::{Upstream as _, UpstreamResponse};
use http::{Method, StatusCode};
use outbound::https::Roots;
use outbound::upstream::{HttpUpstream, Limits};
use relying_party::forwarding::{UpstreamFault, UpstreamRequest};
use tokio::time::Instant;

use server::{Act, Server};

const GOOD: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
fn long() -> Instant {
    Instant::now() + Duration::from_secs(30)
}

fn client() -> HttpUpstream {
    HttpUpstream::new(Roots::built_in(), Limits::default())
}

fn request(method: Method, authority: &str) -> UpstreamRequest {
    UpstreamRequest {
        method,
        scheme: "http".to_owned(),
        authority: authority.to_owned(),
        target: "/a%20b//./..;x?y=%2F&&=&z|".to_owned(),
        headers: [("host", authority), ("x-b", "2"), ("x-a", "1"), ("x-b", "3"), ("x-u", "ü")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
        body: Vec::new(),
    }
}

async fn body(mut answer: UpstreamResponse) -> Result<Vec<u8>, UpstreamFault> {
    let mut whole = Vec::new();
    while let Some(bytes) = answer.body.chunk().await? {
        whole.extend_from_slice(&bytes);
    }
    Ok(whole)
}

/// Head and body of the response to a GET; the server sends `bytes` and closes the connection.
async fn answered(bytes: &[u8]) -> Result<(StatusCode, Vec<(String, String)>, Vec<u8>), UpstreamFault> {
    by(Method::GET, bytes).await
}

async fn by(
    method: Method,
    bytes: &[u8],
) -> Result<(StatusCode, Vec<(String, String)>, Vec<u8>), UpstreamFault> {
    let server = Server::start(vec![vec![Act::Last(bytes.to_vec())]]).await;
    let answer = client().send(request(method, &server.authority), long()).await?;
    let status = answer.head.status;
    let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
    let headers = answer.head.headers.iter().map(|(name, value)| (name.clone(), text(value))).collect();
    Ok((status, headers, body(answer).await?))
}

async fn fault(bytes: &[u8]) -> UpstreamFault {
    match answered(bytes).await {
        Err(fault) => fault,
        Ok((status, ..)) => panic!("answered {status}"),
    }
}

#[tokio::test]
async fn a_request_to_the_byte() {
    let server = Server::start(vec![vec![Act::Last(GOOD.into())]]).await;
    client().send(request(Method::GET, &server.authority), long()).await.unwrap();
    let expected = format!(
        "GET /a%20b//./..;x?y=%2F&&=&z| HTTP/1.1\r\nhost: {}\r\nx-b: 2\r\nx-b: 3\r\nx-a: 1\r\nx-u: ü\r\n\r\n",
        server.authority
    );
    assert_eq!(server.received(), [(0, expected)]);
}

#[tokio::test]
async fn a_body_has_its_length_and_an_empty_one_too_where_it_is_expected() {
    for (method, body, line) in [
        (Method::POST, "hello", Some("content-length: 5")),
        (Method::POST, "", Some("content-length: 0")),
        (Method::PUT, "", Some("content-length: 0")),
        (Method::DELETE, "x", Some("content-length: 1")),
        (Method::GET, "", None),
        (Method::DELETE, "", None),
        (Method::OPTIONS, "", None),
    ] {
        let server = Server::start(vec![vec![Act::Last(GOOD.into())]]).await;
        let request = UpstreamRequest { body: body.into(), ..request(method.clone(), &server.authority) };
        client().send(request, long()).await.unwrap();
        let (_, received) = server.received().pop().unwrap();
        let (head, sent) = received.split_once("\r\n\r\n").unwrap();
        assert_eq!(head.lines().find(|line| line.starts_with("content-length")), line, "{method} {body:?}");
        assert!(!head.contains("transfer-encoding"), "{head}");
        assert_eq!(sent, body);
    }
}

#[tokio::test]
async fn one_connection_serves_several_requests() {
    let server = Server::start(vec![vec![Act::Answer(GOOD.into()), Act::Answer(GOOD.into())]]).await;
    let client = client();
    for _ in 0..2 {
        let answer = client.send(request(Method::GET, &server.authority), long()).await.unwrap();
        assert_eq!(body(answer).await.unwrap(), b"ok");
    }
    assert_eq!(server.received().iter().map(|(connection, _)| *connection).collect::<Vec<_>>(), [0, 0]);
}

/// Sends a second request while the server closes the kept connection; returns the connection numbers of the
/// requests that reached the server after that.
async fn after_a_kept_connection_closed(method: Method) -> (Result<StatusCode, UpstreamFault>, Vec<usize>) {
    let server = Server::start(vec![
        vec![Act::Answer(GOOD.into()), Act::Last(Vec::new())],
        vec![Act::Last(GOOD.into())],
    ])
    .await;
    let client = client();
    body(client.send(request(Method::GET, &server.authority), long()).await.unwrap()).await.unwrap();
    let answer = client.send(request(method, &server.authority), long()).await;
    let connections = server.received().iter().map(|(connection, _)| *connection).collect();
    (answer.map(|answer| answer.head.status), connections)
}

#[tokio::test]
async fn a_harmless_request_is_repeated_when_a_kept_connection_was_closed() {
    for method in [Method::GET, Method::HEAD, Method::OPTIONS, Method::PUT, Method::DELETE] {
        let outcome = after_a_kept_connection_closed(method).await;
        assert_eq!(outcome, (Ok(StatusCode::OK), vec![0, 0, 1]));
    }
}

#[tokio::test]
async fn a_request_that_may_change_something_is_never_repeated() {
    for method in [Method::POST, Method::PATCH, Method::from_bytes(b"MOVE").unwrap()] {
        let outcome = after_a_kept_connection_closed(method).await;
        assert_eq!(outcome, (Err(UpstreamFault::Broken), vec![0, 0]));
    }
}

/// If a kept connection sends any byte, it was not closed while idle: the upstream received the request.
#[tokio::test]
async fn nothing_is_repeated_that_was_answered() {
    for (act, fault) in [
        (Act::Last("nonsense\r\n\r\n".into()), UpstreamFault::ResponseMalformed),
        (Act::Stall("HTTP/1.1 200 OK\r\nx: y".into()), UpstreamFault::TimedOut),
    ] {
        let server =
            Server::start(vec![vec![Act::Answer(GOOD.into()), act], vec![Act::Last(GOOD.into())]]).await;
        let client = client();
        body(client.send(request(Method::GET, &server.authority), long()).await.unwrap()).await.unwrap();
        let until = match fault {
            UpstreamFault::TimedOut => Instant::now() + Duration::from_millis(20),
            _ => long(),
        };
        let answer = client.send(request(Method::GET, &server.authority), until).await;
        assert_eq!((answer.err(), server.received().len()), (Some(fault), 2));
    }
}

#[tokio::test]
async fn nothing_is_repeated_on_a_new_connection() {
    let server = Server::start(vec![vec![Act::Last(Vec::new())], vec![Act::Last(GOOD.into())]]).await;
    let answer = client().send(request(Method::GET, &server.authority), long()).await;
    assert_eq!(answer.err(), Some(UpstreamFault::Broken));
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn nothing_listens_there() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let authority = listener.local_addr().unwrap().to_string();
    drop(listener);
    let answer = client().send(request(Method::GET, &authority), long()).await;
    assert_eq!(answer.err(), Some(UpstreamFault::Unreachable));
}

#[tokio::test]
async fn no_head_in_time() {
    for bytes in ["", "HTTP/1.1 200 OK\r\nx: y"] {
        let server = Server::start(vec![vec![Act::Stall(bytes.into())]]).await;
        let until = Instant::now() + Duration::from_millis(20);
        let answer = client().send(request(Method::GET, &server.authority), until).await;
        assert_eq!(answer.err(), Some(UpstreamFault::TimedOut));
    }
}

#[tokio::test]
async fn the_connection_breaks_in_the_middle() {
    for bytes in [
        "",
        "HTTP/1.1 200 OK\r\nx: y",
        "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nok",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\no",
        "HTTP/1.1 100 Continue\r\n\r\n",
    ] {
        assert_eq!(fault(bytes.as_bytes()).await, UpstreamFault::Broken, "{bytes:?}");
    }
}

#[tokio::test]
async fn answers_that_are_none() {
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "x: y\r\n".repeat(300));
    let large = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(200_000));
    for bytes in [
        "nonsense\r\n\r\n",
        "SSH-2.0-x\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/3.0 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\na b: c\r\n\r\n",
        "HTTP/1.1 200 OK\r\na : c\r\n\r\n",
        "HTTP/1.1 200 OK\r\na: b\r\n c\r\n\r\n",
        "HTTP/1.1 200 OK\r\na: b\0c\r\n\r\n",
        "HTTP/1.1 200 OK\r\na: b\rc\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nokk",
        "HTTP/1.1 200 OK\r\ncontent-length: 2, 3\r\n\r\nokk",
        "HTTP/1.1 200 OK\r\ncontent-length: +2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\nok",
        many.as_str(),
        large.as_str(),
    ] {
        let outcome = answered(bytes.as_bytes()).await;
        let shown = bytes.get(..60).unwrap_or(bytes);
        assert_eq!(outcome.err(), Some(UpstreamFault::ResponseMalformed), "{shown:?}");
    }
}

#[tokio::test]
async fn a_chunk_that_is_none() {
    for chunk in ["zz\r\nok\r\n0\r\n\r\n", "2\r\nokk\r\n0\r\n\r\n", "fffffffffffffffff\r\nok"] {
        let bytes = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{chunk}");
        let fault = fault(bytes.as_bytes()).await;
        assert!(
            matches!(fault, UpstreamFault::Broken | UpstreamFault::ResponseMalformed),
            "{chunk:?} {fault:?}"
        );
    }
}

#[tokio::test]
async fn interim_answers_are_passed_over() {
    let bytes = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 201 Created\r\n\
                 content-length: 2\r\n\r\nok";
    let (status, headers, body) = answered(bytes.as_bytes()).await.unwrap();
    assert_eq!((status, body.as_slice()), (StatusCode::CREATED, b"ok".as_slice()));
    assert_eq!(headers, [("content-length".to_owned(), "2".to_owned())]);
}

#[tokio::test]
async fn answers_without_a_body() {
    for (method, status) in [(Method::HEAD, 200), (Method::GET, 204), (Method::GET, 304)] {
        let length = if status == 204 { "" } else { "content-length: 1000\r\n" };
        let bytes = format!("HTTP/1.1 {status} x\r\n{length}etag: \"e\"\r\n\r\n");
        let (answered, headers, body) = by(method, bytes.as_bytes()).await.unwrap();
        assert_eq!((answered.as_u16(), body.len()), (status, 0));
        assert!(status == 204 || headers.contains(&("content-length".to_owned(), "1000".to_owned())));
    }
}

#[tokio::test]
async fn bodies_however_they_end() {
    let trailers =
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x\r\n\r\n2;e=f\r\nok\r\n0\r\nx: y\r\n\r\n";
    for bytes in ["HTTP/1.0 200 OK\r\n\r\nok", "HTTP/1.1 200 OK\r\n\r\nok", GOOD, trailers] {
        assert_eq!(answered(bytes.as_bytes()).await.unwrap().2, b"ok", "{bytes:?}");
    }
}

#[tokio::test]
async fn the_first_piece_is_there_before_the_second() {
    let first = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n";
    let server = Server::start(vec![vec![Act::Stall(first.into())]]).await;
    let mut answer = client().send(request(Method::GET, &server.authority), long()).await.unwrap();
    assert_eq!(answer.body.chunk().await.unwrap().unwrap(), "first");
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let bytes = "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";
    assert_eq!(answered(bytes.as_bytes()).await.unwrap().0, StatusCode::FOUND);
}
