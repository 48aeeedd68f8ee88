#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails when it cannot be set up")]

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

/// Returns the response to CloudFormation for this event, whose URL leads to a listener of the test.
async fn told(mut event: Value) -> (String, Value) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    event["ResponseURL"] = format!("http://127.0.0.1:{port}/bucket/answer?X-Amz-Signature=a%2Fb").into();
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        let (head, body) = loop {
            assert_ne!(stream.read_buf(&mut request).await.unwrap(), 0);
            let text = String::from_utf8_lossy(&request).into_owned();
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            if let Ok(body) = serde_json::from_str::<Value>(body) {
                break (head.to_owned(), body);
            }
        };
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await.unwrap();
        (head, body)
    });
    let answer = Check::new().unwrap().call(event.to_string().as_bytes(), Instant::now()).await.unwrap();
    assert_eq!(answer.whole().unwrap(), b"null");
    served.await.unwrap()
}

#[tokio::test]
async fn every_sample_gets_its_answer() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../events/check");
    let mut found = 0;
    for entry in fs::read_dir(&directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let Some(stem) = name.strip_suffix(".json").filter(|stem| !stem.ends_with(".expected")) else {
            continue;
        };
        let event: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let (head, body) = told(event).await;
        let expected = directory.join(format!("{stem}.expected.json"));
        if std::env::var("EVENTS").is_ok_and(|wish| wish == "write") && !expected.exists() {
            fs::write(&expected, format!("{}\n", serde_json::to_string_pretty(&body).unwrap())).unwrap();
        }
        let expected: Value = serde_json::from_slice(&fs::read(expected).unwrap()).unwrap();
        assert_eq!(body, expected, "{name}");
        // The signature of a presigned URL covers no other header.
        assert!(head.starts_with("PUT /bucket/answer?X-Amz-Signature=a%2Fb HTTP/1.1"), "{head}");
        assert!(!head.to_ascii_lowercase().contains("content-type"), "{head}");
        found += 1;
    }
    assert!(found > 5);
}

#[tokio::test]
async fn an_event_without_a_request_or_a_safe_address_is_answered_nowhere() {
    let event = |url: &str| {
        json!({
            "RequestType": "Delete",
            "ResponseURL": url,
            "StackId": "stack",
            "RequestId": "request",
            "LogicalResourceId": "ConfigurationCheck",
        })
        .to_string()
    };
    for (event, expected) in [
        ("{}".to_owned(), "event_unsupported"),
        ("[".to_owned(), "event_unsupported"),
        (r#"{"key1": "value1"}"#.to_owned(), "event_unsupported"),
        (event("http://169.254.169.254/latest"), "answer_not_taken"),
        (event("file:///tmp/answer"), "answer_not_taken"),
        (event("https://user:password@example.com/"), "answer_not_taken"),
    ] {
        let failed = Check::new().unwrap().call(event.as_bytes(), Instant::now()).await.err().unwrap();
        assert_eq!(failed, FunctionError::failed(expected), "{event}");
    }
}
