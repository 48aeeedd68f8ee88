//! The UserInfo endpoint (OIDC Core section 5.3).

use serde_json::{Map, Value};

use crate::json::parse_object;
use crate::provider::call::{CallKind, ProviderRequest, ProviderResponse};
use crate::refusal::particular::Particular;
use crate::refusal::reason::{self, Reason};
use crate::secret::Secret;

/// Why UserInfo is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserInfoRefusal {
    /// Not a JSON object; also a signed answer (`application/jwt`), which was not asked for.
    Malformed(Particular),
    /// `sub` is not that of the ID token: somebody else's claims (OIDC Core section 5.3.2).
    Subject,
    /// The provider refuses the access token.
    TokenRefused,
    /// Any other status but 200.
    Unavailable,
}

impl UserInfoRefusal {
    /// The reason that the outside sees.
    pub const fn reason(&self) -> &'static Reason {
        match self {
            Self::Malformed(_) => &reason::USER_INFO_MALFORMED,
            Self::Subject => &reason::USER_INFO_SUBJECT_MISMATCH,
            Self::TokenRefused => &reason::USER_INFO_REFUSED,
            Self::Unavailable => &reason::USER_INFO_UNAVAILABLE,
        }
    }
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
    let claims = parse_object(&response.body)
        .map_err(|refusal| UserInfoRefusal::Malformed(Particular::no_object("the answer", refusal)))?;
    // 5.3.2: "The sub Claim in the UserInfo Response MUST be verified to exactly match the sub Claim in the ID
    // Token; if they do not match, the UserInfo Response values MUST NOT be used."
    match claims.get("sub") {
        Some(Value::String(own)) if own == subject => Ok(claims),
        Some(Value::String(_)) => Err(UserInfoRefusal::Subject),
        Some(other) => Err(UserInfoRefusal::Malformed(Particular::wrong_type("sub", "a string", other))),
        None => Err(UserInfoRefusal::Malformed(Particular::missing("sub"))),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::refusal::particular::untold;

    fn judged(status: u16, body: &str) -> Result<Map<String, Value>, UserInfoRefusal> {
        judge(&ProviderResponse { status, content_type: None, body: body.as_bytes().to_vec() }, "ada")
    }

    #[test]
    fn claims_of_the_user_are_read() {
        let claims = judged(200, r#"{"sub":"ada","email":"ada@example.com"}"#).unwrap();
        assert_eq!(claims.get("email").unwrap(), "ada@example.com");
    }

    #[test]
    fn claims_of_somebody_else_are_refused() {
        for sub in ["bob", "", "Ada", "ada "] {
            let body = format!(r#"{{"sub":"{sub}"}}"#);
            assert_eq!(judged(200, &body), Err(UserInfoRefusal::Subject), "{sub}");
        }
    }

    #[test]
    fn claims_of_nobody_are_malformed() {
        for body in
            [r#"{"email":"x"}"#, r#"{"sub":null}"#, r#"{"sub":["ada"]}"#, r#"{"sub":"ada","sub":"ada"}"#]
        {
            assert_eq!(judged(200, body), Err(UserInfoRefusal::Malformed(untold())), "{body}");
        }
    }

    #[test]
    fn a_signed_answer_is_malformed() {
        assert_eq!(
            judged(200, "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ."),
            Err(UserInfoRefusal::Malformed(untold()))
        );
    }

    #[test]
    fn a_refused_token_is_told_apart_from_an_outage() {
        for status in [400, 401, 403] {
            assert_eq!(judged(status, r#"{"sub":"ada"}"#), Err(UserInfoRefusal::TokenRefused), "{status}");
        }
        for status in [204, 302, 404, 429, 500, 503] {
            assert_eq!(judged(status, r#"{"sub":"ada"}"#), Err(UserInfoRefusal::Unavailable), "{status}");
        }
    }

    #[test]
    fn the_request_carries_the_token_in_its_header_and_not_in_debug() {
        let request = request("https://login.example.com/userinfo", &Secret::new("t0ken"));
        assert_eq!(request.url, "https://login.example.com/userinfo");
        let authorization = request.headers.iter().find(|(name, _)| *name == "authorization").unwrap();
        assert_eq!(authorization.1.expose(), "Bearer t0ken");
        assert!(!format!("{request:?}").contains("t0ken"));
    }
}
