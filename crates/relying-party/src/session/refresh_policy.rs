//! Knows how the provider treats a used refresh token, and detects refreshes that do not help.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::refusal::reason::{self, Reason};
use crate::{
    http::cookie::{Attributes, CookieNames, Cookies, Presented, set_cookie},
    session::Session,
    time::Timestamp,
};

/// A second refresh for the same page within this many seconds is a loop.
pub(crate) const REFRESHED_SECONDS: i64 = 30;

/// A request with a refresh token may be repeated if the provider accepts the used token for at least this
/// long, seconds. A lease is shorter, so that another request can take over after a holder has died.
pub const REPEATABLE_GRACE_SECONDS: i64 = 30;

/// How the provider treats a used refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshTokenRotation {
    /// It can be used again.
    Off,
    /// A new one replaces it; the old one is accepted for a while.
    On {
        /// For how long, seconds.
        grace: i64,
    },
    /// Not configured. It is treated as if the token were replaced without a grace period.
    Unknown,
}

impl RefreshTokenRotation {
    /// Tells whether a refresh that may have reached the provider can be repeated.
    pub const fn is_repeatable(self) -> bool {
        match self {
            Self::Off => true,
            Self::On { grace } => grace >= REPEATABLE_GRACE_SECONDS,
            Self::Unknown => false,
        }
    }
}

/// Why a refresh is not done, or its result not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshRefusal {
    /// Another request is refreshing the session and had no result in time.
    InProgress,
    /// A GET that is no page load.
    NotAPageLoad,
    /// A POST whose media type is not JSON, which a form of another site could have sent.
    NotJson,
    /// The session has no refresh token.
    NotRefreshable,
    /// A POST that does not come from our own pages.
    NotSameOrigin,
    /// The provider refused the refresh, or its response cannot be used: the session has ended.
    Refused,
    /// A second refresh for the same page within 30 seconds, or a new token that is already due.
    ///
    /// A browser can return by itself, so this is not treated as an outage.
    RefreshLoop,
}

impl RefreshRefusal {
    /// The public reason.
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

/// Checks whether the new access token of `session` can be used.
///
/// # Errors
///
/// It is already due: the next request would refresh again, and so on.
pub(crate) fn check_refreshed(session: &Session, lead: i64, now: Timestamp) -> Result<(), RefreshRefusal> {
    if session.has_token_for(lead, now) { Ok(()) } else { Err(RefreshRefusal::RefreshLoop) }
}

/// The `Set-Cookie` value that marks a refresh which redirects the browser to `return_target`.
pub fn mark(return_target: &str) -> String {
    let attributes = Attributes { max_age: Some(REFRESHED_SECONDS), domain: None };
    set_cookie(CookieNames::REFRESHED, &fingerprint(return_target), attributes)
}

/// Checks that this browser was not refreshed for `return_target` just before.
///
/// # Errors
///
/// It was. The response then expires the mark ([`unmark`]), so that a person can try again.
pub fn check_mark(cookies: &Cookies<'_>, return_target: &str) -> Result<(), RefreshRefusal> {
    match cookies.sole(CookieNames::REFRESHED) {
        Presented::One(value) if value == fingerprint(return_target) => Err(RefreshRefusal::RefreshLoop),
        Presented::One(_) | Presented::Absent | Presented::Several => Ok(()),
    }
}

/// The `Set-Cookie` value that expires the mark.
pub fn unmark() -> String {
    crate::http::cookie::expire(CookieNames::REFRESHED, None)
}

/// Distinguishes the pages of one person; it is not secret.
fn fingerprint(return_target: &str) -> String {
    let digest = Sha256::digest(return_target.as_bytes());
    URL_SAFE_NO_PAD.encode(digest.iter().copied().take(12).collect::<Vec<u8>>())
}

#[cfg(test)]
mod tests;
