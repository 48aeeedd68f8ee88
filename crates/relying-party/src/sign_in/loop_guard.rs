//! Detects a loop of successful sign-ins after which the browser sends no session.

use crate::http::cookie::{Attributes, CookieNames, Cookies, Presented, set_cookie};
use crate::refusal::Refusal;

/// How long landings are counted after the last one, seconds.
pub(crate) const LANDED_SECONDS: i64 = 60;

/// After this many landings without a live session, sign-in is not tried again.
pub const MAX_LANDINGS: u8 = 3;

/// The number of recent landings of this browser.
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

/// Checks whether a browser without a live session may be sent to the provider again. The response to a
/// refusal expires the count ([`reset`]), so that a person can try again.
///
/// # Errors
///
/// There were [`MAX_LANDINGS`] landings.
pub fn check(cookies: &Cookies<'_>) -> Result<(), Refusal> {
    if count(cookies) >= MAX_LANDINGS { Err(Refusal::SignInLoop) } else { Ok(()) }
}

/// Tells whether a sign-in that created no session may count as a landing. The last of [`MAX_LANDINGS`] is
/// reserved for a page with the reason.
pub(crate) fn has_landings_left(cookies: &Cookies<'_>) -> bool {
    count(cookies).saturating_add(1) < MAX_LANDINGS
}

/// The `Set-Cookie` value that expires the count.
pub fn reset() -> String {
    crate::http::cookie::expire(CookieNames::LANDED, None)
}

#[cfg(test)]
mod tests;
