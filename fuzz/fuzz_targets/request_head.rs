//! Fuzzes requests on the wire, as the local gateway reads them. Its modules are included by file, because
//! the whole local stack would take minutes to build.

#![cfg_attr(fuzzing, no_main)]
#![allow(dead_code, missing_docs, reason = "this target does not use every item of the modules")]

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use fuzz::is_token;

#[path = "../../crates/local/src/api_gateway"]
pub(crate) mod api_gateway {
    pub mod request;
    #[path = "http1"]
    pub mod http1 {
        pub mod framing;
        pub mod head;
        pub mod server;
        pub mod wire;
        pub mod wire_error;

        pub const MAXIMUM_BODY: usize = 1024 * 1024;
        pub const MAXIMUM_HEAD: usize = 64 * 1024;
    }
}

use api_gateway::http1::server::Connection;
use api_gateway::request::RawRequest;

fuzz::fuzz_target!(|bytes: &[u8]| {
    for request in received(bytes) {
        assert_sound(&request);
        // Written in plain form, it is the same single request.
        let written = written(&request);
        let again = received(&written);
        assert_eq!(again.len(), 1, "{:?}", String::from_utf8_lossy(&written));
        let [again] = again.as_slice() else { unreachable!("there is one") };
        assert_eq!(
            (&again.method, &again.target, &again.body),
            (&request.method, &request.target, &request.body)
        );
        assert_eq!(named(again), named(&request));
    }
});

/// Reads every request of a connection until one is refused.
fn received(bytes: &[u8]) -> Vec<RawRequest> {
    let mut connection =
        Connection::new(tokio::io::join(bytes, tokio::io::sink()), IpAddr::V4(Ipv4Addr::LOCALHOST));
    let mut requests = Vec::new();
    while let Ok(Some(received)) = now(connection.receive()) {
        requests.push(received.request);
        if !received.keep_alive {
            break;
        }
    }
    requests
}

/// Bytes in memory are available at once, so the future completes on the first poll.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("memory does not wait"),
    }
}

fn assert_sound(request: &RawRequest) {
    assert!(is_token(&request.method), "{:?}", request.method);
    assert!(request.target.starts_with('/'));
    assert!(
        !request.target.bytes().any(|byte| byte <= b' ' || byte == 0x7f || byte == b'#'),
        "{:?}",
        request.target
    );
    for (name, value) in &request.headers {
        assert!(is_token(name), "{name:?}");
        assert!(!value.iter().any(|byte| matches!(byte, 0 | b'\r' | b'\n')));
    }
    let count =
        |wanted: &str| request.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(wanted)).count();
    assert!(count("host") <= 1);
    assert!(count("content-length") + count("transfer-encoding") <= 1, "one way to tell where the body ends");
    if count("content-length") + count("transfer-encoding") == 0 {
        assert!(request.body.is_empty());
    }
}

/// The fields that do not belong to the connection.
fn named(request: &RawRequest) -> Vec<&(String, Vec<u8>)> {
    let of_connection = |name: &str| {
        ["host", "content-length", "transfer-encoding", "connection", "expect"]
            .iter()
            .any(|other| name.eq_ignore_ascii_case(other))
    };
    request.headers.iter().filter(|(name, _)| !of_connection(name)).collect()
}

fn written(request: &RawRequest) -> Vec<u8> {
    let mut bytes = format!("{} {} HTTP/1.1\r\nhost: x\r\n", request.method, request.target).into_bytes();
    for (name, value) in named(request) {
        bytes.extend_from_slice(&[name.as_bytes(), b": ", value, b"\r\n"].concat());
    }
    bytes.extend_from_slice(format!("content-length: {}\r\n\r\n", request.body.len()).as_bytes());
    bytes.extend_from_slice(&request.body);
    bytes
}
