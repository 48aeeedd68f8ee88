//! Tests the binary in a terminal: progress, Ctrl-C, colours, the question before a repair.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::deployment::{Deployment, OLD, id};
use crate::faulty::{Faulty, Mode};
use crate::stack;

/// Runs a command in a terminal with the given number of columns. Each step waits for a text, then types
/// another.
const PROGRAM: &str = r#"
import fcntl, json, os, pty, struct, sys, termios
asked = json.load(sys.stdin)
child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, asked["columns"], 0, 0))
    os.execvpe(asked["command"][0], asked["command"], asked["environment"])
seen, steps = b"", asked["steps"]
while True:
    try:
        read = os.read(terminal, 65536)
    except OSError:
        break
    if not read:
        break
    seen += read
    while steps and steps[0][0].encode() in seen:
        os.write(terminal, steps.pop(0)[1].encode())
_, status = os.waitpid(child, 0)
json.dump({"seen": seen.decode(), "code": os.waitstatus_to_exitcode(status), "left": steps}, sys.stdout)
"#;

const CTRL_C: &str = "\u{3}";

/// A run in a terminal.
struct CallResult {
    code: i64,
    text: String,
}

fn environment(deployment: &Deployment, endpoint: &str) -> serde_json::Map<String, Value> {
    let mut environment: serde_json::Map<String, Value> =
        deployment.environment.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    for (name, value) in [
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "not-a-key"),
        ("TERM", "xterm-256color"),
    ] {
        environment.insert(name.to_owned(), value.into());
    }
    environment
}

async fn run(asked: Value) -> CallResult {
    let ran = tokio::task::spawn_blocking(move || {
        let mut child = Command::new("python3")
            .args(["-c", PROGRAM])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(asked.to_string().as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    });
    let output = ran.await.unwrap();
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["left"], json!([]), "every step is taken: {told}");
    CallResult { code: told["code"].as_i64().unwrap(), text: told["seen"].as_str().unwrap().to_owned() }
}

/// Runs the binary with AWS at `endpoint`.
async fn in_terminal(
    deployment: &Deployment,
    endpoint: &str,
    arguments: &[&str],
    steps: &[(&str, &str)],
) -> CallResult {
    let command: Vec<&str> = [env!("CARGO_BIN_EXE_vestibule")].iter().chain(arguments).copied().collect();
    let environment = environment(deployment, endpoint);
    run(json!({ "columns": 80, "command": command, "environment": environment, "steps": steps })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interruption_of_reading_ends_it_and_nothing_was_changed() {
    let deployment = Deployment::new("interrupted").await;
    let aws = Faulty::start().await;
    aws.set(Mode::Silent(""));
    let steps = [("waiting for AWS", CTRL_C)];
    let seen = in_terminal(&deployment, &aws.url, &["keys", "show"], &steps).await;
    assert_eq!(seen.code, 130, "{}", seen.text);
    assert!(seen.text.ends_with("interrupted: nothing was changed\r\n"), "{:?}", seen.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interruption_waits_for_a_change_and_a_second_one_says_that_nobody_knows() {
    let deployment = Deployment::new("interrupted-change").await;
    let aws = Faulty::start().await;
    aws.set(Mode::Silent("PutSecretValue"));
    let steps = [("waiting for AWS", CTRL_C), ("Ctrl-C again gives it up", CTRL_C)];
    let seen = in_terminal(&deployment, &aws.url, &["keys", "append"], &steps).await;
    assert_eq!(seen.code, 130, "{}", seen.text);
    let unknown = "interrupted. Nobody knows whether this was done: the secret written\r\n";
    assert!(seen.text.ends_with(unknown), "{:?}", seen.text);
    assert_eq!(deployment.secrets().await, [OLD]);
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_is_for_people_alone() {
    let deployment = Deployment::new("progress").await;
    let aws = Faulty::start().await;
    aws.set(Mode::Silent(""));
    let seen = in_terminal(&deployment, &aws.url, &["keys", "show", "--json"], &[]).await;
    assert_eq!(seen.code, 3, "{}", seen.text);
    assert!(seen.text.starts_with('{') && !seen.text.contains('\u{1b}'), "{:?}", seen.text);
    // Slow commands show progress too.
    let seen = in_terminal(&deployment, &deployment.endpoint, &["keys", "show"], &[]).await;
    assert!(seen.text.contains(&id(OLD)) && !seen.text.contains("waiting"), "{:?}", seen.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn colours_are_for_a_terminal_and_not_for_who_refuses_them() {
    let folder = concat!(env!("CARGO_TARGET_TMPDIR"), "/colours");
    std::fs::create_dir_all(folder).unwrap();
    let document = format!("{folder}/vestibule.yaml");
    std::fs::write(&document, "issuer: 3\n").unwrap();
    let command = [env!("CARGO_BIN_EXE_vestibule"), "check", &document];
    for (environment, coloured) in
        [(json!({}), true), (json!({ "NO_COLOR": "1" }), false), (json!({ "NO_COLOR": "" }), true)]
    {
        let asked = json!({ "columns": 20, "command": command, "environment": environment, "steps": [] });
        let seen = run(asked).await;
        assert_eq!((seen.code, seen.text.contains("\u{1b}[31m")), (1, coloured), "{:?}", seen.text);
    }
}

/// A reader that has read enough closes the pipe.
#[test]
fn a_pipe_that_is_closed_early_is_no_failure() {
    for arguments in [&["check", "schema"][..], &["--help"], &["completion", "bash"]] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_vestibule"))
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), &*error), (Some(0), ""), "{arguments:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repair_is_made_only_after_a_yes() {
    let deployment = Deployment::new("asked").await;
    stack::create("asked", "ProxyFunction", &deployment.environment).await;
    let arguments = ["doctor", "--stack", "asked", "--fix"];
    let question = "Go on? [y/N] ";
    for (answer, done) in
        [("n\n", false), ("\n", false), ("\u{4}", false), (CTRL_C, false), ("nyes\n", false), ("yes\n", true)]
    {
        let steps = [(question, answer)];
        let seen = in_terminal(&deployment, &deployment.endpoint, &arguments, &steps).await;
        let text = &seen.text;
        assert!(text.contains("This will be done:\r\n  function_timeout: aws lambda "), "{text}");
        assert_eq!(text.contains("nothing was changed"), !done, "{answer:?}: {text}");
        assert_eq!(text.contains("\r\nrepaired function_timeout: "), done, "{answer:?}: {text}");
        assert_eq!(seen.code, if answer == CTRL_C { 130 } else { 1 }, "{answer:?}: {text}");
    }
}

#[tokio::test]
async fn a_repair_that_nobody_can_be_asked_about_needs_a_yes_before() {
    let deployment = Deployment::new("unasked").await;
    stack::create("unasked", "ProxyFunction", &deployment.environment).await;
    for arguments in [&["--fix"][..], &["--fix", "--json"]] {
        let arguments = [&["doctor", "--stack", "unasked"], arguments].concat();
        let said = deployment.run(&arguments).await;
        assert!(!said.done && [said.out, said.err].concat().contains("give --yes"), "{arguments:?}");
    }
    let repaired = deployment.run(&["doctor", "--stack", "unasked", "--fix", "--yes"]).await;
    assert!(repaired.out.contains("repaired function_timeout: "), "{}", repaired.out);
}
