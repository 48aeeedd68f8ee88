//! When to fetch a key set, as a decision. Who fetches, and that only one does at a time, is the driver's part.

use std::sync::Arc;

use super::{JwksRefusal, KeySet};
use crate::time::Timestamp;

/// After this many seconds a set is due to be fetched again. It serves on while that fails.
pub const SOFT_LIFETIME_SECONDS: i64 = 3600;

/// The provider is asked at most once in this many seconds, whatever the reason and whatever came of it: tokens with
/// invented key ids must not become requests to the provider.
pub const COOL_DOWN_SECONDS: i64 = 10;

/// Which key a token needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted<'a> {
    /// The key of this id.
    Kid(&'a str),
    /// Whichever fits: the token names none.
    Any,
}

/// What to do for one token.
#[derive(Clone, Debug)]
pub enum JwksPlan {
    /// Verify with these keys.
    Use(Arc<KeySet>),
    /// Fetch the set, tell the cache what came of it, and plan again: the next plan is no `Fetch`.
    Fetch,
    /// The set is older than its soft lifetime: fetch it and tell the cache, if nobody does already. When that fails,
    /// and for everybody who does not fetch, `meanwhile` serves.
    Refetch {
        /// The keys that are at hand.
        meanwhile: Arc<KeySet>,
    },
    /// Refuse the token.
    Refuse(JwksRefusal),
}

/// The keys of one issuer and when they were asked for.
#[derive(Clone, Debug, Default)]
pub struct JwksCache {
    keys: Option<Fetched>,
    last_attempt: Option<Attempt>,
}

#[derive(Clone, Debug)]
struct Fetched {
    keys: Arc<KeySet>,
    at: Timestamp,
}

#[derive(Clone, Copy, Debug)]
struct Attempt {
    at: Timestamp,
    failed: bool,
}

impl JwksCache {
    /// A cache that has never asked.
    pub const fn new() -> Self {
        Self { keys: None, last_attempt: None }
    }

    /// Decides for a token that needs `wanted`.
    pub fn plan(&self, wanted: Wanted<'_>, now: Timestamp) -> JwksPlan {
        let cooling = self.last_attempt.filter(|attempt| within(COOL_DOWN_SECONDS, attempt.at, now));
        let Some(fetched) = &self.keys else {
            return cooling.map_or(JwksPlan::Fetch, |_| JwksPlan::Refuse(JwksRefusal::Unavailable));
        };
        if let Wanted::Kid(kid) = wanted
            && !fetched.keys.has(kid)
        {
            return match cooling {
                None => JwksPlan::Fetch,
                // The provider may well have the key by now; that we do not know is not the client's fault.
                Some(Attempt { failed: true, .. }) => JwksPlan::Refuse(JwksRefusal::Unavailable),
                Some(Attempt { failed: false, .. }) => JwksPlan::Refuse(JwksRefusal::KeyUnknown),
            };
        }
        let keys = Arc::clone(&fetched.keys);
        if cooling.is_some() || within(SOFT_LIFETIME_SECONDS, fetched.at, now) {
            return JwksPlan::Use(keys);
        }
        JwksPlan::Refetch { meanwhile: keys }
    }

    /// The provider answered with this set, which replaces the old one as a whole.
    pub fn fetched(&mut self, keys: KeySet, now: Timestamp) {
        self.keys = Some(Fetched { keys: Arc::new(keys), at: now });
        self.last_attempt = Some(Attempt { at: now, failed: false });
    }

    /// The provider could not be asked, or its answer was refused. What is at hand stays.
    pub fn failed(&mut self, now: Timestamp) {
        self.last_attempt = Some(Attempt { at: now, failed: true });
    }
}

/// Whether less than `seconds` lie between the two, in either direction: a clock that was set back must not freeze
/// the cache until it has caught up.
fn within(seconds: i64, earlier: Timestamp, now: Timestamp) -> bool {
    now.since(earlier).unsigned_abs() < seconds.unsigned_abs()
}
