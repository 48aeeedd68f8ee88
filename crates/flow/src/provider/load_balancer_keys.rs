//! Fetches the keys that load balancers sign with. The cache decides when, and only one request at a time
//! fetches.

use std::sync::Arc;

use relying_party::provider::call::{CallKind, ProviderRequest};
use relying_party::refusal::Refusal;
use relying_party::refusal::reason::Fault;
use relying_party::token::load_balancer::{
    self, KeyPlan, LoadBalancerKey, LoadBalancerKeys, LoadBalancerRefusal, UnverifiedUser,
};
use tokio::sync::Mutex;

use super::ProviderClient;

/// The keys that have been fetched.
#[derive(Default)]
pub(super) struct LoadBalancerKeyCache {
    cache: Mutex<LoadBalancerKeys>,
    /// Locked while a request fetches. Others wait for the result.
    fetching: Mutex<()>,
}

impl ProviderClient {
    /// The key at `url`, with which the signature over `user` is verified.
    pub(crate) async fn load_balancer_key(
        &self,
        user: &UnverifiedUser<'_>,
        url: &str,
    ) -> Result<Arc<LoadBalancerKey>, Refusal> {
        let id = user.key_id();
        let keys = &self.load_balancer_keys;
        if let KeyPlan::Use(key) = keys.cache.lock().await.plan(id, self.clock.now()) {
            return Ok(key);
        }
        let _alone = keys.fetching.lock().await;
        let planned = keys.cache.lock().await.plan(id, self.clock.now());
        let meanwhile = match planned {
            KeyPlan::Use(key) => return Ok(key),
            KeyPlan::Refuse(refusal) => return Err(refusal.into()),
            KeyPlan::Fetch { meanwhile } => meanwhile,
        };
        let answered = self.call(&ProviderRequest::fetch(url, CallKind::Jwks)).await;
        let outcome = match &answered {
            Ok(response) => load_balancer::read_key_response(response),
            Err(_) => Err(LoadBalancerRefusal::KeyUnavailable),
        };
        let failure = outcome.as_ref().err().cloned().map(Refusal::from);
        keys.cache.lock().await.fetched(id, outcome, self.clock.now());
        match (failure, meanwhile) {
            (Some(failure), Some(key)) if failure.reason().fault != Fault::Client => Ok(key),
            (Some(failure), _) => Err(failure),
            (None, _) => match keys.cache.lock().await.plan(id, self.clock.now()) {
                KeyPlan::Use(key) => Ok(key),
                _ => Err(Refusal::Internal),
            },
        }
    }
}
