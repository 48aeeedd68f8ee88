//! Events of every form, each with one change at a time.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod authorizer;
mod fixtures;
mod http_api;
mod load_balancer;
mod malformed;
mod public_path;
mod rest;

use relying_party::http::request::Request;
use serde_json::Value;

use super::{EventRefusal, EventShape, HttpEvent, parse_http_event};

/// A good event of a REST API.
fn rest_event() -> Value {
    serde_json::from_str(include_str!("tests/rest.json")).unwrap()
}

/// A good event of an HTTP API, payload format 2.0.
fn http_api_event() -> Value {
    serde_json::from_str(include_str!("tests/http_api.json")).unwrap()
}

/// A good event of a load balancer with multi-value headers.
fn load_balancer_event() -> Value {
    serde_json::from_str(include_str!("tests/load_balancer.json")).unwrap()
}

/// `event` with the member at `pointer` set to `value`.
fn with(mut event: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    event.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(name.to_owned(), value);
    event
}

/// `event` without the member at `pointer`.
fn without(mut event: Value, pointer: &str) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    event.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name).unwrap();
    event
}

fn shape_and_request(event: &Value) -> (EventShape, Request) {
    let HttpEvent { shape, request, .. } = parse_http_event(event.to_string().as_bytes(), "").unwrap();
    (shape, request)
}

fn request(event: &Value) -> Request {
    shape_and_request(event).1
}

fn refusal(event: &Value) -> EventRefusal {
    parse_http_event(event.to_string().as_bytes(), "").unwrap_err().refusal
}

fn fields(request: &Request) -> Vec<(&str, &str)> {
    request.headers.iter().collect()
}
