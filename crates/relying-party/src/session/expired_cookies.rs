//! Decides which session cookies a refusal expires.

use crate::http::cookie::{Cookies, expire_session};
use crate::refusal::Refusal;
use crate::relying_party::RelyingParty;
use crate::session::SessionRefusal;
use crate::session::refresh_policy::RefreshRefusal;

impl RelyingParty {
    /// `Set-Cookie` values for refused session cookies that can never be opened again. One that is sealed with an
    /// unknown key stays, because another process may know the key.
    pub fn expire_unopenable(&self, refusal: &Refusal, cookies: &Cookies<'_>) -> Vec<String> {
        self.expire_session_if(never_opens(refusal), cookies)
    }

    /// `Set-Cookie` values for a session that ended because its tokens were not refreshed.
    pub fn expire_ended(&self, refusal: &Refusal, cookies: &Cookies<'_>) -> Vec<String> {
        self.expire_session_if(*refusal == Refusal::Refresh(RefreshRefusal::Refused), cookies)
    }

    fn expire_session_if(&self, expires: bool, cookies: &Cookies<'_>) -> Vec<String> {
        if expires { expire_session(&self.cookie_names, cookies, |_| false) } else { Vec::new() }
    }
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
