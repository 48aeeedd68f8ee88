//! Decides when to fetch a key set. The driver fetches, and sees to it that only one request does.

use std::sync::Arc;

use super::{JwksRefusal, KeySet};
use crate::time::Timestamp;

/// After this many seconds a set is due to be fetched again. It serves on while that fails.
pub const SOFT_LIFETIME_SECONDS: i64 = 3600;

/// For tokens that clients bring the provider is asked at most once in this many seconds, whatever the reason and whatever
/// came of it: invented tokens must not become requests to the provider. A token that the provider itself handed over
/// cannot be invented; when no key at hand fits it, the provider is asked once more in this many seconds, so that sign-in
/// goes on right after a rotation.
pub const COOL_DOWN_SECONDS: i64 = 10;

/// Says which key a token needs.
#[derive(Clone, Copy, Debug)]
pub enum Wanted<'a> {
    /// The key of this id.
    Kid(&'a str),
    /// Whichever fits: the token names none.
    Any,
    /// One of a newer set: the token does not verify with this one.
    Newer(&'a Arc<KeySet>),
}

impl Wanted<'_> {
    /// The refusal of a token whose key the provider does not have.
    pub fn unknown(self) -> JwksRefusal {
        let kid = match self {
            Self::Kid(kid) => Some(kid.to_owned()),
            Self::Any | Self::Newer(_) => None,
        };
        JwksRefusal::KeyUnknown { kid }
    }

    /// Tells whether these keys may have it.
    pub fn may_be_in(self, keys: &KeySet) -> bool {
        match self {
            Self::Kid(kid) => keys.has(kid),
            Self::Any | Self::Newer(_) => true,
        }
    }
}

/// Says where a token came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BroughtBy {
    /// A client brought it, and can bring as many as it likes.
    Client,
    /// The token endpoint answered with it over TLS, and it names no other issuer.
    Provider,
}

/// The next step for one token.
#[derive(Clone, Debug)]
pub enum JwksPlan {
    /// Verify with these keys.
    Use(Arc<KeySet>),
    /// Fetch the set, tell the cache what came of it, and plan again. A caller that has fetched does not do so again at once.
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
    /// The last that was made for a token of the provider's own that no key at hand fitted.
    last_for_provider: Option<Attempt>,
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
        Self { keys: None, last_attempt: None, last_for_provider: None }
    }

    /// Decides for a token that needs `wanted` and was `brought_by` one of these.
    pub fn plan(&self, wanted: Wanted<'_>, brought_by: BroughtBy, now: Timestamp) -> JwksPlan {
        let cooling = cooling(self.last_attempt, now);
        let Some(fetched) = &self.keys else {
            return cooling.map_or(JwksPlan::Fetch, |_| JwksPlan::Refuse(JwksRefusal::Unavailable));
        };
        let fits = match wanted {
            Wanted::Kid(kid) => fetched.keys.has(kid),
            Wanted::Any => true,
            Wanted::Newer(known) => !Arc::ptr_eq(known, &fetched.keys),
        };
        if !fits {
            let cooling = match brought_by {
                BroughtBy::Client => cooling,
                BroughtBy::Provider => self::cooling(self.last_for_provider, now),
            };
            return match cooling {
                None => JwksPlan::Fetch,
                // The provider may well have the key by now; that we do not know is not the client's fault.
                Some(Attempt { failed: true, .. }) => JwksPlan::Refuse(JwksRefusal::Unavailable),
                Some(Attempt { failed: false, .. }) => JwksPlan::Refuse(wanted.unknown()),
            };
        }
        let keys = Arc::clone(&fetched.keys);
        if cooling.is_some() || now.is_within(SOFT_LIFETIME_SECONDS, fetched.at) {
            return JwksPlan::Use(keys);
        }
        JwksPlan::Refetch { meanwhile: keys }
    }

    /// The provider answered with this set, which replaces the old one as a whole. `brought_by` tells of the token that no key
    /// at hand fitted; a set that was only due is fetched as for a client.
    pub fn fetched(&mut self, keys: KeySet, brought_by: BroughtBy, now: Timestamp) {
        self.attempted(brought_by, Attempt { at: now, failed: false });
        self.keys = Some(Fetched { keys: Arc::new(keys), at: now });
    }

    /// The provider could not be asked, or its answer was refused. The keys at hand stay.
    pub fn failed(&mut self, brought_by: BroughtBy, now: Timestamp) {
        self.attempted(brought_by, Attempt { at: now, failed: true });
    }

    fn attempted(&mut self, brought_by: BroughtBy, attempt: Attempt) {
        self.last_attempt = Some(attempt);
        // The first fetch says nothing of a rotation.
        if brought_by == BroughtBy::Provider && self.keys.is_some() {
            self.last_for_provider = Some(attempt);
        }
    }
}

/// The attempt, while nobody asks again after it.
fn cooling(attempt: Option<Attempt>, now: Timestamp) -> Option<Attempt> {
    attempt.filter(|attempt| now.is_within(COOL_DOWN_SECONDS, attempt.at))
}
