//! Decides which session cookies a refusal expires.

use crate::http::cookie::{Cookies, expire_session};
use crate::refusal::Refusal;
use crate::relying_party::RelyingParty;
use crate::session::SessionRefusal;
use crate::session::refresh_policy::RefreshRefusal;

impl RelyingParty {
    /// `Set-Cookie` values for refused session cookies that no process accepts any more. One that is sealed with an
    /// unknown key stays, because another process may know the key.
    pub fn expire_unusable(&self, refusal: &Refusal, cookies: &Cookies<'_>) -> Vec<String> {
        if is_final(refusal) { expire_session(&self.cookie_names, cookies, |_| false) } else { Vec::new() }
    }
}

/// Tells whether a session ended because its tokens were not refreshed.
pub(crate) fn has_ended(refusal: &Refusal) -> bool {
    *refusal == Refusal::Refresh(RefreshRefusal::Refused)
}

/// Tells whether no process accepts the cookie any more. A session that is only too old is not included,
/// because sign-out still tells the provider which session ends.
const fn is_final(refusal: &Refusal) -> bool {
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
