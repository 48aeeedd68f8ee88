use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::*;

/// A gateway on its own socket.
struct Served {
    address: std::net::SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

async fn served(gateway: Gateway) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = async move {
        let _ = stopped.await;
    };
    let task = tokio::spawn(async move { gateway.serve(listener, shutdown).await });
    Served { address, stop, task }
}

/// Sends `bytes` and reads until the gateway closes.
async fn exchanged(seen: Seen, bytes: &[u8]) -> String {
    let served = served(seen.gateway).await;
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let _ = served.stop.send(());
    served.task.await.unwrap();
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn two_requests_share_a_connection_and_keep_their_spelling() {
    let seen = Setting::default().open();
    let invoked = Arc::clone(&seen.invoked);
    let bytes = b"GET /oauth2/login HTTP/1.1\r\nHost: x\r\ncOOkie: a=1\r\n\r\n\
        POST /oauth2/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n\
        3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: dropped\r\n\r\n";
    let answer = exchanged(seen, bytes).await;
    assert_eq!(answer.matches("HTTP/1.1 200 OK\r\n").count(), 2, "{answer}");
    assert!(answer.contains("\r\nContent-Length: 5\r\n") && answer.ends_with("\r\n\r\nlogin"), "{answer}");
    let events = invoked.lock().unwrap();
    assert_eq!(events[0]["headers"]["cOOkie"], "a=1");
    assert_eq!(events[1]["body"], "YWJjZGU=");
}

#[tokio::test]
async fn a_head_request_has_the_length_and_no_body() {
    let bytes = b"HEAD /oauth2/login HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let answer = exchanged(Setting::default().open(), bytes).await;
    assert!(answer.contains("Content-Length: 5\r\n") && answer.ends_with("\r\n\r\n"), "{answer}");
}

#[tokio::test]
async fn an_expectation_is_answered_before_the_body() {
    let bytes = b"POST /oauth2/login HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\
        Connection: close\r\n\r\na";
    let answer = exchanged(Setting::default().open(), bytes).await;
    assert!(answer.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"), "{answer}");
}

#[tokio::test]
async fn malformed_requests_are_refused_and_reach_nothing() {
    let head = "POST /a HTTP/1.1\r\nHost: x\r\n";
    for rest in [
        "Content-Length: 1\r\nContent-Length: 1\r\n\r\na",
        "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked, gzip\r\n\r\n",
        "Content-Length: +1\r\n\r\na",
        "X: a\r\n b\r\n\r\n",
        "X: a\0b\r\n\r\n",
        "X : a\r\n\r\n",
        "Host: y\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        "Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n",
        "X: a\n\n",
    ] {
        let seen = Setting::default().open();
        let (authorized, forwarded) = (Arc::clone(&seen.authorized), Arc::clone(&seen.forwarded));
        let answer = exchanged(seen, format!("{head}{rest}").as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{rest:?}: {answer}");
        assert!(answer.contains("Connection: close\r\n"), "{rest:?}");
        assert!(authorized.lock().unwrap().is_empty() && forwarded.lock().unwrap().is_empty(), "{rest:?}");
    }
}

#[tokio::test]
async fn a_request_that_is_too_large_is_refused_before_it_is_read() {
    let body = "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 10485761\r\n\r\n";
    let answer = exchanged(Setting::default().open(), body.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    let many = format!("GET /a HTTP/1.1\r\nHost: x\r\n{}\r\n", "X: y\r\n".repeat(300));
    let answer = exchanged(Setting::default().open(), many.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
}

#[tokio::test]
async fn a_client_that_leaves_in_the_middle_gets_nothing() {
    let served = served(Setting::default().open().gateway).await;
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    stream.write_all(b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab").await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert!(answer.is_empty());
    let _ = served.stop.send(());
    served.task.await.unwrap();
}

#[tokio::test]
async fn shutdown_ends_idle_connections() {
    let served = served(Setting::default().open().gateway).await;
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    stream.write_all(b"GET /oauth2/login HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut first = [0_u8; 8];
    stream.read_exact(&mut first).await.unwrap();
    let _ = served.stop.send(());
    served.task.await.unwrap();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
}

/// An upstream that answers `answer` once and returns the bytes that it read.
async fn upstream(answer: &'static str) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let task = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut read = vec![0_u8; 4096];
        let length = stream.read(&mut read).await.unwrap();
        stream.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8_lossy(&read[..length]).into_owned()
    });
    (address, task)
}

async fn sent(answer: &'static str, method: &str) -> (Result<RawResponse, String>, String) {
    let (authority, task) = upstream(answer).await;
    let request = UpstreamRequest {
        secure: false,
        authority,
        method: method.to_owned(),
        target: "/a?b".to_owned(),
        headers: vec![("x-SUB".to_owned(), b"1".to_vec())],
        body: if method == "POST" { b"abc".to_vec() } else { Vec::new() },
    };
    let response = TcpUpstream.send(request).await;
    (response, task.await.unwrap())
}

#[tokio::test]
async fn the_upstream_sees_the_spelling_of_names() {
    let (response, read) =
        sent("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nsEt-cookie: a\r\n\r\nok", "POST").await;
    let response = response.unwrap();
    assert_eq!(response.body, b"ok");
    assert!(response.headers.contains(&("sEt-cookie".to_owned(), b"a".to_vec())));
    assert!(read.starts_with("POST /a?b HTTP/1.1\r\nHost: 127.0.0.1:"), "{read}");
    assert!(read.contains("\r\nx-SUB: 1\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc"), "{read}");
}

#[tokio::test]
async fn answers_end_in_every_way_of_http() {
    for (answer, body) in [
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", "ok"),
        ("HTTP/1.1 200 OK\r\n\r\nok", "ok"),
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "ok"),
        ("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", ""),
    ] {
        let (response, _) = sent(answer, "GET").await;
        assert_eq!(response.unwrap().body, body.as_bytes(), "{answer}");
    }
    let (response, _) = sent("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "HEAD").await;
    assert!(response.unwrap().body.is_empty());
}

#[tokio::test]
async fn an_answer_that_is_no_http_is_a_failure() {
    for answer in [
        "",
        "hello\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok",
    ] {
        let (response, _) = sent(answer, "GET").await;
        assert!(response.is_err(), "{answer}");
    }
}

#[tokio::test]
async fn an_upstream_over_tls_or_nowhere_is_a_failure() {
    let request = UpstreamRequest {
        secure: true,
        authority: "127.0.0.1:1".to_owned(),
        method: "GET".to_owned(),
        target: "/".to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
    };
    assert!(TcpUpstream.send(request.clone()).await.unwrap_err().contains("does not support TLS"));
    assert!(TcpUpstream.send(UpstreamRequest { secure: false, ..request }).await.is_err());
}
