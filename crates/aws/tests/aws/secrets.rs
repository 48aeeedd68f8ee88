//! Secrets against moto.

use aws::secrets::{SecretFault, Secrets};
use serde_json::{Value, json};

use crate::{moto, sdk};

async fn text(id: &str) -> Result<String, SecretFault> {
    let secret = Secrets::new(sdk(moto::url())).text(id).await?;
    Ok(secret.expose().to_owned())
}

async fn administer(action: &str, body: Value) -> Value {
    moto::administer("secretsmanager", &format!("secretsmanager.{action}"), body).await
}

#[tokio::test]
async fn a_secret_is_read_by_name_and_by_arn() {
    let document = "client_id: abc\nclient_secret: s\n";
    let created = administer("CreateSecret", json!({"Name": "by-name", "SecretString": document})).await;
    assert_eq!(text("by-name").await, Ok(document.to_owned()));
    assert_eq!(text(created["ARN"].as_str().unwrap()).await, Ok(document.to_owned()));
}

#[tokio::test]
async fn the_newest_value_is_read_each_time() {
    administer("CreateSecret", json!({"Name": "changing", "SecretString": "one"})).await;
    let secrets = Secrets::new(sdk(moto::url()));
    assert_eq!(secrets.text("changing").await.ok().unwrap().expose(), "one");
    administer("PutSecretValue", json!({"SecretId": "changing", "SecretString": "two"})).await;
    assert_eq!(secrets.text("changing").await.ok().unwrap().expose(), "two");
}

#[tokio::test]
async fn a_secret_that_is_not_there_is_not_found() {
    assert_eq!(text("no-such-secret").await, Err(SecretFault::NotFound));
}

#[tokio::test]
async fn a_secret_without_a_value_is_not_found() {
    administer("CreateSecret", json!({"Name": "empty"})).await;
    assert_eq!(text("empty").await, Err(SecretFault::NotFound));
}

#[tokio::test]
async fn a_secret_that_is_being_deleted_is_not_found() {
    administer("CreateSecret", json!({"Name": "leaving", "SecretString": "s"})).await;
    administer("DeleteSecret", json!({"SecretId": "leaving"})).await;
    assert_eq!(text("leaving").await, Err(SecretFault::NotFound));
}

#[tokio::test]
async fn a_secret_of_bytes_is_not_text() {
    administer("CreateSecret", json!({"Name": "bytes", "SecretBinary": "AAAA"})).await;
    assert_eq!(text("bytes").await, Err(SecretFault::NotText));
}
