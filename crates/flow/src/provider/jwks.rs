//! Fetches the providers' keys. The cache decides when, and only one request at a time fetches.

use std::collections::HashMap;
use std::sync::Arc;

use relying_party::provider::call::CallKind;
use relying_party::provider::discovery;
use relying_party::refusal::Refusal;
use relying_party::refusal::reason::Fault;
use relying_party::token::access_token::BearerIssuer;
use relying_party::token::claims;
use relying_party::token::jwks::{self, JwksCache, JwksPlan, JwksRefusal, KeySet, TokenSource, Wanted};
use relying_party::token::jws::{JwsRefusal, UnverifiedToken, VerifiedClaims};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};

use super::ProviderClient;

/// One cache per issuer. Issuers come from the configuration, never from a token, so there are few.
#[derive(Default)]
pub(super) struct JwksCaches {
    caches: Mutex<HashMap<String, Arc<IssuerJwks>>>,
}

#[derive(Default)]
struct IssuerJwks {
    cache: Mutex<JwksCache>,
    /// Locked while a request fetches. Others wait for the result, or use the keys they have.
    fetching: Mutex<()>,
}

/// The issuer whose keys are needed, and whether a client or the provider brought the token.
#[derive(Clone, Copy)]
struct KeyRequest<'a> {
    issuer: &'a str,
    /// The address of the keys, when it is configured.
    endpoint: Option<&'a str>,
    token_source: TokenSource,
}

/// Fetching is boxed. It is rare, and otherwise its state would be part of every request's future.
impl ProviderClient {
    /// The claims of a token that a client sent and that `row`'s issuer has issued.
    pub(crate) async fn verified_bearer(
        &self,
        text: &str,
        unverified: UnverifiedToken<'_>,
        row: &BearerIssuer,
    ) -> Result<VerifiedClaims, Refusal> {
        let endpoint = row.jwks_endpoint.as_deref();
        let key_request = KeyRequest { issuer: &row.issuer, endpoint, token_source: TokenSource::Client };
        let keys = self.keys(key_request, wanted(&unverified)).await?;
        let allowed = &self.relying_party.configuration.signing_algorithms;
        match unverified.verify(&keys, allowed) {
            Err(refusal) if refusal.asks_for_newer_keys() => {
                // The client gets no hint about the failed fetch, as the token may be invented.
                let Ok(newer) = Box::pin(self.keys(key_request, Wanted::Newer(&keys))).await else {
                    return Err(Refusal::Bearer(refusal));
                };
                let again = UnverifiedToken::parse(text).map_err(Refusal::Bearer)?;
                again.verify(&newer, allowed).map_err(Refusal::Bearer)
            }
            other => other.map_err(Refusal::Bearer),
        }
    }

    /// The keys of our own provider for one of its tokens. They are newer ones if the token does not verify
    /// with those in the cache. The caller has to verify the token with them.
    pub(crate) async fn own_keys(
        &self,
        token: UnverifiedToken<'_>,
        token_source: TokenSource,
    ) -> Result<Arc<KeySet>, Refusal> {
        let configuration = &self.relying_party.configuration;
        let endpoint = configuration.endpoints.jwks.as_deref();
        let key_request = KeyRequest { issuer: &configuration.issuer, endpoint, token_source };
        let kid = token.unverified_kid().map(str::to_owned);
        let keys = self.keys(key_request, wanted(&token)).await.map_err(|refusal| match refusal {
            // The token came from the provider itself, so an unknown key is not the client's fault.
            Refusal::Jwks(JwksRefusal::KeyUnknown { .. }) if token_source == TokenSource::Provider => {
                Refusal::IdTokenUnverified(JwsRefusal::UnknownKey { kid })
            }
            other => other,
        })?;
        match token.verify(&keys, &configuration.signing_algorithms) {
            Ok(verified) => {
                self.notes.note(claims::odd("ID token", verified.claims(), configuration.groups_claim()));
                Ok(keys)
            }
            Err(refusal) if refusal.asks_for_newer_keys() => {
                match Box::pin(self.keys(key_request, Wanted::Newer(&keys))).await {
                    Ok(newer) => Ok(newer),
                    Err(refusal)
                        if token_source == TokenSource::Provider
                            && refusal.reason().fault == Fault::Outage =>
                    {
                        Err(refusal)
                    }
                    Err(_) => Ok(keys),
                }
            }
            Err(_) => Ok(keys),
        }
    }

