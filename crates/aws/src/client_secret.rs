//! Reads the client secret from its source: the app client itself, or a secret in Secrets Manager
//! (`client_secret_source`).

use std::sync::Arc;

use async_trait::async_trait;
use flow::ports::{ClientSecretFault, ClientSecretSource};
use relying_party::configuration::read_client_secret;
use relying_party::secret::Secret;

use crate::secrets::Secrets;
use crate::user_pool::UserPools;

/// The secret of one app client.
#[derive(Debug)]
pub struct AppClientSecret {
    user_pools: Arc<UserPools>,
    user_pool_id: String,
    client_id: String,
}

impl AppClientSecret {
    /// Makes a reader for the secret of `client_id` in `user_pool_id`; it calls nothing yet.
    pub const fn new(user_pools: Arc<UserPools>, user_pool_id: String, client_id: String) -> Self {
        Self { user_pools, user_pool_id, client_id }
    }
}

#[async_trait]
impl ClientSecretSource for AppClientSecret {
    async fn read(&self) -> Result<Secret, ClientSecretFault> {
        let secret = self.user_pools.client_secret(&self.user_pool_id, &self.client_id).await;
        secret.map_err(|_| ClientSecretFault)
    }
}

/// The secret of a client that was created elsewhere, stored in Secrets Manager.
#[derive(Debug)]
pub struct KeptClientSecret {
    secrets: Secrets,
    id: String,
}

impl KeptClientSecret {
    /// Makes a reader for the secret `id`; it calls nothing yet.
    pub const fn new(secrets: Secrets, id: String) -> Self {
        Self { secrets, id }
    }
}

#[async_trait]
impl ClientSecretSource for KeptClientSecret {
    async fn read(&self) -> Result<Secret, ClientSecretFault> {
        let text = self.secrets.text(&self.id).await.map_err(|_| ClientSecretFault)?;
        read_client_secret(text.expose()).ok_or(ClientSecretFault)
    }
}
