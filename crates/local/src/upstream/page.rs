//! Renders the HTML pages.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::response::{Html, IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{StatusCode, header};
use percent_encoding::percent_decode_str;

use super::received::Received;

const CLAIMS: &str = "x-vestibule-claims";

const STYLE: &str = include_str!("../../templates/local.css");

#[derive(Template)]
#[template(path = "upstream/home.html")]
struct Home<'a> {
    style: &'static str,
    heading: String,
    method: &'a str,
    target: &'a str,
    identity: Identity,
}

#[derive(Template)]
#[template(path = "upstream/request.html")]
struct WholeRequest<'a> {
    style: &'static str,
    method: &'a str,
    target: &'a str,
    headers: &'a [(String, String)],
    body: Option<String>,
    /// A command that sends a request as an API client with the token of this request.
    command: Option<String>,
}

#[derive(Template)]
#[template(path = "upstream/relative.html")]
struct Relative {
    style: &'static str,
    heading: &'static str,
}

/// The client that the request names.
struct Identity {
    name: Option<String>,
    /// Every header about the client except the claims.
    rows: Vec<(String, String)>,
    /// The claims as formatted JSON.
    claims: Option<String>,
}

/// `/`: greets the user that the identity headers name.
pub(super) async fn home(Extension(received): Extension<Arc<Received>>) -> Response {
    let identity = identity(&received);
    let heading = identity.name.as_ref().map_or_else(|| "Hello".to_owned(), |name| format!("Hello, {name}"));
    shown(&received, heading, identity)
}

/// Any page below `/pages/`: the request as a page.
pub(super) async fn any(Extension(received): Extension<Arc<Received>>) -> Response {
    shown(&received, "The page that you asked for".to_owned(), identity(&received))
}

/// `/admin/` and every path below it.
pub(super) async fn administrators(Extension(received): Extension<Arc<Received>>) -> Response {
    shown(&received, "For administrators".to_owned(), identity(&received))
}

fn shown(received: &Received, heading: String, identity: Identity) -> Response {
    html(&Home { style: STYLE, heading, method: &received.method, target: &received.target, identity })
}

/// The request with every header, and its body if one is given.
pub(super) fn whole_request(received: &Received, body: Option<String>) -> Response {
    html(&WholeRequest {
        style: STYLE,
        method: &received.method,
        target: &received.target,
        headers: &received.headers,
        body,
        command: command(received),
    })
}

/// The command uses the host that the front reports, or without a front the host of the request.
fn command(received: &Received) -> Option<String> {
    let first = |name| received.header(name).first().copied();
    let host = first("x-forwarded-host").or_else(|| first("host"))?;
    let scheme = first("x-forwarded-proto").unwrap_or("http");
    let token = first("authorization")?.strip_prefix("Bearer ")?;
    Some(format!("curl -H 'Authorization: Bearer {token}' {scheme}://{host}/get"))
}

/// `/pages/relative/`.
pub(super) async fn relative() -> Response {
    html(&Relative { style: STYLE, heading: "Relative links" })
}

/// `/pages/relative/next`.
pub(super) async fn next() -> Response {
    html(&Relative { style: STYLE, heading: "The next page" })
}

fn identity(received: &Received) -> Identity {
    let first = |name| received.header(name).first().map(|value| decoded(value));
    let rows = received
        .headers
        .iter()
        .filter(|(name, _)| {
            let name = name.to_ascii_lowercase();
            name.starts_with("x-vestibule-") && name != CLAIMS
        })
        .map(|(name, value)| (name.clone(), decoded(value)))
        .collect();
    let claims = received.header(CLAIMS).first().and_then(|value| readable(value));
    Identity { claims, name: first("x-vestibule-email").or_else(|| first("x-vestibule-username")), rows }
}

/// Claims are base64url of a JSON object.
fn readable(value: &str) -> Option<String> {
    let claims: serde_json::Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(value).ok()?).ok()?;
    serde_json::to_string_pretty(&claims).ok()
}

/// Identity headers are percent-encoded outside printable ASCII.
fn decoded(value: &str) -> String {
    percent_decode_str(value).decode_utf8_lossy().into_owned()
}

fn html(page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => ([(header::CACHE_CONTROL, "no-store")], Html(text)).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
