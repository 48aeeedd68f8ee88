//! Changes the secrets of an app client. Cognito accepts two at a time.

use std::sync::Arc;

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::primitives::DateTime;
use relying_party::{secret::Secret, time::Timestamp};

use crate::{error_kind::ErrorKind, sdk::Sdk, user_pool::UserPoolFault};

/// The secrets of one app client.
#[derive(Debug)]
pub struct ClientSecrets {
    sdk: Arc<Sdk>,
    user_pool_id: String,
    client_id: String,
}

/// A secret that Cognito accepts. Cognito returns its value only once, at creation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveSecret {
    /// The id, which is not confidential.
    pub id: String,
    /// The time of creation.
    pub created_at: Timestamp,
}

impl ClientSecrets {
    /// Makes the client for `client_id` in `user_pool_id`; it calls nothing yet.
    pub const fn new(sdk: Arc<Sdk>, user_pool_id: String, client_id: String) -> Self {
        Self { sdk, user_pool_id, client_id }
    }

    /// Returns the secrets that Cognito accepts, the oldest first. Calls `ListUserPoolClientSecrets` once:
    /// one response holds both (its API reference).
    ///
    /// # Errors
    ///
    /// [`UserPoolFault`].
    pub async fn active(&self) -> Result<Vec<ActiveSecret>, UserPoolFault> {
        let asked = self.client().await?.list_user_pool_client_secrets();
        let asked = asked.user_pool_id(&self.user_pool_id).client_id(&self.client_id);
        let response = asked.send().await.map_err(|error| ErrorKind::of(&error))?;
        let read = |id: Option<&str>, created_at: Option<&DateTime>| {
            let created_at = Timestamp::from_unix(created_at?.secs());
            Some(ActiveSecret { id: id?.to_owned(), created_at })
        };
        let secrets = response.client_secrets().iter();
        let secrets =
            secrets.map(|secret| read(secret.client_secret_id(), secret.client_secret_create_date()));
        let mut secrets: Vec<ActiveSecret> =
            secrets.collect::<Option<_>>().ok_or(UserPoolFault::Unavailable)?;
        secrets.sort_by_key(|secret| secret.created_at);
        Ok(secrets)
    }

    /// Creates another secret and returns its id and value. Calls `AddUserPoolClientSecret` once.
    ///
    /// # Errors
    ///
    /// [`UserPoolFault`]. After [`UserPoolFault::Unavailable`] the secret may have been created nevertheless.
    pub async fn add(&self) -> Result<(String, Secret), UserPoolFault> {
        let asked = self.client().await?.add_user_pool_client_secret();
        let asked = asked.user_pool_id(&self.user_pool_id).client_id(&self.client_id);
        let response = asked.send().await.map_err(|error| ErrorKind::of(&error))?;
        let made = response.client_secret_descriptor.ok_or(UserPoolFault::Unavailable)?;
        match (made.client_secret_id, made.client_secret_value) {
            (Some(id), Some(value)) => Ok((id, Secret::new(value))),
            _ => Err(UserPoolFault::Unavailable),
        }
    }

    /// Deletes a secret, so that nobody can authenticate as the client with it. Calls
    /// `DeleteUserPoolClientSecret` once.
    ///
    /// # Errors
    ///
    /// [`UserPoolFault`].
    pub async fn delete(&self, id: &str) -> Result<(), UserPoolFault> {
        let asked = self.client().await?.delete_user_pool_client_secret();
        let asked = asked.user_pool_id(&self.user_pool_id).client_id(&self.client_id).client_secret_id(id);
        asked.send().await.map_err(|error| ErrorKind::of(&error))?;
        Ok(())
    }

    async fn client(&self) -> Result<Client, ErrorKind> {
        Ok(Client::new(self.sdk.configuration().await?))
    }
}
