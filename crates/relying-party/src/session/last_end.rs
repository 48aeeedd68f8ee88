//! Remembers in the browser when its sessions in cookies ended last.
//!
//! A request that refreshes a session can be under way while its person signs out, or somebody else signs in.
//! Its response comes later and stores the refreshed session again. No store tells that this session has ended,
//! so another cookie of the browser does: it has the time of the sign-out or sign-in, and a session of an
//! earlier sign-in is none. It is set only if the session that the browser has then is due to be written again,
//! because otherwise no response can store it.

use crate::configuration::{Remember, SessionStorage};
use crate::http::cookie::{Attributes, Cookies, set_cookie};
use crate::relying_party::RelyingParty;
use crate::session::state::{SessionState, TokenState};
use crate::session::{Session, SessionRefusal};
use crate::time::Timestamp;

/// A time has at most so many digits: enough until the year 5138.
const DIGITS: usize = 11;

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
    /// if no response can store it again. Without its session a browser keeps the time that it has.
    pub(crate) fn end_by_sign_out(&self, cookies: &Cookies<'_>, now: Timestamp) -> Option<String> {
        let ends = self.last_end(cookies, now).is_some() || self.may_be_written_again(cookies, now);
        ends.then(|| self.end_earlier_than(self.sign_in_time(cookies, now).plus(1))).flatten()
    }

    /// The `Set-Cookie` value with which a sign-in that began at `time` ends the session in the browser's
    /// cookies; `None` if no response can store it again.
    pub(crate) fn end_by_sign_in(
        &self,
        cookies: &Cookies<'_>,
        time: Timestamp,
        now: Timestamp,
    ) -> Option<String> {
        self.may_be_written_again(cookies, now).then(|| self.end_earlier_than(time)).flatten()
    }

    /// Tells whether a request may be writing the session in these cookies again: it is due for a refresh or
    /// for a renewal, also by a clock that is ahead by the leeway.
    fn may_be_written_again(&self, cookies: &Cookies<'_>, now: Timestamp) -> bool {
        let presented = Session::from_cookies(cookies, &self.cookie_names, &self.ring).ok().flatten();
        let latest = now.plus(self.configuration.leeway);
        let state = presented.and_then(|session| session.state_in(&self.configuration, latest).ok());
        state.is_some_and(|SessionState { token, renewal_due }| {
            renewal_due || matches!(token, TokenState::Due { .. })
        })
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
