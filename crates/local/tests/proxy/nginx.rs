//! Uses nginx from Debian as the upstream: files, compression, ranges, conditions, uploads, a hundred megabytes, and
//! server-sent events of a program behind it. Through the proxy each is the same as without it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::{Answer, WAYS, Way, ask, proxy, proxy_with};

/// An nginx process on a free port; it ends with its test.
pub(crate) struct Nginx {
    process: Child,
    pub(crate) authority: String,
    folder: PathBuf,
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Nginx {
    /// `behind` is the target of `/events`.
    pub(crate) async fn start(name: &str, behind: &str) -> Self {
        Self::with(name, |_, port| configuration(port, behind)).await
    }

    /// Starts nginx with a configuration that depends on a folder and a port.
    async fn with(name: &str, configuration: impl FnOnce(&Path, u16) -> String) -> Self {
        let folder =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("nginx-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        write_files(&folder);
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let authority = format!("127.0.0.1:{port}");
        std::fs::write(folder.join("nginx.conf"), configuration(&folder, port)).unwrap();
        let process = Command::new("nginx")
            .args(["-e", "stderr", "-c", "nginx.conf", "-p"])
            .arg(&folder)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nginx is not there: run tests/tools first");
        let mut nginx = Self { process, authority, folder };
        while TcpStream::connect(&nginx.authority).await.is_err() {
            assert!(nginx.process.try_wait().unwrap().is_none(), "nginx ended");
            tokio::task::yield_now().await;
        }
        nginx
    }
}

fn write_files(folder: &Path) {
    let site = folder.join("site");
    for below in ["site/folder", "site/uploads", "temporary"] {
        std::fs::create_dir_all(folder.join(below)).unwrap();
    }
    let write = |name: &str, bytes: &[u8]| std::fs::write(site.join(name), bytes).unwrap();
    write("empty.bin", b"");
    write("one.bin", b"\xff");
    write("all.bin", &(0..=255).collect::<Vec<u8>>());
    write("large.bin", &pattern(500_000));
    write("page.html", "<!doctype html><title>ü</title>".as_bytes());
    write("style.css", "a { color: red }\n".repeat(2_000).as_bytes());
    write("data.json", "{\"a\": \"\u{1f600}\"}\n".repeat(2_000).as_bytes());
    write("latin.txt", b"f\xfcr");
    write("folder/index.html", b"index");
}

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 7 % 251) as u8).collect()
}

const BLOCK: usize = 100_000;
const HUNDRED_MEGABYTES: usize = 100_000_000;

/// Each block differs from the others, so that a lost, repeated or swapped block is found.
fn block(number: usize) -> Vec<u8> {
    format!("{number:010}").repeat(BLOCK / 10).into_bytes()
}

/// Keeps one process in the foreground, so that it ends with its test.
const HEAD: &str = "
daemon off;
master_process off;
error_log stderr crit;
pid nginx.pid;
events {}
";

/// Uses none of the machine's own folders.
const TEMPORARY: &str = "
    access_log off;
    client_body_temp_path temporary/body;
    proxy_temp_path temporary/proxy;
    fastcgi_temp_path temporary/fastcgi;
    uwsgi_temp_path temporary/uwsgi;
    scgi_temp_path temporary/scgi;
    types { text/html html; text/css css; application/json json; text/plain txt; }
";

