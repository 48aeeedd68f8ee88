//! Serves `/oauth2/revoke`.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/revocation-endpoint.html>

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode};
use serde_json::json;

use super::StandIn;
use super::client_authentication::{self as authentication, AcceptedMethods, Unauthenticated};
use super::parameters::Parameters;
use super::token::{is_form, json_response};

/// The reason why nothing is revoked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum RevocationError {
    InvalidClient,
    InvalidRequest,
    UnsupportedTokenType,
}

/// POST `/oauth2/revoke`.
pub(super) async fn answer(State(stand_in): State<StandIn>, headers: HeaderMap, body: Bytes) -> Response {
    let (status, error) = match revoke(&stand_in, &headers, &body) {
        Ok(()) => return StatusCode::OK.into_response(),
        Err(RevocationError::InvalidClient) => (StatusCode::UNAUTHORIZED, "invalid_client"),
        Err(RevocationError::InvalidRequest) => (StatusCode::BAD_REQUEST, "invalid_request"),
        Err(RevocationError::UnsupportedTokenType) => (StatusCode::BAD_REQUEST, "unsupported_token_type"),
    };
    json_response(status, &json!({ "error": error }))
}

fn revoke(stand_in: &StandIn, headers: &HeaderMap, body: &[u8]) -> Result<(), RevocationError> {
    if !is_form(headers) {
        return Err(RevocationError::InvalidRequest);
    }
    let form = Parameters::parse(body);
    let client = authentication::client(stand_in.options(), headers, &form, AcceptedMethods::Basic).map_err(
        |why| match why {
            Unauthenticated::Malformed => RevocationError::InvalidRequest,
            Unauthenticated::Refused => RevocationError::InvalidClient,
        },
    )?;
    let token = form.one("token").ok().flatten().ok_or(RevocationError::InvalidRequest)?;
    if !client.token_revocation {
        return Err(RevocationError::InvalidRequest);
    }
    // ID and access tokens are signed, so they have three parts; a refresh token has five.
    if token.split('.').count() == 3 {
        return Err(RevocationError::UnsupportedTokenType);
    }
    let mut state = stand_in.state();
    let found = state.refresh_tokens.get(token).filter(|found| found.grant.client_id == client.client_id);
    if let Some(origin_jti) = found.map(|found| found.grant.origin_jti.clone()) {
        state.revoke(&origin_jti);
    }
    Ok(())
}
