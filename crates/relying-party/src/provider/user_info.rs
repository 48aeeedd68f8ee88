//! Calls the UserInfo endpoint (OIDC Core section 5.3).

use serde_json::{Map, Value};

use crate::configuration::Configuration;
use crate::json::parse_object;
use crate::provider::call::{CallKind, ProviderRequest, ProviderResponse};
use crate::refusal::log_detail::LogDetail;
use crate::refusal::reason::{self, Reason};
use crate::secret::Secret;
use crate::session::Session;
use crate::token::claims;

/// Why the userinfo response is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserInfoRefusal {
    /// The response is not a JSON object. A signed one (`application/jwt`) is refused too, as it was not
    /// requested.
    Malformed(LogDetail),
    /// `sub` is not that of the ID token: the claims are another user's (OIDC Core section 5.3.2).
    Subject,
    /// The provider rejects the access token.
    TokenRefused,
    /// The status is not 200.
    Unavailable,
}

impl UserInfoRefusal {
    /// The code, status and texts of this refusal.
    pub const fn reason(&self) -> &'static Reason {
        match self {
            Self::Malformed(_) => &reason::USER_INFO_MALFORMED,
            Self::Subject => &reason::USER_INFO_SUBJECT_MISMATCH,
            Self::TokenRefused => &reason::USER_INFO_REFUSED,
            Self::Unavailable => &reason::USER_INFO_UNAVAILABLE,
        }
    }
}

/// Requests the user's claims.
pub fn request(endpoint: &str, access_token: &Secret) -> ProviderRequest {
    let authorization = Secret::new(format!("Bearer {}", access_token.expose()));
    ProviderRequest::fetch(endpoint, CallKind::UserInfo).header("authorization", authorization)
}

/// Judges the response to [`request`] for the user of the ID token.
///
/// # Errors
///
/// [`UserInfoRefusal`].
pub fn read_response(
    response: &ProviderResponse,
    subject: &str,
) -> Result<Map<String, Value>, UserInfoRefusal> {
    match response.status {
        200 => {}
        400 | 401 | 403 => return Err(UserInfoRefusal::TokenRefused),
        _ => return Err(UserInfoRefusal::Unavailable),
    }
    let claims = parse_object(&response.body)
        .map_err(|refusal| UserInfoRefusal::Malformed(LogDetail::no_object("the answer", refusal)))?;
    // 5.3.2: "The sub Claim in the UserInfo Response MUST be verified to exactly match the sub Claim in the ID
    // Token; if they do not match, the UserInfo Response values MUST NOT be used."
    match claims.get("sub") {
        Some(Value::String(own)) if own == subject => Ok(claims),
        Some(Value::String(_)) => Err(UserInfoRefusal::Subject),
        Some(other) => Err(UserInfoRefusal::Malformed(LogDetail::wrong_type("sub", "a string", other))),
        None => Err(UserInfoRefusal::Malformed(LogDetail::missing("sub"))),
    }
}

impl Configuration {
    /// The userinfo endpoint, if it has to be called. Cognito's ID tokens already have every claim that it
    /// could add.
    pub fn user_info_endpoint(&self) -> Option<&str> {
        let configured = self.endpoints.userinfo.as_deref();
        configured.filter(|_| !self.is_cognito())
    }

    /// The claims of an ID token that a session keeps. If the userinfo endpoint is still to be called, all
    /// claims about the person.
    pub(crate) fn kept_claims(&self, mut claims: Map<String, Value>) -> Map<String, Value> {
        claims.retain(|name, _| !TOKEN_CLAIMS.contains(&name.as_str()));
        if self.user_info_endpoint().is_none() {
            self.narrow(&mut claims);
        }
        claims
    }

    fn narrow(&self, claims: &mut Map<String, Value>) {
        if let Some(kept) = &self.session.claims {
            claims.retain(|name, _| kept.contains(name));
        }
    }
}

impl Session {
    /// Adds the claims of a userinfo response that the session's ID token lacks. Claims of the ID token stay,
    /// because it is signed.
    ///
    /// # Errors
    ///
    /// The response is not about this person.
    pub fn with_user_info(
        mut self,
        response: &ProviderResponse,
        configuration: &Configuration,
    ) -> Result<Self, UserInfoRefusal> {
        // An address and its `email_verified` belong together: one source's flag says nothing about the
        // other's address.
        let has_email = EMAIL_CLAIMS.iter().any(|name| self.claims.contains_key(*name));
        for (name, value) in read_response(response, &self.subject)? {
            if !(has_email && EMAIL_CLAIMS.contains(&name.as_str())) {
                self.claims.entry(name).or_insert(value);
            }
        }
        self.username = claims::description(&self.claims, "preferred_username").map(str::to_owned);
        self.email = claims::verified_email(&self.claims).map(str::to_owned);
        self.groups = claims::groups(&self.claims, configuration.groups_claim());
        configuration.narrow(&mut self.claims);
        Ok(self)
    }
}