    async fn keys(&self, key_request: KeyRequest<'_>, wanted: Wanted<'_>) -> Result<Arc<KeySet>, Refusal> {
        let keys = self.keys.of(key_request.issuer).await;
        let planned = keys.cache.lock().await.plan(wanted, key_request.token_source, self.clock.now());
        match planned {
            JwksPlan::Use(set) => return Ok(set),
            JwksPlan::Refuse(refusal) => return Err(refusal.into()),
            JwksPlan::Refetch { meanwhile } => {
                let Ok(_alone) = keys.fetching.try_lock() else { return Ok(meanwhile) };
                let due = KeyRequest { token_source: TokenSource::Client, ..key_request };
                drop(Box::pin(self.fetch_keys(&keys, due, wanted)).await);
                return Ok(meanwhile);
            }
            JwksPlan::Fetch => {}
        }
        let _alone = keys.fetching.lock().await;
        let planned = keys.cache.lock().await.plan(wanted, key_request.token_source, self.clock.now());
        let failure = match planned {
            JwksPlan::Use(set) | JwksPlan::Refetch { meanwhile: set } => return Ok(set),
            JwksPlan::Refuse(refusal) => return Err(refusal.into()),
            JwksPlan::Fetch => Box::pin(self.fetch_keys(&keys, key_request, wanted)).await.err(),
        };
        let planned = keys.cache.lock().await.plan(wanted, key_request.token_source, self.clock.now());
        match planned {
            JwksPlan::Use(set) | JwksPlan::Refetch { meanwhile: set } => Ok(set),
            JwksPlan::Refuse(refusal) => Err(failure.unwrap_or_else(|| refusal.into())),
            // The set that was just fetched is the first, and does not have the key.
            JwksPlan::Fetch => Err(failure.unwrap_or_else(|| wanted.unknown().into())),
        }
    }

    async fn fetch_keys(
        &self,
        keys: &IssuerJwks,
        key_request: KeyRequest<'_>,
        wanted: Wanted<'_>,
    ) -> Result<(), Refusal> {
        let fetched = self.request_keys(key_request, wanted).await;
        let mut cache = keys.cache.lock().await;
        match fetched {
            Ok(set) => {
                cache.fetched(set, key_request.token_source, self.clock.now());
                Ok(())
            }
            Err(refusal) => {
                cache.failed(key_request.token_source, self.clock.now());
                Err(refusal)
            }
        }
    }

    async fn request_keys(&self, key_request: KeyRequest<'_>, wanted: Wanted<'_>) -> Result<KeySet, Refusal> {
        let configuration = &self.relying_party.configuration;
        match key_request.endpoint {
            Some(configured) => self.keys_at(configured).await,
            None if configuration.issuers.iter().any(|own| own == key_request.issuer) => {
                self.fetch_own_keys(wanted).await
            }
            None => {
                let response = self.call(&discovery::request(key_request.issuer)).await?;
                let metadata = discovery::read_response(&response, &[key_request.issuer.to_owned()])?;
                self.keys_at(&metadata.jwks_uri).await
            }
        }
    }

    /// The keys of our own provider. If the wanted key is not among them, their address may have changed, and
    /// the metadata are read again. This takes no longer than discovering the address and fetching the keys,
    /// so it ends before a lease does.
    async fn fetch_own_keys(&self, wanted: Wanted<'_>) -> Result<KeySet, Refusal> {
        let until = Instant::now() + CallKind::Discovery.timeout() + CallKind::Jwks.timeout();
        let endpoint = self.jwks_endpoint().await?;
        let keys = self.keys_at(&endpoint).await;
        let is_there = keys.as_ref().is_ok_and(|keys| wanted.may_be_in(keys));
        if is_there || self.relying_party.configuration.endpoints.jwks.is_some() {
            return keys;
        }
        let moved = async {
            let moved = self.moved(&endpoint, |metadata| Some(&metadata.jwks_uri)).await?;
            self.keys_at(&moved).await.ok()
        };
        match timeout_at(until, Box::pin(moved)).await {
            Ok(Some(moved)) => Ok(moved),
            Ok(None) | Err(_) => keys,
        }
    }

    async fn keys_at(&self, endpoint: &str) -> Result<KeySet, Refusal> {
        Ok(jwks::read_response(&self.call(&jwks::request(endpoint)).await?)?)
    }
}

fn wanted<'a>(token: &'a UnverifiedToken<'_>) -> Wanted<'a> {
    token.unverified_kid().map_or(Wanted::Any, Wanted::Kid)
}

impl JwksCaches {
    async fn of(&self, issuer: &str) -> Arc<IssuerJwks> {
        let mut caches = self.caches.lock().await;
        Arc::clone(caches.entry(issuer.to_owned()).or_default())
    }
}
