//! HTTP/1.1 on a socket (RFC 9112), just enough of it, and nothing normalised.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::response::Response;
use http::{HeaderName, HeaderValue, Method, Request, StatusCode, Uri, header};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tower::ServiceExt as _;

use super::received::{Head, LARGEST_BODY};

/// The largest head that is read, in bytes, and the most headers.
const LARGEST_HEAD: usize = 256 * 1_024;
const MOST_HEADERS: usize = 1_000;

/// Why a connection ends.
#[derive(Debug)]
enum End {
    /// The peer is done, or gone.
    Closed,
    /// What came is answered with this status, then the connection closes.
    Refused(StatusCode),
}

/// How the body is framed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Framing {
    Chunked,
    Length(usize),
}

/// A parsed head.
struct Start {
    method: Method,
    head: Head,
    keep_alive: bool,
    framing: Framing,
    continues: bool,
}

/// A connection and what was read of it ahead of time.
struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// Serves until `shutdown` completes; then open connections are closed.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    listener.local_addr()?;
    let mut shutdown = pin!(shutdown);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = &mut shutdown => return Ok(()),
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let connection = Connection { stream, buffer: Vec::new() };
                    connections.spawn(connection.run(router.clone()));
                }
                // Out of file descriptors, or the peer is gone already: the next accept may do better.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            },
        }
    }
}

impl From<io::Error> for End {
    fn from(_: io::Error) -> Self {
        Self::Closed
    }
}

impl Connection {
    async fn run(mut self, router: Router) {
        loop {
            match self.exchange(&router).await {
                Ok(true) => {}
                Ok(false) | Err(End::Closed) => return,
                Err(End::Refused(status)) => {
                    let mut response = Response::new(Body::empty());
                    *response.status_mut() = status;
                    return drop(self.write(response, false, false).await);
                }
            }
        }
    }

    /// One request and its answer; whether the connection stays open.
    async fn exchange(&mut self, router: &Router) -> Result<bool, End> {
        let start = self.read_head().await?;
        if start.continues {
            self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
        }
        let body = match start.framing {
            Framing::Length(length) => self.take(length).await?,
            Framing::Chunked => self.read_chunks().await?,
        };
        let (head_only, keep_alive) = (start.method == Method::HEAD, start.keep_alive);
        let answered: Result<Response, Infallible> = router.clone().oneshot(request(start, body)).await;
        let response = match answered {
            Ok(response) => response,
            Err(never) => match never {},
        };
        self.write(response, keep_alive, head_only).await?;
        Ok(keep_alive)
    }

    async fn read_head(&mut self) -> Result<Start, End> {
        loop {
            if let Some((start, length)) = parse(&self.buffer).map_err(End::Refused)? {
                self.buffer.drain(..length);
                return Ok(start);
            }
            if self.buffer.len() > LARGEST_HEAD {
                return Err(End::Refused(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE));
            }
            self.fill().await?;
        }
    }

    async fn read_chunks(&mut self) -> Result<Vec<u8>, End> {
        let malformed = || End::Refused(StatusCode::BAD_REQUEST);
        let mut body = Vec::new();
        loop {
            let line = self.line().await?;
            let size = line.split(|&byte| byte == b';').next().unwrap_or_default().trim_ascii();
            let size = std::str::from_utf8(size).ok().and_then(|size| usize::from_str_radix(size, 16).ok());
            let size = size.ok_or_else(malformed)?;
            if size == 0 {
                // Trailers up to the empty line; nobody here asks for them.
                while !self.line().await?.is_empty() {}
                return Ok(body);
            }
            if size > LARGEST_BODY - body.len() {
                return Err(End::Refused(StatusCode::PAYLOAD_TOO_LARGE));
            }
            body.extend(self.take(size).await?);
            if !self.line().await?.is_empty() {
                return Err(malformed());
            }
        }
    }

