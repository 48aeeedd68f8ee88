//! Refreshes a session's tokens (RFC 6749 section 6, OIDC Core section 12), in steps that each consume the
//! previous one.

use crate::configuration::{AccessTokenHeader, Configuration};
use crate::provider::call::{ProviderRequest, ProviderResponse};
use crate::provider::client_authentication::ClientCredentials;
use crate::provider::token_endpoint::{self, Issued, TokenEndpointRefusal, TokenResponse};
use crate::refusal::Refusal;
use crate::refusal::reason::Fault;
use crate::relying_party::RelyingParty;
use crate::secret::Secret;
use crate::session::Session;
use crate::session::refresh_policy::{self, RefreshRefusal};
use crate::time::Timestamp;
use crate::token::id_token::{self, EarlierIdToken, IdToken, IdTokenExpectations};
use crate::token::jwks::KeySet;
use crate::token::jws::UnverifiedToken;

/// A session with a usable refresh token.
pub struct RefreshableSession {
    session: Session,
    refresh_token: Secret,
}

/// The provider's response, with its ID token unchecked.
pub struct RefreshResponse {
    session: Session,
    tokens: TokenResponse,
}

/// The fate of a session whose tokens were not refreshed.
#[derive(Debug)]
pub enum Unrefreshed {
    /// The refusal says nothing about the session, so it stays as it is.
    Stays,
    /// It lasts until its access token expires, and is not refreshed again.
    EndsWithToken(Box<Session>),
    /// It has ended.
    Ends,
}

/// Decides about `session` after a refused refresh.
///
/// A refusal that is not an outage would be repeated, so the provider is not asked again. `invalid_grant`
/// ends the session at once (RFC 6749 section 5.2), unless `spent_by_another`: another request may have used
/// the refresh token and lost the response. Any other refusal says nothing about the access token, which is
/// used while it is valid. Two refusals are shown to the person instead, because a new sign-in would have the
/// same result: a new token that is already due, and a session that is too large for cookies.
pub fn unrefreshed(
    session: Session,
    refusal: &Refusal,
    spent_by_another: bool,
    now: Timestamp,
) -> Unrefreshed {
    if would_repeat(refusal) || refusal.reason().fault == Fault::Outage {
        return Unrefreshed::Stays;
    }
    let ends_at_once = *refusal == Refusal::Refresh(RefreshRefusal::Refused) && !spent_by_another;
    if ends_at_once || !session.has_token_for(0, now) {
        return Unrefreshed::Ends;
    }
    Unrefreshed::EndsWithToken(Box::new(Session { refresh_refused: true, ..session }))
}

/// Tells whether a session with a valid access token is used although it was not refreshed.
pub fn goes_on_unrefreshed(refusal: &Refusal) -> bool {
    let fault = refusal.reason().fault;
    matches!(fault, Fault::Configuration | Fault::Outage | Fault::Provider) && !would_repeat(refusal)
}

/// Tells whether the new refresh token in a response with this refusal replaces the spent one. It does if the
/// response may be good but could not be checked, or if our own configuration is the cause. No token of any
/// other response is used.
pub fn keeps_rotated(refusal: &Refusal) -> bool {
    matches!(refusal.reason().fault, Fault::Configuration | Fault::Outage) || would_repeat(refusal)
}

const fn would_repeat(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::Refresh(RefreshRefusal::RefreshLoop) | Refusal::SessionTooLarge(_))
}

impl RefreshableSession {
    /// Prepares the refresh of `session`.
    ///
    /// # Errors
    ///
    /// [`RefreshRefusal::NotRefreshable`].
    pub fn of(session: Session) -> Result<Self, Refusal> {
        let refresh_token = session.usable_refresh_token().cloned().ok_or(RefreshRefusal::NotRefreshable)?;
        Ok(Self { session, refresh_token })
    }

    /// The token request.
    pub fn token_request(
        &self,
        endpoint: &str,
        client: &ClientCredentials,
        configuration: &Configuration,
    ) -> ProviderRequest {
        let (arguments, repeatable) =
            (&configuration.token_post_args, configuration.rotation.is_repeatable());
        token_endpoint::refresh_request(endpoint, client, &self.refresh_token, arguments, repeatable)
    }

