//! Measures the release `proxy` between a Runtime API and an upstream, both on loopback: its cost above an empty
//! handler and above the upstream itself, and its streaming.
//!
//! Run `cargo bench -p benchmark --bench proxy` after `tests/release --build`. See docs/benchmark.md.

#![expect(clippy::print_stdout, reason = "it prints its results")]
#![expect(
    clippy::disallowed_methods,
    reason = "each connection of the upstream has its own thread, which may sleep"
)]

use std::io::{self, BufReader, Read as _, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use benchmark::http::Request;
use benchmark::origin::{Response, serve};
use benchmark::process::Process;
use benchmark::report::{invocations, print_budget, print_case, print_cases_head, print_figure};
use benchmark::{binary, environment, event};

/// The budgets at 1 KB in microseconds, above the empty handler and the upstream.
const CPU_MICROSECONDS: f64 = 150.0;
const P50_MICROSECONDS: f64 = 60.0;
/// The memory budget of a streaming process, MB.
const STREAMING_MEGABYTES: f64 = 20.0;

/// Bodies: a name, the upstream's path, and the invocations in one round.
const BODIES: [(&str, &str, usize); 6] = [
    ("1 KB of text", "/text/1024", 1_000),
    ("100 KB of text", "/text/102400", 300),
    ("1 MB of text", "/text/1048576", 50),
    ("1 KB of bytes", "/bytes/1024", 1_000),
    ("100 KB of bytes", "/bytes/102400", 300),
    ("1 MB of bytes", "/bytes/1048576", 50),
];

/// The size of a stream, in bytes.
const STREAMED: usize = 150 * 1024 * 1024;
/// The number of measurements of the first byte's delay.
const STREAMS: usize = 15;

fn main() -> ExitCode {
    benchmark::report::main(run)
}

fn run() -> Result<(), String> {
    let first_byte = Arc::new(Mutex::new(None));
    let upstream = serve(upstream(Arc::clone(&first_byte)))?;
    let url = format!("http://{upstream}");
    let (proxy, empty) = (binary("proxy")?, binary("empty")?);
    let plain = environment(&[("VESTIBULE_UPSTREAM_URL", &url)])?;

    print_cases_head();
    for (name, path, round) in BODIES {
        let event = request(path)?;
        let base = invocations(&empty, &Vec::new(), &event, round)?;
        let direct = direct_p50(upstream, path, round).map_err(|error| error.to_string())?;
        let measured = invocations(&proxy, &plain, &event, round)?;
        print_case(name, &measured);
        let (cpu, p50) = (measured.cpu - base.cpu, measured.p50 - base.p50 - direct);
        if path.ends_with("/1024") {
            print_budget("  CPU added", cpu, CPU_MICROSECONDS, "us");
            print_budget("  p50 added", p50, P50_MICROSECONDS, "us");
        } else {
            print_figure("  CPU added", cpu, "us");
            print_figure("  p50 added", p50, "us");
        }
    }
    println!();
    streaming(&proxy, &url, &first_byte)
}

fn streaming(proxy: &std::path::Path, url: &str, first_byte: &Mutex<Option<Instant>>) -> Result<(), String> {
    let environment =
        environment(&[("VESTIBULE_UPSTREAM_URL", url), ("VESTIBULE_RESPONSE_STREAMING", "true")])?;
    let mut process = Process::start(proxy, &environment)?;
    let slow = request("/slow")?;
    let mut delays = Vec::new();
    for _ in 0..STREAMS {
        let (_, seen) = process.answered(&slow)?;
        let sent = first_byte.lock().map_err(|_| "poisoned")?.take().ok_or("nothing was sent")?;
        delays.push(seen.ok_or("nothing was streamed")?.saturating_duration_since(sent));
    }
    delays.sort_unstable();
    let delay = delays.get(STREAMS / 2).copied().unwrap_or_default();
    print_figure("first byte, median delay", delay.as_secs_f64() * 1e6, "us");
    let before = process.cpu_microseconds()?;
    let since = Instant::now();
    let (at, _) = process.answered(&request(&format!("/bytes/{STREAMED}"))?)?;
    print_figure("150 MB streamed, CPU", (process.cpu_microseconds()? - before) / 1_000.0, "ms");
    print_figure("150 MB streamed, time", (at - since).as_secs_f64() * 1e3, "ms");
    print_budget("  peak memory", process.peak_megabytes()?, STREAMING_MEGABYTES, "MB");
    Ok(())
}

/// `/text/<length>`, `/bytes/<length>`, and `/slow`, which sends a first piece and the rest after a delay.
fn upstream(first_byte: Arc<Mutex<Option<Instant>>>) -> Response {
    Arc::new(move |request: &Request, stream: &mut TcpStream| {
        let mut parts = request.path.split('/').skip(1);
        let (kind, length) = (parts.next().unwrap_or_default(), parts.next().unwrap_or("65536"));
        let length: usize = length.parse().map_err(io::Error::other)?;
        let piece = if kind == "text" { TEXT.repeat(1_024) } else { vec![0xff; 65_536] };
        let media_type = if kind == "text" { "text/html; charset=utf-8" } else { "application/octet-stream" };
        let mut out = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: {media_type}\r\ncache-control: no-cache\r\netag: \"5f3c\"\r\n\
             content-length: {length}\r\n\r\n"
        )
        .into_bytes();
        let mut left = length;
        let first = if kind == "slow" { 4_096 } else { piece.len() };
        let mut next = first.min(left);
        while left > 0 {
            out.extend(piece.iter().take(next));
            if kind == "slow" && left == length {
                *first_byte.lock().map_err(|_| io::Error::other("poisoned"))? = Some(Instant::now());
            }
            stream.write_all(&out)?;
            if kind == "slow" && left == length {
                thread::sleep(Duration::from_millis(20));
            }
            out.clear();
            left -= next;
            next = piece.len().min(left);
        }
        Ok(())
    })
}

