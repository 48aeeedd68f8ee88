//! Sends one request to an upstream.

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};

use super::framing::{Framing, framing};
use super::head;
use super::wire::Wire;
use super::wire_error::WireError;
use crate::api_gateway::request::{RawResponse, UpstreamRequest, values};

/// Sends `request` over `stream` and reads its response.
pub(crate) async fn exchange<Stream>(
    mut stream: Stream,
    request: &UpstreamRequest,
) -> Result<RawResponse, WireError>
where
    Stream: AsyncRead + AsyncWrite + Unpin,
{
    let bytes = request_bytes(request);
    stream.write_all(&bytes).await.map_err(|error| WireError::Ended(error.to_string()))?;
    let mut wire = Wire::new(stream);
    loop {
        let bytes = wire.head().await?;
        let bytes = bytes.ok_or_else(|| WireError::Ended("before an answer".to_owned()))?;
        let head = head::response(&bytes)?;
        // 100 Continue and other 1xx responses are interim (RFC 9110 section 15.2).
        if (100..200).contains(&head.status) && head.status != 101 {
            continue;
        }
        let without_body = request.method == "HEAD" || matches!(head.status, 101 | 204 | 304);
        let framing = if without_body { Framing::Length(0) } else { framing(&head.headers)? };
        let body = wire.body(framing, true).await?;
        return Ok(RawResponse { status: head.status, headers: head.headers, body });
    }
}

fn request_bytes(request: &UpstreamRequest) -> Vec<u8> {
    let mut bytes =
        format!("{} {} HTTP/1.1\r\nHost: {}\r\n", request.method, request.target, request.authority)
            .into_bytes();
    head::write_fields(&mut bytes, &request.headers);
    if !request.body.is_empty() || matches!(request.method.as_str(), "POST" | "PUT" | "PATCH") {
        bytes.extend_from_slice(format!("Content-Length: {}\r\n", request.body.len()).as_bytes());
    }
    // AWS passes a client's `Connection` on, so this does too; the connection carries one request either way.
    if values(&request.headers, "connection").next().is_none() {
        bytes.extend_from_slice(b"Connection: close\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(&request.body);
    bytes
}