    /// Takes the response to the token request.
    ///
    /// # Errors
    ///
    /// [`RefreshRefusal::Refused`] when the session has ended at the provider. Any other refusal says nothing
    /// about the session.
    pub fn received(self, response: &ProviderResponse) -> Result<RefreshResponse, Refusal> {
        let tokens = token_endpoint::read_response(response).map_err(|refusal| match refusal {
            TokenEndpointRefusal::InvalidGrant => RefreshRefusal::Refused.into(),
            other => Refusal::TokenEndpoint(other),
        })?;
        Ok(RefreshResponse { session: self.session, tokens })
    }
}

impl RefreshResponse {
    /// The tokens that identify the user; `None` when there is no ID token.
    pub fn issued(&self) -> Option<Issued> {
        let id_token = self.tokens.id_token.clone()?;
        Some(Issued { id_token, access_token: self.tokens.access_token.clone() })
    }

    /// The old session with the provider's new refresh token, if there is one: the old token is spent, even
    /// if the rest of the response is refused.
    pub fn rotated(&self) -> Option<Session> {
        let refresh_token = self.tokens.refresh_token.clone()?;
        Some(Session { refresh_token: Some(refresh_token), ..self.session.clone() })
    }

    /// The refreshed session. `keys` are needed when there is an ID token.
    ///
    /// # Errors
    ///
    /// The fault of the ID token; [`RefreshRefusal::RefreshLoop`] when the new access token is due at once.
    pub fn session(
        self,
        relying_party: &RelyingParty,
        keys: Option<&KeySet>,
        now: Timestamp,
    ) -> Result<Session, Refusal> {
        let id_token = self.id_token(relying_party, keys, now)?;
        let configuration = &relying_party.configuration;
        let Self { session, tokens } = self;
        let scope = tokens.granted_scope(&relying_party.configuration, session.scope);
        let forwards = configuration.upstream.access_token_header != AccessTokenHeader::None;
        let mut refreshed = Session {
            access_token: forwards.then_some(tokens.access_token),
            access_token_expires_at: tokens.expires_in.map(|seconds| now.plus(seconds)),
            refresh_token: tokens.refresh_token.or(session.refresh_token),
            id_token: tokens.id_token.or(session.id_token).filter(|_| configuration.keeps_id_token()),
            scope,
            renewed_at: now,
            seen_at: now,
            ..session
        };
        if let Some(id_token) = id_token {
            refreshed.take_over(id_token, relying_party);
        }
        refresh_policy::check_refreshed(&refreshed, configuration.refresh_lead, now)?;
        Ok(refreshed)
    }

    fn id_token(
        &self,
        relying_party: &RelyingParty,
        keys: Option<&KeySet>,
        now: Timestamp,
    ) -> Result<Option<IdToken>, Refusal> {
        let Some(id_token) = &self.tokens.id_token else { return Ok(None) };
        let keys = keys.ok_or(Refusal::Internal)?;
        let verified = UnverifiedToken::parse(id_token.expose())
            .and_then(|token| token.verify(keys, &relying_party.configuration.signing_algorithms))
            .map_err(Refusal::IdTokenUnverified)?;
        let expectations = IdTokenExpectations {
            access_token: Some(self.tokens.access_token.expose()),
            ..IdTokenExpectations::of(&relying_party.configuration, now)
        };
        let earlier = EarlierIdToken {
            issuer: &self.session.issuer,
            subject: &self.session.subject,
            nonce: self.session.nonce.as_deref(),
        };
        Ok(Some(id_token::check_refreshed(verified, &expectations, &earlier)?))
    }
}

