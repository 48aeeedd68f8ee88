//! Serves the endpoints that answer with JSON, as httpbin does. Two of them have a page for browsers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, HeaderValue, StatusCode, header};
use relying_party::http::request::media_type;
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::page;
use super::received::Received;

/// The maximum of `/delay`, in seconds.
const LONGEST_DELAY: u64 = 10;
/// The maximum of `/bytes`.
const MOST_BYTES: usize = 16 * 1_024 * 1_024;

/// `/anything`: the whole request, as a page for browsers.
pub(super) async fn anything(Extension(received): Extension<Arc<Received>>) -> Response {
    if accepts_page(&received) {
        return page::whole_request(&received, shown_body(&received));
    }
    answer(StatusCode::OK, &request(&received))
}

/// `/get` and `/post`: the whole request.
pub(super) async fn whole(Extension(received): Extension<Arc<Received>>) -> Response {
    answer(StatusCode::OK, &request(&received))
}

/// Every other path: the whole request with status 404.
pub(super) async fn not_found(Extension(received): Extension<Arc<Received>>) -> Response {
    answer(StatusCode::NOT_FOUND, &request(&received))
}

/// `/headers`, as a page for browsers.
pub(super) async fn headers(Extension(received): Extension<Arc<Received>>) -> Response {
    if accepts_page(&received) {
        return page::whole_request(&received, None);
    }
    let body = json!({ "header_list": received.headers, "headers": joined(&received.headers) });
    answer(StatusCode::OK, &body)
}

/// `/cookies`: every pair of every `Cookie` header.
pub(super) async fn cookies(Extension(received): Extension<Arc<Received>>) -> Response {
    let pairs: Vec<(String, String)> = received
        .header("cookie")
        .into_iter()
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let cookies: BTreeMap<_, _> = pairs.iter().cloned().collect();
    answer(StatusCode::OK, &json!({ "cookie_list": pairs, "cookies": cookies }))
}

/// `/status/{code}`: 200 to 599, with no body.
pub(super) async fn status(Path(code): Path<String>) -> Response {
    let status = code.parse().ok().filter(|code| (200..600).contains(code));
    match status.and_then(|status: u16| StatusCode::from_u16(status).ok()) {
        Some(status) => status.into_response(),
        None => bad_request("the status is not a number from 200 to 599"),
    }
}

/// `/redirect-to?url=...&status_code=...`: a redirect to any address, 302 by default.
pub(super) async fn redirect_to(Extension(received): Extension<Arc<Received>>) -> Response {
    let arguments = received.arguments();
    let argument =
        |name: &str| arguments.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str());
    let status = argument("status_code").map_or(Some(302), |code| code.parse().ok());
    let status =
        status.filter(|code| (300..400).contains(code)).and_then(|code: u16| StatusCode::from_u16(code).ok());
    let location = argument("url").and_then(|url| HeaderValue::from_bytes(url.as_bytes()).ok());
    match (status, location) {
        (Some(status), Some(location)) => (status, [(header::LOCATION, location)]).into_response(),
        (None, _) => bad_request("status_code is not a number from 300 to 399"),
        (_, None) => bad_request("url is missing or fits no header"),
    }
}

