//! Runs the release `proxy` as Lambda does, for 20,000 requests and 150 MB: its memory stays constant, it
//! streams data as it arrives, it ends within Lambda's time, and AWS's Runtime Interface Emulator accepts its
//! responses. `tests/release` builds it and runs this test.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a test may panic"
)]
#![expect(clippy::print_stdout, reason = "it prints its measurements")]

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use benchmark::http::Request;
use benchmark::origin::{Response, serve, whole};
use benchmark::process::{Process, Terms};
use benchmark::{Environment, binary, environment, event};
use serde_json::{Value, json};
use tests::events::emulator::Emulator;

/// The memory budget of a streaming process (docs/benchmark.md), MB.
const MOST_MEGABYTES: f64 = 20.0;

/// The limit for the growth of a process once every request has been repeated often, MB. If it kept 100 bytes
/// of each of its 9,000 later requests, that would be 0.9 MB; all of its caches are full by then.
const GROWTH_MEGABYTES: f64 = 0.75;

/// The number of requests, and of those that warm up.
const REQUESTS: usize = 20_000;
const WARM: usize = 2_000;

const PIECE: usize = 64 * 1024;
const STREAMED: usize = 150 * 1024 * 1024;

/// An upstream that answers by path, and counts its responses.
fn upstream(answered: Arc<AtomicUsize>) -> Response {
    const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n";
    Arc::new(move |request: &Request, stream| {
        answered.fetch_add(1, Ordering::SeqCst);
        match request.path.split('?').next().unwrap_or_default() {
            "/text" => stream.write_all(&whole("text/html", &b"<p>\"text\"</p>\n".repeat(70))),
            "/bytes" => stream.write_all(&whole("application/octet-stream", &vec![0xff; 100_000])),
            "/large" => stream.write_all(&whole("application/octet-stream", &vec![0xff; 1_000_000])),
            "/seven" => stream.write_all(&whole("application/octet-stream", &vec![7; 7_000_000])),
            "/stream" => {
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {STREAMED}\r\n\r\n");
                stream.write_all(head.as_bytes())?;
                (0..STREAMED / PIECE).try_for_each(|_| stream.write_all(&vec![7; PIECE]))
            }
            "/long-head" => {
                let long = "x".repeat(32 * 1024);
                write!(stream, "HTTP/1.1 200 OK\r\nx-long: {long}\r\ncontent-length: 0\r\n\r\n")
            }
            "/nonsense" => close_after(stream, b"nonsense\r\n\r\n"),
            "/broken" => close_after(stream, b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\ncut"),
            // A client that gives up closes the connection, which ends the wait.
            "/no-head" => stream.read(&mut [0]).map(drop),
            "/no-end" => {
                write!(stream, "{CHUNKED}content-type: text/plain\r\n\r\n5\r\nfirst\r\n")?;
                stream.read(&mut [0]).map(drop)
            }
            "/events" => {
                write!(stream, "{CHUNKED}content-type: text/event-stream\r\n\r\n5\r\nfirst\r\n")?;
                stream.read(&mut [0]).map(drop)
            }
            _ => stream.write_all(b"HTTP/1.1 204 No Content\r\nset-cookie: a=1\r\n\r\n"),
        }
    })
}

fn close_after(stream: &mut std::net::TcpStream, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes)?;
    Err(io::ErrorKind::ConnectionAborted.into())
}

fn before(upstream: &str, streaming: bool) -> Environment {
    let streaming = streaming.to_string();
    environment(&[("VESTIBULE_UPSTREAM_URL", upstream), ("VESTIBULE_RESPONSE_STREAMING", &streaming)])
        .unwrap()
}

fn proxy(streaming: bool, terms: Terms) -> Process {
    let url = format!("http://{}", serve(upstream(Arc::default())).unwrap());
    Process::on_terms(&binary("proxy").unwrap(), &before(&url, streaming), terms).unwrap()
}

