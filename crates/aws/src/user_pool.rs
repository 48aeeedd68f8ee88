//! Calls Amazon Cognito's user-pool API (`cognito-idp`).

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_cognitoidentityprovider::Client;
use flow::ports::{UserSignOut, UserSignOutFault};
use relying_party::secret::Secret;
use tokio::sync::OnceCell;

use crate::{error_kind::ErrorKind, sdk::Sdk};

/// A person waits for the answer, and Lambda for the function.
const SIGN_OUT: Duration = Duration::from_secs(3);

/// Asks about user pools.
#[derive(Debug)]
pub struct UserPools {
    sdk: Arc<Sdk>,
    client: OnceCell<Client>,
}

impl UserPools {
    /// Over `sdk`; nothing is built yet.
    pub const fn new(sdk: Arc<Sdk>) -> Self {
        Self { sdk, client: OnceCell::const_new() }
    }

    /// The secret of the app client `client_id`. One `DescribeUserPoolClient`; nothing is kept. Its rate limit is
    /// low, so a process is to ask once.
    ///
    /// # Errors
    ///
    /// [`UserPoolFault`].
    pub async fn client_secret(&self, user_pool_id: &str, client_id: &str) -> Result<Secret, UserPoolFault> {
        let client = self.client().await?;
        let answer = client
            .describe_user_pool_client()
            .user_pool_id(user_pool_id)
            .client_id(client_id)
            .send()
            .await
            .map_err(|error| ErrorKind::of(&error))?;
        answer
            .user_pool_client
            .and_then(|client| client.client_secret)
            .map(Secret::new)
            .ok_or(UserPoolFault::NoSecret)
    }

    /// Ends all of a user's sign-ins at the pool: its refresh tokens are of no use afterwards.
    ///
    /// # Errors
    ///
    /// [`UserPoolFault`].
    pub async fn sign_out(&self, user_pool_id: &str, username: &str) -> Result<(), UserPoolFault> {
        let within = aws_sdk_cognitoidentityprovider::config::Builder::default()
            .timeout_config(TimeoutConfig::builder().operation_timeout(SIGN_OUT).build());
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

/// The end of all sign-ins of one pool's users.
#[derive(Debug)]
pub struct PoolSignOut {
    user_pools: Arc<UserPools>,
    user_pool_id: String,
}

impl PoolSignOut {
    /// At `user_pool_id`; nothing is asked yet.
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

/// Why Cognito's API did not help. Never holds a secret nor the SDK's error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserPoolFault {
    /// The function may not ask.
    Denied,
    /// The app client has no secret.
    NoSecret,
    /// There is no such user pool, app client or user, or an id is none.
    NotFound,
    /// Cognito's API did not answer, or said to try later.
    Unavailable,
    /// There is no region, or there are no credentials to call with.
    Unconfigured,
}

impl From<ErrorKind> for UserPoolFault {
    fn from(cause: ErrorKind) -> Self {
        match cause {
            ErrorKind::Denied => Self::Denied,
            ErrorKind::Invalid | ErrorKind::NotFound => Self::NotFound,
            ErrorKind::Unavailable => Self::Unavailable,
            ErrorKind::Unconfigured => Self::Unconfigured,
        }
    }
}

impl fmt::Display for UserPoolFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Denied => "the app client may not be asked for (cognito-idp:DescribeUserPoolClient)",
            Self::NoSecret => "the app client has no secret",
            Self::NotFound => "there is no such user pool, app client or user in this account and region",
            Self::Unavailable => "Cognito's user-pool API did not answer",
            Self::Unconfigured => "there is no AWS region, or there are no AWS credentials",
        })
    }
}

impl std::error::Error for UserPoolFault {}
