//! Redirects a user who has signed in to the requested page.

use http::StatusCode;

use super::SignedIn;
use crate::gate::front::Front;
use crate::http::cookie::Cookies;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::refusal::Refusal;
use crate::relying_party::RelyingParty;
use crate::sign_in::attempt::{self, CookieBudget, MAX_INLINE_RETURN_TARGET_BYTES};
use crate::sign_in::loop_guard;
use crate::sign_in::return_target::ADDRESS_DOES_NOT_FIT;
use crate::time::Timestamp;

/// The end of a sign-in.
pub struct Landed {
    /// The redirect to the return target.
    pub response: Response,
    /// For the log: why it does not lead to the requested page.
    pub dropped_return_target: Option<&'static str>,
}

impl SignedIn {
    /// The redirect to the return target. It sets the session's cookies, ends the earlier session in cookies,
    /// expires the attempt's, and counts one more landing. A long return target is used only if `front` can
    /// carry it in this response and, with the session, in the browser's next request.
    ///
    /// # Errors
    ///
    /// The session is too large for browsers and fronts.
    pub fn landed(
        &self,
        relying_party: &RelyingParty,
        cookie_value: &str,
        (request, front): (&Request, Front),
        now: Timestamp,
    ) -> Result<Landed, Refusal> {
        let names = &relying_party.cookie_names;
        let cookies = &Cookies::parse(&request.headers);
        let seconds = self.session.cookie_seconds(&relying_party.configuration.session, now);
        let mut set_cookies = crate::http::cookie::set_session(names, cookie_value, seconds, cookies)?;
        set_cookies.extend(relying_party.end_by_sign_in(cookies, self.session.signed_in_at, now));
        set_cookies.push(loop_guard::next(cookies));
        let to = |target: &str, budget| {
            let evicted = attempt::evict_for_session(
                cookies,
                &relying_party.ring,
                names,
                &set_cookies,
                Some(&self.exchange.attempt_cookie),
                relying_party.oldest_attempt(now),
                budget,
            );
            let response = Response::redirect(StatusCode::SEE_OTHER, target.to_owned());
            response.cookies(evicted).cookies(set_cookies.clone())
        };
        let target = self.exchange.attempt.return_target();
        if target.len() <= MAX_INLINE_RETURN_TARGET_BYTES {
            return Ok(Landed { response: to(target, CookieBudget::WHOLE), dropped_return_target: None });
        }
        let most = front.max_head_bytes();
        let budget = CookieBudget::left_by(&request.headers, names, target.len(), most);
        let response = to(target, budget);
        if budget.fits_landing(&set_cookies, cookies, names) && response.head_bytes() <= most {
            return Ok(Landed { response, dropped_return_target: None });
        }
        let response = to(&relying_party.configuration.login_redirect_uri, CookieBudget::WHOLE);
        Ok(Landed { response, dropped_return_target: Some(ADDRESS_DOES_NOT_FIT) })
    }
}
