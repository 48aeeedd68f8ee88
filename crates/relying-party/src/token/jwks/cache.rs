//! Decides when to fetch a key set. The driver fetches, and lets only one request do so at a time.

use std::sync::Arc;

use super::{JwksRefusal, KeySet};
use crate::time::Timestamp;

/// After this many seconds a set is due to be fetched again. It is still used while that fails.
pub const SOFT_LIFETIME_SECONDS: i64 = 3600;

/// For tokens from clients the provider is asked at most once in this many seconds, whatever the reason and
/// the result, because invented tokens must not cause as many requests. A token from the provider itself
/// cannot be invented. If no key in the cache fits it, the provider is asked once more within this time, so
/// that sign-in works immediately after a rotation.
pub const COOL_DOWN_SECONDS: i64 = 10;

/// The key that a token needs.
#[derive(Clone, Copy, Debug)]
pub enum Wanted<'a> {
    /// The key with this id.
    Kid(&'a str),
    /// Any key that fits, because the token names none.
    Any,
    /// A key from a newer set than this one, with which the token does not verify.
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

    /// Tells whether this set may have the key.
    pub fn may_be_in(self, keys: &KeySet) -> bool {
        match self {
            Self::Kid(kid) => keys.has(kid),
            Self::Any | Self::Newer(_) => true,
        }
    }
}

/// The source of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenSource {
    /// A client sent it, and can send any number of them.
    Client,
    /// It is from the token endpoint over TLS, and names no other issuer.
    Provider,
}

/// The next step for one token.
#[derive(Clone, Debug)]
pub enum JwksPlan {
    /// Verify with these keys.
    Use(Arc<KeySet>),
    /// Fetch the set, tell the cache the result, and plan again. After that the plan does not ask for another
    /// fetch at once.
    Fetch,
    /// The set is older than its soft lifetime: fetch it and tell the cache the result, unless another
    /// request does so already. `meanwhile` is for requests that do not fetch, and if fetching fails.
    Refetch {
        /// The present keys.
        meanwhile: Arc<KeySet>,
    },
    /// Refuse the token.
    Refuse(JwksRefusal),
}

/// The keys of one issuer, and when they were requested.
#[derive(Clone, Debug, Default)]
pub struct JwksCache {
    keys: Option<Fetched>,
    last_fetch: Option<LastFetch>,
    /// The last fetch for a token from the provider itself that no present key fitted.
    last_for_provider: Option<LastFetch>,
}

#[derive(Clone, Debug)]
struct Fetched {
    keys: Arc<KeySet>,
    at: Timestamp,
}

#[derive(Clone, Copy, Debug)]
struct LastFetch {
    at: Timestamp,
    failed: bool,
}

impl JwksCache {
    /// Decides for a token that needs the key `wanted` and came from `token_source`.
    pub fn plan(&self, wanted: Wanted<'_>, token_source: TokenSource, now: Timestamp) -> JwksPlan {
        let cooling = cooling(self.last_fetch, now);
        let Some(fetched) = &self.keys else {
            return cooling.map_or(JwksPlan::Fetch, |_| JwksPlan::Refuse(JwksRefusal::Unavailable));
        };
        let fits = match wanted {
            Wanted::Kid(kid) => fetched.keys.has(kid),
            Wanted::Any => true,
            Wanted::Newer(known) => !Arc::ptr_eq(known, &fetched.keys),
        };
        if !fits {
            let cooling = match token_source {
                TokenSource::Client => cooling,
                TokenSource::Provider => self::cooling(self.last_for_provider, now),
            };
            return match cooling {
                None => JwksPlan::Fetch,
                // The provider may have the key by now. The client is not to blame that we could not find
                // out.
                Some(LastFetch { failed: true, .. }) => JwksPlan::Refuse(JwksRefusal::Unavailable),
                Some(LastFetch { failed: false, .. }) => JwksPlan::Refuse(wanted.unknown()),
            };
        }
        let keys = Arc::clone(&fetched.keys);
        if cooling.is_some() || now.is_within(SOFT_LIFETIME_SECONDS, fetched.at) {
            return JwksPlan::Use(keys);
        }
        JwksPlan::Refetch { meanwhile: keys }
    }

    /// Takes a fetched set, which replaces the old one completely. `token_source` is the source of the token
    /// that no present key fitted; it is `Client` if the set was only due.
    pub fn fetched(&mut self, keys: KeySet, token_source: TokenSource, now: Timestamp) {
        self.record_fetch(token_source, LastFetch { at: now, failed: false });
        self.keys = Some(Fetched { keys: Arc::new(keys), at: now });
    }

    /// Records that the provider could not be asked, or that its response was refused. The present keys stay.
    pub fn failed(&mut self, token_source: TokenSource, now: Timestamp) {
        self.record_fetch(token_source, LastFetch { at: now, failed: true });
    }

    fn record_fetch(&mut self, token_source: TokenSource, fetch: LastFetch) {
        self.last_fetch = Some(fetch);
        // A first fetch does not indicate a rotation.
        if token_source == TokenSource::Provider && self.keys.is_some() {
            self.last_for_provider = Some(fetch);
        }
    }
}

/// The last fetch, if its cool-down has not ended.
fn cooling(fetch: Option<LastFetch>, now: Timestamp) -> Option<LastFetch> {
    fetch.filter(|fetch| now.is_within(COOL_DOWN_SECONDS, fetch.at))
}
