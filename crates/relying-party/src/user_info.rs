//! The UserInfo endpoint (OIDC Core section 5.3).

use serde_json::{Map, Value};

use crate::json::parse_object;
use crate::provider_call::{CallKind, ProviderRequest, ProviderResponse};
use crate::secret::Secret;

/// Why UserInfo is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserInfoRefusal {
    /// Not a JSON object; also a signed answer (`application/jwt`), which was not asked for.
    ///
    /// `user_info_malformed` provider 502
    Malformed,
    /// `sub` is not that of the ID token: somebody else's claims (OIDC Core section 5.3.2).
    ///
    /// `user_info_subject_mismatch` provider 502
    Subject,
    /// The provider refuses the access token.
    ///
    /// `user_info_refused` provider 502
    TokenRefused,
    /// Any other status but 200.
    ///
    /// `user_info_unavailable` outage 503
    Unavailable,
}

/// Asks for the user's claims.
pub fn request(endpoint: &str, access_token: &Secret) -> ProviderRequest {
    let authorization = Secret::new(format!("Bearer {}", access_token.expose()));
    ProviderRequest::fetch(endpoint, CallKind::UserInfo).header("authorization", authorization)
}

/// Judges the answer to [`request`] for the user of the ID token.
///
/// # Errors
///
/// [`UserInfoRefusal`].
pub fn judge(response: &ProviderResponse, subject: &str) -> Result<Map<String, Value>, UserInfoRefusal> {
    match response.status {
        200 => {}
        400 | 401 | 403 => return Err(UserInfoRefusal::TokenRefused),
        _ => return Err(UserInfoRefusal::Unavailable),
    }
    let claims = parse_object(&response.body).map_err(|_| UserInfoRefusal::Malformed)?;
    // 5.3.2: "The sub Claim in the UserInfo Response MUST be verified to exactly match the sub Claim in the ID
    // Token; if they do not match, the UserInfo Response values MUST NOT be used."
    match claims.get("sub") {
        Some(Value::String(own)) if own == subject => Ok(claims),
        Some(Value::String(_)) => Err(UserInfoRefusal::Subject),
        _ => Err(UserInfoRefusal::Malformed),
    }
}