/// 64 bytes of a typical page, with a quote and a line feed to escape.
const TEXT: &[u8] = b"<li class=\"row\">a line of a page like any other, not long</li>\n\n";

/// The median time of the upstream alone, on one connection, in microseconds.
fn direct_p50(upstream: SocketAddr, path: &str, times: usize) -> io::Result<f64> {
    let stream = TcpStream::connect(upstream)?;
    stream.set_nodelay(true)?;
    let mut stream = BufReader::with_capacity(65_536, stream);
    let length: u64 = path.rsplit('/').next().unwrap_or_default().parse().map_err(io::Error::other)?;
    let mut took = Vec::with_capacity(times);
    let mut body = Vec::new();
    for _ in 0..times {
        let since = Instant::now();
        stream.get_mut().write_all(format!("GET {path} HTTP/1.1\r\nhost: upstream\r\n\r\n").as_bytes())?;
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            io::BufRead::read_line(&mut stream, &mut line)?;
        }
        body.clear();
        stream.by_ref().take(length).read_to_end(&mut body)?;
        took.push(since.elapsed());
    }
    took.sort_unstable();
    Ok(took.get(times / 2).copied().unwrap_or_default().as_secs_f64() * 1e6)
}

/// A signed-in request through a function URL.
fn request(path: &str) -> Result<Vec<u8>, String> {
    let sample = String::from_utf8(event("authorizer/rest-session")?).map_err(|error| error.to_string())?;
    let cookie = sample.split("theme=dark; ").nth(1).and_then(|rest| rest.split('"').next());
    let cookie = cookie.ok_or("the sample has no session cookie")?;
    Ok(format!(
        r#"{{"version":"2.0","routeKey":"$default","rawPath":"{path}","rawQueryString":"",
        "cookies":["theme=dark","{cookie}"],
        "headers":{{"accept":"*/*","accept-encoding":"gzip, br","accept-language":"en","host":"localhost:8400",
        "referer":"http://localhost:8400/","sec-fetch-dest":"empty","sec-fetch-mode":"cors",
        "sec-fetch-site":"same-origin","user-agent":"Mozilla/5.0","x-forwarded-for":"203.0.113.7",
        "x-forwarded-port":"443","x-forwarded-proto":"https"}},
        "requestContext":{{"accountId":"anonymous","apiId":"abcdef1234",
        "domainName":"abcdef1234.lambda-url.eu-central-1.on.aws","domainPrefix":"abcdef1234",
        "http":{{"method":"GET","path":"{path}","protocol":"HTTP/1.1","sourceIp":"203.0.113.7",
        "userAgent":"Mozilla/5.0"}},"requestId":"c6af9ac6-7b61-11e6-9a41-93e8deadbeef","routeKey":"$default",
        "stage":"$default","time":"01/Jan/2100:00:00:00 +0000","timeEpoch":4102444800000}},
        "isBase64Encoded":false}}"#
    )
    .into_bytes())
}
