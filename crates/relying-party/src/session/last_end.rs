//! Remembers in the browser when its sessions in cookies ended last.
//!
//! A request that refreshes a session can be under way while its person signs out, or somebody else signs in.
//! Its response comes later and stores the refreshed session again. No store tells that this session has ended,
//! so another cookie of the browser does: it has the time of the sign-out or sign-in, and a session of an
//! earlier sign-in is none. It is set only if a response may be under way that stores such a session.

use crate::configuration::{Remember, SessionStorage};
use crate::http::cookie::{Attributes, Cookies, expire_session, set_cookie};
use crate::refusal::Refusal;
use crate::relying_party::RelyingParty;
use crate::session::expired_cookies::has_ended;
use crate::session::state::{SessionState, TokenState};
use crate::session::{Session, SessionRefusal};
use crate::time::Timestamp;

/// A time has at most so many digits: enough until the year 5138.
const DIGITS: usize = 11;

/// A request takes at most so long, seconds: the longest time that a Lambda function runs.
const LONGEST_REQUEST_SECONDS: i64 = 900;

impl Session {
    /// Returns the session if it did not end in this browser before.
    ///
    /// # Errors
    ///
    /// [`SessionRefusal::EndedHere`].
    pub fn not_ended_in(
        self,
        cookies: &Cookies<'_>,
        relying_party: &RelyingParty,
        now: Timestamp,
    ) -> Result<Self, SessionRefusal> {
        match relying_party.last_end(cookies, now) {
            Some(end) if self.signed_in_at < end => Err(SessionRefusal::EndedHere),
            _ => Ok(self),
        }
    }
}

impl RelyingParty {
    /// The time of the last sign-out or sign-in that the browser's cookies have. A sign-out writes the
    /// following second, so that it ends a session of its own second.
    ///
    /// A time that is in the future by more than that and the leeway is ignored, because a clock that was wrong
    /// must not lock anybody out. The latest of several counts: another host, which can set a cookie with a
    /// `Domain`, must not undo a sign-out.
    fn last_end(&self, cookies: &Cookies<'_>, now: Timestamp) -> Option<Timestamp> {
        if self.configuration.session.storage != SessionStorage::Cookie {
            return None;
        }
        let latest = now.plus(self.configuration.leeway).plus(1);
        let times = cookies.iter().filter(|(name, _)| self.cookie_names.is_last_end(name));
        times.filter_map(|(_, value)| time(value)).filter(|time| *time <= latest).max()
    }

    /// The time that a sign-in at `now` gets, so that its session is valid in this browser.
    pub(crate) fn sign_in_time(&self, cookies: &Cookies<'_>, now: Timestamp) -> Timestamp {
        self.last_end(cookies, now).map_or(now, |end| end.max(now))
    }

    /// The `Set-Cookie` value with which a sign-out at `now` ends the session in the browser's cookies; `None`
    /// if no response can store one again.
    pub(crate) fn end_by_sign_out(&self, cookies: &Cookies<'_>, now: Timestamp) -> Option<String> {
        self.may_return(cookies, now).then(|| self.end_at(cookies, now)).flatten()
    }

    /// The `Set-Cookie` value with which a sign-in that began at `time` ends the session in the browser's
    /// cookies; `None` if no response can store one again.
    pub(crate) fn end_by_sign_in(
        &self,
        cookies: &Cookies<'_>,
        time: Timestamp,
        now: Timestamp,
    ) -> Option<String> {
        self.may_return(cookies, now).then(|| self.end_earlier_than(time)).flatten()
    }

    /// `Set-Cookie` values for a session that ended because its tokens were not refreshed. Another request may
    /// have refreshed it before, and its response may come later.
    pub fn cookies_of_ended(&self, refusal: &Refusal, cookies: &Cookies<'_>, now: Timestamp) -> Vec<String> {
        if !has_ended(refusal) {
            return Vec::new();
        }
        let mut set_cookies = expire_session(&self.cookie_names, cookies, |_| false);
        set_cookies.extend(self.end_at(cookies, now));
        set_cookies
    }

    /// Tells whether a response may store a session of these cookies or an earlier one.
    fn may_return(&self, cookies: &Cookies<'_>, now: Timestamp) -> bool {
        let is_recent = |end| now.since(end) <= self.longest_return();
        self.last_end(cookies, now).is_some_and(is_recent) || self.may_be_written_again(cookies, now)
    }

    /// How long after a session was written a response may store what it was written from, seconds. The
    /// browser may get it after the longest time of a request. Until then its requests have the earlier
    /// content, and the last of them takes as long.
    const fn longest_return(&self) -> i64 {
        self.configuration.leeway.saturating_add(2 * LONGEST_REQUEST_SECONDS)
    }

    /// Tells whether a request may be writing the session in these cookies again: it is due for a refresh or
    /// for a renewal by a clock that differs by the leeway, or was shortly before. One that cannot be read may
    /// be.
    fn may_be_written_again(&self, cookies: &Cookies<'_>, now: Timestamp) -> bool {
        let session = match Session::from_cookies(cookies, &self.cookie_names, &self.ring) {
            Ok(Some(session)) => session,
            Ok(None) => return false,
            Err(_) => return true,
        };
        let was_renewed = session.renewed_at != session.signed_in_at;
        if session.refresh_refused || was_renewed && now.since(session.renewed_at) <= self.longest_return() {
            return true;
        }
        let leeway = self.configuration.leeway;
        [now.plus(-leeway), now.plus(leeway)].into_iter().any(|time| {
            match session.state_in(&self.configuration, time) {
                Ok(SessionState { token, renewal_due }) => {
                    renewal_due || matches!(token, TokenState::Due { .. })
                }
                // It was due before.
                Err(SessionRefusal::RollingTimeout) => true,
                Err(_) => false,
            }
        })
    }

    /// The `Set-Cookie` value that ends every session of these cookies that began up to `now`.
    fn end_at(&self, cookies: &Cookies<'_>, now: Timestamp) -> Option<String> {
        self.end_earlier_than(self.sign_in_time(cookies, now).plus(1))
    }

    fn end_earlier_than(&self, time: Timestamp) -> Option<String> {
        let session = &self.configuration.session;
        let remembered = (session.remember != Remember::Nobody).then_some(session.remember_absolute);
        // No session that it could refuse lives longer.
        let max_age = Some(remembered.map_or(session.absolute, |seconds| seconds.max(session.absolute)));
        let attributes = Attributes { max_age, domain: self.cookie_names.domain() };
        let name = self.cookie_names.last_end();
        (session.storage == SessionStorage::Cookie)
            .then(|| set_cookie(&name, &time.unix().to_string(), attributes))
    }
}

/// Seconds since 1970 without a sign or leading zeros. Only this browser's own sessions depend on them.
fn time(value: &str) -> Option<Timestamp> {
    let is_canonical =
        value.len() <= DIGITS && !value.starts_with('0') && value.bytes().all(|byte| byte.is_ascii_digit());
    if is_canonical { value.parse().ok().map(Timestamp::from_unix) } else { None }
}

#[cfg(test)]
mod tests;