/// `/bytes/{count}`: this number of bytes, 0 to 255 repeatedly.
pub(super) async fn bytes(Path(count): Path<String>) -> Response {
    let Some(count) = count.parse().ok().filter(|&count: &usize| count <= MOST_BYTES) else {
        return bad_request("the count is not a number up to 16777216");
    };
    let bytes: Vec<u8> = (0..=u8::MAX).cycle().take(count).collect();
    ([(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response()
}

/// `/delay/{seconds}`: like `/anything`, after at most ten seconds.
pub(super) async fn delay(
    Path(seconds): Path<String>,
    Extension(received): Extension<Arc<Received>>,
) -> Response {
    let Some(seconds) = seconds.parse().ok().filter(|&seconds: &u64| seconds <= LONGEST_DELAY) else {
        return bad_request("the delay is not a number up to 10");
    };
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    answer(StatusCode::OK, &request(&received))
}

/// `/set-cookie?name=value&...`: one `Set-Cookie` for each pair.
pub(super) async fn set_cookie(Extension(received): Extension<Arc<Received>>) -> Response {
    let cookies = received
        .arguments()
        .into_iter()
        .map(|(name, value)| ("set-cookie".to_owned(), format!("{name}={value}; Path=/")))
        .collect();
    with_headers(&received, cookies)
}

/// `/response-headers?name=value&...`: each pair as a response header.
pub(super) async fn response_headers(Extension(received): Extension<Arc<Received>>) -> Response {
    with_headers(&received, received.arguments())
}

fn with_headers(received: &Received, headers: Vec<(String, String)>) -> Response {
    let mut response = answer(StatusCode::OK, &request(received));
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).ok();
        let value = HeaderValue::from_bytes(value.as_bytes()).ok();
        let (Some(name), Some(value)) = (name, value) else {
            return bad_request("a pair fits no header");
        };
        if name == header::CONTENT_TYPE {
            response.headers_mut().insert(name, value);
        } else {
            response.headers_mut().append(name, value);
        }
    }
    response
}

/// A browser sends `Accept-Language`; a script that copies a browser's `Accept` still gets JSON.
fn accepts_page(received: &Received) -> bool {
    let accepts_html = received.header("accept").iter().any(|value| value.contains("text/html"));
    accepts_html && !received.header("accept-language").is_empty()
}

/// The body for a page, if there is one.
fn shown_body(received: &Received) -> Option<String> {
    (!received.body.is_empty()).then(|| format!("{:#}", Value::Object(content(received))))
}

/// The request in httpbin's shape. `path` and `header_list` are as received.
fn request(received: &Received) -> Value {
    let host = received.header("host").first().copied().unwrap_or_default().to_owned();
    let mut body = json!({
        "args": object(received.arguments()),
        "header_list": received.headers,
        "headers": joined(&received.headers),
        "method": received.method,
        "path": received.path(),
        "query": received.query(),
        "url": format!("http://{host}{}", received.target),
    });
    if let Value::Object(members) = &mut body {
        members.extend(content(received));
    }
    body
}

/// `data`, with `json` or `form` if it parses as one; `data_base64` if it is not text.
fn content(received: &Received) -> Map<String, Value> {
    let mut members = Map::new();
    let Ok(text) = std::str::from_utf8(&received.body) else {
        members.insert("data_base64".to_owned(), json!(STANDARD.encode(&received.body)));
        return members;
    };
    members.insert("data".to_owned(), json!(text));
    let content_type = received.header("content-type").first().copied().unwrap_or_default();
    let essence = media_type(content_type).to_ascii_lowercase();
    if essence == "application/x-www-form-urlencoded" {
        let pairs = form_urlencoded::parse(text.as_bytes()).into_owned().collect();
        members.insert("form".to_owned(), object(pairs));
    }
    if let Some(json) = (essence == "application/json").then(|| serde_json::from_str(text).ok()).flatten() {
        members.insert("json".to_owned(), json);
    }
    members
}

/// An object of the pairs; a repeated name has an array.
fn object(pairs: Vec<(String, String)>) -> Value {
    let mut members: Map<String, Value> = Map::new();
    for (name, value) in pairs {
        match members.get_mut(&name) {
            None => drop(members.insert(name, json!(value))),
            Some(Value::Array(values)) => values.push(json!(value)),
            Some(first) => *first = json!([first.clone(), value]),
        }
    }
    Value::Object(members)
}

/// Headers as an object; values with the same spelling of the name are joined with commas.
fn joined(headers: &[(String, String)]) -> BTreeMap<&str, String> {
    let mut joined: BTreeMap<&str, String> = BTreeMap::new();
    for (name, value) in headers {
        joined
            .entry(name)
            .and_modify(|values| {
                values.push(',');
                values.push_str(value);
            })
            .or_insert_with(|| value.clone());
    }
    joined
}

fn bad_request(text: &str) -> Response {
    answer(StatusCode::BAD_REQUEST, &json!({ "error": text }))
}

fn answer(status: StatusCode, body: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], format!("{body:#}\n")).into_response()
}
