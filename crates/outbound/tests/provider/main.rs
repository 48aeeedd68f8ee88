//! Tests the client against misbehaving servers: the fault, the number of attempts, and the bytes that were
//! sent.
#![expect(clippy::unwrap_used, reason = "a test fails when it cannot be set up")]

mod repeating;
mod server;

use std::time::Duration;

use flow::ports::Provider;
use http::Method;
use outbound::https::Roots;
use outbound::provider::{CallLimits, HttpsProvider, Limits};
use relying_party::{
    provider::call::{CallKind, Grant, ProviderFault, ProviderRequest, ProviderResponse},
    secret::Secret,
};
use server::{Behaviour, Identity, Server};

const CODE_EXCHANGE: CallKind = CallKind::Token { grant: Grant::AuthorizationCode };
const MAX_BYTES: usize = 1_000;

/// Long limits, so that only the server decides the outcome.
const PATIENT: Limits = Limits {
    connect: Duration::from_mins(1),
    call: |_| CallLimits {
        attempt: Duration::from_mins(1),
        total: Duration::from_mins(1),
        max_bytes: MAX_BYTES,
    },
};

/// Short limits, for servers that would never answer.
const HURRIED: Limits = Limits {
    connect: Duration::from_mins(1),
    call: |_| CallLimits {
        attempt: Duration::from_millis(100),
        total: Duration::from_millis(100),
        max_bytes: MAX_BYTES,
    },
};

fn jwks(url: String) -> ProviderRequest {
    ProviderRequest { method: Method::GET, url, headers: vec![], form: None, kind: CallKind::Jwks }
}

fn code_exchange(url: String) -> ProviderRequest {
    ProviderRequest {
        method: Method::POST,
        url,
        headers: vec![("authorization", Secret::new("Basic aWQ6c2VjcmV0"))],
        form: Some(Secret::new("grant_type=authorization_code&code=abc")),
        kind: CODE_EXCHANGE,
    }
}

fn plain_url(server: &Server) -> String {
    format!("http://{}/oauth2/token", server.address)
}

fn tls_url(server: &Server) -> String {
    format!("https://localhost:{}/oauth2/token", server.address.port())
}

fn answer(head: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\n{head}\r\n{body}").into_bytes()
}

fn good_answer() -> Vec<u8> {
    answer("Content-Type: application/json\r\nContent-Length: 2\r\n", "{}")
}

async fn send(request: ProviderRequest, limits: Limits) -> Result<ProviderResponse, ProviderFault> {
    HttpsProvider::new(Roots::built_in(), limits).send(&request).await
}

/// The fault of a code exchange with a plain server of this behaviour, and the number of connections.
async fn fault_of_exchange(behaviour: Behaviour, limits: Limits) -> (ProviderFault, usize) {
    let server = Server::plain(vec![behaviour]).await;
    let outcome = send(code_exchange(plain_url(&server)), limits).await;
    (outcome.err().unwrap(), server.connections())
}

#[tokio::test]
async fn an_answer_comes_back_as_it_is() {
    let head = "Content-Type: application/json;charset=UTF-8\r\nContent-Length: 25\r\n";
    let refused = "HTTP/1.1 400 Bad Request\r\n".to_owned() + head + "\r\n{\"error\":\"invalid_grant\"}";
    let server = Server::plain(vec![Behaviour::Answer(refused.into_bytes())]).await;
    let response = send(code_exchange(plain_url(&server)), PATIENT).await.ok().unwrap();
    assert_eq!(response.status, 400);
    assert_eq!(response.content_type.as_deref(), Some("application/json;charset=UTF-8"));
    assert_eq!(response.body, b"{\"error\":\"invalid_grant\"}");
}

