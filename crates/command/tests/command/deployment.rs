//! A secret and a table in moto, and an operator who uses them.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use aws::{Caller, Explicit, Sdk};
use aws_credential_types::Credentials;
use clap::Parser;
use command::{Arguments, Exit, Operator, Work};
use flow::ports::{Clock, Entropy};
use flow::system_ports::{SystemClock, SystemEntropy};
use outbound::https::Roots;
use outbound::provider::{HttpsProvider, Limits};
use relying_party::sealing::{KeyId, Ring};
use relying_party::secret::Secret;
use relying_party::session::index::Indexed;
use relying_party::time::Timestamp;
use serde_json::{Value, json};

use crate::moto;

/// The key of a new deployment.
pub(crate) const OLD: &str = "the key that everybody has had so far";
pub(crate) const CLIENT_ID: &str = "app";

/// The system clock, which a test can advance: moto's dates come from the system clock.
#[derive(Default)]
pub(crate) struct Ahead(AtomicI64);

#[async_trait]
impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        SystemClock.now().plus(self.0.load(Ordering::SeqCst))
    }

    async fn sleep(&self, _: u64) {}
}

/// A deployment with a name.
pub(crate) struct Deployment {
    pub(crate) name: &'static str,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) endpoint: String,
    pub(crate) entropy: Arc<dyn Entropy>,
    clock: Arc<Ahead>,
}

/// The output of a command.
pub(crate) struct CommandOutput {
    pub(crate) exit: Exit,
    pub(crate) done: bool,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl CommandOutput {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.err))
    }
}

impl Deployment {
    /// Makes one with one key, and a table if `session_storage` is `dynamodb`.
    pub(crate) async fn new(name: &'static str) -> Self {
        let secret = json!({ "session_secret": OLD }).to_string();
        let deployment = Self::around(name, "dynamodb");
        administer("secretsmanager.CreateSecret", json!({ "Name": name, "SecretString": secret })).await;
        let attribute = |name| json!({ "AttributeName": name, "AttributeType": "S" });
        let key = |name| json!([{ "AttributeName": name, "KeyType": "HASH" }]);
        let index = |name| json!({ "IndexName": name, "KeySchema": key(name), "Projection": { "ProjectionType": "ALL" } });
        let table = json!({
            "TableName": name,
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": key("session"),
            "AttributeDefinitions": [attribute("session"), attribute("user"), attribute("provider_session")],
            "GlobalSecondaryIndexes": [index("user"), index("provider_session")],
        });
        administer("DynamoDB_20120810.CreateTable", table).await;
        deployment
    }

    /// Makes one with one key, and sessions in cookies.
    pub(crate) async fn in_cookies(name: &'static str) -> Self {
        let secret = json!({ "session_secret": OLD }).to_string();
        administer("secretsmanager.CreateSecret", json!({ "Name": name, "SecretString": secret })).await;
        Self::around(name, "cookie")
    }

