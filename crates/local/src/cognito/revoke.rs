//! Serves `/oauth2/revoke`.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/revocation-endpoint.html>

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode};
use serde_json::json;

use super::StandIn;
use super::client_authentication::{self as authentication, AcceptedMethods};
use super::parameters::Parameters;
use super::token::{ErrorCode, is_form, json_response};

/// POST `/oauth2/revoke`.
pub(super) async fn answer(State(stand_in): State<StandIn>, headers: HeaderMap, body: Bytes) -> Response {
    let Err(error) = revoke(&stand_in, &headers, &body) else { return StatusCode::OK.into_response() };
    let status = if error == "invalid_client" { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
    json_response(status, &json!({ "error": error }))
}

fn revoke(stand_in: &StandIn, headers: &HeaderMap, body: &[u8]) -> Result<(), ErrorCode> {
    if !is_form(headers) {
        return Err("invalid_request");
    }
    let form = Parameters::parse(body);
    let client = authentication::client(stand_in.options(), headers, &form, AcceptedMethods::Basic)?;
    let token = form.one("token").ok().flatten().ok_or("invalid_request")?;
    if !client.token_revocation {
        return Err("invalid_request");
    }
    // ID and access tokens are signed, so they have three parts; a refresh token has five.
    if token.split('.').count() == 3 {
        return Err("unsupported_token_type");
    }
    let mut state = stand_in.state();
    let found = state.refresh_tokens.get(token).filter(|found| found.grant.client_id == client.client_id);
    if let Some(origin_jti) = found.map(|found| found.grant.origin_jti.clone()) {
        state.revoke(&origin_jti);
    }
    Ok(())
}
