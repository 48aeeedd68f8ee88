//! The fixed values that every decision about a deployment shares.

use serde_json::{Map, Value};

use crate::configuration::{Configuration, Fault, Faults};
use crate::forwarding::pseudonym;
use crate::gate::reserved_header::ReservedHeaders;
use crate::http::cookie::CookieNames;
use crate::provider::call::ProviderResponse;
use crate::provider::token_endpoint::TokenResponse;
use crate::provider::user_info;
use crate::refusal::Refusal;
use crate::sealing::Ring;
use crate::session::Session;
use crate::token::access_token;
use crate::token::claims::{self, ClaimPath};

/// A relying party (OIDC Core section 1.2): its configuration and what follows from it alone.
#[derive(Debug)]
pub struct RelyingParty {
    /// The configuration.
    pub configuration: Configuration,
    /// The keys that seal cookies.
    pub ring: Ring,
    /// The names of our cookies.
    pub cookie_names: CookieNames,
    /// The headers that only we set.
    pub reserved_headers: ReservedHeaders,
    /// What this deployment is called in `Via`.
    pub pseudonym: String,
}

impl RelyingParty {
    /// Derives keys and names.
    ///
    /// # Errors
    ///
    /// What the configuration says that no key or name can be made of.
    pub fn new(configuration: Configuration) -> Result<Self, Faults> {
        let session = &configuration.session;
        let ring = Ring::new(&session.secrets, &configuration.client.id)
            .map_err(|fault| faults("session_secret", format!("{fault:?}")))?;
        let cookie_names = CookieNames::new(
            &configuration.client.id,
            session.cookie_name.as_deref(),
            session.cookie_domain.as_deref(),
        )
        .map_err(|fault| faults("session_cookie_name", format!("{fault:?}")))?;
        let reserved_headers = ReservedHeaders::of(&configuration.upstream)
            .and(configuration.front_secrets.iter().map(|header| header.name.as_str()));
        let pseudonym = pseudonym(&configuration);
        Ok(Self { configuration, ring, cookie_names, reserved_headers, pseudonym })
    }

    /// The userinfo endpoint, when it is to be asked: Cognito's ID tokens have every claim that it could add.
    pub fn user_info_endpoint(&self) -> Option<&str> {
        let configured = self.configuration.endpoints.userinfo.as_deref();
        configured.filter(|_| !self.configuration.is_cognito())
    }

    /// The session with the claims of a userinfo answer that its ID token lacks. What the ID token says is signed and
    /// stays.
    ///
    /// # Errors
    ///
    /// An answer that is not about this person.
    pub fn with_user_info(
        &self,
        mut session: Session,
        response: &ProviderResponse,
    ) -> Result<Session, Refusal> {
        // An address and whether it is verified belong together: one answer's word says nothing of the other's.
        let has_email = EMAIL_CLAIMS.iter().any(|name| session.claims.contains_key(*name));
        for (name, value) in user_info::judge(response, &session.subject)? {
            if !(has_email && EMAIL_CLAIMS.contains(&name.as_str())) {
                session.claims.entry(name).or_insert(value);
            }
        }
        let groups_claim = self.configuration.groups_claim.clone().unwrap_or_else(|| ClaimPath::of("groups"));
        session.username = claims::description(&session.claims, "preferred_username").map(str::to_owned);
        session.email = claims::verified_email(&session.claims).map(str::to_owned);
        session.groups = claims::groups(&session.claims, &groups_claim);
        self.narrow(&mut session.claims);
        Ok(session)
    }

    /// Names the claims of a `token` that are of a wrong type, for the log; they count as absent.
    pub fn odd_claims(&self, token: &str, claims: &Map<String, Value>) -> Option<String> {
        let usual = [ClaimPath::of("cognito:groups"), ClaimPath::of("groups")];
        let groups = self.configuration.groups_claim.as_ref().map_or(usual.as_slice(), std::slice::from_ref);
        Some(format!("{token}: {}", claims::odd(claims, groups)?))
    }

