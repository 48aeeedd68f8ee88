//! Provides the client secret of the configuration.

use std::sync::Arc;

use async_trait::async_trait;
use flow::ports::{ClientSecretFault, ClientSecretSource};
use relying_party::configuration::Configuration;
use relying_party::secret::Secret;

use crate::Start;
use crate::reload::ReloadTrigger;

/// The client secret in the configuration texts, for the client that one state of them names.
pub(crate) struct ConfiguredClientSecret {
    pub(crate) start: Arc<Start>,
    pub(crate) configuration: Configuration,
}

#[async_trait]
impl ClientSecretSource for ConfiguredClientSecret {
    /// Reads the secret after the provider refused the current one. The secret of another client or provider
    /// is not read, because it would be sent to the previous provider.
    async fn read(&self) -> Result<Secret, ClientSecretFault> {
        let texts = self.start.texts(ReloadTrigger::Provider).await.map_err(|_| ClientSecretFault)?;
        let configuration = self.start.configuration(&texts).map_err(|_| ClientSecretFault)?;
        if !configuration.has_client_of(&self.configuration) {
            return Err(ClientSecretFault);
        }
        configuration.client.secret.ok_or(ClientSecretFault)
    }
}
