//! A table that misbehaves. Each operation calls a service whose answers the test defines.

use aws::Caller;
use aws::session_table::SessionTable;
use conformance::store::{NOW, row};
use flow::session::store::{Lease, List, MAX_LISTED, Row, RowKey, SessionStore, StoreFault, Use, Written};
use relying_party::session::index::KeyedHash;
use relying_party::session::store_outage::StoreOutage;
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::{
    answering::{Answering, answer, refusal},
    sdk, sdk_of,
};

const OWNER: [u8; 16] = [1; 16];

fn hash() -> KeyedHash {
    KeyedHash::new("hash".to_owned())
}

fn key() -> RowKey {
    RowKey::new("0".repeat(64))
}

/// The outcome of every conditional write over `answers`, and the number of requests that each took.
async fn writes(answers: Vec<String>) -> Vec<(Result<Written, StoreFault>, usize)> {
    let used = Use { seen_at: NOW, renewed_at: NOW, ends_at: NOW };
    let lease = || Lease { owner: OWNER, until: NOW.plus(20) };
    let mut outcomes = Vec::new();
    for operation in 0..7 {
        let service = Answering::start(answers.clone()).await;
        let table = SessionTable::new(sdk(service.url.clone()), "sessions".to_owned());
        let outcome = match operation {
            0 => table.create(&key(), row("sealed")).await,
            1 => table.record_use(&key(), 0, used).await,
            2 => table.lease(&key(), 0, lease(), NOW).await,
            3 => table.replace(&key(), &OWNER, Row { generation: 1, ..row("next") }).await,
            4 => table.release(&key(), &OWNER).await,
            5 => table.record_seen(&hash(), &OWNER, NOW).await,
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

const UNANSWERED: StoreFault = StoreFault::Unavailable(StoreOutage::Unanswered);

/// Answers that may be other ones at the next attempt, and the outage that each of them is.
fn outages() -> [(String, StoreOutage); 4] {
    [
        (throttled(), StoreOutage::Throttled),
        (refusal(500, "InternalServerError"), StoreOutage::Unanswered),
        (answer(503, ""), StoreOutage::Unanswered),
        (String::new(), StoreOutage::Unanswered),
    ]
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
async fn a_revocation_is_read_consistently() {
    let service = Answering::start(vec![answer(200, "{}")]).await;
    let table = SessionTable::new(sdk(service.url.clone()), "sessions".to_owned());
    assert_eq!(table.revocation(&[hash()]).await, Ok(vec![None]));
    let requests = service.requests();
    let request = requests.first().unwrap();
    assert!(request.contains("x-amz-target: DynamoDB_20120810.BatchGetItem\r\n"));
    assert!(request.contains(r#""ConsistentRead":true"#), "{request}");
}

#[tokio::test]
async fn a_revocation_that_is_left_out_of_an_answer_is_unavailable() {
    let key = r#"{"session":{"S":"not-before#hash"}}"#;
    let left = format!(r#"{{"Responses":{{}},"UnprocessedKeys":{{"sessions":{{"Keys":[{key}]}}}}}}"#);
    let service = Answering::start(vec![answer(200, &left)]).await;
    let table = SessionTable::new(sdk(service.url.clone()), "sessions".to_owned());
    assert_eq!(table.revocation(&[hash()]).await, Err(StoreFault::Unavailable(StoreOutage::Throttled)));
}

fn page(numbers: std::ops::Range<usize>, last: bool) -> String {
    let time = r#"{"N":"1800000000"}"#;
    let items: Vec<String> = numbers
        .map(|number| {
            format!(r#"{{"session":{{"S":"{number}"}},"seen_at":{time},"renewed_at":{time},"ttl":{time}}}"#)
        })
        .collect();
    let next = if last { "" } else { r#","LastEvaluatedKey":{"session":{"S":"7"}}"# };
    answer(200, &format!(r#"{{"Items":[{}]{next}}}"#, items.join(",")))
}

#[tokio::test]
async fn a_list_of_several_pages_is_read_to_its_end() {
    let service = Answering::start(vec![page(0..2, false), page(2..2, false), page(2..5, true)]).await;
    let table = SessionTable::new(sdk(service.url.clone()), "sessions".to_owned());
    let keys: Vec<String> = table
        .rows(List::User, &hash())
        .await
        .unwrap()
        .iter()
        .map(|listed| listed.key.as_str().to_owned())
        .collect();
    assert_eq!(keys, ["0", "1", "2", "3", "4"]);
    let requests = service.requests();
    let last = requests.last().unwrap();
    assert!(last.contains(r#""IndexName":"user""#) && last.contains("ExclusiveStartKey"), "{last}");
}

#[tokio::test]
async fn a_list_that_never_ends_is_cut_off() {
    let service = Answering::start(vec![page(0..200, false)]).await;
    let table = SessionTable::new(sdk(service.url.clone()), "sessions".to_owned());
    let listed = table.rows(List::ProviderSession, &hash()).await.unwrap();
    assert!(listed.len() >= MAX_LISTED);
    assert_eq!(service.requests().len(), 3);
}

#[tokio::test]
async fn lists_and_revocations_are_unavailable_after_two_attempts() {
    for (bad, outage) in outages() {
        for operation in 0..3 {
            let service = Answering::start(vec![bad.clone()]).await;
            let table = SessionTable::new(sdk(service.url.clone()), "sessions".to_owned());
            let outcome = match operation {
                0 => table.rows(List::User, &hash()).await.map(drop),
                1 => table.revocation(&[hash()]).await.map(drop),
                _ => table.raise_revocation(&hash(), NOW, NOW).await,
            };
            let fault = StoreFault::Unavailable(outage);
            assert_eq!((outcome, service.requests().len()), (Err(fault), 2), "{bad}");
        }
    }
}

#[tokio::test]
async fn a_failed_condition_is_lost_and_not_tried_again() {
    for outcome in writes(vec![condition_failed()]).await {
        assert_eq!(outcome, (Ok(Written::Lost), 1));
    }
}

#[tokio::test]
async fn throttling_server_errors_and_broken_connections_are_unavailable_after_two_attempts() {
    for (bad, outage) in outages() {
        let fault = StoreFault::Unavailable(outage);
        assert_eq!(read(vec![bad.clone()]).await, (Err(fault), 2), "{bad}");
        for outcome in writes(vec![bad.clone()]).await {
            assert_eq!(outcome, (Err(fault), 2), "{bad}");
        }
    }
}

#[tokio::test]
async fn a_fault_that_passes_by_the_second_attempt_is_not_seen() {
    for bad in [throttled(), refusal(500, "InternalServerError"), String::new()] {
        assert_eq!(read(vec![bad.clone(), answer(200, "{}")]).await, (Ok(None), 2), "{bad}");
        for outcome in writes(vec![bad.clone(), answer(200, "{}")]).await {
            assert_eq!(outcome, (Ok(Written::Done), 2), "{bad}");
        }
    }
}

#[tokio::test]
async fn a_table_that_may_not_be_used_is_unavailable_and_asked_once() {
    for (code, outage) in [
        ("AccessDeniedException", StoreOutage::Denied),
        ("UnrecognizedClientException", StoreOutage::Denied),
        ("ResourceNotFoundException", StoreOutage::Missing),
        ("ValidationException", StoreOutage::Rejected),
    ] {
        let fault = StoreFault::Unavailable(outage);
        assert_eq!(read(vec![refusal(400, code)]).await, (Err(fault), 1), "{code}");
        for outcome in writes(vec![refusal(400, code)]).await {
            assert_eq!(outcome, (Err(fault), 1), "{code}");
        }
    }
}

#[tokio::test]
async fn a_response_that_is_not_the_services_is_unavailable() {
    for body in ["<html>", "[]", r#"{"Item":7}"#] {
        assert_eq!(read(vec![answer(200, body)]).await.0, Err(UNANSWERED), "{body}");
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
    assert_eq!(table.read(&key()).await, Err(UNANSWERED));
    assert_eq!(table.delete(&key()).await, Err(UNANSWERED));
}

#[tokio::test(start_paused = true)]
async fn a_table_that_never_answers_is_given_up_after_a_second_and_a_half() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let table = SessionTable::new(sdk_of(Caller::Function, url), "sessions".to_owned());
    let before = Instant::now();
    assert_eq!(table.read(&key()).await, Err(UNANSWERED));
    let waited = before.elapsed();
    assert!(waited.as_millis() <= 1_600, "{waited:?}");
}