    /// The claims of an ID token that a session keeps; all that are about the person while userinfo is still to come.
    pub(crate) fn kept_claims(&self, mut claims: Map<String, Value>) -> Map<String, Value> {
        claims.retain(|name, _| !TOKEN_CLAIMS.contains(&name.as_str()));
        if self.user_info_endpoint().is_none() {
            self.narrow(&mut claims);
        }
        claims
    }

    /// The scope that the provider granted with these tokens. An answer without `scope` grants `expected`: what was asked for
    /// or granted before (RFC 6749 sections 5.1 and 6). A user pool never says `scope`, whatever it granted; its access
    /// token does, and one that cannot be read has none.
    pub(crate) fn granted_scope(&self, tokens: &TokenResponse, expected: Option<String>) -> Option<String> {
        let own = access_token::granted_scope(tokens.access_token.expose());
        let expected = expected.filter(|_| !self.configuration.is_cognito());
        own.or_else(|| tokens.scope.clone()).or(expected)
    }

    fn narrow(&self, claims: &mut Map<String, Value>) {
        if let Some(kept) = &self.configuration.session.claims {
            claims.retain(|name, _| kept.contains(name));
        }
    }

    /// The absolute URL of a path below `auth_prefix`, such as `/login`.
    pub fn own_url(&self, path: &str) -> String {
        self.configuration.public_url.join(&format!("{}{path}", self.configuration.auth_prefix))
    }
}

/// Claims about the token rather than about the person; nothing downstream reads them, and cookies are small.
const TOKEN_CLAIMS: [&str; 7] = ["at_hash", "c_hash", "s_hash", "event_id", "jti", "nonce", "origin_jti"];

const EMAIL_CLAIMS: [&str; 2] = ["email", "email_verified"];

fn faults(key: &str, problem: String) -> Faults {
    Faults(vec![Fault { key: key.to_owned(), problem }])
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use serde_json::json;

    use super::*;
    use crate::configuration::{Role, Sources};
    use crate::provider::user_info::UserInfoRefusal;
    use crate::secret::Secret;
    use crate::time::Timestamp;
    use crate::token::test_tokens::TokenBuilder;

    fn relying_party() -> RelyingParty {
        keeping(None)
    }

    fn keeping(session_claims: Option<&str>) -> RelyingParty {
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
        RelyingParty::new(Configuration::from_sources(&sources, Role::Callback).unwrap()).unwrap()
    }

    fn session(claims: &Value) -> Session {
        let now = Timestamp::from_unix(1_800_000_000);
        Session { claims: claims.as_object().unwrap().clone(), ..Session::bare("ada", now) }
    }

    fn answered(session: Session, user_info: &Value) -> Result<Session, Refusal> {
        let response =
            ProviderResponse { status: 200, content_type: None, body: user_info.to_string().into_bytes() };
        relying_party().with_user_info(session, &response)
    }

    #[test]
    fn an_answer_without_scope_grants_what_was_expected() {
        let tokens = |access_token: &str, scope: Option<&str>| TokenResponse {
            access_token: Secret::new(access_token),
            id_token: None,
            refresh_token: None,
            expires_in: None,
            scope: scope.map(str::to_owned),
        };
        let granted =
            |tokens: &TokenResponse| relying_party().granted_scope(tokens, Some("openid".to_owned()));
        assert_eq!(granted(&tokens("opaque", None)).as_deref(), Some("openid"));
        assert_eq!(granted(&tokens("opaque", Some("openid email"))).as_deref(), Some("openid email"));
        // A user pool that is used as any other provider is one all the same.
        let own = TokenBuilder::access_token().claim("scope", "openid email").build();
        assert_eq!(granted(&tokens(&own, None)).as_deref(), Some("openid email"));
        let elsewhere = TokenBuilder::access_token().without_claim("token_use").build();
        assert_eq!(granted(&tokens(&elsewhere, None)).as_deref(), Some("openid"));
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
        let session = keeping(Some("locale")).with_user_info(session(&json!({ "sub": "ada" })), &response);
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
        assert_eq!(refused.unwrap_err(), Refusal::UserInfo(UserInfoRefusal::Subject));
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
