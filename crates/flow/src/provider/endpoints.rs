//! Knows the provider's endpoints: it uses the configured ones and discovers the others. The cache decides
//! when to read the metadata, and only one request at a time reads them.

use std::sync::Arc;

use relying_party::provider::call::{CallKind, ProviderFault, ProviderRequest, ProviderResponse};
use relying_party::provider::discovery::{self, MetadataCache, MetadataPlan, ProviderMetadata};
use relying_party::refusal::Refusal;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};

use super::ProviderClient;

/// The provider's metadata, once they have been needed.
#[derive(Default)]
pub(super) struct Endpoints {
    cache: Mutex<MetadataCache>,
    /// Locked while a request reads the metadata. Others wait for the result, or use the metadata they have.
    reading: Mutex<()>,
}

impl ProviderClient {
    pub(crate) async fn authorization_endpoint(&self) -> Result<String, Refusal> {
        match &self.relying_party.configuration.endpoints.authorization {
            Some(configured) => Ok(configured.clone()),
            None => Ok(self.discovered().await?.authorization_endpoint.clone()),
        }
    }

    pub(crate) async fn token_endpoint(&self) -> Result<String, Refusal> {
        match &self.relying_party.configuration.endpoints.token {
            Some(configured) => Ok(configured.clone()),
            None => Ok(self.discovered().await?.token_endpoint.clone()),
        }
    }

    /// Tells whether the provider announces the `iss` parameter in the callback (RFC 9207 section 3); false
    /// without discovery.
    pub(crate) async fn announces_iss(&self) -> bool {
        let cache = self.endpoints.cache.lock().await;
        cache.known().is_some_and(|metadata| metadata.authorization_response_iss)
    }

    pub(super) async fn jwks_endpoint(&self) -> Result<String, Refusal> {
        match &self.relying_party.configuration.endpoints.jwks {
            Some(configured) => Ok(configured.clone()),
            None => Ok(self.discovered().await?.jwks_uri.clone()),
        }
    }

    /// `None` when the provider has no revocation endpoint.
    pub(crate) async fn revocation_endpoint(&self) -> Result<Option<String>, Refusal> {
        match &self.relying_party.configuration.endpoints.revocation {
            Some(configured) => Ok(Some(configured.clone())),
            None if self.discovers_all() => Ok(self.discovered().await?.revocation_endpoint.clone()),
            None => Ok(None),
        }
    }

    /// `None` when the provider has no end-session endpoint.
    pub(crate) async fn end_session_endpoint(&self) -> Result<Option<String>, Refusal> {
        match &self.relying_party.configuration.endpoints.end_session {
            Some(configured) => Ok(Some(configured.clone())),
            None if self.discovers_all() => Ok(self.discovered().await?.end_session_endpoint.clone()),
            None => Ok(None),
        }
    }

    /// Tells whether optional endpoints are discovered. If every endpoint that sign-in needs is configured,
    /// they are not worth a request.
    fn discovers_all(&self) -> bool {
        let endpoints = &self.relying_party.configuration.endpoints;
        endpoints.authorization.is_none() || endpoints.token.is_none() || endpoints.jwks.is_none()
    }

    /// The metadata. The request that finds them due reads them itself: a function is frozen once it has
    /// answered, so it cannot read them in the background.
    async fn discovered(&self) -> Result<Arc<ProviderMetadata>, Refusal> {
        let endpoints = &self.endpoints;
        let planned = endpoints.cache.lock().await.plan(self.clock.now());
        match planned {
            MetadataPlan::Use(metadata) => return Ok(metadata),
            MetadataPlan::Refuse(refusal) => return Err(refusal),
            MetadataPlan::ReadAnew { meanwhile } => {
                let Ok(_alone) = endpoints.reading.try_lock() else { return Ok(meanwhile) };
                return Ok(Box::pin(self.read_metadata()).await.unwrap_or(meanwhile));
            }
            MetadataPlan::Read => {}
        }
        let _alone = endpoints.reading.lock().await;
        let planned = endpoints.cache.lock().await.plan(self.clock.now());
        match planned {
            MetadataPlan::Use(metadata) | MetadataPlan::ReadAnew { meanwhile: metadata } => Ok(metadata),
            MetadataPlan::Refuse(refusal) => Err(refusal),
            MetadataPlan::Read => Box::pin(self.read_metadata()).await,
        }
    }

    /// Sends a request that changes something at the provider. If the old endpoint cannot be reached and the
    /// metadata name a new one, it is sent once more. Both together take no longer than one.
    pub(super) async fn call_following(
        &self,
        request: &ProviderRequest,
    ) -> Result<ProviderResponse, Refusal> {
        let until = Instant::now() + request.kind.timeout();
        let answered = self.provider.send(request).await;
        let configured = &self.relying_party.configuration.endpoints;
        let endpoint: fn(&ProviderMetadata) -> Option<&String> = match request.kind {
            CallKind::Token { .. } if configured.token.is_none() => |metadata| Some(&metadata.token_endpoint),
            CallKind::Revocation if configured.revocation.is_none() => {
                |metadata| metadata.revocation_endpoint.as_ref()
            }
            _ => return Ok(answered?),
        };
        if !CallKind::may_have_moved(&answered) {
            if let Err(ProviderFault::TimedOut | ProviderFault::Broken) = answered {
                // The provider may have processed the request, so it is not sent again. The next request
                // looks the endpoint up.
                self.endpoints.cache.lock().await.make_due(self.clock.now());
            }
            return Ok(answered?);
        }
        let again = async {
            let url = self.moved(&request.url, endpoint).await?;
            Some(self.call(&ProviderRequest { url, ..request.clone() }).await)
        };
        match timeout_at(until, Box::pin(again)).await {
            Ok(Some(answered)) => answered,
            Ok(None) | Err(_) => Ok(answered?),
        }
    }

    /// The present address of an endpoint that failed at `old`; `None` if it has not changed.
    pub(super) async fn moved(
        &self,
        old: &str,
        endpoint: impl Fn(&ProviderMetadata) -> Option<&String> + Send,
    ) -> Option<String> {
        let _alone = self.endpoints.reading.lock().await;
        let (may_read, known) = {
            let mut cache = self.endpoints.cache.lock().await;
            (cache.make_due(self.clock.now()), cache.known().map(Arc::clone))
        };
        let metadata = if may_read { Box::pin(self.read_metadata()).await.ok() } else { known };
        endpoint(&*metadata?).filter(|new| *new != old).cloned()
    }

    /// Reads the metadata and tells the cache the result. The caller holds `reading`.
    async fn read_metadata(&self) -> Result<Arc<ProviderMetadata>, Refusal> {
        let configuration = &self.relying_party.configuration;
        self.endpoints.cache.lock().await.asked(self.clock.now());
        let judged = match self.call(&discovery::request(&configuration.issuer)).await {
            Ok(response) => {
                discovery::read_response(&response, &configuration.issuers).map_err(Refusal::from)
            }
            Err(refusal) => Err(refusal),
        };
        let mut cache = self.endpoints.cache.lock().await;
        match judged {
            Ok(metadata) => {
                self.notes.note(metadata.odd.clone());
                Ok(cache.read(metadata, self.clock.now()))
            }
            Err(refusal) => {
                if cache.known().is_some() {
                    let (code, why) = (refusal.reason().code, refusal.detail());
                    self.notes
                        .warn(format!(
                            "provider metadata could not be read again, the previous ones stay in use: {code}: {why}"
                        ));
                }
                cache.failed(refusal.clone(), self.clock.now());
                Err(refusal)
            }
        }
    }
}