/// The caller.
#[derive(Clone, Copy)]
enum Caller {
    Nobody,
    /// The sample session.
    Session,
    /// A cookie with the session's name that vestibule never set, a different one each time.
    Planted,
    /// The sample bearer token.
    Bearer,
    /// The sample bearer token with another signature.
    Forged,
}

use Caller::{Bearer, Forged, Nobody, Planted, Session};

/// The credentials of the samples.
struct Credentials {
    session: String,
    bearer: String,
}

impl Credentials {
    fn new() -> Self {
        let header = |sample: &str, name: &str| {
            let sample: Value = serde_json::from_slice(&event(sample).unwrap()).unwrap();
            sample["headers"][name].as_str().unwrap().to_owned()
        };
        let cookies = header("authorizer/rest-session", "Cookie");
        let session = cookies.split("; ").find(|cookie| cookie.starts_with("__Host-session")).unwrap();
        Self { session: session.to_owned(), bearer: header("authorizer/rest-bearer", "Authorization") }
    }

    /// A request through a function URL. Each `number` has its own address, id, query and cookie.
    fn request(&self, number: usize, who: Caller, method: &str, path: &str, body: &str) -> Vec<u8> {
        // Sign-in starts with a page load.
        let (mode, destination) =
            if path == "/oauth2/login" { ("navigate", "document") } else { ("cors", "empty") };
        let mut headers = json!({
            "accept": "*/*",
            "content-type": "text/plain",
            "host": "localhost:8400",
            "sec-fetch-dest": destination,
            "sec-fetch-mode": mode,
            "sec-fetch-site": "same-origin",
        });
        let mut cookies = vec![format!("theme={number}")];
        let name = self.session.split('=').next().unwrap();
        match who {
            Nobody => {}
            Session => cookies.push(self.session.clone()),
            Planted => cookies.push(format!("{name}=planted-{number}")),
            Bearer => headers["authorization"] = json!(self.bearer),
            Forged => {
                headers["authorization"] = json!(format!("{}AAAA", &self.bearer[..self.bearer.len() - 4]));
            }
        }
        json!({
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": path,
            "rawQueryString": format!("number={number}"),
            "cookies": cookies,
            "headers": headers,
            "requestContext": {
                "domainName": "abcdef1234.lambda-url.us-east-1.on.aws",
                "http": {"method": method, "path": path, "sourceIp": format!("203.0.{}.{}", number / 256 % 256, number % 256)},
                "requestId": format!("c6af9ac6-7b61-11e6-9a41-{number:012}"),
                "stage": "$default",
            },
            "body": body,
            "isBase64Encoded": false,
        })
        .to_string()
        .into_bytes()
    }

    fn get(&self, path: &str) -> Vec<u8> {
        self.request(0, Session, "GET", path, "")
    }
}