#[tokio::test]
async fn a_call_says_this_and_nothing_else() {
    let server = Server::plain(vec![Behaviour::Answer(good_answer())]).await;
    send(code_exchange(plain_url(&server)), PATIENT).await.ok().unwrap();
    let requests = server.requests();
    let (head, body) = requests.first().unwrap().split_once("\r\n\r\n").unwrap();
    let mut lines: Vec<_> = head.lines().map(str::to_owned).collect();
    lines.sort();
    assert_eq!(
        lines,
        [
            "POST /oauth2/token HTTP/1.1".to_owned(),
            "accept: application/json".to_owned(),
            "authorization: Basic aWQ6c2VjcmV0".to_owned(),
            "content-length: 38".to_owned(),
            "content-type: application/x-www-form-urlencoded".to_owned(),
            format!("host: {}", server.address),
            format!("user-agent: vestibule/{}", env!("CARGO_PKG_VERSION")),
        ]
    );
    assert_eq!(body, "grant_type=authorization_code&code=abc");
}

#[tokio::test]
async fn a_field_of_the_request_replaces_ours() {
    let server = Server::plain(vec![Behaviour::Answer(good_answer())]).await;
    let mut request = jwks(plain_url(&server));
    request.headers = vec![("accept", Secret::new("application/jwt"))];
    send(request, PATIENT).await.ok().unwrap();
    let requests = server.requests();
    assert!(requests.first().unwrap().contains("accept: application/jwt\r\n"));
    assert!(!requests.first().unwrap().contains("application/json"));
}

#[tokio::test]
async fn a_connection_is_used_once() {
    let server = Server::plain(vec![Behaviour::AnswerAndHold(good_answer())]).await;
    let provider = HttpsProvider::new(Roots::built_in(), PATIENT);
    for _ in 0..2 {
        provider.send(&jwks(plain_url(&server))).await.ok().unwrap();
    }
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_cookie_that_was_set_is_not_sent() {
    let cookie = answer("Set-Cookie: a=b\r\nContent-Length: 2\r\n", "{}");
    let server = Server::plain(vec![Behaviour::Answer(cookie)]).await;
    let provider = HttpsProvider::new(Roots::built_in(), PATIENT);
    for _ in 0..2 {
        provider.send(&jwks(plain_url(&server))).await.ok().unwrap();
    }
    assert!(!server.requests().concat().to_lowercase().contains("cookie"));
}

#[tokio::test]
async fn a_refused_connection_is_not_sent() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    assert_eq!(send(code_exchange(url), PATIENT).await.err(), Some(ProviderFault::NotSent));
}

