//! `/oauth2/health` tells that the function runs.

use http::StatusCode;
use relying_party::http::response::Response;
use serde_json::json;

use crate::logged_response::LoggedResponse;

/// Answers without reading or opening anything.
pub(super) fn health() -> LoggedResponse {
    LoggedResponse::of("healthy", Response::json(StatusCode::OK, &json!({ "status": "ok" })))
}