fn configuration(port: u16, behind: &str) -> String {
    format!(
        "
{HEAD}
http {{
{TEMPORARY}
    default_type application/octet-stream;
    gzip on;
    gzip_types text/css application/json;
    # Without this nginx compresses nothing for a request that has `Via`.
    gzip_proxied any;
    server {{
        listen 127.0.0.1:{port};
        root site;
        client_max_body_size 8m;
        location /uploads/ {{ dav_methods PUT DELETE; }}
        location /events {{ proxy_pass http://{behind}; proxy_buffering off; proxy_http_version 1.1; }}
        location /moved {{ return 301 /page.html; }}
        location /secret-place {{ return 403; }}
        location /fails {{ return 500 \"it failed\"; }}
        location /teapot {{ return 418 \"short and stout\"; }}
        location /nothing-here {{ return 204; }}
        location /cookies {{
            add_header Set-Cookie \"a=1; Path=/; HttpOnly\";
            add_header Set-Cookie \"b=2; Expires=Wed, 21 Oct 2037 07:28:00 GMT\";
            return 200 \"cookies\";
        }}
        location /told {{
            default_type text/plain;
            return 200 \"$request_method $request_uri host=$host via=$http_via range=$http_range length=$content_length\";
        }}
    }}
}}
"
    )
}

/// Removes the values that only identify the hop: its address, and the separator of several ranges, which nginx
/// increments.
fn less_the_hop(mut answer: Answer, authority: &str) -> Answer {
    for (name, value) in &mut answer.headers {
        *value = value.replace(&format!("http://{authority}"), "http://here");
        if name == "content-type" && value.starts_with("multipart/byteranges") {
            let separator = value.split_once("boundary=").unwrap().1.to_owned();
            *value = value.replace(&separator, "separator");
            let body = String::from_utf8_lossy(&answer.body).replace(&separator, "separator");
            answer.body = body.into_bytes();
        }
    }
    answer
}

const NOT_MODIFIED_SINCE: &str = "If-Modified-Since: Wed, 21 Oct 2037 07:28:00 GMT\r\n";

/// Method, target and fields. The method decides whether there is a body.
const TABLE: [(&str, &str, &str); 47] = [
    ("GET", "/empty.bin", ""),
    ("GET", "/one.bin", ""),
    ("GET", "/all.bin", ""),
    ("GET", "/large.bin", ""),
    ("GET", "/page.html", ""),
    ("GET", "/latin.txt", ""),
    ("GET", "/style.css", ""),
    ("GET", "/style.css", "Accept-Encoding: gzip\r\n"),
    ("GET", "/style.css", "Accept-Encoding: identity\r\n"),
    ("GET", "/style.css", "Accept-Encoding: gzip;q=0\r\n"),
    ("GET", "/data.json", "Accept-Encoding: br, gzip\r\n"),
    ("GET", "/data.json", ""),
    ("HEAD", "/style.css", "Accept-Encoding: gzip\r\n"),
    ("HEAD", "/large.bin", ""),
    ("HEAD", "/missing", ""),
    ("GET", "/large.bin", "Range: bytes=0-0\r\n"),
    ("GET", "/large.bin", "Range: bytes=100-199\r\n"),
    ("GET", "/large.bin", "Range: bytes=-5\r\n"),
    ("GET", "/large.bin", "Range: bytes=499995-\r\n"),
    ("GET", "/large.bin", "Range: bytes=0-9,100-109\r\n"),
    ("GET", "/large.bin", "Range: bytes=600000-\r\n"),
    ("GET", "/large.bin", "Range: nonsense\r\n"),
    ("HEAD", "/large.bin", "Range: bytes=0-9\r\n"),
    ("GET", "/large.bin", "Range: bytes=0-9\r\nIf-Range: \"another\"\r\n"),
    ("GET", "/style.css", "Range: bytes=0-9\r\nAccept-Encoding: gzip\r\n"),
    ("GET", "/page.html", NOT_MODIFIED_SINCE),
    ("HEAD", "/page.html", NOT_MODIFIED_SINCE),
    ("GET", "/page.html", "If-None-Match: *\r\n"),
    ("GET", "/page.html", "If-None-Match: \"another\"\r\n"),
    ("GET", "/page.html", "If-Match: \"another\"\r\n"),
    ("GET", "/page.html?a=b&c", ""),
    ("GET", "/folder/", ""),
    ("GET", "/folder", ""),
    ("GET", "/moved", ""),
    ("GET", "/missing", ""),
    ("GET", "/secret-place", ""),
    ("GET", "/fails", ""),
    ("GET", "/teapot", ""),
    ("GET", "/nothing-here", ""),
    ("GET", "/cookies", ""),
    ("GET", "/%70age.html", ""),
    ("POST", "/page.html", ""),
    ("DELETE", "/page.html", ""),
    ("OPTIONS", "/page.html", ""),
    ("PROPFIND", "/page.html", ""),
    ("POST", "/fails", ""),
    ("PATCH", "/teapot", ""),
];

#[tokio::test]
async fn every_answer_is_what_it_is_without_the_proxy() {
    let nginx = Nginx::start("table", "127.0.0.1:9").await;
    for way in WAYS {
        let proxy = proxy(way, &nginx.authority).await;
        for (method, target, fields) in TABLE {
            let direct = ask(&nginx.authority, method, target, fields, b"").await;
            let expected = less_the_hop(direct, &nginx.authority);
            let proxied = less_the_hop(ask(&proxy, method, target, fields, b"").await, &proxy);
            assert_eq!(proxied, expected, "{way:?} {method} {target} {fields}");
        }
    }
}

#[tokio::test]
async fn a_condition_on_the_true_tag_is_met() {
    let nginx = Nginx::start("tag", "127.0.0.1:9").await;
    let direct = ask(&nginx.authority, "GET", "/large.bin", "", b"").await;
    let tag = direct.header("etag")[0].to_owned();
    for way in WAYS {
        let proxy = proxy(way, &nginx.authority).await;
        for (field, status, length) in
            [("If-None-Match", 304, 0), ("If-Match", 200, 500_000), ("Range: bytes=5-9\r\nIf-Range", 206, 5)]
        {
            let answer = ask(&proxy, "GET", "/large.bin", &format!("{field}: {tag}\r\n"), b"").await;
            assert_eq!((answer.status, answer.body.len()), (status, length), "{way:?} {field}");
            assert_eq!(answer.header("etag"), [tag.as_str()], "{way:?} {field}");
        }
    }
}

#[tokio::test]
async fn a_body_that_is_put_there_is_there_to_the_byte() {
    let nginx = Nginx::start("put", "127.0.0.1:9").await;
    for way in WAYS {
        let proxy = proxy(way, &nginx.authority).await;
        for (number, length) in [0, 1, 2, 255, 65_535, 65_536, 65_537, 700_000].into_iter().enumerate() {
            for media_type in ["application/octet-stream", "text/plain", "application/json"] {
                let body = if media_type == "application/octet-stream" {
                    pattern(length)
                } else {
                    // The text is half as long again in JSON, and a load balancer's event holds 1 MB.
                    "ü\"\\\n".repeat(length / 7).into_bytes()
                };
                let target = format!("/uploads/{number}-{}", media_type.len());
                let fields = format!("Content-Type: {media_type}\r\n");
                let put = ask(&proxy, "PUT", &target, &fields, &body).await;
                assert!([201, 204].contains(&put.status), "{way:?} {length} {media_type}: {put:?}");
                let stored = std::fs::read(nginx.folder.join("site").join(&target[1..])).unwrap();
                assert!(stored == body, "{way:?} {length} {media_type}");
                let got = ask(&proxy, "GET", &target, "", b"").await;
                assert!(got.body == body, "{way:?} {length} {media_type}");
                assert_eq!(ask(&proxy, "DELETE", &target, "", b"").await.status, 204);
                assert_eq!(ask(&nginx.authority, "GET", &target, "", b"").await.status, 404);
            }
        }
    }
}

#[tokio::test]
async fn nginx_reads_the_request_as_we_do() {
    let nginx = Nginx::start("told", "127.0.0.1:9").await;
    for way in WAYS {
        let proxy = proxy(way, &nginx.authority).await;
        for (method, body) in
            [("GET", &b""[..]), ("POST", b""), ("POST", b"four"), ("PUT", b""), ("DELETE", b"")]
        {
            let answer = ask(&proxy, method, "/told?x=y", "Range: bytes=0-999\r\n", body).await;
            let told = String::from_utf8(answer.body).unwrap();
            let length = match (method, body.len()) {
                ("GET" | "DELETE", 0) => String::new(),
                (_, length) => length.to_string(),
            };
            let start = format!("{method} /told?x=y host=127.0.0.1 via=1.1 vestibule-");
            assert!(told.starts_with(&start), "{way:?} {told}");
            assert!(told.ends_with(&format!("range=bytes=0-999 length={length}")), "{way:?} {told}");
        }
    }
}

#[tokio::test]
async fn a_hundred_megabytes_stream_through_in_order() {
    let nginx = Nginx::start("hundred", "127.0.0.1:9").await;
    let hundred: Vec<u8> = (0..HUNDRED_MEGABYTES / BLOCK).flat_map(block).collect();
    std::fs::write(nginx.folder.join("site/hundred.bin"), hundred).unwrap();
    let proxy = proxy(Way::FunctionUrl, &nginx.authority).await;
    let mut stream = TcpStream::connect(&proxy).await.unwrap();
    stream.write_all(b"GET /hundred.bin HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut chunks = Chunks { stream, bytes: Vec::new() };
    assert!(chunks.head().await.starts_with("HTTP/1.1 200 "));
    let (mut number, mut held) = (0, Vec::new());
    while let Some(chunk) = chunks.next().await {
        held.extend(chunk);
        while held.len() >= BLOCK {
            assert!(held[..BLOCK] == block(number), "block {number}");
            held.drain(..BLOCK);
            number += 1;
        }
    }
    assert_eq!((number, held.len()), (HUNDRED_MEGABYTES / BLOCK, 0));
    for way in [Way::HttpApi, Way::LoadBalancer] {
        let proxy = crate::proxy(way, &nginx.authority).await;
        let refused = ask(&proxy, "GET", "/hundred.bin", "", b"").await;
        assert_eq!(refused.reason(), "502 upstream_answer_too_large", "{way:?}");
        // A range request returns only its part.
        let part = ask(&proxy, "GET", "/hundred.bin", "Range: bytes=99999990-\r\n", b"").await;
        assert_eq!((part.status, part.body.as_slice()), (206, &b"0000000999"[..]), "{way:?}");
    }
}

/// The client requests each event only after the previous one has arrived, so nothing in between can wait for
/// more.
#[tokio::test]
async fn server_sent_events_arrive_one_by_one() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let behind = listener.local_addr().unwrap().to_string();
    let (more, mut wanted) = mpsc::channel::<()>(1);
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            stream.read_buf(&mut request).await.unwrap();
        }
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\n\r\n";
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut number = 0;
        while wanted.recv().await.is_some() {
            number += 1;
            let event = format!("id: {number}\nevent: tick\ndata: {{\"n\": {number}}}\n\n");
            stream.write_all(event.as_bytes()).await.unwrap();
        }
    });
    let nginx = Nginx::start("events", &behind).await;
    let proxy = proxy(Way::FunctionUrl, &nginx.authority).await;
    let mut stream = TcpStream::connect(&proxy).await.unwrap();
    let request =
        b"GET /events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\nConnection: close\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut chunks = Chunks { stream, bytes: Vec::new() };
    let arriving = async {
        more.send(()).await.unwrap();
        assert!(chunks.head().await.to_ascii_lowercase().contains("\r\ncontent-type: text/event-stream\r\n"));
        for number in 1..=20 {
            let mut event = Vec::new();
            while !event.ends_with(b"\n\n") {
                event.extend(chunks.next().await.unwrap());
            }
            let expected = format!("id: {number}\nevent: tick\ndata: {{\"n\": {number}}}\n\n");
            assert_eq!(String::from_utf8(event).unwrap(), expected);
            more.send(()).await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(30), arriving).await.unwrap();
}

/// Uses the configuration in docs/proxy.md unchanged: nginx serves only requests that came through the proxy.
#[tokio::test]
async fn the_documented_nginx_takes_only_what_came_through() {
    let documentation = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/proxy.md"));
    let documentation = documentation.unwrap();
    let (_, example) = documentation.split_once("<!-- begin nginx -->\n```nginx\n").unwrap();
    let (example, _) = example.split_once("```\n<!-- end nginx -->").unwrap();
    let nginx = Nginx::with("secret", |folder, port| {
        assert!(example.contains("listen 127.0.0.1:8080;") && example.contains("root /srv/application;"));
        let server = example
            .replace("127.0.0.1:8080", &format!("127.0.0.1:{port}"))
            .replace("/srv/application", &folder.join("site").display().to_string());
        format!("{HEAD}\nhttp {{\n{TEMPORARY}\n{server}\n}}\n")
    })
    .await;
    let secret = "sixteen-or-more-characters";
    assert!(example.contains(&format!("\"{secret}\" 1;")), "{example}");
    for way in WAYS {
        let through = proxy_with(
            way,
            &nginx.authority,
            json!({"upstream_secret_header": format!("x-origin-secret: {secret}")}),
        )
        .await;
        let page = ask(&through, "GET", "/page.html", "", b"").await;
        assert_eq!((page.status, page.body.starts_with(b"<!doctype html>")), (200, true), "{way:?}");
        // No other client has the secret: a direct one, one that guesses, or a proxy without the secret.
        let without = proxy(way, &nginx.authority).await;
        for (authority, fields) in [
            (&nginx.authority, ""),
            (&nginx.authority, "X-Origin-Secret: another\r\n"),
            (&nginx.authority, "X-Origin-Secret: \r\n"),
            (&without, ""),
        ] {
            let refused = ask(authority, "GET", "/page.html", fields, b"").await;
            assert_eq!(refused.status, 403, "{way:?} {authority} {fields}");
        }
        // A field of the client with the same name does not reach nginx.
        for name in ["X-Origin-Secret", "x_origin_secret"] {
            let page = ask(&through, "GET", "/page.html", &format!("{name}: another\r\n"), b"").await;
            assert_eq!(page.status, 200, "{way:?} {name}");
        }
    }
}

/// A response in chunks, in the order of their arrival.
struct Chunks {
    stream: TcpStream,
    bytes: Vec<u8>,
}

impl Chunks {
    async fn head(&mut self) -> String {
        String::from_utf8(self.until(b"\r\n\r\n").await).unwrap()
    }

    /// The next chunk; `None` after the last.
    async fn next(&mut self) -> Option<Vec<u8>> {
        let size = String::from_utf8(self.until(b"\r\n").await).unwrap();
        let size = usize::from_str_radix(size.trim(), 16).unwrap();
        while self.bytes.len() < size + 2 {
            assert!(self.stream.read_buf(&mut self.bytes).await.unwrap() > 0, "cut short");
        }
        let rest = self.bytes.split_off(size + 2);
        let mut chunk = std::mem::replace(&mut self.bytes, rest);
        chunk.truncate(size);
        (size > 0).then_some(chunk)
    }

    async fn until(&mut self, mark: &[u8]) -> Vec<u8> {
        loop {
            if let Some(at) = self.bytes.windows(mark.len()).position(|window| window == mark) {
                let rest = self.bytes.split_off(at + mark.len());
                return std::mem::replace(&mut self.bytes, rest);
            }
            assert!(self.stream.read_buf(&mut self.bytes).await.unwrap() > 0, "cut short");
        }
    }
}
