//! Follows a newcomer's first steps after a clone: `cargo run`, the three commands that it prints, Ctrl-C.

use std::process::{Child, Command, Stdio};
use std::sync::mpsc::Receiver;
use std::time::Instant;

use flow::ports::Clock as _;
use flow::system_ports::SystemClock;
use tests::browser::Browser;

use crate::network::{self, Loopback};
use crate::process::{self, DEADLINE, built, free_port, lines_of};

/// Ends the process if the test fails before it ends the process itself.
pub(crate) struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) fn start() -> (Running, Vec<String>) {
    let (running, lines, _) = start_with(&[]);
    (running, lines)
}

/// Returns the process, its greeting, and its later output.
fn start_with(arguments: &[&str]) -> (Running, Vec<String>, Receiver<String>) {
    let [api, cognito, upstream] = [free_port(), free_port(), free_port()].map(|port| port.to_string());
    let mut child = Command::new(built("local"))
        .args(["--api-gateway-port", &api, "--cognito-port", &cognito, "--upstream-port", &upstream])
        .args(["--http-api-port", "0", "--load-balancer-port", "0"])
        .args(arguments)
        .env_remove("NO_COLOR")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let coming = lines_of(child.stdout.take().unwrap());
    let running = Running(child);
    let mut lines = Vec::new();
    while lines.last().is_none_or(|line: &String| !line.contains("Ctrl-C")) {
        match coming.recv_timeout(DEADLINE) {
            Ok(line) => lines.push(line),
            Err(error) => panic!("{error} after:\n{}", lines.join("\n")),
        }
    }
    (running, lines, coming)
}

/// The address that is printed after `name`.
pub(crate) fn address(lines: &[String], name: &str) -> String {
    let line = lines.iter().find(|line| line.trim_start().starts_with(name)).unwrap();
    line.split_whitespace().last().unwrap().trim_end_matches('/').to_owned()
}

