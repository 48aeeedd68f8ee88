//! Connects the router to the fronts' listener.

use std::convert::Infallible;

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::response::Response;
use http::{HeaderName, HeaderValue, Method, Request, Uri, header};
use tower::ServiceExt as _;

use crate::api_gateway::{RawRequest, RawResponse};
use crate::serve::{Front, Served};
use crate::upstream::Head;

/// The router with every endpoint and page.
pub(crate) struct Socket(pub(crate) Router);

#[async_trait]
impl Front for Socket {
    async fn answer(&self, request: &RawRequest) -> Served {
        let answered: Result<Response, Infallible> = self.0.clone().oneshot(routed(request)).await;
        let response = match answered {
            Ok(response) => response,
            Err(never) => match never {},
        };
        Served::Whole(written(response).await)
    }

    /// It keeps no log.
    fn log(&self, _line: &str) {}

    /// Returns `None`, so that a response contains only the headers that were requested.
    fn date(&self) -> Option<String> {
        None
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

async fn written(response: Response) -> RawResponse {
    const OF_THE_CONNECTION: [HeaderName; 3] =
        [header::CONNECTION, header::CONTENT_LENGTH, header::TRANSFER_ENCODING];
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_else(|_| Bytes::new());
    let headers = parts.headers.iter().filter(|(name, _)| !OF_THE_CONNECTION.contains(name));
    RawResponse {
        status: parts.status.as_u16(),
        headers: headers.map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect(),
        body: body.to_vec(),
    }
}
