//! Serves a router through the fronts' own HTTP/1.1.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::response::Response;
use http::{HeaderName, HeaderValue, Method, Request, Uri, header};
use tokio::net::TcpListener;
use tower::ServiceExt as _;

use crate::api_gateway::{RawRequest, RawResponse, RequestClock as _, SystemRequestClock};
use crate::serve::{self, RequestHandler, Served};

/// A router with every endpoint and page.
struct Socket {
    router: Router,
    has_date: bool,
}

/// The original target and headers, an extension of a request from a socket.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
}

/// Serves `router` until `shutdown` completes. Without a `Date`, a response contains only the headers of the router.
///
/// # Errors
/// Only errors that the listener itself reports.
pub(crate) async fn serve(
    router: Router,
    has_date: bool,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    listener.local_addr()?;
    serve::serve(Arc::new(Socket { router, has_date }), listener, shutdown).await;
    Ok(())
}

#[async_trait]
impl RequestHandler for Socket {
    async fn answer(&self, request: &RawRequest) -> Served {
        let answered: Result<Response, Infallible> = self.router.clone().oneshot(routed(request)).await;
        let response = match answered {
            Ok(response) => response,
            Err(never) => match never {},
        };
        written(response).await.map_or(Served::Cut, Served::Whole)
    }

    /// It keeps no log.
    fn log(&self, _line: &str) {}

    fn date(&self) -> Option<String> {
        self.has_date.then(|| SystemRequestClock.next().http_date())
    }
}

/// The request for the router. The [`Head`] holds the parts that the router's types cannot represent.
fn routed(request: &RawRequest) -> Request<Body> {
    let mut routed = Request::new(Body::from(request.body.clone()));
    *routed.method_mut() = Method::from_bytes(request.method.as_bytes()).unwrap_or_default();
    *routed.uri_mut() = Uri::try_from(&request.target).unwrap_or_else(|_| Uri::from_static("/anything"));
    for (name, value) in &request.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_bytes(value)) {
            routed.headers_mut().append(name, value);
        }
    }
    routed.extensions_mut().insert(Head { target: request.target.clone(), headers: request.headers.clone() });
    routed
}

/// The response; `None` if its body fails.
async fn written(response: Response) -> Option<RawResponse> {
    const OF_THE_CONNECTION: [HeaderName; 3] =
        [header::CONNECTION, header::CONTENT_LENGTH, header::TRANSFER_ENCODING];
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.ok()?;
    let headers = parts.headers.iter().filter(|(name, _)| !OF_THE_CONNECTION.contains(name));
    Some(RawResponse {
        status: parts.status.as_u16(),
        headers: headers.map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect(),
        body: body.to_vec(),
    })
}
