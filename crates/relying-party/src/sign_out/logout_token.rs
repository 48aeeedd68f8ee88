//! Checks logout tokens, with which a provider says that one of its sessions, or all sessions of a user, have
//! ended (OpenID Connect Back-Channel Logout 1.0 sections 2.4 to 2.8).

use http::Method;
use serde_json::Value;
use url::form_urlencoded;

use crate::configuration::{Configuration, SessionStorage};
use crate::http::request::Request;
use crate::refusal::log_detail::LogDetail;
use crate::refusal::reason::{self, Reason};
use crate::session::index::Indexed;
use crate::time::Timestamp;
use crate::token::claims::{self, ClaimRefusal, OtherIssuer};
use crate::token::jws::{JwsRefusal, VerifiedClaims};
use crate::token::leeway::TimeWithLeeway;

/// The member of `events` that makes a token a logout token.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// A logout token that is meant for us and current.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogoutToken {
    /// `iss`.
    pub issuer: String,
    /// The user, or the session at the provider, that has ended.
    pub ended: EndedSessions,
    /// `jti`.
    pub jti: String,
    /// `iat`; our own time if the provider's clock is ahead. Later sessions are not ended.
    pub issued_at: Timestamp,
    /// The time from which the token is refused as expired.
    pub refused_from: Timestamp,
}

/// The sessions that have ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndedSessions {
    /// Those from the provider's session with this `sid`. Sessions of `sub` without a known `sid` may belong
    /// to it, so they have ended too (section 2.7: `sub`, `sid` or both tell which sessions).
    Session {
        /// `sid`.
        sid: String,
        /// `sub`, when it is there.
        subject: Option<String>,
    },
    /// All sessions of this `sub`.
    User(String),
}

/// Why a logout token is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogoutTokenRefusal {
    /// `aud` does not contain `client_id`.
    Audience(LogDetail),
    /// A claim is absent or of the wrong type.
    Claim(ClaimRefusal),
    /// `events` has no member for back-channel logout.
    Event(LogDetail),
    /// `exp` has passed.
    Expired,
    /// `iat` is in the future.
    FromTheFuture,
    /// `iss` is not the configured provider.
    Issuer(OtherIssuer),
    /// The request is not a form with one `logout_token`.
    Missing,
    /// The token has a `nonce`: it could be an ID token (section 2.4).
    Nonce,
    /// There is no store with sessions that could be ended, or the provider is a user pool, which sends no
    /// such tokens.
    NotSupported,
    /// The `jti` was seen before.
    Replayed,
    /// The token has neither `sub` nor `sid`.
    Subject,
    /// `typ` names another kind of token.
    Type(LogDetail),
    /// The token is not a JWS signed with a key of the provider.
    Unverified(JwsRefusal),
}

impl LogoutTokenRefusal {
    /// The code, status and texts of this refusal.
    pub const fn reason(&self) -> &'static Reason {
        match self {
            Self::Audience(_) => &reason::LOGOUT_TOKEN_AUDIENCE,
            Self::Claim(_) => &reason::LOGOUT_TOKEN_CLAIM,
            Self::Event(_) => &reason::LOGOUT_TOKEN_EVENT,
            Self::Expired => &reason::LOGOUT_TOKEN_EXPIRED,
            Self::FromTheFuture => &reason::LOGOUT_TOKEN_FROM_THE_FUTURE,
            Self::Issuer(_) => &reason::LOGOUT_TOKEN_ISSUER,
            Self::Missing => &reason::LOGOUT_TOKEN_MISSING,
            Self::Nonce => &reason::LOGOUT_TOKEN_NONCE,
            Self::NotSupported => &reason::BACKCHANNEL_LOGOUT_NOT_SUPPORTED,
            Self::Replayed => &reason::LOGOUT_TOKEN_REPLAYED,
            Self::Subject => &reason::LOGOUT_TOKEN_SUBJECT,
            Self::Type(_) => &reason::LOGOUT_TOKEN_TYPE,
            Self::Unverified(_) => &reason::LOGOUT_TOKEN_UNVERIFIED,
        }
    }
}

impl LogoutToken {
    /// The text of the logout token in a request.
    ///
    /// # Errors
    ///
    /// [`LogoutTokenRefusal::NotSupported`] or [`LogoutTokenRefusal::Missing`].
    pub fn text_in(request: &Request, configuration: &Configuration) -> Result<String, LogoutTokenRefusal> {
        if !configuration.takes_logout_tokens() || configuration.session.storage == SessionStorage::Cookie {
            return Err(LogoutTokenRefusal::NotSupported);
        }
        match form_values(request, "logout_token").as_slice() {
            [token] => Ok(token.clone()),
            _ => Err(LogoutTokenRefusal::Missing),
        }
    }

