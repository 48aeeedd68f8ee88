//! Decides which session cookies a refusal expires.

use crate::http::cookie::{CookieNames, Cookies, expire_session};
use crate::refusal::Refusal;
use crate::session::SessionRefusal;
use crate::session::refresh_policy::RefreshRefusal;

/// `Set-Cookie` values for refused session cookies that can never be opened again. One that is sealed with an
/// unknown key stays, because another process may know the key.
pub fn of_unopenable(refusal: &Refusal, names: &CookieNames, cookies: &Cookies<'_>) -> Vec<String> {
    if never_opens(refusal) { expire_session(names, cookies, |_| false) } else { Vec::new() }
}

/// `Set-Cookie` values for a session that ended because its tokens were not refreshed.
pub fn of_ended(refusal: &Refusal, names: &CookieNames, cookies: &Cookies<'_>) -> Vec<String> {
    let has_ended = *refusal == Refusal::Refresh(RefreshRefusal::Refused);
    if has_ended { expire_session(names, cookies, |_| false) } else { Vec::new() }
}

/// A session that opens but is too old is not included, because sign-out still tells the provider which
/// session ends.
const fn never_opens(refusal: &Refusal) -> bool {
    match refusal {
        Refusal::Session(
            SessionRefusal::AbsoluteTimeout
            | SessionRefusal::AccessTokenExpired
            | SessionRefusal::IdleTimeout
            | SessionRefusal::RollingTimeout,
        ) => false,
        Refusal::Session(refusal) => SessionRefusal::may_expire(*refusal),
        Refusal::SessionNotStored => true,
        _ => false,
    }
}
