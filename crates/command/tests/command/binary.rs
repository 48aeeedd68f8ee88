//! Tests the binary, with the environment of an operator's machine.

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
    let shown = run(&deployment, &["keys", "show"]);
    let text = String::from_utf8(shown.stdout).unwrap();
    assert_eq!(shown.status.code(), Some(0), "{text}");
    assert!(text.contains(&id(OLD)) && !text.contains(OLD), "{text}");

    assert_eq!(run(&deployment, &["keys", "append"]).status.code(), Some(0));
    let early = run(&deployment, &["keys", "promote"]);
    assert_eq!(early.status.code(), Some(1));
    assert!(String::from_utf8(early.stderr).unwrap().starts_with("too early: "));
    assert_eq!(run(&deployment, &["keys", "promote", "--now"]).status.code(), Some(0));
    assert_eq!(run(&deployment, &["keys", "drop", "--now"]).status.code(), Some(0));
    let secrets = deployment.secrets().await;
    assert!(secrets.len() == 1 && secrets[0] != OLD);
}

#[tokio::test]
async fn a_wrong_command_or_key_id_is_a_usage_error() {
    let deployment = Deployment::around("usage", "cookie");
    for arguments in [
        &[][..],
        &["keys"],
        &["keys", "rotate"],
        &["keys", "drop", "--key", "not-hex!"],
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
        // Otherwise the SDK would look for the metadata service of EC2.
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .envs(deployment.environment.iter().map(|(name, value)| (name, value)))
        .output()
        .unwrap();
    assert_eq!(bare.status.code(), Some(3));
    let text = String::from_utf8(bare.stdout).unwrap();
    assert!(text.contains("secrets_manager_not_configured"), "{text}");
}

#[test]
fn it_checks_explains_and_completes_without_an_environment() {
    let folder = concat!(env!("CARGO_TARGET_TMPDIR"), "/by-binary");
    std::fs::create_dir_all(folder).unwrap();
    let document = "issuer: https://id.example.com\nclient_id: app\npublic_url: https://app.example.com\n";
    std::fs::write(format!("{folder}/vestibule.yaml"), document).unwrap();
    std::fs::write(format!("{folder}/faulty.yaml"), format!("{document}leeway: soon\n")).unwrap();
    for (arguments, code, said) in [
        (&["check"][..], 0, "no fault"),
        (&["check", "faulty.yaml"], 1, "faulty.yaml:4:1: leeway: "),
        (&["check", "nothing.yaml"], 3, "nothing.yaml: "),
        (&["check", "explain", "GET", "/"], 0, "\nanswer    302 to https://app.example.com/oauth2/login?rd="),
        (&["check", "schema"], 0, "\"$schema\""),
        (&["completion", "bash"], 0, "_vestibule()"),
        (&["completion", "zsh"], 0, "#compdef vestibule"),
        (&["completion", "fish"], 0, "complete -c vestibule"),
        (&["--help"], 0, "Examples:"),
        (&["keys", "--help"], 0, "Examples:"),
        (&["sessions", "--help"], 0, "Examples:"),
        (&["check", "--help"], 0, "Exit codes:"),
        (&["check", "explain", "--help"], 0, "Examples:"),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
        let output = command.args(arguments).env_clear().current_dir(folder).output().unwrap();
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
        assert!(text.contains(said) && !text.contains('\x1b'), "{arguments:?}: {text}");
    }
}
