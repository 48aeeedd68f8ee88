//! Knows what the provider does with a used refresh token, and notices a refresh that does not help.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::refusal::reason::{self, Reason};
use crate::{
    http::cookie::{Attributes, CookieNames, Cookies, Presented, set_cookie},
    session::Session,
    time::Timestamp,
};

/// Seconds within which a second refresh for the same page is a loop.
pub const REFRESHED_SECONDS: i64 = 30;

/// Seconds for which a refresh token must be taken again before a request with it may be repeated. A lease is shorter:
/// whoever dies with one leaves time for another.
pub const REPEATABLE_GRACE_SECONDS: i64 = 30;

/// The provider's treatment of a refresh token that was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// It can be used again.
    Off,
    /// Another takes its place; the old one is taken again for a while.
    On {
        /// For how long, seconds.
        grace: i64,
    },
    /// Nobody said: as if another took its place at once.
    Unknown,
}

impl Rotation {
    /// Tells whether a refresh that may have reached the provider can be asked for again.
    pub const fn is_repeatable(self) -> bool {
        match self {
            Self::Off => true,
            Self::On { grace } => grace >= REPEATABLE_GRACE_SECONDS,
            Self::Unknown => false,
        }
    }
}

/// Says why a refresh is not done, or not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshRefusal {
    /// Somebody else is refreshing the session and had no result in time.
    InProgress,
    /// A GET that is no page load.
    NotAPageLoad,
    /// A POST whose media type is not JSON: a form of another site could have sent it.
    NotJson,
    /// The session has no refresh token.
    NotRefreshable,
    /// A POST that does not come from our own pages.
    NotSameOrigin,
    /// The provider refused the refresh, or its answer cannot be used: the session has ended.
    Refused,
    /// A second refresh for the same page within 30 seconds, or the new token is already inside its lead.
    ///
    /// A browser can come a second time by itself, so it is no outage of ours.
    RefreshLoop,
}

impl RefreshRefusal {
    /// The reason that the outside sees.
    pub const fn reason(self) -> &'static Reason {
        match self {
            Self::InProgress => &reason::REFRESH_IN_PROGRESS,
            Self::NotAPageLoad => &reason::REFRESH_NOT_A_PAGE_LOAD,
            Self::NotJson => &reason::REFRESH_NOT_JSON,
            Self::NotRefreshable => &reason::NOT_REFRESHABLE,
            Self::NotSameOrigin => &reason::REFRESH_NOT_SAME_ORIGIN,
            Self::Refused => &reason::REFRESH_REFUSED,
            Self::RefreshLoop => &reason::REFRESH_LOOP,
        }
    }
}

/// Tells whether the new access token of `session` is of use.
///
/// # Errors
/// When it is already inside its lead: the next request would refresh again, and so on.
pub fn judge_refreshed(session: &Session, lead: i64, now: Timestamp) -> Result<(), RefreshRefusal> {
    if session.has_token_for(lead, now) { Ok(()) } else { Err(RefreshRefusal::RefreshLoop) }
}

/// The `Set-Cookie` value that marks a refresh which sends the browser back to `return_target`.
pub fn mark(return_target: &str) -> String {
    let attributes = Attributes { max_age: Some(REFRESHED_SECONDS), domain: None };
    set_cookie(CookieNames::REFRESHED, &fingerprint(return_target), attributes)
}

/// Tells whether this browser was refreshed for `return_target` just before.
///
/// # Errors
/// When it was. The answer that refuses expires the mark ([`unmark`]), so that a person who tries again can.
pub fn judge_mark(cookies: &Cookies<'_>, return_target: &str) -> Result<(), RefreshRefusal> {
    match cookies.sole(CookieNames::REFRESHED) {
        Presented::One(value) if value == fingerprint(return_target) => Err(RefreshRefusal::RefreshLoop),
        Presented::One(_) | Presented::Absent | Presented::Several => Ok(()),
    }
}

/// The `Set-Cookie` value that forgets the mark.
pub fn unmark() -> String {
    crate::http::cookie::expire(CookieNames::REFRESHED, None)
}

/// Enough to tell pages of one person apart; it is no secret.
fn fingerprint(return_target: &str) -> String {
    let digest = Sha256::digest(return_target.as_bytes());
    URL_SAFE_NO_PAD.encode(digest.iter().copied().take(12).collect::<Vec<u8>>())
}

#[cfg(test)]
mod tests;
