//! Calls the provider: fetches and caches the provider's endpoints and keys, and checks what they sign.

mod client_secret;
mod endpoints;
mod jwks;
mod load_balancer_keys;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use relying_party::configuration::Client;
use relying_party::provider::call::{ProviderFault, ProviderRequest, ProviderResponse};
use relying_party::provider::client_authentication::ClientCredentials;
use relying_party::provider::token_endpoint::{self, Issued};
use relying_party::provider::user_info;
use relying_party::refusal::Refusal;
use relying_party::relying_party::RelyingParty;
use relying_party::session::Session;
use relying_party::token::jwks::{KeySet, TokenSource};
use relying_party::token::jws::UnverifiedToken;
use tokio::time::{Instant, timeout_at};

use crate::notes::Notes;
use crate::ports::{ClientSecretSource, Clock, Provider};

use client_secret::ClientSecret;
use endpoints::Endpoints;
use jwks::JwksCaches;
use load_balancer_keys::LoadBalancerKeyCache;

/// The provider, as its client sees it.
#[derive(Clone)]
pub(crate) struct ProviderClient {
    relying_party: Arc<RelyingParty>,
    notes: Arc<Notes>,
    provider: Arc<dyn Provider>,
    clock: Arc<dyn Clock>,
    client_secret: Arc<ClientSecret>,
    endpoints: Arc<Endpoints>,
    keys: Arc<JwksCaches>,
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
        let configured = relying_party.configuration.client.secret.clone();
        let client_secret = Arc::new(ClientSecret::new(configured, client_secret, Arc::clone(&clock)));
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

    /// Takes over everything that `other` has fetched. The providers must be the same.
    pub(crate) fn with_fetched(self, other: &Self) -> Self {
        Self {
            endpoints: Arc::clone(&other.endpoints),
            keys: Arc::clone(&other.keys),
            load_balancer_keys: Arc::clone(&other.load_balancer_keys),
            ..self
        }
    }

    pub(crate) async fn call(&self, request: &ProviderRequest) -> Result<ProviderResponse, Refusal> {
        Ok(self.provider.send(request).await?)
    }

    /// Sends the request that `request` makes for `client`. If the provider refuses the client, the secret
    /// may have been replaced, so it is read again and the request is sent once more. That is safe, because a
    /// provider that refuses the client has not processed the rest of the request.
    pub(crate) async fn call_as(
        &self,
        client: &ClientCredentials,
        request: impl Fn(&ClientCredentials) -> ProviderRequest + Send + Sync,
    ) -> Result<ProviderResponse, Refusal> {
        // The request spends a code or a token.
        self.notes.note_done();
        let first = request(client);
        // Both requests together may take no longer than one, because a lease lasts no longer.
        let until = Instant::now() + first.kind.timeout();
        let response = self.call_following(&first).await?;
        if !token_endpoint::refuses_client(&response) {
            return Ok(response);
        }
        self.notes.note_refused_client();
        let Ok(Some(client)) = timeout_at(until, self.client_with_reread_secret(client)).await else {
            return Ok(response);
        };
        let again = timeout_at(until, self.call(&request(&client))).await;
        again.unwrap_or_else(|_| Err(ProviderFault::TimedOut.into()))
    }

    async fn client_with_reread_secret(&self, client: &ClientCredentials) -> Option<ClientCredentials> {
        let secret = self.client_secret.other_than(client.secret()?).await?;
        let Client { id, authentication, .. } = &self.relying_party.configuration.client;
        ClientCredentials::new(id, *authentication, Some(&secret)).ok()
    }

    /// The client's credentials for the token endpoint.
    pub(crate) async fn client(&self) -> Result<ClientCredentials, Refusal> {
        let client = &self.relying_party.configuration.client;
        let secret = self.client_secret.current().await?;
        ClientCredentials::new(&client.id, client.authentication, secret.as_ref())
    }

    /// Runs `check` on the provider's response with the keys for its ID token. Then it calls the userinfo
    /// endpoint, if there is one, and passes its response to `complete`. Sign-in and refresh both use this.
    pub(crate) async fn verify_and_complete<T>(
        &self,
        issued: &Issued,
        check: impl FnOnce(&KeySet) -> Result<T, Refusal>,
        complete: impl FnOnce(T, &ProviderResponse) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let token = UnverifiedToken::parse(issued.id_token.expose()).map_err(Refusal::IdTokenUnverified)?;
        let checked = check(&*self.own_keys(token, TokenSource::Provider).await?)?;
        match self.relying_party.configuration.user_info_endpoint() {
            Some(endpoint) => {
                complete(checked, &self.call(&user_info::request(endpoint, &issued.access_token)).await?)
            }
            None => Ok(checked),
        }
    }

    /// Revokes the refresh token (RFC 7009). A failure is logged; it does not keep anybody signed in here.
    pub(crate) async fn revoke(&self, session: &Session) -> Result<(), Refusal> {
        let Some(refresh_token) = &session.refresh_token else { return Ok(()) };
        if !self.relying_party.configuration.logout_revoke {
            return Ok(());
        }
        let Some(endpoint) = self.revocation_endpoint().await? else { return Ok(()) };
        let client = self.client().await?;
        let request = |client: &_| token_endpoint::revocation_request(&endpoint, client, refresh_token);
        Ok(token_endpoint::read_revocation_response(&self.call_as(&client, request).await?)?)
    }
}
