//! Reads requests from clients and answers them.

use std::net::IpAddr;

use http::StatusCode;
use lambda::StreamedResponse;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};

use super::framing::framing;
use super::head;
use super::wire::Wire;
use super::wire_error::WireError;
use crate::api_gateway::request::{RawRequest, RawResponse, values};

/// A connection of a client.
pub(crate) struct Connection<Stream> {
    wire: Wire<Stream>,
    peer: IpAddr,
}

/// A request, and whether the connection stays open after it.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) request: RawRequest,
    pub(crate) keep_alive: bool,
}

impl<Stream: AsyncRead + AsyncWrite + Unpin> Connection<Stream> {
    pub(crate) fn new(stream: Stream, peer: IpAddr) -> Self {
        Self { wire: Wire::new(stream), peer }
    }

    /// The next request; `None` when the client has closed the connection.
    pub(crate) async fn receive(&mut self) -> Result<Option<Received>, WireError> {
        let Some(bytes) = self.wire.head().await? else { return Ok(None) };
        let head = head::request(&bytes)?;
        let framing = framing(&head.headers)?;
        if head.old && values(&head.headers, "transfer-encoding").next().is_some() {
            return Err(WireError::malformed("Transfer-Encoding in HTTP/1.0"));
        }
        if values(&head.headers, "expect").any(|value| value.eq_ignore_ascii_case(b"100-continue")) {
            self.write(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
        }
        let body = self.wire.body(framing, false).await?;
        let keep_alive = !head.old && !has_token(&head.headers, "close");
        let request = RawRequest {
            method: head.method,
            target: head.target,
            headers: head.headers,
            body,
            peer: self.peer,
        };
        Ok(Some(Received { request, keep_alive }))
    }

    /// Writes a response. `to_head` is true for the response to a HEAD request, which has no body.
    pub(crate) async fn send(
        &mut self,
        response: &RawResponse,
        date: Option<String>,
        to_head: bool,
        keep_alive: bool,
    ) -> Result<(), WireError> {
        self.write(&response_bytes(response, date, to_head, keep_alive)).await
    }

    /// Writes a response while its body arrives. If the body breaks off, the connection closes before the last chunk,
    /// so the client notices.
    pub(crate) async fn send_streamed(
        &mut self,
        response: StreamedResponse,
        date: Option<String>,
        to_head: bool,
        keep_alive: bool,
    ) -> Result<(), WireError> {
        let StreamedResponse { status, headers, cookies, mut body } = response;
        let status = status.as_u16();
        let bodyless = to_head || matches!(status, 204 | 304);
        let mut head = first_lines(status, date);
        for (name, value) in headers.iter().filter(|(name, _)| bodyless || name != "content-length") {
            head.extend([name.as_str(), ": ", value, "\r\n"]);
        }
        for cookie in &cookies {
            head.extend(["set-cookie: ", cookie, "\r\n"]);
        }
        head.push_str(if bodyless { "" } else { "Transfer-Encoding: chunked\r\n" });
        head.push_str(if keep_alive {
            "Connection: keep-alive\r\n\r\n"
        } else {
            "Connection: close\r\n\r\n"
        });
        self.write(head.as_bytes()).await?;
        let broken = |fault| WireError::Ended(format!("{fault:?}"));
        while let Some(bytes) = body.chunk().await.map_err(broken)? {
            if !bodyless && !bytes.is_empty() {
                let size = format!("{:x}\r\n", bytes.len());
                self.write(&[size.as_bytes(), &bytes, b"\r\n"].concat()).await?;
            }
        }
        if bodyless { Ok(()) } else { self.write(b"0\r\n\r\n").await }
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        let ended = |error: std::io::Error| WireError::Ended(error.to_string());
        self.wire.stream.write_all(bytes).await.map_err(ended)?;
        self.wire.stream.flush().await.map_err(ended)
    }
}

fn response_bytes(response: &RawResponse, date: Option<String>, to_head: bool, keep_alive: bool) -> Vec<u8> {
    let mut bytes = first_lines(response.status, date).into_bytes();
    head::write_fields(&mut bytes, &response.headers);
    // RFC 9110 section 8.6: these responses have no length.
    let bodyless = (100..200).contains(&response.status) || matches!(response.status, 204 | 304);
    if !bodyless {
        bytes.extend_from_slice(format!("Content-Length: {}\r\n", response.body.len()).as_bytes());
    }
    let connection = if keep_alive { "keep-alive" } else { "close" };
    bytes.extend_from_slice(format!("Connection: {connection}\r\n\r\n").as_bytes());
    if !bodyless && !to_head {
        bytes.extend_from_slice(&response.body);
    }
    bytes
}

fn has_token(headers: &[(String, Vec<u8>)], token: &str) -> bool {
    values(headers, "connection").any(|value| {
        value.split(|byte| *byte == b',').any(|part| part.trim_ascii().eq_ignore_ascii_case(token.as_bytes()))
    })
}

/// The status line and the `Date`.
fn first_lines(status: u16, date: Option<String>) -> String {
    let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    let date = date.map(|date| format!("Date: {date}\r\n")).unwrap_or_default();
    format!("HTTP/1.1 {status} {}\r\n{date}", reason.unwrap_or_default())
}
