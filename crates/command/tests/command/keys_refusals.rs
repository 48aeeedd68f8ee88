//! Tests the steps that the commands refuse, each with its code; a refused step changes nothing.

use std::sync::Arc;

use flow::ports::{Entropy, EntropyFault};
use flow::system_ports::SystemEntropy;
use serde_json::json;

use crate::deployment::{Deployment, OLD, administer, id};

#[tokio::test]
async fn steps_out_of_order_are_refused() {
    let deployment = Deployment::new("order").await;
    assert_eq!(deployment.refuses(&["keys", "promote"]).await, "nothing_appended");
    assert_eq!(deployment.refuses(&["keys", "drop"]).await, "nothing_to_drop");
    deployment.does(&["keys", "append"]).await;
    assert_eq!(deployment.refuses(&["keys", "append"]).await, "already_appended");
    assert_eq!(deployment.refuses(&["keys", "drop", "--now"]).await, "not_promoted");
}

#[tokio::test]
async fn the_key_that_seals_and_unknown_keys_are_refused() {
    let deployment = Deployment::new("which-key").await;
    deployment.does(&["keys", "append"]).await;
    for step in ["promote", "drop"] {
        assert_eq!(deployment.refuses(&["keys", step, "--now", "--key", &id(OLD)]).await, "key_seals");
        assert_eq!(deployment.refuses(&["keys", step, "--now", "--key", "00000000"]).await, "not_in_ring");
    }
}

/// Entropy that is requested between reading and writing the secret: meanwhile another process writes it.
struct Meddling(&'static str);

impl Entropy for Meddling {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyFault> {
        let name = self.0;
        let writing = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let value = json!({ "session_secret": [OLD, "the key of somebody else, appended first"] });
            let body = json!({ "SecretId": name, "SecretString": value.to_string() });
            runtime.block_on(administer("secretsmanager.PutSecretValue", body))
        });
        writing.join().unwrap();
        SystemEntropy.fill(bytes)
    }
}

#[tokio::test]
async fn two_operators_do_not_overwrite_each_other() {
    let mut deployment = Deployment::new("two-operators").await;
    deployment.entropy = Arc::new(Meddling("two-operators"));
    let output = deployment.run(&["keys", "append", "--json"]).await;
    assert_eq!((output.done, output.json()["refused"].as_str()), (false, Some("changed_meanwhile")));
    assert_eq!(deployment.secrets().await, [OLD, "the key of somebody else, appended first"]);
}

struct Dry;

impl Entropy for Dry {
    fn fill(&self, _: &mut [u8]) -> Result<(), EntropyFault> {
        Err(EntropyFault)
    }
}

#[tokio::test]
async fn without_randomness_there_is_no_new_key() {
    let mut deployment = Deployment::new("dry").await;
    deployment.entropy = Arc::new(Dry);
    assert_eq!(deployment.refuses(&["keys", "append"]).await, "entropy_unavailable");
}

#[tokio::test]
async fn a_secret_that_is_no_ring_is_refused() {
    let deployment = Deployment::new("no-ring").await;
    deployment.write(&json!({ "session_secret": "short" })).await;
    for step in ["show", "append", "promote"] {
        assert_eq!(deployment.refuses(&["keys", step]).await, "secret");
    }
    deployment.write(&json!({ "client_secret": OLD })).await;
    assert_eq!(deployment.refuses(&["keys", "show"]).await, "secret");
}

#[tokio::test]
async fn a_secret_that_is_not_there_or_binary_is_refused() {
    assert_eq!(Deployment::around("nowhere", "cookie").refuses(&["keys", "show"]).await, "secret_not_found");
    administer("secretsmanager.CreateSecret", json!({ "Name": "binary", "SecretBinary": "AAAA" })).await;
    assert_eq!(Deployment::around("binary", "cookie").refuses(&["keys", "show"]).await, "secret_not_text");
}

#[tokio::test]
async fn without_the_name_of_a_secret_nothing_is_done() {
    let mut deployment = Deployment::new("unnamed").await;
    deployment.environment.retain(|(name, _)| name != "VESTIBULE_SECRET_ID");
    assert_eq!(deployment.refuses(&["keys", "show"]).await, "no_secret");
    deployment.does(&["keys", "show", "--secret-id", "unnamed"]).await;
}

#[tokio::test]
async fn a_ring_in_the_environment_is_not_rotated_in_a_secret() {
    let mut deployment = Deployment::new("ring-in-environment").await;
    deployment.environment.push(("VESTIBULE_SESSION_SECRET".to_owned(), OLD.to_owned()));
    assert_eq!(deployment.refuses(&["keys", "append"]).await, "ring_in_environment");
}

#[tokio::test]
async fn without_the_functions_configuration_nothing_is_dropped() {
    let mut deployment = Deployment::new("unconfigured").await;
    deployment.does(&["keys", "append"]).await;
    deployment.does(&["keys", "promote", "--now"]).await;
    deployment.environment.retain(|(name, _)| name != "VESTIBULE_CONFIG");
    assert_eq!(deployment.refuses(&["keys", "drop", "--now"]).await, "configuration");
    assert_eq!(deployment.refuses(&["keys", "check"]).await, "configuration");
    deployment.does(&["keys", "show"]).await;
}

#[tokio::test]
async fn without_its_table_nothing_is_dropped() {
    let mut deployment = Deployment::new("tableless").await;
    deployment.does(&["keys", "append"]).await;
    deployment.does(&["keys", "promote", "--now"]).await;
    deployment.environment.push(("VESTIBULE_SESSION_TABLE".to_owned(), "no-such-table".to_owned()));
    assert_eq!(deployment.refuses(&["keys", "drop", "--now"]).await, "session_store_unavailable");
    assert_eq!(deployment.refuses(&["keys", "check"]).await, "session_store_unavailable");
}

#[tokio::test]
async fn a_secrets_manager_that_is_not_there_is_told_apart() {
    let mut deployment = Deployment::new("unreachable").await;
    deployment.endpoint = "http://127.0.0.1:1".to_owned();
    assert_eq!(deployment.refuses(&["keys", "show"]).await, "secret_unavailable");
}
