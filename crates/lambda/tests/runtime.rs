//! Tests the runtime loop against a fake Runtime API: this binary starts itself as the function.

#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![expect(clippy::panic, reason = "the function under test panics on purpose")]

use std::collections::VecDeque;
use std::env;
use std::io::{BufRead, BufReader, Read, Write};
use std::mem;
use std::net::{TcpListener, TcpStream};
use std::process::{Command, ExitCode, Output, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use flow::ports::UpstreamBody;
use http::StatusCode;
use lambda::runtime::main_with;
use lambda::{Function, FunctionError, FunctionResponse, StreamedResponse};
use relying_party::forwarding::UpstreamFault;
use tokio::time::Instant;

const ROLE: &str = "TEST_FUNCTION_ROLE";

/// The messages of the function to the Runtime API.
#[derive(Debug, PartialEq, Eq)]
struct SentMessage {
    path: String,
    body: String,
    /// Whether all of it arrived with the first read.
    at_once: bool,
}

struct Echo;

#[async_trait]
impl Function for Echo {
    async fn call(&self, event: &[u8], _: Instant) -> Result<FunctionResponse, FunctionError> {
        let response = match event {
            b"\"unauthorized\"" => return Err(FunctionError::unauthorized()),
            b"\"outage\"" => return Err(FunctionError::failed("provider_unavailable")),
            b"\"panic\"" => panic!("at the disco"),
            b"\"no JSON\"" => b"nonsense".to_vec(),
            event => format!("{{\"bytes\":{event:?}}}").into_bytes(),
        };
        Ok(FunctionResponse::Whole(response))
    }
}

/// Streams its event byte by byte; `!` breaks the stream, and `?` panics.
struct Stream;

struct ByteByByte(VecDeque<u8>);

#[async_trait]
impl UpstreamBody for ByteByByte {
    async fn chunk(&mut self) -> Result<Option<Bytes>, UpstreamFault> {
        match self.0.pop_front() {
            Some(b'!') => Err(UpstreamFault::Broken),
            Some(b'?') => panic!("at the disco"),
            byte => Ok(byte.map(|byte| Bytes::from(vec![byte]))),
        }
    }
}

#[async_trait]
impl Function for Stream {
    async fn call(&self, event: &[u8], _: Instant) -> Result<FunctionResponse, FunctionError> {
        Ok(FunctionResponse::Streamed(StreamedResponse {
            status: StatusCode::CREATED,
            headers: vec![("content-type".to_owned(), "text/plain".to_owned())],
            cookies: vec!["a=1".to_owned(), "b=2".to_owned()],
            body: Box::new(ByteByByte(event.iter().copied().collect())),
        }))
    }
}

/// Not a test: the other tests start this binary again to run this function.
#[test]
fn function_process() {
    match env::var(ROLE).as_deref() {
        Ok("echo") => {
            let code = main_with("echo", async || Ok::<_, String>(Echo));
            assert_eq!(format!("{code:?}"), format!("{:?}", ExitCode::FAILURE));
        }
        Ok("stream") => {
            let code = main_with("stream", async || Ok::<_, String>(Stream));
            assert_eq!(format!("{code:?}"), format!("{:?}", ExitCode::FAILURE));
        }
        Ok("refuse") => {
            let code =
                main_with("echo", async || Err::<Echo, _>("issuer: is required\nleeway: is not a number\n"));
            assert_eq!(format!("{code:?}"), format!("{:?}", ExitCode::FAILURE));
        }
        _ => {}
    }
}

#[test]
fn events_are_handed_over_as_bytes_and_replies_as_they_are() {
    let (told, _) = run("echo", &[b"{}", b"\xff", b"nonsense", b""]);
    let bytes: Vec<&str> = told.iter().map(|told| told.body.as_str()).collect();
    assert_eq!(
        bytes,
        [
            r#"{"bytes":[123, 125]}"#,
            r#"{"bytes":[255]}"#,
            r#"{"bytes":[110, 111, 110, 115, 101, 110, 115, 101]}"#,
            r#"{"bytes":[]}"#,
        ]
    );
    assert!(told.iter().all(|told| told.path.ends_with("/response")));
}

#[test]
fn a_failure_is_told_by_its_message() {
    let (told, _) = run("echo", &[b"\"unauthorized\"", b"\"outage\"", b"\"no JSON\""]);
    let bodies: Vec<&str> = told.iter().map(|told| told.body.as_str()).collect();
    assert_eq!(
        bodies,
        [
            r#"{"errorType":"Unauthorized","errorMessage":"Unauthorized"}"#,
            r#"{"errorType":"Refused","errorMessage":"vestibule: provider_unavailable"}"#,
            r#"{"errorType":"Refused","errorMessage":"vestibule: answer_malformed"}"#,
        ]
    );
    assert!(told.iter().all(|told| told.path.ends_with("/error")));
}

#[test]
fn a_streamed_reply_is_a_prelude_eight_nul_bytes_and_the_body() {
    let (told, _) = run("stream", &[b"piece by piece", b""]);
    let prelude = r#"{"statusCode":201,"headers":{"content-type":"text/plain"},"cookies":["a=1","b=2"]}"#;
    let bodies: Vec<&str> = told.iter().map(|told| told.body.as_str()).collect();
    let nul = "\0".repeat(8);
    assert_eq!(bodies, [format!("{prelude}{nul}piece by piece"), format!("{prelude}{nul}")]);
    // Each response is one write: a second write would wait for the acknowledgement of the first, unless
    // TCP_NODELAY is set.
    assert!(told.iter().all(|told| told.at_once), "{told:?}");
}

#[test]
fn a_stream_that_breaks_off_is_told_in_trailers_and_costs_no_start() {
    let (told, output) = run("stream", &[b"cut!off", b"cut?off", b"next"]);
    let bodies: Vec<&str> = told.iter().map(|told| told.body.rsplit('\0').next().unwrap()).collect();
    let [broken, bug, next] = bodies.as_slice() else { panic!("{bodies:?}") };
    assert_eq!(*next, "next");
    let before = "cut\nlambda-runtime-function-error-type: Refused\nlambda-runtime-function-error-body: ";
    for (cut, reason) in [(broken, "upstream_connection_broken"), (bug, "internal_error")] {
        let error = STANDARD.decode(cut.strip_prefix(before).unwrap()).unwrap();
        assert_eq!(
            serde_json::from_slice::<serde_json::Value>(&error).unwrap(),
            serde_json::json!({"errorType": "Refused", "errorMessage": format!("vestibule: {reason}")})
        );
    }
    let log = String::from_utf8(output.stdout).unwrap();
    assert_eq!(log.matches("\"reason\":\"panic\"").count(), 1, "{log}");
}

#[test]
fn a_panic_is_one_failed_invocation_and_logged_by_its_place() {
    let (told, output) = run("echo", &[b"\"panic\"", b"{}"]);
    let paths: Vec<&str> = told.iter().filter_map(|told| told.path.rsplit('/').next()).collect();
    assert_eq!(paths, ["error", "response"]);
    let log = String::from_utf8(output.stdout).unwrap();
    let line = log.lines().find(|line| line.contains("\"reason\":\"panic\"")).unwrap();
    assert!(line.contains("\"fault\":\"bug\"") && line.contains("runtime.rs:"), "{line}");
    assert!(!log.contains("disco"), "{log}");
}

#[test]
fn a_refused_start_is_logged_and_told_with_every_fault() {
    let (told, output) = run("refuse", &[]);
    let [SentMessage { path, body, .. }] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(path, "/2018-06-01/runtime/init/error");
    let expected = serde_json::json!({
        "errorMessage": "vestibule refuses to start: issuer: is required; leeway: is not a number",
        "errorType": "Runtime.ConfigurationFault",
        "stackTrace": [],
    });
    assert_eq!(serde_json::from_str::<serde_json::Value>(body).unwrap(), expected);
    let log = String::from_utf8(output.stdout).unwrap();
    let faults = r#""faults":["issuer: is required","leeway: is not a number"]"#;
    assert!(log.contains(faults), "{log}");
}

#[test]
fn a_start_by_hand_says_what_is_missing() {
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", "function_process", "--nocapture"])
        .env(ROLE, "echo")
        .env_remove("AWS_LAMBDA_RUNTIME_API")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let log = String::from_utf8(output.stdout).unwrap();
    assert!(log.contains("AWS_LAMBDA_RUNTIME_API: is not set"), "{log}");
}

/// Starts this binary as the function and sends it `events`; it ends when there are no more.
fn run(role: &str, events: &[&[u8]]) -> (Vec<SentMessage>, Output) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "function_process", "--nocapture"])
        .env(ROLE, role)
        .env("AWS_LAMBDA_RUNTIME_API", &address)
        .env("AWS_LAMBDA_FUNCTION_NAME", "echo")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let events = events.iter().map(|event| event.to_vec()).collect();
    let api = thread::spawn(move || serve(&listener, events));
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    (api.join().unwrap(), output)
}

