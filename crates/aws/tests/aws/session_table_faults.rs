//! A table that does not answer as it should. Each operation is asked of a service that answers what the test says.

use aws::session_table::SessionTable;
use conformance::store::{NOW, row};
use flow::session_store::{Lease, Row, RowKey, SessionStore, StoreFault, Use, Written};
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::{
    answering::{Answering, answer, refusal},
    sdk,
};

const OWNER: [u8; 16] = [1; 16];

fn key() -> RowKey {
    RowKey::new("0".repeat(64))
}

/// The outcome of every conditional write over `answers`, and how many requests each took.
async fn writes(answers: Vec<String>) -> Vec<(Result<Written, StoreFault>, usize)> {
    let used = Use { seen_at: NOW, renewed_at: NOW, ends_at: NOW };
    let lease = || Lease { owner: OWNER, until: NOW.plus(20) };
    let mut outcomes = Vec::new();
    for operation in 0..6 {
        let service = Answering::start(answers.clone()).await;
        let table = SessionTable::new(sdk(service.url.clone()), "sessions".to_owned());
        let outcome = match operation {
            0 => table.create(&key(), row("sealed")).await,
            1 => table.record_use(&key(), 0, used).await,
            2 => table.lease(&key(), 0, lease(), NOW).await,
            3 => table.replace(&key(), &OWNER, Row { generation: 1, ..row("next") }).await,
            4 => table.release(&key(), &OWNER).await,
            _ => table.end(&key(), &OWNER).await,
        };
        outcomes.push((outcome, service.requests().len()));
    }
    outcomes
}

async fn read(answers: Vec<String>) -> (Result<Option<Row>, StoreFault>, usize) {
    let service = Answering::start(answers).await;
    let table = SessionTable::new(sdk(service.url.clone()), "sessions".to_owned());
    (table.read(&key()).await, service.requests().len())
}

fn throttled() -> String {
    refusal(400, "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException")
}

fn condition_failed() -> String {
    refusal(400, "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException")
}

#[tokio::test]
async fn a_read_is_consistent() {
    let service = Answering::start(vec![answer(200, "{}")]).await;
    let table = SessionTable::new(sdk(service.url.clone()), "sessions".to_owned());
    assert_eq!(table.read(&key()).await, Ok(None));
    let requests = service.requests();
    let request = requests.first().unwrap();
    assert!(request.contains("x-amz-target: DynamoDB_20120810.GetItem\r\n"));
    assert!(request.contains(r#""ConsistentRead":true"#), "{request}");
}

#[tokio::test]
async fn a_failed_condition_is_lost_and_not_tried_again() {
    for outcome in writes(vec![condition_failed()]).await {
        assert_eq!(outcome, (Ok(Written::Lost), 1));
    }
}

#[tokio::test]
async fn throttling_server_errors_and_broken_connections_are_unavailable_after_two_attempts() {
    for bad in [throttled(), refusal(500, "InternalServerError"), answer(503, ""), String::new()] {
        assert_eq!(read(vec![bad.clone()]).await, (Err(StoreFault::Unavailable), 2), "{bad}");
        for outcome in writes(vec![bad.clone()]).await {
            assert_eq!(outcome, (Err(StoreFault::Unavailable), 2), "{bad}");
        }
    }
}

#[tokio::test]
async fn what_passes_by_the_second_attempt_is_not_seen() {
    for bad in [throttled(), refusal(500, "InternalServerError"), String::new()] {
        assert_eq!(read(vec![bad.clone(), answer(200, "{}")]).await, (Ok(None), 2), "{bad}");
        for outcome in writes(vec![bad.clone(), answer(200, "{}")]).await {
            assert_eq!(outcome, (Ok(Written::Done), 2), "{bad}");
        }
    }
}

#[tokio::test]
async fn a_table_that_may_not_be_used_is_unavailable_and_asked_once() {
    for code in ["AccessDeniedException", "ResourceNotFoundException", "ValidationException"] {
        assert_eq!(read(vec![refusal(400, code)]).await, (Err(StoreFault::Unavailable), 1), "{code}");
    }
}

#[tokio::test]
async fn what_is_no_answer_of_the_service_is_unavailable() {
    for body in ["<html>", "[]", r#"{"Item":7}"#] {
        assert_eq!(read(vec![answer(200, body)]).await.0, Err(StoreFault::Unavailable), "{body}");
    }
}

#[tokio::test]
async fn an_item_without_our_attributes_is_damaged() {
    let item = r#"{"Item":{"session":{"S":"0"}}}"#;
    assert_eq!(read(vec![answer(200, item)]).await.0, Err(StoreFault::Malformed));
}

#[tokio::test]
async fn a_table_that_is_not_reached_is_unavailable() {
    let table = SessionTable::new(sdk("http://127.0.0.1:1".to_owned()), "sessions".to_owned());
    assert_eq!(table.read(&key()).await, Err(StoreFault::Unavailable));
    assert_eq!(table.delete(&key()).await, Err(StoreFault::Unavailable));
}

#[tokio::test(start_paused = true)]
async fn a_table_that_never_answers_is_given_up_after_a_second_and_a_half() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let table = SessionTable::new(sdk(url), "sessions".to_owned());
    let before = Instant::now();
    assert_eq!(table.read(&key()).await, Err(StoreFault::Unavailable));
    let waited = before.elapsed();
    assert!(waited.as_millis() <= 1_600, "{waited:?}");
}
