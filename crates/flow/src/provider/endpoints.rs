//! Knows the provider's endpoints: takes configured ones as they are, and discovers the others once.

use relying_party::provider::discovery::{self, ProviderMetadata};
use relying_party::refusal::Refusal;
use tokio::sync::OnceCell;

use super::ProviderClient;

/// The provider's metadata, once they were needed.
#[derive(Default)]
pub(super) struct Endpoints {
    discovered: OnceCell<ProviderMetadata>,
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

    /// Tells whether the provider says that it names itself in the callback (RFC 9207 section 3); unknown without discovery.
    pub(crate) fn names_itself(&self) -> bool {
        self.endpoints.discovered.get().is_some_and(|metadata| metadata.authorization_response_iss)
    }

    pub(super) async fn jwks_endpoint(&self) -> Result<String, Refusal> {
        match &self.relying_party.configuration.endpoints.jwks {
            Some(configured) => Ok(configured.clone()),
            None => Ok(self.discovered().await?.jwks_uri.clone()),
        }
    }

    /// `None` when the provider revokes nothing.
    pub(crate) async fn revocation_endpoint(&self) -> Result<Option<String>, Refusal> {
        match &self.relying_party.configuration.endpoints.revocation {
            Some(configured) => Ok(Some(configured.clone())),
            None if self.discovers_all() => Ok(self.discovered().await?.revocation_endpoint.clone()),
            None => Ok(None),
        }
    }

    /// `None` when the provider has no session to end.
    pub(crate) async fn end_session_endpoint(&self) -> Result<Option<String>, Refusal> {
        match &self.relying_party.configuration.endpoints.end_session {
            Some(configured) => Ok(Some(configured.clone())),
            None if self.discovers_all() => Ok(self.discovered().await?.end_session_endpoint.clone()),
            None => Ok(None),
        }
    }

    /// With every endpoint that sign-in needs given by hand, optional ones are not worth a discovery request.
    fn discovers_all(&self) -> bool {
        let endpoints = &self.relying_party.configuration.endpoints;
        endpoints.authorization.is_none() || endpoints.token.is_none() || endpoints.jwks.is_none()
    }

    async fn discovered(&self) -> Result<&ProviderMetadata, Refusal> {
        self.endpoints
            .discovered
            .get_or_try_init(|| async {
                let configuration = &self.relying_party.configuration;
                let response = self.call(&discovery::request(&configuration.issuer)).await?;
                let metadata = discovery::judge(&response, &configuration.issuers)?;
                self.notes.note(metadata.odd.clone());
                Ok(metadata)
            })
            .await
    }
}
