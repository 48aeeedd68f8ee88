//! Decides when to fetch a key. A key id always names the same key, so each key is fetched separately.

use std::sync::Arc;

use super::{KeyId, LoadBalancerKey, LoadBalancerRefusal};
use crate::time::Timestamp;
use crate::token::jwks::{COOL_DOWN_SECONDS, SOFT_LIFETIME_SECONDS};

/// How many keys may be fetched within the cool-down. Invented ids must not cause as many requests, nor
/// prevent other keys from being fetched.
pub const MAX_FETCHES: usize = 8;

/// How many keys are cached. A region uses few at a time.
const MAX_KEYS: usize = 32;

/// The next step for one JWT.
#[derive(Clone, Debug)]
pub enum KeyPlan {
    /// Verify with this key.
    Use(Arc<LoadBalancerKey>),
    /// Fetch the key and tell the cache the result. During an outage, `meanwhile` is used.
    Fetch {
        /// A key that is older than it should be.
        meanwhile: Option<Arc<LoadBalancerKey>>,
    },
    /// Refuse the JWT.
    Refuse(LoadBalancerRefusal),
}

/// The cached keys, and those that were requested recently.
#[derive(Debug, Default)]
pub struct LoadBalancerKeys {
    keys: Vec<Fetched>,
    last_fetches: Vec<LastFetch>,
}

#[derive(Debug)]
struct Fetched {
    id: KeyId,
    key: Arc<LoadBalancerKey>,
    at: Timestamp,
}

#[derive(Debug)]
struct LastFetch {
    id: KeyId,
    at: Timestamp,
    refusal: Option<LoadBalancerRefusal>,
}

impl LoadBalancerKeys {
    /// Decides for a JWT that names `id`.
    pub fn plan(&self, id: &KeyId, now: Timestamp) -> KeyPlan {
        let known = self.keys.iter().find(|fetched| fetched.id == *id);
        let mut recent = self.last_fetches.iter().filter(|fetch| now.is_within(COOL_DOWN_SECONDS, fetch.at));
        let crowded = recent.clone().count() >= MAX_FETCHES;
        let asked = recent.find(|fetch| fetch.id == *id);
        match (known, asked) {
            (Some(known), asked) => {
                let fresh = now.is_within(SOFT_LIFETIME_SECONDS, known.at);
                let key = Arc::clone(&known.key);
                if fresh || asked.is_some() || crowded {
                    KeyPlan::Use(key)
                } else {
                    KeyPlan::Fetch { meanwhile: Some(key) }
                }
            }
            (None, Some(LastFetch { refusal: Some(refusal), .. })) => KeyPlan::Refuse(refusal.clone()),
            (None, _) if crowded => KeyPlan::Refuse(LoadBalancerRefusal::KeyUnavailable),
            (None, _) => KeyPlan::Fetch { meanwhile: None },
        }
    }

    /// Takes the result of fetching the key with `id`.
    pub fn fetched(
        &mut self,
        id: &KeyId,
        outcome: Result<LoadBalancerKey, LoadBalancerRefusal>,
        now: Timestamp,
    ) {
        self.last_fetches.retain(|fetch| now.is_within(COOL_DOWN_SECONDS, fetch.at) && fetch.id != *id);
        let refusal = outcome.as_ref().err().cloned();
        self.last_fetches.push(LastFetch { id: id.clone(), at: now, refusal });
        match outcome {
            Ok(key) => {
                self.keys.retain(|fetched| fetched.id != *id);
                if self.keys.len() >= MAX_KEYS {
                    self.keys.remove(0);
                }
                self.keys.push(Fetched { id: id.clone(), key: Arc::new(key), at: now });
            }
            // AWS has removed the key.
            Err(LoadBalancerRefusal::KeyUnknown) => self.keys.retain(|fetched| fetched.id != *id),
            Err(_) => {}
        }
    }
}
