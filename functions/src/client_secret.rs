//! Gives the client secret that the configuration has.

use std::sync::Arc;

use async_trait::async_trait;
use flow::ports::{ClientSecretFault, ClientSecretSource};
use relying_party::configuration::Configuration;
use relying_party::secret::Secret;

use crate::Start;
use crate::reload::Said;

/// The client secret in the texts of the configuration, for the client of one of their states.
pub(crate) struct ConfiguredClientSecret {
    pub(crate) start: Arc<Start>,
    pub(crate) configuration: Configuration,
}

#[async_trait]
impl ClientSecretSource for ConfiguredClientSecret {
    /// It is read where the provider has refused the one in use. The secret of another client, or for another provider, is not read: it would be shown to the provider of before.
    async fn read(&self) -> Result<Secret, ClientSecretFault> {
        let texts = self.start.texts(Said::ByProvider).await.map_err(|_| ClientSecretFault)?;
        let configuration = self.start.configuration(&texts).map_err(|_| ClientSecretFault)?;
        if !configuration.has_client_of(&self.configuration) {
            return Err(ClientSecretFault);
        }
        configuration.client.secret.ok_or(ClientSecretFault)
    }
}
