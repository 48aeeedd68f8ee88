//! The binary itself, with an environment as on an operator's machine.

use std::process::{Command, Output};

use crate::deployment::{Deployment, OLD, id};

fn run(deployment: &Deployment, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vestibule"))
        .args(arguments)
        .env_clear()
        .envs(deployment.environment.iter().map(|(name, value)| (name, value)))
        .env("AWS_ENDPOINT_URL", &deployment.endpoint)
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "not-a-key")
        .output()
        .unwrap()
}

#[tokio::test]
async fn it_does_and_refuses_and_its_exit_code_tells() {
    let deployment = Deployment::new("by-binary").await;
    let shown = run(&deployment, &["ring", "show"]);
    let text = String::from_utf8(shown.stdout).unwrap();
    assert_eq!(shown.status.code(), Some(0), "{text}");
    assert!(text.contains(&id(OLD)) && !text.contains(OLD), "{text}");

    assert_eq!(run(&deployment, &["ring", "append"]).status.code(), Some(0));
    let early = run(&deployment, &["ring", "promote"]);
    assert_eq!(early.status.code(), Some(1));
    assert!(String::from_utf8(early.stderr).unwrap().starts_with("too early: "));
    assert_eq!(run(&deployment, &["ring", "promote", "--now"]).status.code(), Some(0));
    assert_eq!(run(&deployment, &["ring", "drop", "--now"]).status.code(), Some(0));
    let secrets = deployment.secrets().await;
    assert!(secrets.len() == 1 && secrets[0] != OLD);
}

#[tokio::test]
async fn what_is_no_command_or_no_key_id_is_a_usage_error() {
    let deployment = Deployment::around("usage", "cookie");
    for arguments in [
        &["ring"][..],
        &["ring", "rotate"],
        &["ring", "drop", "--key", "not-hex!"],
        &["sessions", "list"],
        &["sessions", "list", "--issuer", "https://id.example.com"],
    ] {
        assert_eq!(run(&deployment, arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[tokio::test]
async fn without_region_or_credentials_it_says_so() {
    let deployment = Deployment::around("bare", "cookie");
    let bare = Command::new(env!("CARGO_BIN_EXE_vestibule"))
        .args(["ring", "show", "--json"])
        .env_clear()
        .envs(deployment.environment.iter().map(|(name, value)| (name, value)))
        .output()
        .unwrap();
    assert_eq!(bare.status.code(), Some(1));
    let text = String::from_utf8(bare.stdout).unwrap();
    assert!(text.contains("secrets_manager_not_configured"), "{text}");
}
