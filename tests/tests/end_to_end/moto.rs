//! Runs moto's server, an imitation of AWS's APIs.

use serde_json::Value;

use crate::network;
use crate::process::{Server, root, tool};

/// A server for one test.
pub(crate) struct Moto {
    _server: Server,
    /// The address of every service.
    pub(crate) url: String,
}

impl Moto {
    /// Starts every service.
    pub(crate) fn start() -> Self {
        Self::running("tests/moto_server.py", &["-H", "127.0.0.1", "-p", "0"])
    }

    /// Starts only DynamoDB, which is faster.
    pub(crate) fn table() -> Self {
        Self::running("tests/moto_table.py", &[])
    }

    fn running(script: &str, arguments: &[&str]) -> Self {
        let script = root().join(script);
        let arguments = [&[script.to_str().unwrap()], arguments].concat();
        let server = Server::start(&tool("venv/bin/python"), &arguments, &[], &root());
        let url = server.after("Running on ");
        Self { _server: server, url }
    }
}

/// Makes one call of AWS JSON 1.1, as an administrator would. `target` is `X-Amz-Target`.
pub(crate) async fn administer(url: &str, target: &str, body: Value) -> Value {
    // Neither imitation checks signatures; moto finds the service in the credential's scope.
    let service = match target.split('.').next() {
        Some("secretsmanager") => "secretsmanager",
        Some("DynamoDB_20120810") => "dynamodb",
        _ => "cognito-idp",
    };
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20200101/us-east-1/{service}/aws4_request, \
         SignedHeaders=host, Signature=0"
    );
    let answer = network::client()
        .post(url)
        .header("authorization", authorization)
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amz-target", target)
        .body(body.to_string())
        .send()
        .await
        .unwrap();
    let status = answer.status();
    let text = answer.text().await.unwrap();
    assert_eq!(status, 200, "{target}: {text}");
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

/// Makes one call of Cognito's user pool API.
pub(crate) async fn user_pools(url: &str, action: &str, body: Value) -> Value {
    administer(url, &format!("AWSCognitoIdentityProviderService.{action}"), body).await
}
