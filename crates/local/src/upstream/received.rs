//! Holds a request as it was received.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::StatusCode;
use url::form_urlencoded;

use crate::api_gateway::http1::MAXIMUM_BODY;
use crate::socket::Head;

/// A request as it was received. Bytes that are not UTF-8 are written as `\xNN`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Received {
    /// The method.
    pub(super) method: String,
    /// The request target, byte for byte.
    pub(super) target: String,
    /// Every header in order, with names in their original case.
    pub(super) headers: Vec<(String, String)>,
    /// The body.
    pub(super) body: Bytes,
}

impl Received {
    /// The target without its query.
    pub(super) fn path(&self) -> &str {
        self.target.split_once('?').map_or(self.target.as_str(), |(path, _)| path)
    }

    /// The text after the first `?`, empty if there is none.
    pub(super) fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }

    /// The query's pairs, decoded, in order.
    pub(super) fn arguments(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(self.query().as_bytes()).into_owned().collect()
    }

    /// Every value of a header; the name's case does not matter.
    pub(super) fn header(&self, name: &str) -> Vec<&str> {
        let same = self.headers.iter().filter(|(found, _)| found.eq_ignore_ascii_case(name));
        same.map(|(_, value)| value.as_str()).collect()
    }
}

/// Reads the whole request, and passes it to the endpoint as an extension.
pub(super) async fn middleware(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, MAXIMUM_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let head = parts.extensions.get::<Head>().cloned().unwrap_or_else(|| Head {
        target: parts.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned(),
        headers: parts
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
            .collect(),
    });
    let received = Received {
        method: parts.method.to_string(),
        target: head.target,
        headers: head.headers.into_iter().map(|(name, value)| (name, text(&value))).collect(),
        body: body.clone(),
    };
    let mut request = Request::from_parts(parts, Body::from(body));
    request.extensions_mut().insert(Arc::new(received));
    next.run(request).await
}

fn text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            // Formatting into a String cannot fail.
            write!(text, "\\x{byte:02x}").unwrap_or(());
        }
    }
    text
}