    /// Makes one whose secret and table do not exist yet.
    pub(crate) fn around(name: &'static str, storage: &str) -> Self {
        let configuration = json!({
            "issuer": "https://id.example.com",
            "client_id": CLIENT_ID,
            "public_url": "https://app.example.com",
            "session_storage": storage,
            "session_table": name,
        });
        let variables =
            [("VESTIBULE_CONFIG", configuration.to_string()), ("VESTIBULE_SECRET_ID", name.to_owned())];
        Self {
            name,
            environment: variables.map(|(name, value)| (name.to_owned(), value)).into(),
            endpoint: moto::url(),
            entropy: Arc::new(SystemEntropy),
            clock: Arc::default(),
        }
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Runs a command.
    pub(crate) async fn run(&self, arguments: &[&str]) -> CommandOutput {
        let operator = Operator {
            sdk: sdk(&self.endpoint),
            environment: self.environment.clone(),
            clock: Arc::<Ahead>::clone(&self.clock),
            entropy: Arc::clone(&self.entropy),
            provider: Arc::new(HttpsProvider::new(Roots::built_in(), Limits::default())),
            work: Arc::new(Work::new(Arc::default())),
        };
        let arguments = Arguments::try_parse_from(["vestibule"].iter().chain(arguments)).unwrap();
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let exit = operator.run(arguments, &mut out, &mut err).await;
        let [out, err] = [out, err].map(|bytes| String::from_utf8(bytes).unwrap());
        let output = CommandOutput { exit, done: exit == Exit::Done, out, err };
        assert!(!output.out.contains(OLD) && !output.err.contains(OLD), "a secret is printed");
        output
    }

    /// Runs a command that must succeed; returns its JSON.
    pub(crate) async fn does(&self, arguments: &[&str]) -> Value {
        let output = self.run(&[arguments, &["--json"]].concat()).await;
        assert!(output.done, "{}", output.out);
        output.json()
    }

    /// Runs a command that must refuse; returns the code.
    pub(crate) async fn refuses(&self, arguments: &[&str]) -> String {
        let before = self.secrets().await;
        let output = self.run(&[arguments, &["--json"]].concat()).await;
        assert!(!output.done, "{}", output.out);
        assert_eq!(self.secrets().await, before, "a refusal changes nothing");
        output.json()["refused"].as_str().unwrap().to_owned()
    }

    /// Returns the secrets of the ring in force; empty if the secret does not exist.
    pub(crate) async fn secrets(&self) -> Vec<String> {
        let found = json!({ "SecretId": self.name, "VersionStage": "AWSCURRENT" });
        let Some(found) = moto::asked("secretsmanager", "secretsmanager.GetSecretValue", found).await else {
            return Vec::new();
        };
        let Some(text) = found["SecretString"].as_str() else { return Vec::new() };
        match serde_json::from_str::<Value>(text).unwrap_or_default()["session_secret"].take() {
            Value::String(text) => vec![text],
            Value::Array(texts) => texts.iter().map(|text| text.as_str().unwrap().to_owned()).collect(),
            _ => Vec::new(),
        }
    }

    /// Overwrites the secret's value.
    pub(crate) async fn write(&self, value: &Value) {
        let text = json!({ "SecretId": self.name, "SecretString": value.to_string() });
        administer("secretsmanager.PutSecretValue", text).await;
    }

    /// Stores a session that is sealed with `secret` and ends in `seconds`.
    pub(crate) async fn plant(&self, id: u8, secret: &str, seconds: i64) {
        let ring = Ring::new(&[Secret::new(secret)], CLIENT_ID).unwrap();
        let content = ring.seal_stored(&[id; 32], b"{}", [id; 24]);
        self.plant_content(id, &content, seconds).await;
    }

    /// Stores a revocation as a function would under the key of `secret`.
    pub(crate) async fn plant_mark(&self, secret: &str, seconds: i64) {
        let ring = Ring::new(&[Secret::new(secret)], CLIENT_ID).unwrap();
        let user = Indexed::User { issuer: "https://id.example.com", subject: "ada" };
        let item = json!({
            "session": { "S": format!("not-before#{}", user.hash(&ring).as_str()) },
            "format": { "N": "1" },
            "not_before": { "N": self.now().unix().to_string() },
            "ttl": { "N": self.now().plus(seconds).unix().to_string() },
        });
        administer("DynamoDB_20120810.PutItem", json!({ "TableName": self.name, "Item": item })).await;
    }

    pub(crate) async fn plant_content(&self, id: u8, content: &str, seconds: i64) {
        let item = json!({
            "session": { "S": format!("{id:064}") },
            "content": { "S": content },
            "ttl": { "N": self.now().plus(seconds).unix().to_string() },
        });
        administer("DynamoDB_20120810.PutItem", json!({ "TableName": self.name, "Item": item })).await;
    }
}

pub(crate) fn sdk(endpoint: &str) -> Arc<Sdk> {
    let credentials = Credentials::new("AKIDEXAMPLE", "not-a-key", None, None, "tests");
    let (endpoint_url, region) = (endpoint.to_owned(), "us-east-1".to_owned());
    Sdk::explicit(Roots::built_in(), Explicit { endpoint_url, region, credentials, caller: Caller::Person })
}

/// Returns the id of the key that is derived from a secret.
pub(crate) fn id(secret: &str) -> String {
    KeyId::of(&Secret::new(secret)).to_string()
}

pub(crate) async fn administer(target: &str, body: Value) -> Value {
    let service = if target.starts_with("secretsmanager") { "secretsmanager" } else { "dynamodb" };
    moto::administer(service, target, body).await
}
