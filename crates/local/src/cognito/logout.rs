//! Serves `/logout`, in both of its forms.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/logout-endpoint.html>

use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::HeaderMap;

use super::StandIn;
use super::options::Options;
use super::page;
use super::parameters::Parameters;
use super::state::{SIGN_ON_COOKIE, cookie};

/// The parameters that the second form passes on to `/login`.
const PASSED_ON: [&str; 6] = ["client_id", "redirect_uri", "response_type", "scope", "state", "nonce"];

/// GET `/logout`.
pub(super) async fn answer(
    State(stand_in): State<StandIn>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let parameters = Parameters::parse(query.unwrap_or_default().as_bytes());
    let location = match destination(&parameters, stand_in.options()) {
        Ok(location) => location,
        Err((error, text)) => return page::refusal(error, text),
    };
    if let Some(id) = cookie(&headers, SIGN_ON_COOKIE) {
        stand_in.state().pool_sessions.remove(&id);
    }
    let expired = format!("{SIGN_ON_COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
    page::with_cookie(page::redirect(&location), &expired)
}

/// The target of a sign-out. `logout_uri` takes precedence over `redirect_uri`.
fn destination(parameters: &Parameters, options: &Options) -> Result<String, (&'static str, &'static str)> {
    let one = |name| parameters.one(name).map_err(|_| ("invalid_request", "A parameter is repeated."));
    let client_id = one("client_id")?.ok_or(("invalid_request", "The request names no client."))?;
    let client = options
        .client(client_id)
        .ok_or(("invalid_client", "No app client of this user pool has that client_id."))?;
    if let Some(logout_uri) = one("logout_uri")? {
        let registered = client.logout_urls.iter().any(|registered| registered == logout_uri);
        return if registered {
            Ok(logout_uri.to_owned())
        } else {
            Err(("redirect_mismatch", "The logout_uri is not exactly one of the app client's sign-out URLs."))
        };
    }
    let redirect_uri =
        one("redirect_uri")?.ok_or(("invalid_request", "Neither logout_uri nor redirect_uri is given."))?;
    if client.callback_urls.iter().all(|registered| registered != redirect_uri) {
        return Err((
            "redirect_mismatch",
            "The redirect_uri is not exactly one of the app client's callback URLs.",
        ));
    }
    one("response_type")?.ok_or(("invalid_request", "redirect_uri needs a response_type."))?;
    let mut passed_on = Parameters::default();
    for name in PASSED_ON {
        passed_on = match (name, one(name)?) {
            (_, Some(value)) => passed_on.with(name, value),
            ("scope", None) => passed_on.with(name, &client.scopes.join(" ")),
            (_, None) => passed_on,
        };
    }
    Ok(format!("/login?{}", passed_on.encode()))
}
