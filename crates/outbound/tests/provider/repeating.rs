//! A refresh is retried if the token can be used again, and sent once if it may not.

use std::time::Duration;

use http::Method;
use relying_party::{
    provider::call::{CallKind, Grant, ProviderFault, ProviderRequest, ProviderResponse},
    secret::Secret,
};

use crate::{
    CallLimits, Limits, MAX_BYTES, PATIENT, good_answer, plain_url, send,
    server::{Behaviour, Server},
};

/// A short limit for the first attempt, and plenty of time for the second.
const ONE_HURRIED_ATTEMPT: Limits = Limits {
    connect: Duration::from_mins(1),
    call: |_| CallLimits {
        attempt: Duration::from_millis(100),
        total: Duration::from_mins(1),
        max_bytes: MAX_BYTES,
    },
};

async fn refresh(
    repeatable: bool,
    first: Behaviour,
    limits: Limits,
) -> (Result<ProviderResponse, ProviderFault>, usize) {
    let server = Server::plain(vec![first, Behaviour::Answer(good_answer())]).await;
    let request = ProviderRequest {
        method: Method::POST,
        url: plain_url(&server),
        headers: vec![],
        form: Some(Secret::new("grant_type=refresh_token&refresh_token=abc")),
        kind: CallKind::Token { grant: Grant::RefreshToken { repeatable } },
    };
    let outcome = send(request, limits).await;
    let requests = server.requests();
    assert!(requests.iter().all(|request| request.ends_with("refresh_token=abc")), "{requests:?}");
    (outcome, server.connections())
}

fn unavailable(status: &str) -> Behaviour {
    Behaviour::Answer(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").into_bytes())
}

#[tokio::test]
async fn a_refresh_that_timed_out_is_asked_for_again_where_its_token_works_again() {
    let silent = || Behaviour::AnswerAndHold(Vec::new());
    let (outcome, connections) = refresh(true, silent(), ONE_HURRIED_ATTEMPT).await;
    assert_eq!((outcome.ok().unwrap().status, connections), (200, 2));
    let (outcome, connections) = refresh(false, silent(), ONE_HURRIED_ATTEMPT).await;
    assert_eq!((outcome.err(), connections), (Some(ProviderFault::TimedOut), 1));
}

#[tokio::test]
async fn a_refresh_that_broke_off_is_asked_for_again_where_its_token_works_again() {
    let broken = || Behaviour::Answer(Vec::new());
    let (outcome, connections) = refresh(true, broken(), PATIENT).await;
    assert_eq!((outcome.ok().unwrap().status, connections), (200, 2));
    let (outcome, connections) = refresh(false, broken(), PATIENT).await;
    assert_eq!((outcome.err(), connections), (Some(ProviderFault::Broken), 1));
}

#[tokio::test]
async fn a_refresh_that_got_a_server_error_is_asked_for_again_where_its_token_works_again() {
    for status in ["500 Internal Server Error", "502 Bad Gateway", "503 Service Unavailable"] {
        let (outcome, connections) = refresh(true, unavailable(status), PATIENT).await;
        assert_eq!((outcome.ok().unwrap().status, connections), (200, 2), "{status}");
        let (outcome, connections) = refresh(false, unavailable(status), PATIENT).await;
        assert!(outcome.ok().unwrap().status >= 500, "{status}");
        assert_eq!(connections, 1, "{status}");
    }
}

#[tokio::test]
async fn a_refused_refresh_is_asked_for_once() {
    for status in ["400 Bad Request", "401 Unauthorized", "429 Too Many Requests"] {
        let (outcome, connections) = refresh(true, unavailable(status), PATIENT).await;
        assert!(outcome.ok().unwrap().status < 500, "{status}");
        assert_eq!(connections, 1, "{status}");
    }
}
