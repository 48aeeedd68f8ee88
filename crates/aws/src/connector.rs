//! Connects the SDK to the network: wraps vestibule's HTTPS client in the SDK's trait.

use std::time::Duration;

use aws_smithy_runtime_api::{
    client::{
        http::{HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn},
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
    },
    http::StatusCode,
};
use aws_smithy_types::body::SdkBody;
use outbound::https::{self, Roots};
use reqwest::{Client, Method, Request, Url};

use crate::limits::Caller;

/// Shorter than the idle timeout of the services, so that a reused connection is rarely one that they have
/// closed.
const KEEP_IDLE: Duration = Duration::from_secs(20);

/// The largest response that is read. A query of DynamoDB returns 1 MB at most, somewhat more as JSON.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// The SDK's client over [`outbound::https`]. The SDK limits the time of attempts and operations; this client
/// only limits connecting. Returns `None` if the build has no usable cryptography.
pub(crate) fn http_client(roots: &Roots, caller: Caller) -> Option<SharedHttpClient> {
    let builder = https::client(roots).ok()?.connect_timeout(caller.connecting());
    let client = builder.pool_idle_timeout(KEEP_IDLE).build().ok()?;
    let connector = SharedHttpConnector::new(Connector(client));
    Some(http_client_fn(move |_, _| connector.clone()))
}

/// An HTTP connector for services whose requests are small and complete: it does not stream. The URL parser
/// resolves dot segments, so it does not suit services that take names with dots and slashes from the path
/// (S3). The services in use receive every request at `/`, or at a path of letters: a function's name,
/// `federation/credentials`.
#[derive(Clone, Debug)]
struct Connector(Client);

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = self.0.clone();
        HttpConnectorFuture::new(async move { exchange(&client, &request).await })
    }
}

async fn exchange(client: &Client, request: &HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let request = outgoing(request).ok_or_else(|| ConnectorError::user("request not sendable".into()))?;
    let response = client.execute(request).await.map_err(failed)?;
    incoming(response).await
}

fn outgoing(request: &HttpRequest) -> Option<Request> {
    let method = Method::from_bytes(request.method().as_bytes()).ok()?;
    let mut outgoing = Request::new(method, Url::parse(request.uri()).ok()?);
    for (name, value) in request.headers().iter_bytes() {
        let name = reqwest::header::HeaderName::from_bytes(name.as_bytes()).ok()?;
        outgoing.headers_mut().append(name, reqwest::header::HeaderValue::from_bytes(value).ok()?);
    }
    *outgoing.body_mut() = Some(request.body().bytes()?.to_vec().into());
    Some(outgoing)
}

async fn incoming(mut response: reqwest::Response) -> Result<HttpResponse, ConnectorError> {
    let status =
        StatusCode::try_from(response.status().as_u16()).map_err(|error| ConnectorError::io(error.into()))?;
    let headers = std::mem::take(response.headers_mut());
    let mut incoming = HttpResponse::new(status, SdkBody::from(body(response).await?));
    for (name, value) in &headers {
        if let Ok(value) = value.to_str() {
            incoming.headers_mut().append(name.as_str().to_owned(), value.to_owned());
        }
    }
    Ok(incoming)
}

async fn body(mut response: reqwest::Response) -> Result<Vec<u8>, ConnectorError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if chunk.len() > MAX_BYTES.saturating_sub(body.len()) {
            return Err(ConnectorError::other("answer too large".into(), None));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Converts the error into the SDK's type, by which the SDK decides whether to retry.
fn failed(error: reqwest::Error) -> ConnectorError {
    let error = error.without_url();
    if error.is_timeout() {
        return ConnectorError::timeout(error.into());
    }
    if error.is_connect() {
        return ConnectorError::io(error.into()).never_connected();
    }
    ConnectorError::io(error.into())
}
