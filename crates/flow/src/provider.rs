//! This room calls the provider: it fetches and keeps the provider's endpoints and keys, and checks what they sign.

mod endpoints;
mod keys;
mod load_balancer_keys;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use relying_party::provider::call::{ProviderRequest, ProviderResponse};
use relying_party::provider::client_authentication::ClientCredentials;
use relying_party::provider::token_endpoint::{self, Issued};
use relying_party::provider::user_info;
use relying_party::refusal::Refusal;
use relying_party::relying_party::RelyingParty;
use relying_party::secret::Secret;
use relying_party::session::Session;
use relying_party::token::jwks::{BroughtBy, KeySet};
use relying_party::token::jws::UnverifiedToken;

use crate::notes::Notes;
use crate::ports::{ClientSecretSource, Clock, Provider};

use endpoints::Endpoints;
use keys::Keys;
use load_balancer_keys::LoadBalancerKeyCache;

/// The provider as its client sees it.
#[derive(Clone)]
pub(crate) struct ProviderClient {
    relying_party: Arc<RelyingParty>,
    notes: Arc<Notes>,
    provider: Arc<dyn Provider>,
    clock: Arc<dyn Clock>,
    client_secret: Option<Arc<dyn ClientSecretSource>>,
    endpoints: Arc<Endpoints>,
    keys: Arc<Keys>,
    load_balancer_keys: Arc<LoadBalancerKeyCache>,
}

impl ProviderClient {
    /// A client that has fetched nothing yet. Does no IO.
    pub(crate) fn new(
        relying_party: Arc<RelyingParty>,
        notes: Arc<Notes>,
        provider: Arc<dyn Provider>,
        clock: Arc<dyn Clock>,
        client_secret: Option<Arc<dyn ClientSecretSource>>,
    ) -> Self {
        Self {
            relying_party,
            notes,
            provider,
            clock,
            client_secret,
            endpoints: Arc::default(),
            keys: Arc::default(),
            load_balancer_keys: Arc::default(),
        }
    }

    /// The same under another configuration, with all that was fetched. The provider must be the same.
    pub(crate) fn reconfigured(&self, relying_party: Arc<RelyingParty>, notes: Arc<Notes>) -> Self {
        Self { relying_party, notes, ..self.clone() }
    }

    pub(crate) async fn call(&self, request: &ProviderRequest) -> Result<ProviderResponse, Refusal> {
        Ok(self.provider.send(request).await?)
    }

    /// Gives the client's credentials for the token endpoint.
    pub(crate) async fn client(&self) -> Result<ClientCredentials, Refusal> {
        let client = &self.relying_party.configuration.client;
        let read = self.client_secret().await?;
        let secret = client.secret.as_ref().or(read.as_ref());
        Ok(ClientCredentials::new(&client.id, client.authentication, secret)?)
    }

    async fn client_secret(&self) -> Result<Option<Secret>, Refusal> {
        match &self.client_secret {
            Some(source) => {
                source.client_secret().await.map(Some).map_err(|_| Refusal::ClientSecretUnavailable)
            }
            None => Ok(None),
        }
    }

    /// Checks what the provider has issued by `check`, under the key that its ID token needs, and asks the userinfo endpoint,
    /// where there is one, for what `complete` adds. Sign-in and refresh both go this way.
    pub(crate) async fn checked<T>(
        &self,
        issued: &Issued,
        check: impl FnOnce(&KeySet) -> Result<T, Refusal>,
        complete: impl FnOnce(T, &ProviderResponse) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let token = UnverifiedToken::parse(issued.id_token.expose()).map_err(Refusal::IdTokenUnverified)?;
        let checked = check(&*self.own_keys(token, BroughtBy::Provider).await?)?;
        match self.relying_party.user_info_endpoint() {
            Some(endpoint) => {
                complete(checked, &self.call(&user_info::request(endpoint, &issued.access_token)).await?)
            }
            None => Ok(checked),
        }
    }

    /// Makes the refresh token useless (RFC 7009). Its failure is logged; it does not keep anybody signed in here.
    pub(crate) async fn revoke(&self, session: &Session) -> Result<(), Refusal> {
        let Some(refresh_token) = &session.refresh_token else { return Ok(()) };
        if !self.relying_party.configuration.logout_revoke {
            return Ok(());
        }
        let Some(endpoint) = self.revocation_endpoint().await? else { return Ok(()) };
        let request = token_endpoint::revocation_request(&endpoint, &self.client().await?, refresh_token);
        Ok(token_endpoint::judge_revocation(&self.call(&request).await?)?)
    }
}
