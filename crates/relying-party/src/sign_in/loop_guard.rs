//! Notices that sign-in succeeds again and again while no session comes back.

use crate::http::cookie::{Attributes, CookieNames, Cookies, Presented, set_cookie};
use crate::refusal::reason::{self, Reason};

/// Seconds for which landings are counted, from the last one on.
pub const LANDED_SECONDS: i64 = 60;

/// Landings without a live session after which sign-in is not tried again.
pub const MAX_LANDINGS: u8 = 3;

/// Says why sign-in is not tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LandingRefusal {
    /// Sign-in succeeded three times within a minute, and each time the browser came back without a live session.
    SignInLoop,
}

impl LandingRefusal {
    /// The code, status and texts of this refusal.
    pub const fn reason(self) -> &'static Reason {
        match self {
            Self::SignInLoop => &reason::SIGN_IN_LOOP,
        }
    }
}

/// Tells how often the browser landed of late.
pub fn count(cookies: &Cookies<'_>) -> u8 {
    match cookies.sole(CookieNames::LANDED) {
        Presented::One(value) => value.parse().unwrap_or(0),
        Presented::Absent | Presented::Several => 0,
    }
}

/// The `Set-Cookie` value that counts one more landing. The callback sets it with the session.
pub fn next(cookies: &Cookies<'_>) -> String {
    let landings = count(cookies).saturating_add(1).min(MAX_LANDINGS);
    let attributes = Attributes { max_age: Some(LANDED_SECONDS), domain: None };
    set_cookie(CookieNames::LANDED, &landings.to_string(), attributes)
}

/// Tells whether a browser that has no live session may be sent to the provider once more. The answer that refuses expires
/// the count ([`reset`]), so that a person who tries again can.
///
/// # Errors
/// After [`MAX_LANDINGS`].
pub fn judge(cookies: &Cookies<'_>) -> Result<(), LandingRefusal> {
    if count(cookies) >= MAX_LANDINGS { Err(LandingRefusal::SignInLoop) } else { Ok(()) }
}

/// Tells whether a sign-in that opened no session may count as one more landing: the last of [`MAX_LANDINGS`] is left for
/// a page that says why.
pub fn has_landings_left(cookies: &Cookies<'_>) -> bool {
    count(cookies).saturating_add(1) < MAX_LANDINGS
}

/// The `Set-Cookie` value that forgets the count.
pub fn reset() -> String {
    crate::http::cookie::expire(CookieNames::LANDED, None)
}

#[cfg(test)]
mod tests;