/// Sends the request of a printed `curl -i`.
async fn curl(command: &str) -> reqwest::Response {
    let header = command.split('\'').nth(1).and_then(|header| header.split_once(": "));
    let url = command.split_whitespace().find(|word| word.starts_with("http")).unwrap();
    let (name, value) = header.unwrap_or(("Accept", "*/*"));
    network::client().get(url).header("user-agent", "curl/8").header(name, value).send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_printed_commands_do_what_is_printed_and_ctrl_c_ends_it() {
    let (mut running, lines) = start();
    let seeded = lines.iter().find(|line| line.trim_start().starts_with("user: ")).unwrap();
    let [_, email, _, password, ..] = seeded.split_whitespace().collect::<Vec<_>>()[..] else {
        panic!("{seeded}")
    };
    let tried: Vec<&str> = lines
        .iter()
        .skip_while(|line| line.as_str() != "Try:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .map(|line| line.trim())
        .collect();
    let [without_token, page_load, in_browser] = tried.as_slice() else { panic!("{lines:#?}") };

    let answer = curl(without_token).await;
    assert!(without_token.ends_with("401"), "{without_token}");
    assert_eq!(answer.status(), 401, "{without_token}");
    let answer = curl(page_load).await;
    assert!(page_load.contains("302"), "{page_load}");
    assert_eq!(answer.status(), 302, "{page_load}");
    let location = answer.headers()["location"].to_str().unwrap();
    assert!(location.contains("/oauth2/login?rd="), "{location}");

    let url = in_browser.split_whitespace().next().unwrap();
    let browser =
        Browser::new(std::sync::Arc::new(Loopback::new()), std::sync::Arc::new(|| SystemClock.now().unix()));
    let page = browser.open(url).await;
    let page = browser.submit(&page, "/login", &[("username", email), ("password", password)]).await;
    assert_eq!(page.url.as_str(), url);
    assert!(page.body.contains(email), "{}", page.body);

    interrupted(&mut running.0).await;
}

/// The commands of docs/try.md, each with its documented output.
fn shown() -> Vec<(String, Vec<String>)> {
    let document = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/try.md")).unwrap();
    let blocks = document.split("```console\n").skip(1).filter_map(|block| block.split_once("\n```"));
    let curls = blocks.filter_map(|(block, _)| block.strip_prefix("$ curl"));
    curls
        .map(|block| {
            let (command, shown) = block.split_once('\n').unwrap();
            (format!("curl{command}"), shown.lines().map(str::to_owned).collect())
        })
        .collect()
}

/// A line without the parts that differ in each run: ids of requests, and claims with times.
fn lasting(line: &str) -> String {
    let mut lasting = line.trim_end().to_owned();
    for (before, after) in [("\"request_id\":\"", "\""), ("\"x-vestibule-claims\": \"", "\"")] {
        if let Some((start, rest)) = lasting.split_once(before)
            && let Some((_, end)) = rest.split_once(after)
        {
            lasting = format!("{start}{before}...{after}{end}");
        }
    }
    lasting
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_document_shows_what_its_commands_answer() {
    let (running, lines) = start();
    let (here, cognito) = (address(&lines, "through a REST API"), address(&lines, "Cognito stand-in"));
    let browser =
        Browser::new(std::sync::Arc::new(Loopback::new()), std::sync::Arc::new(|| SystemClock.now().unix()));
    let page = browser.open(&format!("{here}/headers")).await;
    let person = [("username", "admin@example.com"), ("password", "Loopback-1")];
    let page = browser.submit(&page, "/login", &person).await;
    let token = page.body.split("Bearer ").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let commands = shown();
    assert_eq!(commands.len(), 4, "{commands:#?}");
    for (command, shown) in commands {
        let local = |text: &str| {
            text.replace("http://localhost:8400", &here).replace("http://127.0.0.1:8410", &cognito)
        };
        let output = Command::new("sh").args(["-c", &local(&command)]).env("TOKEN", token).output().unwrap();
        let answered = String::from_utf8(output.stdout).unwrap();
        let answered: Vec<String> = answered.lines().map(lasting).collect();
        let shown: Vec<String> = shown.iter().map(|line| lasting(&local(line))).collect();
        if command.contains("grep") {
            assert_eq!(answered, shown, "{command}");
        }
        // The document shows only some fields of a response's head.
        for line in &shown {
            assert!(answered.contains(line), "{command} does not answer {line}:\n{answered:#?}");
        }
    }
    drop(running);
}

/// By default each request is one short line for a human reader; `--log json` prints the log line of AWS.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_is_logged_in_a_short_line_and_as_json_when_asked_for() {
    for (arguments, expected) in [
        (&[][..], " authorizer GET /get -> redirect (session_missing)"),
        (
            &["--log", "json"],
            r#""function":"authorizer","method":"GET","route":"/get","decision":"redirect","reason":"session_missing""#,
        ),
    ] {
        let (running, lines, coming) = start_with(arguments);
        let page_load = lines.iter().find(|line| line.contains("Accept: text/html")).unwrap();
        curl(page_load).await;
        let line = coming.recv_timeout(DEADLINE).unwrap();
        assert!(line.contains(expected), "{line}");
        assert_eq!(line.starts_with('{'), !arguments.is_empty(), "{line}");
        assert!(!line.contains('\x1b'), "no colours where no terminal is: {line}");
        drop(running);
    }
}

/// Sends Ctrl-C while a browser still has open connections.
async fn interrupted(child: &mut Child) {
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let begun = Instant::now();
    let status = process::until("the end after Ctrl-C", || {
        let ended = child.try_wait().unwrap();
        async move { ended }
    })
    .await;
    assert!(status.success(), "{status} after {:?}", begun.elapsed());
}

#[test]
fn a_port_that_is_taken_is_said_in_a_sentence() {
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = Command::new(built("local"))
        .args(["--api-gateway-port", &port, "--cognito-port", &free_port().to_string()])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    let expected = format!("--api-gateway-port: port {port}: another process is listening there");
    assert!(
        said.contains(&expected) && said.contains("choose another port with --api-gateway-port"),
        "{said}"
    );
    assert!(!said.contains("panicked"), "{said}");
}

/// The last line that `local` prints with these arguments.
fn refused(arguments: &[&str]) -> String {
    let output = Command::new(built("local")).args(arguments).output().unwrap();
    assert!(!output.status.success(), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn the_help_names_the_command_that_was_typed() {
    let output = Command::new(built("local")).arg("-h").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(help.contains("Usage: cargo run -- [OPTIONS]"), "{help}");
}

#[test]
fn a_typing_error_is_named_as_it_was_typed() {
    let folder = process::fresh_folder("typed-wrong");
    let file = folder.join("my.yaml");
    std::fs::write(&file, "issuer: https://id.example.com\ncliend_id: a\n").unwrap();
    let file = file.to_str().unwrap();
    for (arguments, said) in [
        (&["--upstream", "localhost:3000"][..], "--upstream: `localhost:3000` does not begin with `http://`"),
        (&["--upstream", "https://app"], "--upstream: `https://app` is https"),
        (&["--cognito-port", "0"], "--cognito-port"),
        (
            &["--api-gateway-port", "8600", "--http-api-port", "8600"],
            "--http-api-port: port 8600 is already used by",
        ),
        (&["--config", "/nowhere.yaml"], "--config: cannot read /nowhere.yaml"),
        (&["--config", file], "my.yaml:2:1: cliend_id: is not a known key; did you mean `client_id`?"),
    ] {
        let error = refused(arguments);
        assert!(error.contains(said), "{arguments:?}: {error}");
        assert!(!error.contains("VESTIBULE_") && !error.contains("line 7"), "{arguments:?}: {error}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}