/// The status in the head of a whole or streamed response; `None` for a failure.
fn status(reply: &Request) -> Option<u16> {
    let start = text(reply.body.get(..2_048).unwrap_or(&reply.body));
    let digits = start.split_once("\"statusCode\":")?.1.get(..3)?;
    digits.parse().ok().filter(|_| reply.path.ends_with("/response"))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The error message in the trailers of a stream that broke off.
fn broken(reply: &Request) -> Option<String> {
    let value = |name: &str| {
        let found = reply.trailers.iter().find(|(trailer, _)| trailer == name);
        found.map(|(_, value)| value.clone())
    };
    assert_eq!(value("lambda-runtime-function-error-type").as_deref().unwrap_or("Refused"), "Refused");
    let error = STANDARD.decode(value("lambda-runtime-function-error-body")?).unwrap();
    let error: Value = serde_json::from_slice(&error).unwrap();
    Some(error["errorMessage"].as_str().unwrap().to_owned())
}

/// The mix of a proxy's events: the caller, the request, the status of a whole and of a streamed response, and whether
/// the upstream gets the request.
const TURNS: [(Caller, &str, &str, u16, u16, bool); 16] = [
    (Session, "GET", "/text", 200, 200, true),
    (Bearer, "GET", "/text", 200, 200, true),
    (Session, "GET", "/bytes", 200, 200, true),
    (Session, "POST", "/none", 204, 204, true),
    (Bearer, "DELETE", "/none", 204, 204, true),
    (Nobody, "GET", "/text", 401, 401, false),
    (Planted, "GET", "/text", 401, 401, false),
    (Forged, "GET", "/text", 401, 401, false),
    (Session, "GET", "/a/../b", 400, 400, false),
    (Session, "GET", "/oauth2/session", 200, 200, false),
    (Nobody, "GET", "/oauth2/login", 302, 302, false),
    (Session, "GET", "/oauth2/nothing", 404, 404, false),
    // A streamed head has already been sent, so the trailers report the error.
    (Session, "GET", "/broken", 502, 200, true),
    (Session, "GET", "/nonsense", 502, 502, true),
    (Session, "TRACE", "/text", 501, 501, false),
    (Session, "PUT", "/text", 200, 200, true),
];

/// In each cycle of this many rounds two have a large response, one for each process.
const LARGE: usize = 20;

/// Every second round goes to the streaming process.
#[test]
fn twenty_thousand_requests_leave_the_memory_of_a_proxy_where_it_was() {
    let answered = Arc::new(AtomicUsize::new(0));
    let url = format!("http://{}", serve(upstream(Arc::clone(&answered))).unwrap());
    let (credentials, long) = (Credentials::new(), "a line of a long text\n".repeat(500));
    let mut processes = [false, true]
        .map(|streaming| Process::start(&binary("proxy").unwrap(), &before(&url, streaming)).unwrap());
    let memory = |processes: &[Process; 2]| {
        [0, 1].map(|at: usize| {
            (processes[at].peak_megabytes().unwrap(), processes[at].resident_megabytes().unwrap())
        })
    };
    let (mut warm, mut forwarded) = ([(0.0, 0.0); 2], 0);
    for number in 0..REQUESTS {
        if number == WARM {
            warm = memory(&processes);
        }
        let streams = number / TURNS.len() % 2;
        let (who, method, path, expected, streamed, is_forwarded) = TURNS[number % TURNS.len()];
        let path = if number / TURNS.len() % LARGE < 2 && path == "/bytes" { "/large" } else { path };
        let body = if method == "POST" { long.as_str() } else { "" };
        let event = credentials.request(number, who, method, path, body);
        let (_, reply) = processes[streams].answer(&event).unwrap();
        let expected = [expected, streamed][streams];
        assert_eq!(status(&reply), Some(expected), "{number}: {method} {path}: {}", text(&reply.body));
        let fault = (streams == 1 && path == "/broken").then_some("vestibule: upstream_connection_broken");
        assert_eq!(broken(&reply).as_deref(), fault, "{number}");
        forwarded += usize::from(is_forwarded);
    }
    assert_eq!(answered.load(Ordering::SeqCst), forwarded);
    for ((name, warm), end) in ["whole", "streamed"].iter().zip(warm).zip(memory(&processes)) {
        println!("{name}: peak and resident {warm:?} MB after {WARM} requests, {end:?} MB after {REQUESTS}");
        assert!(end.0 - warm.0 <= GROWTH_MEGABYTES, "{name}: the peak went from {} to {} MB", warm.0, end.0);
        assert!(end.1 - warm.1 <= GROWTH_MEGABYTES, "{name}: from {} to {} MB", warm.1, end.1);
        assert!(end.0 <= MOST_MEGABYTES, "{name}: {} MB", end.0);
    }
}

#[test]
fn a_stream_of_150_megabytes_is_never_held() {
    let mut process = proxy(true, Terms::default());
    let (_, reply) = process.answer(&Credentials::new().get("/stream")).unwrap();
    let prelude = reply.body.windows(8).position(|eight| eight == [0; 8]).unwrap();
    assert_eq!((status(&reply), reply.trailers.len()), (Some(200), 0));
    assert_eq!(usize::try_from(reply.length).unwrap(), prelude + 8 + STREAMED);
    let peak = process.peak_megabytes().unwrap();
    println!("150 MB streamed: at most {peak} MB");
    assert!(peak <= MOST_MEGABYTES, "{peak} MB");
}

#[test]
fn an_answer_that_is_too_long_or_breaks_off_is_a_bad_gateway_and_the_next_one_is_well() {
    let mut process = proxy(false, Terms::default());
    for (path, expected) in [("/stream", 502), ("/broken", 502), ("/text", 200)] {
        let (_, reply) = process.answer(&Credentials::new().get(path)).unwrap();
        assert_eq!(status(&reply), Some(expected), "{path}");
    }
}

/// Each event is sent only after the previous one has arrived, so nothing in between can wait for more.
#[test]
fn events_are_passed_on_one_by_one() {
    let (arrived, wanted) = mpsc::channel::<()>();
    let wanted = Mutex::new(wanted);
    let answer: Response = Arc::new(move |_: &Request, stream| {
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")?;
        for number in 0..20 {
            write!(stream, "data: event {number}\n\n")?;
            wanted.lock().unwrap().recv().map_err(io::Error::other)?;
        }
        Err(io::ErrorKind::ConnectionAborted.into())
    });
    let url = format!("http://{}", serve(answer).unwrap());
    let seen = Arc::new(Mutex::new((0, Vec::new())));
    let watch = move |piece: &[u8]| {
        let (number, held) = &mut *seen.lock().unwrap();
        held.extend_from_slice(piece);
        let event = format!("data: event {number}\n\n");
        if held.windows(event.len()).any(|window| window == event.as_bytes()) {
            held.clear();
            *number += 1;
            arrived.send(()).unwrap();
        }
    };
    let terms = Terms { watch: Arc::new(watch), ..Terms::default() };
    let mut process = Process::on_terms(&binary("proxy").unwrap(), &before(&url, true), terms).unwrap();
    let (_, reply) = process.answer(&Credentials::new().get("/events")).unwrap();
    assert_eq!((status(&reply), broken(&reply)), (Some(200), None));
}

/// Starts a process whose invocations end after `time`, and returns its response to `event` and its log:
/// decision, reason, detail.
fn logged(streaming: bool, time: Duration, event: &[u8]) -> (Request, Vec<[String; 3]>) {
    let path = std::env::temp_dir().join(format!("vestibule-soak-{}-{:p}.log", std::process::id(), event));
    let log = Some(File::create(&path).unwrap());
    let mut process = proxy(streaming, Terms { time: Some(time), log, ..Terms::default() });
    let (_, reply) = process.answer(event).unwrap();
    drop(process);
    let log = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let lines = lines.map(|line| {
        ["decision", "reason", "detail"].map(|name| line[name].as_str().unwrap_or_default().to_owned())
    });
    (reply, lines.collect())
}

/// Lambda tells the deadline with each event; the proxy ends unfinished work half a second before it and logs
/// that.
#[test]
fn lambdas_time_ends_what_the_upstream_does_not() {
    let timed_out = |decision: &str| {
        [decision, "upstream_timed_out", "the upstream did not answer in time"].map(str::to_owned)
    };
    let forward = ["forward", "", ""].map(str::to_owned);
    let message = Some("vestibule: upstream_timed_out".to_owned());
    for (streaming, path, expected, trailers, lines) in [
        (false, "/no-head", 504, None, vec![timed_out("refuse")]),
        (true, "/no-head", 504, None, vec![timed_out("refuse")]),
        (false, "/no-end", 504, None, vec![timed_out("refuse")]),
        (true, "/no-end", 200, message, vec![forward.clone(), timed_out("cut")]),
        // The browser reconnects by itself (HTML Living Standard, "Server-sent events").
        (true, "/events", 200, None, vec![forward.clone()]),
    ] {
        let event = Credentials::new().get(path);
        let (reply, log) = logged(streaming, Duration::from_millis(1_500), &event);
        assert_eq!((status(&reply), broken(&reply)), (Some(expected), trailers), "{streaming} {path}");
        assert_eq!(log, lines, "{streaming} {path}");
    }
}

/// A response that a load balancer would replace by its own 502 becomes a 502 of vestibule, with a reason, and with
/// the limit in the log.
#[test]
fn a_response_that_a_load_balancer_does_not_take_is_logged_with_its_limit() {
    for (path, limit) in [("/long-head", "32 KB of header fields"), ("/large", "1 MB")] {
        let event = json!({
            "requestContext": {"elb": {"targetGroupArn":
                "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/front/73e2d6bc24d8a067"}},
            "httpMethod": "GET",
            "path": path,
            "multiValueQueryStringParameters": {},
            "multiValueHeaders": {"cookie": [Credentials::new().session], "host": ["localhost:8400"]},
            "body": "",
            "isBase64Encoded": false,
        });
        let (reply, log) = logged(false, Duration::from_secs(10), event.to_string().as_bytes());
        assert_eq!(status(&reply), Some(502), "{path}");
        let [[decision, reason, detail]] = log.as_slice() else { panic!("{log:?}") };
        assert_eq!((decision.as_str(), reason.as_str()), ("refuse", "upstream_answer_too_large"), "{path}");
        assert!(detail.contains(limit), "{path} {detail}");
    }
}

#[test]
fn the_emulator_gathers_what_is_streamed_up_to_its_limit() {
    let credentials = Credentials::new();
    let url = format!("http://{}", serve(upstream(Arc::default())).unwrap());
    let emulator = Emulator::start("proxy", &before(&url, true)).unwrap();
    let bytes = emulator.invoke_for_bytes(&credentials.get("/bytes")).unwrap();
    let nul = bytes.windows(8).position(|eight| eight == [0; 8]).unwrap();
    let prelude: Value = serde_json::from_slice(&bytes[..nul]).unwrap();
    assert_eq!(prelude["statusCode"], 200, "{prelude}");
    assert!(bytes[nul + 8..] == vec![0xff; 100_000]);
    let bytes = emulator.invoke_for_bytes(&credentials.get("/none")).unwrap();
    let prelude: Value = serde_json::from_slice(&bytes[..bytes.len() - 8]).unwrap();
    assert_eq!((&prelude["statusCode"], &prelude["cookies"]), (&json!(204), &json!(["a=1"])));
    // The emulator collects a stream and returns it at the end, so a long answer fails, but the next one succeeds.
    for path in ["/seven", "/stream"] {
        let refused = emulator.invoke(&credentials.get(path)).unwrap();
        assert_eq!(refused["errorType"], "Function.ResponseSizeTooLarge", "{path}: {refused}");
    }
    let bytes = emulator.invoke_for_bytes(&credentials.get("/text")).unwrap();
    assert!(bytes.ends_with(b"<p>\"text\"</p>\n"), "{}", text(&bytes));
}

#[test]
fn the_emulator_gets_a_whole_answer_from_a_proxy_that_does_not_stream() {
    let credentials = Credentials::new();
    let url = format!("http://{}", serve(upstream(Arc::default())).unwrap());
    let emulator = Emulator::start("proxy", &before(&url, false)).unwrap();
    let answer = emulator.invoke(&credentials.get("/text")).unwrap();
    assert_eq!((&answer["statusCode"], &answer["isBase64Encoded"]), (&json!(200), &json!(false)));
    assert!(answer["body"].as_str().unwrap().starts_with("<p>\"text\"</p>\n"));
    let refused = emulator.invoke(&credentials.request(0, Nobody, "GET", "/text", "")).unwrap();
    assert_eq!(refused["statusCode"], 401, "{refused}");
}
