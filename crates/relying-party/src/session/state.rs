//! Computes the state of a session: whether it is valid, and what is due.

use super::{Limits, Session, SessionRefusal};
use crate::configuration::Configuration;
use crate::time::Timestamp;

/// The state of a valid session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionState {
    /// The state of its access token.
    pub token: TokenState,
    /// Whether three quarters of the rolling limit have passed; a tenth for a remembered session, so that a
    /// user who comes on working days still has it on Monday.
    pub renewal_due: bool,
}

/// The state of an access token that is used or refreshed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenState {
    /// It is used as it is: it is not due yet, its end is not known, or it cannot be refreshed.
    Fresh,
    /// It is due: the provider is asked for a new one.
    Due {
        /// Whether it can be used in the meantime.
        usable: bool,
    },
}

impl Session {
    /// The state at `now` under `configuration`, from the session's own times.
    ///
    /// # Errors
    ///
    /// Why it has ended.
    pub fn state_in(
        &self,
        configuration: &Configuration,
        now: Timestamp,
    ) -> Result<SessionState, SessionRefusal> {
        self.state(&self.limits_in(&configuration.session), configuration.refresh_lead, now)
    }

    /// The state at `now`; `lead` is in seconds. In the exact second of a limit the session has ended.
    ///
    /// # Errors
    ///
    /// Why it has ended.
    pub const fn state(
        &self,
        limits: &Limits,
        lead: i64,
        now: Timestamp,
    ) -> Result<SessionState, SessionRefusal> {
        if now.since(self.signed_in_at) >= limits.absolute {
            return Err(SessionRefusal::AbsoluteTimeout);
        }
        let unrenewed = now.since(self.renewed_at);
        if unrenewed >= limits.rolling {
            return Err(SessionRefusal::RollingTimeout);
        }
        if let Some(idling) = limits.idling
            && now.since(self.seen_at) >= idling
        {
            return Err(SessionRefusal::IdleTimeout);
        }
        let usable = self.has_token_for(0, now);
        let token = match (self.usable_refresh_token(), self.has_token_for(lead, now)) {
            (_, true) => TokenState::Fresh,
            (Some(_), false) => TokenState::Due { usable },
            (None, false) if usable => TokenState::Fresh,
            (None, false) => return Err(SessionRefusal::AccessTokenExpired),
        };
        let renewal_due = if limits.remembered {
            unrenewed.saturating_mul(10) > limits.rolling
        } else {
            unrenewed.saturating_mul(4) > limits.rolling.saturating_mul(3)
        };
        Ok(SessionState { token, renewal_due })
    }

    /// Tells whether the access token can be used for more than `seconds` after `now`. One whose end is not
    /// known is used as long as the session is valid.
    pub(crate) const fn has_token_for(&self, seconds: i64, now: Timestamp) -> bool {
        match self.access_token_expires_at {
            Some(expires_at) => expires_at.since(now) > seconds,
            None => true,
        }
    }
}

#[cfg(test)]
mod tests;
