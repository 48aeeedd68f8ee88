//! The providers' keys: the cache decides, one request at a time fetches.

use std::collections::HashMap;
use std::sync::Arc;

use relying_party::discovery;
use relying_party::jwks::{self, JwksCache, JwksPlan, JwksRefusal, KeySet, Wanted};
use relying_party::jws::JwsRefusal;
use relying_party::refusal::Refusal;
use tokio::sync::Mutex;

use crate::site::Site;

/// One cache per issuer. Issuers come from the configuration, never from a token, so there are few.
#[derive(Default)]
pub(crate) struct Keys {
    caches: Mutex<HashMap<String, Arc<Issuer>>>,
}

#[derive(Default)]
struct Issuer {
    cache: Mutex<JwksCache>,
    /// Held by whoever fetches. Others wait for the result, or use what they have.
    fetching: Mutex<()>,
}

/// Fetching is boxed: it is rare, and would be part of every request's future.
impl Site {
    /// Keys of `issuer` for a token that names `kid`. `endpoint` is where they are when that is configured.
    pub(crate) async fn keys(
        &self,
        issuer: &str,
        endpoint: Option<&str>,
        kid: Option<&str>,
    ) -> Result<Arc<KeySet>, Refusal> {
        let wanted = kid.map_or(Wanted::Any, Wanted::Kid);
        let keys = self.keys.of(issuer).await;
        let planned = keys.cache.lock().await.plan(wanted, self.now());
        match planned {
            JwksPlan::Use(set) => return Ok(set),
            JwksPlan::Refuse(refusal) => return Err(refusal.into()),
            JwksPlan::Refetch { meanwhile } => {
                let Ok(_alone) = keys.fetching.try_lock() else { return Ok(meanwhile) };
                drop(Box::pin(self.fetch_keys(&keys, issuer, endpoint)).await);
                return Ok(meanwhile);
            }
            JwksPlan::Fetch => {}
        }
        let _alone = keys.fetching.lock().await;
        let planned = keys.cache.lock().await.plan(wanted, self.now());
        let failure = match planned {
            JwksPlan::Use(set) | JwksPlan::Refetch { meanwhile: set } => return Ok(set),
            JwksPlan::Refuse(refusal) => return Err(refusal.into()),
            JwksPlan::Fetch => Box::pin(self.fetch_keys(&keys, issuer, endpoint)).await.err(),
        };
        let planned = keys.cache.lock().await.plan(wanted, self.now());
        match planned {
            JwksPlan::Use(set) | JwksPlan::Refetch { meanwhile: set } => Ok(set),
            JwksPlan::Refuse(refusal) => Err(failure.unwrap_or_else(|| refusal.into())),
            JwksPlan::Fetch => Err(failure.unwrap_or(Refusal::Internal)),
        }
    }

    /// Keys of our own provider.
    pub(crate) async fn own_keys(&self, kid: Option<&str>) -> Result<Arc<KeySet>, Refusal> {
        let configuration = &self.relying_party.configuration;
        let keys = self.keys(&configuration.issuer, configuration.endpoints.jwks.as_deref(), kid).await;
        // The token came from the provider itself: that no key of its fits is not the client's fault.
        keys.map_err(|refusal| match refusal {
            Refusal::Jwks(JwksRefusal::KeyUnknown) => {
                Refusal::IdTokenUnverified(JwsRefusal::UnknownKey { kid: kid.map(str::to_owned) })
            }
            other => other,
        })
    }

    async fn fetch_keys(&self, keys: &Issuer, issuer: &str, endpoint: Option<&str>) -> Result<(), Refusal> {
        let fetched = self.request_keys(issuer, endpoint).await;
        let mut cache = keys.cache.lock().await;
        match fetched {
            Ok(set) => {
                cache.fetched(set, self.now());
                Ok(())
            }
            Err(refusal) => {
                cache.failed(self.now());
                Err(refusal)
            }
        }
    }

    async fn request_keys(&self, issuer: &str, endpoint: Option<&str>) -> Result<KeySet, Refusal> {
        let endpoint = match endpoint {
            Some(configured) => configured.to_owned(),
            None if issuer == self.relying_party.configuration.issuer => self.jwks_endpoint().await?,
            None => {
                let response = self.call(&discovery::request(issuer)).await?;
                discovery::judge(&response, issuer)?.jwks_uri
            }
        };
        let response = self.call(&jwks::request(&endpoint)).await?;
        Ok(jwks::judge(&response)?)
    }
}

impl Keys {
    async fn of(&self, issuer: &str) -> Arc<Issuer> {
        let mut caches = self.caches.lock().await;
        Arc::clone(caches.entry(issuer.to_owned()).or_default())
    }
}
