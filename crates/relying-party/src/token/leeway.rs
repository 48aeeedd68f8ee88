//! Judges the dates in tokens. The issuer's clock may differ from ours by `leeway`.

use crate::time::Timestamp;

/// The time of our clock, and the allowed difference of another clock.
#[derive(Clone, Copy, Debug)]
pub struct TimeWithLeeway {
    /// The time.
    pub now: Timestamp,
    /// The allowed difference, in seconds.
    pub leeway: i64,
}

impl TimeWithLeeway {
    /// Tells whether a token with this `exp` has expired: "the current date/time MUST be before the
    /// expiration date/time" (RFC 7519 section 4.1.4).
    pub(crate) fn is_past(self, exp: Timestamp) -> bool {
        self.now >= self.refused_from(exp)
    }

    /// The first second at which a token with this `exp` has expired.
    pub const fn refused_from(self, exp: Timestamp) -> Timestamp {
        exp.plus(self.leeway)
    }

    /// Tells whether `nbf`, `iat` or `auth_time` is in the future: "the current date/time MUST be after or equal to the
    /// not-before date/time" (RFC 7519 section 4.1.5).
    pub(crate) fn is_ahead(self, date: Timestamp) -> bool {
        self.now.plus(self.leeway) < date
    }

    /// Tells whether `auth_time` is longer ago than `max_age` seconds.
    pub const fn is_older(self, auth_time: Timestamp, max_age: i64) -> bool {
        self.now.since(auth_time) > max_age.saturating_add(self.leeway)
    }
}
