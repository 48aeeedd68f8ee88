//! Decides about a callback that belongs to no attempt of this browser.

use http::StatusCode;

use crate::http::response::Response;
use crate::refusal::Refusal;
use crate::relying_party::RelyingParty;
use crate::sign_in::attempt::AttemptRefusal;
use crate::sign_in::state::StateText;
use crate::sign_in::{SignIn, SignInRefusal};

/// A callback without its attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stray {
    /// How often the sign-in was restarted; 0 when the `state` is not ours.
    pub restarts: u8,
    /// Why the attempt cannot be finished, for the log.
    pub cause: AttemptRefusal,
}

/// The decisions about a stray callback.
pub enum StrayVerdict {
    /// There is a session: redirect to the start page.
    GoOn(Response),
    /// Restart the sign-in, once.
    Restart(SignIn),
}

impl RelyingParty {
    /// Decides about a stray callback.
    ///
    /// # Errors
    ///
    /// [`SignInRefusal::CookiesRefused`] if it was restarted before.
    pub fn stray(&self, stray: &Stray, session_is_live: bool) -> Result<StrayVerdict, Refusal> {
        let target = self.configuration.login_redirect_uri.clone();
        if session_is_live {
            return Ok(StrayVerdict::GoOn(Response::redirect(StatusCode::SEE_OTHER, target)));
        }
        if stray.restarts > 0 {
            return Err(SignInRefusal::CookiesRefused.into());
        }
        let restarts = stray.restarts.saturating_add(1);
        Ok(StrayVerdict::Restart(SignIn { restarts, ..SignIn::unasked(target, &self.configuration) }))
    }

    pub(super) fn stray_of(&self, state: &StateText, cause: AttemptRefusal) -> Stray {
        Stray { restarts: state.restarts(&self.ring).unwrap_or(0), cause }
    }
}