    /// A line without its end.
    async fn line(&mut self) -> Result<Vec<u8>, End> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\r\n") {
                let line: Vec<u8> = self.buffer.drain(..end + 2).take(end).collect();
                return Ok(line);
            }
            if self.buffer.len() > LARGEST_HEAD {
                return Err(End::Refused(StatusCode::BAD_REQUEST));
            }
            self.fill().await?;
        }
    }

    async fn take(&mut self, length: usize) -> Result<Vec<u8>, End> {
        while self.buffer.len() < length {
            self.fill().await?;
        }
        Ok(self.buffer.drain(..length).collect())
    }

    async fn fill(&mut self) -> Result<(), End> {
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            return Err(End::Closed);
        }
        Ok(())
    }

    async fn write(&mut self, response: Response, keep_alive: bool, head_only: bool) -> Result<(), End> {
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_else(|_| Bytes::new());
        let mut out = format!("HTTP/1.1 {}\r\n", parts.status).into_bytes();
        for (name, value) in &parts.headers {
            if name == header::CONTENT_LENGTH
                || name == header::CONNECTION
                || name == header::TRANSFER_ENCODING
            {
                continue;
            }
            out.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
        }
        let bodiless = parts.status == StatusCode::NO_CONTENT || parts.status == StatusCode::NOT_MODIFIED;
        if !bodiless {
            out.extend(format!("content-length: {}\r\n", body.len()).into_bytes());
        }
        if !keep_alive {
            out.extend(b"connection: close\r\n");
        }
        out.extend(b"\r\n");
        if !head_only && !bodiless {
            out.extend(&body);
        }
        self.stream.write_all(&out).await?;
        Ok(())
    }
}

/// The head at the front of the buffer and its length; none while it is incomplete.
fn parse(buffer: &[u8]) -> Result<Option<(Start, usize)>, StatusCode> {
    let mut storage = vec![httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut request = httparse::Request::new(&mut storage);
    let length = match request.parse(buffer) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => return Err(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE),
        Err(_) => return Err(StatusCode::BAD_REQUEST),
    };
    let method = Method::from_bytes(request.method.unwrap_or_default().as_bytes());
    let headers: Vec<(Vec<u8>, Vec<u8>)> = request
        .headers
        .iter()
        .map(|header| (header.name.as_bytes().to_vec(), header.value.to_vec()))
        .collect();
    let connection = values(&headers, b"connection").any(|value| value.eq_ignore_ascii_case(b"close"));
    let continues = values(&headers, b"expect").any(|value| value.eq_ignore_ascii_case(b"100-continue"));
    let start = Start {
        method: method.map_err(|_| StatusCode::BAD_REQUEST)?,
        keep_alive: request.version == Some(1) && !connection,
        framing: framing(&headers)?,
        continues,
        head: Head { target: request.path.unwrap_or("/").as_bytes().to_vec(), headers },
    };
    Ok(Some((start, length)))
}

/// RFC 9112 section 6.3. Two framings at once are how requests are smuggled: refused.
fn framing(headers: &[(Vec<u8>, Vec<u8>)]) -> Result<Framing, StatusCode> {
    let encodings: Vec<&[u8]> = values(headers, b"transfer-encoding").collect();
    let lengths: Vec<&[u8]> = values(headers, b"content-length").collect();
    match (encodings.as_slice(), lengths.as_slice()) {
        ([], []) => Ok(Framing::Length(0)),
        ([encoding], []) if encoding.eq_ignore_ascii_case(b"chunked") => Ok(Framing::Chunked),
        ([], [length]) => {
            let digits = std::str::from_utf8(length)
                .ok()
                .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
            let length: usize = digits.and_then(|text| text.parse().ok()).ok_or(StatusCode::BAD_REQUEST)?;
            if length > LARGEST_BODY {
                Err(StatusCode::PAYLOAD_TOO_LARGE)
            } else {
                Ok(Framing::Length(length))
            }
        }
        _ => Err(StatusCode::BAD_REQUEST),
    }
}

fn values<'a>(headers: &'a [(Vec<u8>, Vec<u8>)], name: &'static [u8]) -> impl Iterator<Item = &'a [u8]> {
    headers
        .iter()
        .filter(move |(found, _)| found.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim_ascii())
}

/// The request for the router. What its types cannot hold is only in the [`Head`].
fn request(start: Start, body: Vec<u8>) -> Request<Body> {
    let mut request = Request::new(Body::from(body));
    *request.method_mut() = start.method;
    *request.uri_mut() = Uri::try_from(start.head.target.as_slice())
        .ok()
        .filter(|uri| uri.path().starts_with('/'))
        .unwrap_or_else(|| Uri::from_static("/anything"));
    for (name, value) in &start.head.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
            request.headers_mut().append(name, value);
        }
    }
    request.extensions_mut().insert(start.head);
    request
}