    /// Checks a logout token whose signature was verified with the provider's keys, in the order of section 2.6.
    ///
    /// # Errors
    ///
    /// The first [`LogoutTokenRefusal`].
    pub fn check(
        verified: &VerifiedClaims,
        configuration: &Configuration,
        now: Timestamp,
    ) -> Result<Self, LogoutTokenRefusal> {
        let claims = verified.claims();
        // Section 2.4: `logout+jwt` is recommended; providers from before that write `JWT` or nothing.
        if !matches!(verified.typ(), None | Some("logout+jwt" | "jwt")) {
            let refusal = LogDetail::other_text("typ", verified.typ(), ["logout+jwt", "JWT"]);
            return Err(LogoutTokenRefusal::Type(refusal));
        }
        let issuer = claims::required_text(claims, "iss")?;
        if !configuration.issuers.iter().any(|own| own == issuer) {
            let refusal = OtherIssuer::new(Some(issuer), [configuration.issuer.as_str()]);
            return Err(LogoutTokenRefusal::Issuer(refusal));
        }
        let client_id = configuration.client.id.as_str();
        if !claims::audiences(claims)?.contains(&client_id) {
            let refusal = LogDetail::other("aud", claims.get("aud"), [client_id]);
            return Err(LogoutTokenRefusal::Audience(refusal));
        }
        let time = TimeWithLeeway { now, leeway: configuration.leeway };
        let issued_at = claims::required_date(claims, "iat")?;
        if time.is_ahead(issued_at) {
            return Err(LogoutTokenRefusal::FromTheFuture);
        }
        let expires_at = claims::required_date(claims, "exp")?;
        if time.is_past(expires_at) {
            return Err(LogoutTokenRefusal::Expired);
        }
        let ended = match (claims::text(claims, "sub")?, claims::text(claims, "sid")?) {
            (subject, Some(sid)) if !sid.is_empty() => EndedSessions::Session {
                sid: sid.to_owned(),
                subject: subject.filter(|subject| !subject.is_empty()).map(str::to_owned),
            },
            (Some(subject), _) if !subject.is_empty() => EndedSessions::User(subject.to_owned()),
            _ => return Err(LogoutTokenRefusal::Subject),
        };
        let event = claims.get("events").and_then(|events| events.get(EVENT));
        if !event.is_some_and(Value::is_object) {
            return Err(LogoutTokenRefusal::Event(other_events(claims.get("events"))));
        }
        if claims.contains_key("nonce") {
            return Err(LogoutTokenRefusal::Nonce);
        }
        let jti = claims::required_text(claims, "jti")?.to_owned();
        Ok(Self {
            issuer: configuration.issuer.clone(),
            ended,
            jti,
            issued_at: issued_at.min(now),
            refused_from: time.refused_from(expires_at),
        })
    }

    /// The index of its revocation.
    pub fn ended(&self) -> Indexed<'_> {
        match &self.ended {
            EndedSessions::Session { sid, .. } => Indexed::ProviderSession { issuer: &self.issuer, sid },
            EndedSessions::User(subject) => Indexed::ProviderUser { issuer: &self.issuer, subject },
        }
    }

    /// The index of the revocation for the user's sessions without a `sid`, if the token has both `sub` and
    /// `sid`.
    pub fn ended_without_sid(&self) -> Option<Indexed<'_>> {
        match &self.ended {
            EndedSessions::Session { subject, .. } => subject
                .as_deref()
                .map(|subject| Indexed::ProviderUserWithoutSid { issuer: &self.issuer, subject }),
            EndedSessions::User(_) => None,
        }
    }

    /// The index under which a store remembers that the token was seen.
    pub fn seen(&self) -> Indexed<'_> {
        Indexed::LogoutToken { issuer: &self.issuer, jti: &self.jti }
    }
}

/// Describes an `events` without the member that makes a token a logout token.
fn other_events(events: Option<&Value>) -> LogDetail {
    match events {
        Some(Value::Object(members)) if members.contains_key(EVENT) => {
            LogDetail::fixed_text("the member of `events` is not an object")
        }
        Some(Value::Object(members)) => {
            let names = Value::from(members.keys().map(String::as_str).collect::<Vec<_>>());
            LogDetail::other("events", Some(&names), [EVENT])
        }
        other => LogDetail::other("events", other, [EVENT]),
    }
}

/// The values of `name` in the body of a form (section 2.5).
pub(crate) fn form_values(request: &Request, name: &str) -> Vec<String> {
    let media_type = request.headers.media_type();
    let is_form =
        media_type.is_some_and(|text| text.eq_ignore_ascii_case("application/x-www-form-urlencoded"));
    if request.method != Method::POST || !is_form {
        return Vec::new();
    }
    form_urlencoded::parse(&request.body)
        .filter(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
        .collect()
}

impl From<ClaimRefusal> for LogoutTokenRefusal {
    fn from(refusal: ClaimRefusal) -> Self {
        Self::Claim(refusal)
    }
}
