//! Holds a session: who signed in, the tokens, and how long it is valid.

pub mod expired_cookies;
pub mod index;
pub mod refresh;
pub mod refresh_policy;
pub(crate) mod remember;
pub mod report;
pub mod revocation;
pub mod state;

mod content;

use serde_json::{Map, Value};

use crate::refusal::reason::{self, Reason};
use crate::{
    configuration::Configuration,
    http::cookie::{CookieNames, Cookies, SessionCookie, SessionCookieRefusal, SessionTooLarge, set_session},
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
    /// The name that the user goes by at the provider.
    pub username: Option<String>,
    /// The address, only when the provider verified it.
    pub email: Option<String>,
    /// Groups, in the provider's order.
    pub groups: Vec<String>,
    /// Scopes granted, as in the token answer (RFC 6749 section 5.1).
    pub scope: Option<String>,
    /// Claims of the ID token that are kept for the upstream and for requirements.
    pub claims: Map<String, Value>,
    /// The access token.
    pub access_token: Option<Secret>,
    /// When it expires.
    pub access_token_expires_at: Option<Timestamp>,
    /// The refresh token.
    pub refresh_token: Option<Secret>,
    /// Whether the provider refused it. Then it refreshes nothing any more, and is kept to be revoked at sign-out.
    pub refresh_refused: bool,
    /// The ID token, for `id_token_hint` at sign-out and for the upstream.
    pub id_token: Option<Secret>,
    /// The provider's id of its own session (OpenID Connect Front-Channel Logout section 3).
    pub sid: Option<String>,
    /// When the user last proved who they are (OpenID Connect Core section 2).
    pub auth_time: Option<Timestamp>,
    /// `nonce` of the ID token from sign-in, which a refreshed one may repeat (OpenID Connect Core section 12.2). It is
    /// no claim about the person and goes to no upstream.
    pub nonce: Option<String>,
    /// Whether it outlives the browser.
    pub remembered: bool,
    /// When this session began. The absolute limit counts from here.
    pub signed_in_at: Timestamp,
    /// When it was last refreshed. The rolling limit counts from here.
    pub renewed_at: Timestamp,
    /// The last recorded use. The idle limit counts from here.
    pub seen_at: Timestamp,
}

/// Says why there is no session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionRefusal {
    /// Signed in too long ago.
    AbsoluteTimeout,
    /// Its access token has expired and cannot be refreshed here.
    AccessTokenExpired,
    /// Its cookies are not one whole value.
    Cookie(SessionCookieRefusal),
    /// Not used for too long.
    IdleTimeout,
    /// It opens, but its content is damaged.
    Malformed,
    /// It opens, but it is of another issuer than the configured one.
    OtherIssuer,
    /// Not renewed for too long.
    RollingTimeout,
    /// It does not open.
    Seal(SealRefusal),
    /// It opens, but a later release wrote its content.
    UnknownVersion,
}

impl SessionRefusal {
    /// The reason that the outside sees.
    pub const fn reason(self) -> &'static Reason {
        match self {
            Self::AbsoluteTimeout => &reason::SESSION_ABSOLUTE_TIMEOUT,
            Self::AccessTokenExpired => &reason::SESSION_TOKEN_EXPIRED,
            Self::Cookie(refusal) => refusal.reason(),
            Self::IdleTimeout => &reason::SESSION_IDLE_TIMEOUT,
            Self::Malformed => &reason::SESSION_MALFORMED,
            Self::OtherIssuer => &reason::SESSION_OTHER_ISSUER,
            Self::RollingTimeout => &reason::SESSION_ROLLING_TIMEOUT,
            Self::Seal(refusal) => refusal.reason(),
            Self::UnknownVersion => &reason::SESSION_UNKNOWN_VERSION,
        }
    }

    /// Tells whether the cookies refused so may be expired. Those that another process of ours may still read are left
    /// alone.
    pub const fn may_expire(self) -> bool {
        match self {
            Self::AbsoluteTimeout
            | Self::AccessTokenExpired
            | Self::Cookie(_)
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
    /// The refresh token, where it is still of use.
    pub const fn usable_refresh_token(&self) -> Option<&Secret> {
        if self.refresh_refused { None } else { self.refresh_token.as_ref() }
    }

    /// The content that is sealed: compact, since the browser sends it with every request.
    pub fn encode(&self) -> zeroize::Zeroizing<Vec<u8>> {
        content::encode(self)
    }

    /// Reads what [`Session::encode`] wrote.
    ///
    /// # Errors
    /// [`SessionRefusal::UnknownVersion`] or [`SessionRefusal::Malformed`].
    pub fn decode(bytes: &[u8]) -> Result<Self, SessionRefusal> {
        content::decode(bytes)
    }

    /// The session whose content the browser's cookies hold; `None` when it presents none.
    ///
    /// # Errors
    /// Why what it presents is no session; [`SessionRefusal::may_expire`] says whether it may be expired.
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

    /// It, where it is of the issuer that `configuration` has: the tokens in any other one are not for this provider's eyes.
    ///
    /// # Errors
    /// [`SessionRefusal::OtherIssuer`].
    pub fn of_issuer_in(self, configuration: &Configuration) -> Result<Self, SessionRefusal> {
        let is_own = configuration.one_form(&self.issuer) == configuration.issuer;
        if is_own { Ok(self) } else { Err(SessionRefusal::OtherIssuer) }
    }

    /// Its content as a sealed cookie value, for [`set_session`].
    pub fn seal(&self, names: &CookieNames, ring: &Ring, nonce: [u8; 24]) -> String {
        ring.seal(Purpose::Session, names.session(), &self.encode(), nonce)
    }

    /// `Set-Cookie` values that keep its content in the browser, and expire what `cookies` hold of an earlier one.
    ///
    /// # Errors
    /// [`SessionTooLarge`].
    pub fn set_cookies(
        &self,
        names: &CookieNames,
        ring: &Ring,
        nonce: [u8; 24],
        max_age: Option<i64>,
        cookies: &Cookies<'_>,
    ) -> Result<Vec<String>, SessionTooLarge> {
        set_session(names, &self.seal(names, ring, nonce), max_age, cookies)
    }
}

/// Says how long sessions hold, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Since the last recorded use; only where a store records it.
    pub idling: Option<i64>,
    /// Since the last renewal.
    pub rolling: i64,
    /// Since sign-in.
    pub absolute: i64,
    /// Whether they are those of a session that outlives the browser.
    pub remembered: bool,
}

impl Limits {
    /// Tells when `session` ends if it is not refreshed.
    pub fn expires_at(&self, session: &Session) -> Timestamp {
        self.absolute_end(session).min(session.renewed_at.plus(self.rolling))
    }

    /// Tells when `session` ends whatever is done.
    pub const fn absolute_end(&self, session: &Session) -> Timestamp {
        session.signed_in_at.plus(self.absolute)
    }

    /// Tells when `session` ends if it is not used; `None` without an idle limit.
    pub fn idle_expires_at(&self, session: &Session) -> Option<Timestamp> {
        self.idling.map(|idling| session.seen_at.plus(idling).min(self.expires_at(session)))
    }
}

impl Session {
    /// A session with no more than every session has.
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
