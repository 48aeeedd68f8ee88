//! Holds a session: the user, the tokens, and how long it is valid.

mod expired_cookies;
pub mod index;
mod last_end;
pub mod refresh;
pub mod refresh_policy;
pub(crate) mod remember;
pub mod report;
pub mod revocation;
pub mod state;
pub mod store_outage;

mod content;

use serde_json::{Map, Value};

use crate::refusal::reason::{self, Reason};
use crate::{
    configuration::Configuration,
    http::cookie::{CookieNames, Cookies, SessionCookie, SessionCookieRefusal},
    sealing::{Purpose, Ring, SealRefusal},
    secret::Secret,
    time::Timestamp,
};

/// The session of a signed-in user.
#[derive(Clone, Debug)]
pub struct Session {
    /// `iss` of the ID token.
    pub issuer: String,
    /// `sub` of the ID token.
    pub subject: String,
    /// The user name at the provider.
    pub username: Option<String>,
    /// The e-mail address, only if the provider has verified it.
    pub email: Option<String>,
    /// Groups, in the provider's order.
    pub groups: Vec<String>,
    /// The granted scopes, as in the token response (RFC 6749 section 5.1).
    pub scope: Option<String>,
    /// The claims of the ID token that are kept for the upstream and for requirements.
    pub claims: Map<String, Value>,
    /// The access token.
    pub access_token: Option<Secret>,
    /// When it expires.
    pub access_token_expires_at: Option<Timestamp>,
    /// The refresh token.
    pub refresh_token: Option<Secret>,
    /// Whether the provider refused the refresh token. It is then no longer used, but kept so that sign-out
    /// can revoke it.
    pub refresh_refused: bool,
    /// The ID token, for `id_token_hint` at sign-out and for the upstream.
    pub id_token: Option<Secret>,
    /// The provider's id of its own session (OpenID Connect Front-Channel Logout section 3).
    pub sid: Option<String>,
    /// When the user last authenticated (OpenID Connect Core section 2).
    pub auth_time: Option<Timestamp>,
    /// `nonce` of the ID token from sign-in, which a refreshed one may repeat (OpenID Connect Core section
    /// 12.2). It is not a claim about the person and is not sent to the upstream.
    pub nonce: Option<String>,
    /// Whether the session outlives the browser.
    pub remembered: bool,
    /// When this session began. The absolute limit starts here.
    pub signed_in_at: Timestamp,
    /// When it was last renewed, by a refresh or without one. The rolling limit starts here.
    pub renewed_at: Timestamp,
    /// The last recorded use. The idle limit starts here.
    pub seen_at: Timestamp,
}

/// Why there is no session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionRefusal {
    /// The sign-in was too long ago.
    AbsoluteTimeout,
    /// Its access token has expired and cannot be refreshed here.
    AccessTokenExpired,
    /// Its cookies are not one whole value.
    Cookie(SessionCookieRefusal),
    /// Its sign-in was before the last sign-out or sign-in of this browser.
    EndedHere,
    /// The session was not used for too long.
    IdleTimeout,
    /// It opens, but its content is damaged.
    Malformed,
    /// It opens, but belongs to another issuer than the configured one.
    OtherIssuer,
    /// The session was not renewed for too long.
    RollingTimeout,
    /// It does not open.
    Seal(SealRefusal),
    /// It opens, but a later release wrote its content.
    UnknownVersion,
}

impl SessionRefusal {
    /// The public reason.
    pub const fn reason(self) -> &'static Reason {
        match self {
            Self::AbsoluteTimeout => &reason::SESSION_ABSOLUTE_TIMEOUT,
            Self::AccessTokenExpired => &reason::SESSION_TOKEN_EXPIRED,
            Self::Cookie(refusal) => refusal.reason(),
            Self::EndedHere => &reason::SESSION_ENDED_HERE,
            Self::IdleTimeout => &reason::SESSION_IDLE_TIMEOUT,
            Self::Malformed => &reason::SESSION_MALFORMED,
            Self::OtherIssuer => &reason::SESSION_OTHER_ISSUER,
            Self::RollingTimeout => &reason::SESSION_ROLLING_TIMEOUT,
            Self::Seal(refusal) => refusal.reason(),
            Self::UnknownVersion => &reason::SESSION_UNKNOWN_VERSION,
        }
    }

    /// Tells whether the cookies with this refusal may be expired. Those that another process may still be
    /// able to read are kept.
    pub const fn may_expire(self) -> bool {
        match self {
            Self::AbsoluteTimeout
            | Self::AccessTokenExpired
            | Self::Cookie(_)
            | Self::EndedHere
            | Self::IdleTimeout
            | Self::Malformed
            | Self::OtherIssuer
            | Self::RollingTimeout => true,
            Self::Seal(refusal) => refusal.may_expire(),
            Self::UnknownVersion => false,
        }
    }
}

