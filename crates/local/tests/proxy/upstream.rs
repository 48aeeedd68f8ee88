//! Runs an upstream on loopback that answers by path, byte for byte, and echoes requests.

use std::fmt::Write as _;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Starts the upstream and returns its address.
pub(crate) async fn start() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let authority = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    authority
}

async fn serve(mut stream: TcpStream) {
    let Some((head, body)) = read(&mut stream).await else { return };
    let target = head.split(' ').nth(1).unwrap().to_owned();
    let is_head = head.starts_with("HEAD ");
    let answer = answer(&target, &head, &body, is_head);
    // A client that has read enough of the response may have disconnected.
    let _ = stream.write_all(&answer).await;
    if target.starts_with("/stall") {
        std::future::pending::<()>().await;
    }
}

/// The response to a path.
fn answer(target: &str, head: &str, body: &[u8], is_head: bool) -> Vec<u8> {
    let path = target.split('?').next().unwrap();
    if let Some(digits) = path.strip_prefix("/raw/") {
        return bytes_of(digits);
    }
    if let Some(count) = path.strip_prefix("/many-fields/") {
        let fields: String =
            (1..count.parse::<usize>().unwrap()).fold(String::new(), |mut fields, number| {
                let _ = write!(fields, "x-{number:03}: 1\r\n");
                fields
            });
        return format!("HTTP/1.1 200 OK\r\n{fields}x-last: 1\r\ncontent-length: 0\r\n\r\n").into_bytes();
    }
    if let Some(length) = path.strip_prefix("/long-field/") {
        let long = "x".repeat(length.parse().unwrap());
        return format!("HTTP/1.1 200 OK\r\nx-long: {long}\r\ncontent-length: 0\r\n\r\n").into_bytes();
    }
    if let Some(length) = path.strip_prefix("/long-status/") {
        let long = "x".repeat(length.parse().unwrap());
        return format!("HTTP/1.1 200 {long}\r\ncontent-length: 0\r\n\r\n").into_bytes();
    }
    let (fields, body): (&str, Vec<u8>) = match path {
        "/none" => return b"HTTP/1.1 204 No Content\r\nx-a: 1\r\n\r\n".to_vec(),
        "/unchanged" => return b"HTTP/1.1 304 Not Modified\r\netag: \"e\"\r\n\r\n".to_vec(),
        "/nonsense" => return b"nonsense\r\n\r\n".to_vec(),
        "/two-lengths" => {
            return b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab".to_vec();
        }
        "/two-ends" => {
            return b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"
                .to_vec();
        }
        "/protocol" => {
            return b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n".to_vec();
        }
        "/closed" => return Vec::new(),
        "/cut" => return b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\ncut".to_vec(),
        "/cut-chunks" => {
            return b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\ncut\r\n".to_vec();
        }
        "/stall" => return b"HTTP/1.1 200 OK\r\n".to_vec(),
        "/stall-body" => {
            return b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n".to_vec();
        }
        "/interim" => {
            let interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n";
            return format!("{interim}HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").into_bytes();
        }
        "/chunked" => {
            let chunks = "5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nx-trailer: 1\r\n\r\n";
            return format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{chunks}").into_bytes();
        }
        "/until-the-end" => return b"HTTP/1.1 200 OK\r\n\r\nuntil the end".to_vec(),
        "/gzip" => {
            ("content-encoding: gzip\r\nvary: accept-encoding\r\n", vec![0x1f, 0x8b, 8, 0, 0xff, 0, 1, 2])
        }
        "/range" => ("content-range: bytes 1-3/9\r\naccept-ranges: bytes\r\n", b"bcd".to_vec()),
        "/latin" => ("content-type: text/plain; charset=iso-8859-1\r\n", b"f\xfcr".to_vec()),
        "/twice" => ("x-twice: 1\r\nx-twice: 2\r\nset-cookie: a=1\r\nset-cookie: b=2\r\n", Vec::new()),
        "/ours" => ("set-cookie: __Host-landed=9\r\nset-cookie: app=1\r\nalt-svc: h3=\":1\"\r\n", Vec::new()),
        "/redirect" => ("location: https://elsewhere.example/a\r\n", Vec::new()),
        _ if path.starts_with("/bytes/") => {
            let count = path.trim_start_matches("/bytes/").parse::<usize>().unwrap();
            (
                "content-type: application/octet-stream\r\n",
                (0..count).map(|at| (at * 7 % 256) as u8).collect(),
            )
        }
        _ if path.starts_with("/letters/") => {
            let count = path.trim_start_matches("/letters/").parse::<usize>().unwrap();
            ("content-type: text/plain\r\n", vec![b'a'; count])
        }
        _ => {
            let mut told = head.to_owned();
            let _ = write!(told, "\r\n{}", body.len());
            told.push('\n');
            told.push_str(&hexadecimal(body));
            ("content-type: text/plain\r\n", told.into_bytes())
        }
    };
    let status = match path {
        "/range" => "206 Partial Content",
        "/redirect" => "302 Found",
        _ => "200 OK",
    };
    let mut bytes =
        format!("HTTP/1.1 {status}\r\n{fields}content-length: {}\r\n\r\n", body.len()).into_bytes();
    if !is_head {
        bytes.extend(body);
    }
    bytes
}

fn bytes_of(digits: &str) -> Vec<u8> {
    let pairs = (0..digits.len()).step_by(2).map(|at| &digits[at..at + 2]);
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

/// Two digits for each byte.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The head and the body of one request.
async fn read(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().unwrap())
        });
        let body = &bytes[end + 4..];
        if body.len() >= length.unwrap_or(0) {
            return Some((head, body.to_vec()));
        }
    }
}
