//! Calls Amazon Cognito's user-pool API (`cognito-idp`).

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use aws_sdk_cognitoidentityprovider::Client;
use flow::ports::{UserSignOut, UserSignOutFault};
use relying_party::secret::Secret;
use tokio::sync::OnceCell;

use crate::{
    error_kind::ErrorKind,
    limits::Limits,
    sdk::{self, Sdk},
};

/// The limits of a sign-out: a person waits for the page, and Lambda for the function.
const SIGN_OUT: Limits = Limits { operation: Duration::from_secs(3), ..sdk::LIMITS };

/// Calls the user-pool API.
#[derive(Debug)]
pub struct UserPools {
    sdk: Arc<Sdk>,
    client: OnceCell<Client>,
}

impl UserPools {
    /// Makes it over `sdk`; nothing is built yet.
    pub const fn new(sdk: Arc<Sdk>) -> Self {
        Self { sdk, client: OnceCell::const_new() }
    }

    /// Returns the secret of the app client `client_id`. Calls `DescribeUserPoolClient` once and caches
    /// nothing. The call's rate limit is low, so a process should call it only once.
    ///
    /// # Errors
    ///
    /// [`UserPoolFault`].
    pub async fn client_secret(&self, user_pool_id: &str, client_id: &str) -> Result<Secret, UserPoolFault> {
        let client = self.client().await?;
        let response = client
            .describe_user_pool_client()
            .user_pool_id(user_pool_id)
            .client_id(client_id)
            .send()
            .await
            .map_err(|error| ErrorKind::of(&error))?;
        response
            .user_pool_client
            .and_then(|client| client.client_secret)
            .map(Secret::new)
            .ok_or(UserPoolFault::NoSecret)
    }

    /// Ends all of a user's sign-ins at the pool: revokes the user's refresh tokens.
    ///
    /// # Errors
    ///
    /// [`UserPoolFault`].
    pub async fn sign_out(&self, user_pool_id: &str, username: &str) -> Result<(), UserPoolFault> {
        let within = aws_sdk_cognitoidentityprovider::config::Builder::default()
            .timeout_config(self.sdk.timeouts(SIGN_OUT));
        self.client()
            .await?
            .admin_user_global_sign_out()
            .user_pool_id(user_pool_id)
            .username(username)
            .customize()
            .config_override(within)
            .send()
            .await
            .map_err(|error| ErrorKind::of(&error))?;
        Ok(())
    }

    async fn client(&self) -> Result<&Client, ErrorKind> {
        self.client.get_or_try_init(|| async { Ok(Client::new(self.sdk.configuration().await?)) }).await
    }
}

/// Ends all sign-ins of one pool's users.
#[derive(Debug)]
pub struct PoolSignOut {
    user_pools: Arc<UserPools>,
    user_pool_id: String,
}

impl PoolSignOut {
    /// Makes it for `user_pool_id`; it calls nothing yet.
    pub const fn new(user_pools: Arc<UserPools>, user_pool_id: String) -> Self {
        Self { user_pools, user_pool_id }
    }
}

#[async_trait]
impl UserSignOut for PoolSignOut {
    async fn sign_out(&self, username: &str) -> Result<(), UserSignOutFault> {
        self.user_pools.sign_out(&self.user_pool_id, username).await.map_err(|_| UserSignOutFault)
    }
}

/// The reasons why a call to Cognito's API failed. They never hold a secret nor the SDK's error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UserPoolFault {
    /// The caller lacks the permission.
    #[error("the app client may not be asked for (cognito-idp:DescribeUserPoolClient)")]
    Denied,
    /// The app client has no secret.
    #[error("the app client has no secret")]
    NoSecret,
    /// The user pool, app client or user does not exist, or an id is invalid.
    #[error("there is no such user pool, app client or user in this account and region")]
    NotFound,
    /// Cognito's API did not answer, or asked to try later.
    #[error("Cognito's user-pool API did not answer")]
    Unavailable,
    /// There is no region or no credentials to call with.
    #[error("there is no AWS region, or there are no AWS credentials")]
    Unconfigured,
}

impl From<ErrorKind> for UserPoolFault {
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::Denied => Self::Denied,
            ErrorKind::Invalid | ErrorKind::NotFound => Self::NotFound,
            ErrorKind::Throttled | ErrorKind::Unavailable => Self::Unavailable,
            ErrorKind::Unconfigured => Self::Unconfigured,
        }
    }
}