/// Claims about the token rather than about the person. No later step reads them, and cookies are small.
const TOKEN_CLAIMS: [&str; 7] = ["at_hash", "c_hash", "s_hash", "event_id", "jti", "nonce", "origin_jti"];

const EMAIL_CLAIMS: [&str; 2] = ["email", "email_verified"];

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use serde_json::json;

    use super::*;
    use crate::configuration::{Role, Sources};
    use crate::refusal::log_detail::any_detail;
    use crate::time::Timestamp;

    fn judged(status: u16, body: &str) -> Result<Map<String, Value>, UserInfoRefusal> {
        read_response(&ProviderResponse { status, content_type: None, body: body.as_bytes().to_vec() }, "ada")
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
            assert_eq!(judged(200, body), Err(UserInfoRefusal::Malformed(any_detail())), "{body}");
        }
    }

    #[test]
    fn a_signed_answer_is_malformed() {
        assert_eq!(
            judged(200, "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ."),
            Err(UserInfoRefusal::Malformed(any_detail()))
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

    fn keeping(session_claims: Option<&str>) -> Configuration {
        let mut document = json!({
            "issuer": "https://id.example.com",
            "client_id": "app",
            "client_secret": "secret",
            "public_url": "https://app.example.com",
            "session_secret": "0123456789abcdef0123456789abcdef",
            "userinfo_endpoint": "https://id.example.com/userinfo",
        });
        if let Some(names) = session_claims {
            document.as_object_mut().unwrap().insert("session_claims".to_owned(), json!(names));
        }
        let document = document.to_string();
        let sources = Sources { document: Some(&document), ..Sources::default() };
        Configuration::from_sources(&sources, Role::Callback).unwrap()
    }

    fn session(claims: &Value) -> Session {
        let now = Timestamp::from_unix(1_800_000_000);
        Session {
            claims: claims.as_object().unwrap().clone(),
            ..Session::bare("https://id.example.com", "ada", now)
        }
    }

    fn answered(session: Session, user_info: &Value) -> Result<Session, UserInfoRefusal> {
        let response =
            ProviderResponse { status: 200, content_type: None, body: user_info.to_string().into_bytes() };
        session.with_user_info(&response, &keeping(None))
    }

    #[test]
    fn user_info_adds_what_the_id_token_lacks() {
        let user_info = json!({
            "sub": "ada", "email": "ada@example.com", "email_verified": true,
            "preferred_username": "ada", "groups": ["admins"],
        });
        let session = answered(session(&json!({ "sub": "ada" })), &user_info).unwrap();
        assert_eq!(session.email.as_deref(), Some("ada@example.com"));
        assert_eq!(session.username.as_deref(), Some("ada"));
        assert_eq!(session.groups, ["admins"]);
    }

    #[test]
    fn claims_that_nobody_asked_to_keep_are_told_apart_from_the_person_and_dropped() {
        let user_info = json!({
            "sub": "ada", "email": "ada@example.com", "email_verified": true, "preferred_username": "ada",
            "groups": ["admins"], "locale": "en", "zoneinfo": "UTC",
        });
        let response =
            ProviderResponse { status: 200, content_type: None, body: user_info.to_string().into_bytes() };
        let session = session(&json!({ "sub": "ada" })).with_user_info(&response, &keeping(Some("locale")));
        let session = session.unwrap();
        assert_eq!(session.email.as_deref(), Some("ada@example.com"));
        assert_eq!(session.username.as_deref(), Some("ada"));
        assert_eq!(session.groups, ["admins"]);
        assert_eq!(Value::Object(session.claims), json!({ "groups": ["admins"], "locale": "en" }));
    }

    #[test]
    fn user_info_never_overrides_the_id_token() {
        let session = session(&json!({ "sub": "ada", "groups": ["staff"] }));
        let session = answered(session, &json!({ "sub": "ada", "groups": ["admins"] })).unwrap();
        assert_eq!(session.groups, ["staff"]);
    }

    #[test]
    fn user_info_never_verifies_the_address_of_the_id_token() {
        let session = session(&json!({ "sub": "ada", "email": "root@example.com" }));
        let user_info = json!({ "sub": "ada", "email": "ada@example.com", "email_verified": true });
        assert_eq!(answered(session, &user_info).unwrap().email, None);
    }

    #[test]
    fn user_info_about_somebody_else_is_refused() {
        let refused = answered(session(&json!({ "sub": "ada" })), &json!({ "sub": "eve" }));
        assert_eq!(refused.unwrap_err(), UserInfoRefusal::Subject);
    }

    #[test]
    fn user_info_of_a_wrong_type_counts_as_absent() {
        let user_info = json!({
            "sub": "ada", "groups": 7, "preferred_username": ["ada"], "email": true, "email_verified": true,
        });
        let session = answered(session(&json!({ "sub": "ada" })), &user_info).unwrap();
        assert_eq!((session.username, session.email, session.groups), (None, None, vec![]));
    }
}
