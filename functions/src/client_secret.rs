//! The client secret that the configuration has.

use std::sync::Arc;

use async_trait::async_trait;
use flow::ports::{ClientSecretFault, ClientSecretSource};
use relying_party::secret::Secret;

use crate::Start;

/// The client secret in the texts of the configuration.
pub(crate) struct ConfiguredClientSecret(pub(crate) Arc<Start>);

#[async_trait]
impl ClientSecretSource for ConfiguredClientSecret {
    async fn read(&self) -> Result<Secret, ClientSecretFault> {
        let texts = self.0.texts().await.map_err(|_| ClientSecretFault)?;
        let configuration = self.0.configuration(&texts).map_err(|_| ClientSecretFault)?;
        configuration.client.secret.ok_or(ClientSecretFault)
    }
}