impl Session {
    /// Takes over the claims, which change during a session, above all groups. The time of authentication
    /// does not change, because a refresh does not ask the user: `auth_time` stays that of the sign-in (OIDC
    /// Core section 12.2), and absent if the sign-in had none.
    fn take_over(&mut self, mut id_token: IdToken, relying_party: &RelyingParty) {
        id_token.claims.remove("auth_time");
        id_token.claims.extend(self.claims.remove_entry("auth_time"));
        self.username = id_token.username;
        self.email = id_token.email;
        self.groups = id_token.groups;
        self.claims = relying_party.configuration.kept_claims(id_token.claims);
        // A provider may send the `sid` only now.
        self.sid = self.sid.take().or(id_token.sid);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::configuration::{Configuration, Role, Sources};
    use crate::refusal::log_detail::any_detail;
    use crate::token::id_token::IdTokenRefusal;
    use crate::token::test_tokens::{CLIENT_ID, ISSUER, NONCE, NOW, TokenBuilder, key_set};

    fn relying_party() -> RelyingParty {
        let document = serde_json::json!({
            "provider": "cognito",
            "issuer": ISSUER,
            "user_pool_domain": "https://login.example.com",
            "client_id": CLIENT_ID,
            "client_auth": "none",
            "public_url": "https://app.example.com",
            "session_secret": "a text of at least thirty-two bytes",
        });
        let document = document.to_string();
        let sources = Sources { document: Some(&document), ..Sources::default() };
        RelyingParty::new(Configuration::from_sources(&sources, Role::Callback).unwrap()).unwrap()
    }

    fn session(nonce: Option<&str>) -> Session {
        let verified = TokenBuilder::id_token().verified();
        let subject = verified.claims().get("sub").and_then(|sub| sub.as_str()).unwrap();
        let written = Session {
            refresh_token: Some(Secret::new("refresh")),
            auth_time: Some(NOW.plus(-5)),
            nonce: nonce.map(str::to_owned),
            ..Session::bare(ISSUER, subject, NOW)
        };
        // The session as it is read from a cookie or a store.
        Session::decode(&written.encode()).unwrap()
    }

    fn refreshed_session(session: Session, id_token: &TokenBuilder) -> Result<Session, Refusal> {
        let body = serde_json::json!({
            "access_token": "access", "id_token": id_token.build(), "token_type": "Bearer", "expires_in": 3600,
        });
        let response = ProviderResponse {
            status: 200,
            content_type: Some("application/json".to_owned()),
            body: body.to_string().into_bytes(),
        };
        let received = RefreshableSession::of(session)?.received(&response)?;
        received.session(&relying_party(), Some(&key_set()), NOW)
    }

    #[test]
    fn a_refreshed_id_token_may_repeat_the_nonce_of_the_sign_in() {
        let first = refreshed_session(session(Some(NONCE)), &TokenBuilder::id_token()).unwrap();
        assert!(!first.claims.contains_key("nonce"));
        // A second refresh works too, because the nonce outlives the first.
        assert!(refreshed_session(first, &TokenBuilder::id_token()).is_ok());
    }

    #[test]
    fn a_refreshed_id_token_may_have_no_nonce() {
        let token = TokenBuilder::id_token().without_claim("nonce");
        let first = refreshed_session(session(Some(NONCE)), &token).unwrap();
        assert_eq!(first.nonce.as_deref(), Some(NONCE));
    }

    #[test]
    fn a_refreshed_id_token_with_another_nonce_is_refused() {
        let token = TokenBuilder::id_token().claim("nonce", "another");
        let refusal = refreshed_session(session(Some(NONCE)), &token).unwrap_err();
        assert_eq!(refusal, Refusal::IdToken(IdTokenRefusal::NonceChanged));
    }

    #[test]
    fn auth_time_stays_that_of_the_sign_in() {
        let proved_at = NOW.unix() - 5;
        for (kept, refreshed) in [
            (Some(proved_at), Some(proved_at)),
            (Some(proved_at), Some(NOW.unix())),
            (Some(proved_at), Some(proved_at - 60)),
            (Some(proved_at), None),
            (None, Some(NOW.unix())),
            (None, None),
        ] {
            let mut before = session(Some(NONCE));
            before.auth_time = kept.map(Timestamp::from_unix);
            before.claims.extend(kept.map(|seconds| ("auth_time".to_owned(), seconds.into())));
            let token = TokenBuilder::id_token().without_claim("auth_time");
            let token = refreshed.into_iter().fold(token, |token, seconds| token.claim("auth_time", seconds));
            let refreshed = refreshed_session(before, &token).unwrap();
            assert_eq!(refreshed.auth_time, kept.map(Timestamp::from_unix), "{kept:?} {refreshed:?}");
            let claim = refreshed.claims.get("auth_time").and_then(serde_json::Value::as_i64);
            assert_eq!(claim, kept, "{kept:?} {refreshed:?}");
        }
    }

    #[test]
    fn a_session_of_the_provider_that_is_named_late_is_taken_over_and_then_stays() {
        let first =
            refreshed_session(session(Some(NONCE)), &TokenBuilder::id_token().claim("sid", "one")).unwrap();
        assert_eq!(first.sid.as_deref(), Some("one"));
        let second = refreshed_session(first, &TokenBuilder::id_token().claim("sid", "two")).unwrap();
        assert_eq!(second.sid.as_deref(), Some("one"));
    }

    #[test]
    fn the_scope_of_a_user_pool_is_what_its_access_token_says() {
        let granted = |access_token: &str, said: Option<&str>| {
            let mut body = serde_json::json!({ "access_token": access_token, "token_type": "Bearer" });
            if let Some(scope) = said {
                body.as_object_mut().unwrap().insert("scope".to_owned(), scope.into());
            }
            let body = body.to_string().into_bytes();
            let response = ProviderResponse { status: 200, content_type: None, body };
            let before = Session { scope: Some("openid admin".to_owned()), ..session(Some(NONCE)) };
            let received = RefreshableSession::of(before).unwrap().received(&response).unwrap();
            received.session(&relying_party(), None, NOW).unwrap().scope
        };
        let own = TokenBuilder::access_token();
        assert_eq!(granted(&own.build(), None).as_deref(), Some("openid email"));
        assert_eq!(granted(&own.build(), Some("openid admin")).as_deref(), Some("openid email"));
        // A token that names no scope grants none.
        for silent in [own.clone().without_claim("scope"), own.clone().claim("scope", 5)] {
            assert_eq!(granted(&silent.build(), None).as_deref(), Some(""));
        }
        assert_eq!(granted(&TokenBuilder::id_token().build(), None), None);
        assert_eq!(granted("opaque", None), None);
        assert_eq!(granted("opaque", Some("openid")).as_deref(), Some("openid"));
    }

    #[test]
    fn a_refusal_that_is_no_outage_ends_the_session_with_its_token_at_the_latest() {
        use crate::provider::call::ProviderFault;
        let refused = Refusal::Refresh(RefreshRefusal::Refused);
        let after = |refusal: &Refusal, spent_by_another, seconds| {
            let expires_at = Some(NOW.plus(seconds));
            let before = Session { access_token_expires_at: expires_at, ..session(Some(NONCE)) };
            match unrefreshed(before, refusal, spent_by_another, NOW) {
                Unrefreshed::Stays => "stays",
                Unrefreshed::EndsWithToken(session) => {
                    assert!(session.usable_refresh_token().is_none() && session.refresh_token.is_some());
                    assert_eq!(session.access_token_expires_at, expires_at);
                    "ends with its token"
                }
                Unrefreshed::Ends => "ends",
            }
        };
        for (refusal, spent_by_another, while_it_holds, once_over) in [
            (refused.clone(), false, "ends", "ends"),
            (refused, true, "ends with its token", "ends"),
            (
                TokenEndpointRefusal::NeedsInteraction(any_detail()).into(),
                false,
                "ends with its token",
                "ends",
            ),
            (TokenEndpointRefusal::InvalidClient.into(), false, "ends with its token", "ends"),
            (TokenEndpointRefusal::Malformed(any_detail()).into(), true, "ends with its token", "ends"),
            (IdTokenRefusal::SubjectChanged.into(), false, "ends with its token", "ends"),
            (ProviderFault::TimedOut.into(), false, "stays", "stays"),
            (TokenEndpointRefusal::Unavailable.into(), true, "stays", "stays"),
            (RefreshRefusal::RefreshLoop.into(), false, "stays", "stays"),
        ] {
            assert_eq!(after(&refusal, spent_by_another, 1), while_it_holds, "{refusal:?}");
            assert_eq!(after(&refusal, spent_by_another, 0), once_over, "{refusal:?}");
        }
    }

    #[test]
    fn a_session_without_a_refresh_token_is_not_refreshed() {
        let session = Session { refresh_token: None, ..session(Some(NONCE)) };
        let refusal = refreshed_session(session, &TokenBuilder::id_token()).unwrap_err();
        assert_eq!(refusal.reason().code, "not_refreshable");
    }

    #[test]
    fn a_nonce_that_cannot_be_compared_is_refused() {
        let refusal = refreshed_session(session(None), &TokenBuilder::id_token()).unwrap_err();
        assert_eq!(refusal, Refusal::IdToken(IdTokenRefusal::NonceChanged));
    }
}
