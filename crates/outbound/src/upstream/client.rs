//! Sends a request to the upstream over pooled connections, and once more if a kept one had closed.

use std::mem;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use flow::ports::{Upstream, UpstreamBody, UpstreamResponse};
use http::{HeaderName, HeaderValue, Method, Request, Response, Uri, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use relying_party::forwarding::{UpstreamFault, UpstreamRequest, UpstreamResponseHead, may_repeat};
use tokio::time::Instant;

use crate::https::{self, Roots};
use crate::upstream::connection::{Connector, Used};
use crate::upstream::fault::{before_head, in_exchange, was_kept};

/// The time and size limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For name resolution, TCP and TLS together.
    pub connect: Duration,
    /// The idle timeout of a connection. Lambda freezes a process between events, and a connection that was
    /// closed meanwhile is only noticed on its next use, so a short timeout saves failed attempts.
    pub idle: Duration,
    /// The most header fields of a response.
    pub header_fields: usize,
    /// The largest head of a response, in bytes.
    pub head_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            idle: Duration::from_secs(15),
            header_fields: 256,
            head_bytes: 128 * 1024,
        }
    }
}

/// The upstream over HTTP. Creating it is cheap; the first request builds the client.
pub struct HttpUpstream {
    roots: Roots,
    limits: Limits,
    client: OnceLock<Pool>,
    /// HTTP/2 has one name for the connection and the request's authority. If the two differ, HTTP/1.1 is
    /// used.
    http1_client: OnceLock<Pool>,
}

type Pool = Client<Connector, Full<Bytes>>;

impl HttpUpstream {
    /// Makes an upstream; if it uses TLS, its certificate must lead to one of `roots`.
    pub const fn new(roots: Roots, limits: Limits) -> Self {
        Self { roots, limits, client: OnceLock::new(), http1_client: OnceLock::new() }
    }

    async fn exchange(
        &self,
        request: &UpstreamRequest,
        body: Bytes,
    ) -> Result<Response<Incoming>, UpstreamFault> {
        let client = self.client_for(request)?;
        // If the upstream closed a kept connection, its task is ready to report that. Yielding lets it run.
        tokio::task::yield_now().await;
        match client.request(outgoing(request, body.clone())?).await {
            Err(error)
                if was_kept(&error)
                    && before_head(&error) == UpstreamFault::Broken
                    && may_repeat(&request.method) =>
            {
                client.request(outgoing(request, body)?).await.map_err(|error| before_head(&error))
            }
            answered => answered.map_err(|error| before_head(&error)),
        }
    }

    fn client_for(&self, request: &UpstreamRequest) -> Result<&Pool, UpstreamFault> {
        let host = request.headers.iter().find(|(name, _)| name == "host").map(|(_, value)| value);
        let http2 = host.is_none_or(|host| *host == request.authority);
        let cell = if http2 { &self.client } else { &self.http1_client };
        if let Some(client) = cell.get() {
            return Ok(client);
        }
        let client = self.build(http2)?;
        Ok(cell.get_or_init(|| client))
    }

    fn build(&self, http2: bool) -> Result<Pool, UpstreamFault> {
        let mut tls = https::tls(&self.roots).map_err(|_| UpstreamFault::Tls)?;
        let protocols: &[&[u8]] = if http2 { &[b"h2", b"http/1.1"] } else { &[b"http/1.1"] };
        tls.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        let connector = Connector::new(Arc::new(tls), self.limits.connect);
        Ok(Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(self.limits.idle)
            .http1_max_headers(self.limits.header_fields)
            .http1_max_buf_size(self.limits.head_bytes)
            .http2_max_header_list_size(u32::try_from(self.limits.head_bytes).unwrap_or(u32::MAX))
            .set_host(false)
            // Only for requests that were never sent, because the pool returned a connection that was already
            // closed.
            .retry_canceled_requests(true)
            .build(connector))
    }
}

#[async_trait]
impl Upstream for HttpUpstream {
    async fn send(
        &self,
        mut request: UpstreamRequest,
        until: Instant,
    ) -> Result<UpstreamResponse, UpstreamFault> {
        let body = Bytes::from(mem::take(&mut request.body));
        let answered = tokio::time::timeout_at(until, self.exchange(&request, body)).await;
        let response = answered.unwrap_or(Err(UpstreamFault::TimedOut))?;
        if let Some(used) = response.extensions().get::<Used>() {
            used.mark();
        }
        let (parts, body) = response.into_parts();
        let headers =
            parts.headers.iter().map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()));
        let head = UpstreamResponseHead { status: parts.status, headers: headers.collect() };
        Ok(UpstreamResponse { head, body: Box::new(Body(body)) })
    }
}

struct Body(Incoming);

#[async_trait]
impl UpstreamBody for Body {
    async fn chunk(&mut self) -> Result<Option<Bytes>, UpstreamFault> {
        loop {
            match self.0.frame().await {
                None => return Ok(None),
                Some(Err(error)) => return Err(in_exchange(&error)),
                Some(Ok(frame)) => {
                    // Trailers are dropped, because no front can pass them on.
                    if let Ok(bytes) = frame.into_data() {
                        return Ok(Some(bytes));
                    }
                }
            }
        }
    }
}

/// Converts the request for hyper. If hyper cannot hold the head, an earlier check is missing, and nothing is
/// sent.
fn outgoing(request: &UpstreamRequest, body: Bytes) -> Result<Request<Full<Bytes>>, UpstreamFault> {
    let uri = Uri::builder()
        .scheme(request.scheme.as_str())
        .authority(request.authority.as_str())
        .path_and_query(request.target.as_str())
        .build()
        .map_err(|_| UpstreamFault::Unreachable)?;
    let has_length = !body.is_empty() || matches!(request.method, Method::POST | Method::PUT | Method::PATCH);
    let length = body.len();
    let mut outgoing = Request::new(Full::new(body));
    *outgoing.method_mut() = request.method.clone();
    *outgoing.uri_mut() = uri;
    let fields = outgoing.headers_mut();
    for (name, value) in &request.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| UpstreamFault::Unreachable)?;
        let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| UpstreamFault::Unreachable)?;
        fields.append(name, value);
    }
    if has_length {
        // RFC 9110 section 8.6: a length of zero is sent too if the method expects content.
        fields.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    Ok(outgoing)
}
