//! Serves `/oauth2/authorize`: redirects to the sign-in form or back to the client.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html>

use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::HeaderMap;

use super::StandIn;
use super::authorization_request::{Prompt, read, redirected};
use super::page::{self, refused};
use super::parameters::Parameters;

/// GET `/oauth2/authorize`.
pub(super) async fn answer(
    State(stand_in): State<StandIn>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let query = query.unwrap_or_default();
    let request = match read(&Parameters::parse(query.as_bytes()), stand_in.options()) {
        Ok(request) => request,
        Err(fault) => return refused(&fault),
    };
    let pool_session = stand_in.pool_session(&headers);
    match (request.prompt, pool_session) {
        (Prompt::Default | Prompt::None, Some(pool_session)) => {
            page::redirect(&stand_in.redirect_with_code(&request, &pool_session))
        }
        (Prompt::None, None) => {
            refused(&redirected(&request.redirect_uri, request.state.as_deref(), "login_required", None))
        }
        (Prompt::Default, None) | (Prompt::Login, _) => page::redirect(&format!("/login?{query}")),
    }
}
