//! Declares the port to the server of an HTTP integration.

use async_trait::async_trait;
use tokio::net::TcpStream;

use super::http1::client;
use super::request::{RawResponse, UpstreamRequest};

/// Sends requests to the hosts of HTTP integrations.
#[async_trait]
pub trait Upstream: Send + Sync {
    /// Sends one request and reads the whole response.
    ///
    /// # Errors
    ///
    /// The reason for the log: no connection, a response that is not HTTP, or more than 10 MB.
    async fn send(&self, request: UpstreamRequest) -> Result<RawResponse, String>;
}

/// Speaks HTTP/1.1 over TCP, with one connection for each request. It has no TLS, because the local stack's
/// upstream is on this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct TcpUpstream;

#[async_trait]
impl Upstream for TcpUpstream {
    async fn send(&self, request: UpstreamRequest) -> Result<RawResponse, String> {
        if request.secure {
            return Err(
                "the local stack does not support TLS to an upstream; use an http:// address".to_owned()
            );
        }
        let has_port =
            request.authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let address = if has_port { request.authority.clone() } else { format!("{}:80", request.authority) };
        let stream = TcpStream::connect(&address).await.map_err(|error| format!("{address}: {error}"))?;
        client::exchange(stream, &request).await.map_err(|error| format!("{address}: {error}"))
    }
}