impl Session {
    /// The refresh token, if it can still be used.
    pub(crate) const fn usable_refresh_token(&self) -> Option<&Secret> {
        if self.refresh_refused { None } else { self.refresh_token.as_ref() }
    }

    /// The content to be sealed. It is compact, because the browser sends it with every request.
    pub fn encode(&self) -> zeroize::Zeroizing<Vec<u8>> {
        content::encode(self)
    }

    /// Decodes what [`Session::encode`] wrote.
    ///
    /// # Errors
    ///
    /// [`SessionRefusal::UnknownVersion`] or [`SessionRefusal::Malformed`].
    pub fn decode(bytes: &[u8]) -> Result<Self, SessionRefusal> {
        content::decode(bytes)
    }

    /// The session in the browser's cookies; `None` if there is none.
    ///
    /// # Errors
    ///
    /// Why the cookies contain no session. [`SessionRefusal::may_expire`] tells whether they may be expired.
    pub fn from_cookies(
        cookies: &Cookies<'_>,
        names: &CookieNames,
        ring: &Ring,
    ) -> Result<Option<Self>, SessionRefusal> {
        let value = match SessionCookie::read(cookies, names.session()) {
            SessionCookie::Absent => return Ok(None),
            SessionCookie::Broken(refusal) => return Err(SessionRefusal::Cookie(refusal)),
            SessionCookie::Whole(value) => value,
        };
        let bytes = ring.open(Purpose::Session, names.session(), &value).map_err(SessionRefusal::Seal)?;
        Self::decode(&bytes).map(Some)
    }

    /// Returns the session, with the configured form of its issuer, if it belongs to the issuer in
    /// `configuration`. The tokens of another issuer must not be sent to this provider.
    ///
    /// # Errors
    ///
    /// [`SessionRefusal::OtherIssuer`].
    pub fn of_issuer_in(self, configuration: &Configuration) -> Result<Self, SessionRefusal> {
        let is_own = configuration.one_form(&self.issuer) == configuration.issuer;
        if is_own {
            Ok(Self { issuer: configuration.issuer.clone(), ..self })
        } else {
            Err(SessionRefusal::OtherIssuer)
        }
    }

    /// The content as a sealed cookie value, for [`set_session`](crate::http::cookie::set_session).
    pub fn seal(&self, names: &CookieNames, ring: &Ring, nonce: [u8; 24]) -> String {
        ring.seal(Purpose::Session, names.session(), &self.encode(), nonce)
    }
}

/// The limits of a session, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Since the last recorded use. Only a store records uses.
    pub idling: Option<i64>,
    /// Since the last renewal.
    pub rolling: i64,
    /// Since sign-in.
    pub absolute: i64,
    /// Whether they are the limits of a session that outlives the browser.
    pub remembered: bool,
}

impl Limits {
    /// When `session` ends if it is not refreshed.
    pub fn expires_at(&self, session: &Session) -> Timestamp {
        self.absolute_end(session).min(session.renewed_at.plus(self.rolling))
    }

    /// When `session` ends at the latest.
    pub const fn absolute_end(&self, session: &Session) -> Timestamp {
        session.signed_in_at.plus(self.absolute)
    }

    /// When `session` ends if it is not used; `None` without an idle limit.
    pub fn idle_expires_at(&self, session: &Session) -> Option<Timestamp> {
        self.idling.map(|idling| session.seen_at.plus(idling).min(self.expires_at(session)))
    }
}

impl Session {
    /// A session with only the members that every session has.
    pub fn bare(issuer: &str, subject: &str, began: Timestamp) -> Self {
        Self {
            issuer: issuer.to_owned(),
            subject: subject.to_owned(),
            username: None,
            email: None,
            groups: Vec::new(),
            scope: None,
            claims: Map::new(),
            access_token: None,
            access_token_expires_at: None,
            refresh_token: None,
            refresh_refused: false,
            id_token: None,
            sid: None,
            auth_time: None,
            nonce: None,
            remembered: false,
            signed_in_at: began,
            renewed_at: began,
            seen_at: began,
        }
    }
}

#[cfg(test)]
mod tests;