/// Serves connections, several at a time, until the function asks for an event after the last, or refuses to
/// start.
fn serve(listener: &TcpListener, events: VecDeque<Vec<u8>>) -> Vec<SentMessage> {
    let (events, told) = (Arc::new(Mutex::new(events)), Arc::new(Mutex::new(Vec::new())));
    let (done, is_done) = mpsc::channel();
    let accepting = listener.try_clone().unwrap();
    let shared = Arc::clone(&told);
    thread::spawn(move || {
        for stream in accepting.incoming() {
            let (events, told, done) = (Arc::clone(&events), Arc::clone(&shared), done.clone());
            thread::spawn(move || {
                if !serve_connection(stream.unwrap(), &events, &told) {
                    let _ = done.send(());
                }
            });
        }
    });
    is_done.recv().unwrap();
    mem::take(&mut *told.lock().unwrap())
}

/// Counts the reads that returned data.
struct Counted {
    stream: TcpStream,
    reads: usize,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = self.stream.read(buffer)?;
        self.reads += 1;
        Ok(length)
    }
}

/// Returns whether another connection may follow.
fn serve_connection(
    stream: TcpStream,
    events: &Mutex<VecDeque<Vec<u8>>>,
    told: &Mutex<Vec<SentMessage>>,
) -> bool {
    let mut writer = stream.try_clone().unwrap();
    let mut reader = BufReader::new(Counted { stream, reads: 0 });
    while let Some((path, body)) = read_request(&mut reader) {
        let at_once = mem::take(&mut reader.get_mut().reads) == 1;
        if path.ends_with("/invocation/next") {
            let Some(event) = events.lock().unwrap().pop_front() else {
                return false;
            };
            write!(
                writer,
                "HTTP/1.1 200 OK\r\nlambda-runtime-aws-request-id: r-1\r\n\
                 lambda-runtime-deadline-ms: 4102444800000\r\n\
                 lambda-runtime-invoked-function-arn: arn:aws:lambda:eu-central-1:123456789012:function:echo\r\n\
                 content-length: {}\r\n\r\n",
                event.len()
            )
            .unwrap();
            writer.write_all(&event).unwrap();
            continue;
        }
        let is_end = path.ends_with("/init/error");
        told.lock().unwrap().push(SentMessage { path, body, at_once });
        writer.write_all(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n").unwrap();
        if is_end {
            return false;
        }
    }
    true
}

/// Reads the path and the body of one request; returns `None` at the end of the connection.
fn read_request(reader: &mut BufReader<Counted>) -> Option<(String, String)> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let (mut length, mut chunked) = (0, false);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let header = header.trim().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        chunked |= header.starts_with("transfer-encoding:");
    }
    if chunked {
        return Some((path, read_chunks(reader)?));
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((path, String::from_utf8(body).ok()?))
}

/// Reads a streamed response, with one line for each trailer; returns `None` if it breaks off.
fn read_chunks(reader: &mut BufReader<Counted>) -> Option<String> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let size = usize::from_str_radix(line.trim(), 16).ok()?;
        if size == 0 {
            return with_trailers(String::from_utf8(body).ok()?, reader);
        }
        let mut chunk = vec![0; size + 2];
        reader.read_exact(&mut chunk).ok()?;
        body.extend_from_slice(chunk.get(..size)?);
    }
}

fn with_trailers(mut body: String, reader: &mut BufReader<Counted>) -> Option<String> {
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        if line.trim().is_empty() {
            return Some(body);
        }
        body.push('\n');
        body.push_str(line.trim());
    }
}