#[tokio::test]
async fn a_handshake_that_never_ends_is_not_sent() {
    let server = Server::plain(vec![Behaviour::Silence]).await;
    let limits = Limits { connect: Duration::from_millis(50), ..PATIENT };
    let outcome = send(code_exchange(tls_url(&server)), limits).await;
    assert_eq!(outcome.err(), Some(ProviderFault::NotSent));
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn plain_http_to_another_machine_is_not_sent() {
    let outcome = send(code_exchange("http://login.example.com/".to_owned()), PATIENT).await;
    assert_eq!(outcome.err(), Some(ProviderFault::NotSent));
}

#[tokio::test]
async fn a_header_value_with_a_line_break_is_not_sent() {
    let server = Server::plain(vec![Behaviour::Answer(good_answer())]).await;
    let mut request = code_exchange(plain_url(&server));
    request.headers = vec![("authorization", Secret::new("Basic a\r\nx-injected: 1"))];
    assert_eq!(send(request, PATIENT).await.err(), Some(ProviderFault::NotSent));
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn an_exchange_is_repeated_once_when_nothing_was_sent() {
    let identity = Identity::for_name("localhost");
    let behaviours = vec![Behaviour::CloseAtOnce, Behaviour::Answer(good_answer())];
    let server = Server::tls(behaviours, &identity).await;
    let roots = Roots::from_pem(identity.root.as_bytes()).unwrap();
    let provider = HttpsProvider::new(roots, PATIENT);
    let response = provider.send(&code_exchange(tls_url(&server))).await.ok().unwrap();
    assert_eq!(response.status, 200);
    assert_eq!((server.connections(), server.requests().len()), (2, 1));
}

#[tokio::test]
async fn an_exchange_is_not_repeated_when_it_may_have_arrived() {
    let outcome = fault_of_exchange(Behaviour::Answer(Vec::new()), PATIENT).await;
    assert_eq!(outcome, (ProviderFault::Broken, 1));
}

#[tokio::test]
async fn keys_are_asked_for_again_when_the_answer_broke() {
    let cut = answer("Content-Length: 50\r\n", "{");
    let server = Server::plain(vec![Behaviour::Answer(cut), Behaviour::Answer(good_answer())]).await;
    let response = send(jwks(plain_url(&server)), PATIENT).await.ok().unwrap();
    assert_eq!(response.body, b"{}");
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn keys_are_asked_for_no_more_than_twice() {
    let server = Server::plain(vec![Behaviour::Answer(Vec::new())]).await;
    let outcome = send(jwks(plain_url(&server)), PATIENT).await;
    assert_eq!((outcome.err(), server.connections()), (Some(ProviderFault::Broken), 2));
}

#[tokio::test]
async fn no_head_within_the_limit_times_out() {
    let outcome = fault_of_exchange(Behaviour::AnswerAndHold(Vec::new()), HURRIED).await;
    assert_eq!(outcome, (ProviderFault::TimedOut, 1));
}

#[tokio::test]
async fn half_a_head_within_the_limit_times_out() {
    let half = b"HTTP/1.1 200 OK\r\nContent-Le".to_vec();
    let outcome = fault_of_exchange(Behaviour::AnswerAndHold(half), HURRIED).await;
    assert_eq!(outcome, (ProviderFault::TimedOut, 1));
}

#[tokio::test]
async fn half_a_body_within_the_limit_times_out() {
    let half = answer("Content-Length: 50\r\n", "{");
    let outcome = fault_of_exchange(Behaviour::AnswerAndHold(half), HURRIED).await;
    assert_eq!(outcome, (ProviderFault::TimedOut, 1));
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_is_taken() {
    let body = "0".repeat(MAX_BYTES);
    let whole = answer(&format!("Content-Length: {MAX_BYTES}\r\n"), &body);
    let server = Server::plain(vec![Behaviour::Answer(whole)]).await;
    let response = send(code_exchange(plain_url(&server)), PATIENT).await.ok().unwrap();
    assert_eq!(response.body.len(), MAX_BYTES);
}

#[tokio::test]
async fn an_announced_body_over_the_limit_is_too_large() {
    // No byte of the body is sent; the announced length alone is refused.
    let announced = answer(&format!("Content-Length: {}\r\n", MAX_BYTES + 1), "");
    let outcome = fault_of_exchange(Behaviour::AnswerAndHold(announced), PATIENT).await;
    assert_eq!(outcome, (ProviderFault::TooLarge, 1));
}

#[tokio::test]
async fn an_announcement_of_more_than_memory_is_too_large() {
    let announced = answer("Content-Length: 18446744073709551615\r\n", "");
    let outcome = fault_of_exchange(Behaviour::AnswerAndHold(announced), PATIENT).await;
    assert_eq!(outcome, (ProviderFault::Broken, 1));
}

#[tokio::test]
async fn a_body_without_end_is_too_large() {
    let endless = Behaviour::AnswerWithoutEnd(answer("Connection: close\r\n", ""));
    assert_eq!(fault_of_exchange(endless, PATIENT).await, (ProviderFault::TooLarge, 1));
}

#[tokio::test]
async fn a_chunked_body_over_the_limit_is_too_large() {
    let chunk = format!("{:x}\r\n{}\r\n", MAX_BYTES + 1, "0".repeat(MAX_BYTES + 1));
    let chunked = answer("Transfer-Encoding: chunked\r\n", &chunk);
    let outcome = fault_of_exchange(Behaviour::AnswerAndHold(chunked), PATIENT).await;
    assert_eq!(outcome, (ProviderFault::TooLarge, 1));
}

#[tokio::test]
async fn a_head_without_end_is_broken() {
    let endless = Behaviour::AnswerWithoutEnd(b"HTTP/1.1 200 OK\r\nX-Filler: ".to_vec());
    assert_eq!(fault_of_exchange(endless, PATIENT).await, (ProviderFault::Broken, 1));
}

#[tokio::test]
async fn every_redirect_is_refused_and_not_followed() {
    let target = Server::plain(vec![Behaviour::Answer(good_answer())]).await;
    for status in [301, 302, 303, 304, 307, 308] {
        let location = plain_url(&target);
        let head = format!("HTTP/1.1 {status} x\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
        let outcome = fault_of_exchange(Behaviour::Answer(head.into_bytes()), PATIENT).await;
        assert_eq!(outcome, (ProviderFault::Redirected, 1), "{status}");
    }
    assert_eq!(target.connections(), 0);
}

#[tokio::test]
async fn a_body_that_ends_early_is_broken() {
    let cut = answer("Content-Length: 50\r\n", "{");
    let outcome = fault_of_exchange(Behaviour::Answer(cut), PATIENT).await;
    assert_eq!(outcome, (ProviderFault::Broken, 1));
}

#[tokio::test]
async fn a_reset_within_the_body_is_broken() {
    let cut = answer("Content-Length: 50\r\n", "{");
    let outcome = fault_of_exchange(Behaviour::AnswerAndReset(cut), PATIENT).await;
    assert_eq!(outcome, (ProviderFault::Broken, 1));
}

#[tokio::test]
async fn a_response_that_is_not_http_is_broken() {
    for bytes in
        [&b"SSH-2.0-x\r\n\r\n"[..], b"HTTP/9.9 200 OK\r\n\r\n", b"HTTP/1.1 2OO OK\r\n\r\n", b"\0\0\0"]
    {
        let outcome = fault_of_exchange(Behaviour::Answer(bytes.to_vec()), PATIENT).await;
        assert_eq!(outcome, (ProviderFault::Broken, 1), "{bytes:?}");
    }
}

#[tokio::test]
async fn two_lengths_that_differ_are_broken() {
    let lengths = answer("Content-Length: 2\r\nContent-Length: 3\r\n", "{}");
    let outcome = fault_of_exchange(Behaviour::Answer(lengths), PATIENT).await;
    assert_eq!(outcome, (ProviderFault::Broken, 1));
}

#[tokio::test]
async fn a_certificate_by_an_unknown_root_is_not_sent() {
    let server = Server::tls(vec![Behaviour::Answer(good_answer())], &Identity::for_name("localhost")).await;
    let outcome = send(code_exchange(tls_url(&server)), PATIENT).await;
    assert_eq!(outcome.err(), Some(ProviderFault::NotSent));
    assert_eq!(server.requests(), Vec::<String>::new());
}

#[tokio::test]
async fn a_certificate_for_another_name_is_not_sent() {
    let identity = Identity::for_name("login.example.com");
    let server = Server::tls(vec![Behaviour::Answer(good_answer())], &identity).await;
    let provider = HttpsProvider::new(Roots::from_pem(identity.root.as_bytes()).unwrap(), PATIENT);
    let outcome = provider.send(&code_exchange(tls_url(&server))).await;
    assert_eq!(outcome.err(), Some(ProviderFault::NotSent));
    assert_eq!(server.requests(), Vec::<String>::new());
}

#[tokio::test]
async fn a_certificate_by_the_root_of_the_file_is_trusted() {
    let identity = Identity::for_name("localhost");
    let file = std::env::temp_dir().join(format!("vestibule-roots-{}.pem", std::process::id()));
    std::fs::write(&file, &identity.root).unwrap();
    let roots = Roots::from_file_or_built_in(Some(&file));
    std::fs::remove_file(&file).unwrap();
    let server = Server::tls(vec![Behaviour::Answer(good_answer())], &identity).await;
    let provider = HttpsProvider::new(roots.unwrap(), PATIENT);
    let response = provider.send(&code_exchange(tls_url(&server))).await.ok().unwrap();
    assert_eq!(response.body, b"{}");
}
