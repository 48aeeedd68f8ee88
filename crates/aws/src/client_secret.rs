//! The client secret straight from the app client, for `client_secret_source: cognito`.

use std::sync::Arc;

use async_trait::async_trait;
use flow::ports::{ClientSecretFault, ClientSecretSource};
use relying_party::secret::Secret;
use tokio::sync::OnceCell;

use crate::user_pool::{UserPoolFault, UserPools};

/// The secret of one app client. It is asked for when it is first needed and kept for as long as the process
/// lives; callers who come meanwhile wait for the same call, and a failure is not kept.
#[derive(Debug)]
pub struct AppClientSecret {
    user_pools: Arc<UserPools>,
    user_pool_id: String,
    client_id: String,
    secret: OnceCell<Secret>,
}

impl AppClientSecret {
    /// The secret of `client_id` in `user_pool_id`; nothing is asked yet.
    pub const fn new(user_pools: Arc<UserPools>, user_pool_id: String, client_id: String) -> Self {
        Self { user_pools, user_pool_id, client_id, secret: OnceCell::const_new() }
    }

    /// The secret.
    ///
    /// # Errors
    ///
    /// [`UserPoolFault`], which says more than the port can.
    pub async fn secret(&self) -> Result<&Secret, UserPoolFault> {
        self.secret
            .get_or_try_init(|| self.user_pools.client_secret(&self.user_pool_id, &self.client_id))
            .await
    }
}

#[async_trait]
impl ClientSecretSource for AppClientSecret {
    async fn client_secret(&self) -> Result<Secret, ClientSecretFault> {
        self.secret().await.cloned().map_err(|_| ClientSecretFault)
    }
}
