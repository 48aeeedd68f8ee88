//! The HTML pages.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::response::{Html, IntoResponse as _, Response};
use http::{StatusCode, header};
use percent_encoding::percent_decode_str;

use super::received::Received;

const STYLE: &str = include_str!("../../templates/local.css");

#[derive(Template)]
#[template(path = "upstream/home.html")]
struct Home {
    style: &'static str,
    identity: Identity,
}

#[derive(Template)]
#[template(path = "upstream/relative.html")]
struct Relative {
    style: &'static str,
    heading: &'static str,
}

/// Who the request says it is from.
struct Identity {
    name: Option<String>,
    rows: Vec<(String, String)>,
}

/// `/`: greets whom the identity headers name.
pub(super) async fn home(Extension(received): Extension<Arc<Received>>) -> Response {
    html(&Home { style: STYLE, identity: identity(&received) })
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
        .filter(|(name, _)| name.to_ascii_lowercase().starts_with("x-vestibule-"))
        .map(|(name, value)| (name.clone(), decoded(value)))
        .collect();
    Identity { name: first("x-vestibule-email").or_else(|| first("x-vestibule-username")), rows }
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
