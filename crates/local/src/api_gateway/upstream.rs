//! Declares the port to the server behind an HTTP integration.

use std::fmt;

use async_trait::async_trait;
use tokio::net::TcpStream;

use super::http1::client;
use super::request::{RawResponse, names_of, path_of};

/// A request to an HTTP integration. The spelling of header names stays as it is.
#[derive(Clone, PartialEq, Eq)]
pub struct UpstreamRequest {
    /// Whether the integration's uri is `https`.
    pub secure: bool,
    /// Host and port of the integration; the `Host` header.
    pub authority: String,
    /// The method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Headers without `Host` and `Content-Length`.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Vec<u8>,
}

/// Names only: values, query and body hold cookies and tokens.
impl fmt::Debug for UpstreamRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("UpstreamRequest")
            .field("authority", &self.authority)
            .field("method", &self.method)
            .field("path", &path_of(&self.target))
            .field("headers", &names_of(&self.headers))
            .field("body", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Sends requests to the hosts of HTTP integrations.
#[async_trait]
pub trait Upstream: Send + Sync {
    /// Sends one request and reads the whole answer.
    ///
    /// # Errors
    ///
    /// Why there is no answer, for the log: no connection, an answer that is no HTTP, or over 10 MB.
    async fn send(&self, request: UpstreamRequest) -> Result<RawResponse, String>;
}

/// HTTP/1.1 over TCP, one connection a request. No TLS: the local stack's upstream is on this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct TcpUpstream;

#[async_trait]
impl Upstream for TcpUpstream {
    async fn send(&self, request: UpstreamRequest) -> Result<RawResponse, String> {
        if request.secure {
            return Err("the local stack speaks no TLS to an upstream; use an http:// address".to_owned());
        }
        let has_port =
            request.authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let address = if has_port { request.authority.clone() } else { format!("{}:80", request.authority) };
        let stream = TcpStream::connect(&address).await.map_err(|error| format!("{address}: {error}"))?;
        client::exchange(stream, &request).await.map_err(|error| format!("{address}: {error}"))
    }
}
