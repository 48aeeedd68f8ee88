//! Reads the configuration's secrets from AWS Secrets Manager.

use std::sync::Arc;

use aws_sdk_secretsmanager::Client;
use relying_party::secret::Secret;
use tokio::sync::OnceCell;

use crate::{error_kind::ErrorKind, sdk::Sdk};

/// Reads secrets.
#[derive(Debug)]
pub struct Secrets {
    sdk: Arc<Sdk>,
    client: OnceCell<Client>,
}

impl Secrets {
    /// Makes it over `sdk`; nothing is built yet.
    pub const fn new(sdk: Arc<Sdk>) -> Self {
        Self { sdk, client: OnceCell::const_new() }
    }

    /// Returns the text of the secret `id`, a name or an ARN: its current version, or the version whose id
    /// follows a `#`. Calls `GetSecretValue` once and caches nothing.
    ///
    /// # Errors
    ///
    /// [`SecretFault`].
    pub async fn text(&self, id: &str) -> Result<Secret, SecretFault> {
        let client = self.client().await?;
        let asked = client.get_secret_value();
        // A `#` occurs in no name and no ARN (Secrets Manager API reference, CreateSecret, Name).
        let asked = match id.split_once('#') {
            Some((id, version)) => asked.secret_id(id).version_id(version),
            // This is AWS's default. It is stated because moto defaults to the version that was put last, not
            // the current one.
            None => asked.secret_id(id).version_stage("AWSCURRENT"),
        };
        let response = asked.send().await.map_err(|error| ErrorKind::of(&error))?;
        response.secret_string.map(Secret::new).ok_or(SecretFault::NotText)
    }

    async fn client(&self) -> Result<&Client, ErrorKind> {
        self.client.get_or_try_init(|| async { Ok(Client::new(self.sdk.configuration().await?)) }).await
    }
}

/// The reasons why a secret cannot be read. They never hold the secret nor the SDK's error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretFault {
    /// The caller may not read the secret or use its KMS key.
    #[error("this secret may not be read (secretsmanager:GetSecretValue, kms:Decrypt)")]
    Denied,
    /// The secret does not exist or has no current value, or the id is invalid.
    #[error("there is no secret with this id in this account and region, or it has no value")]
    NotFound,
    /// The secret is binary.
    #[error("the secret is binary; it has to be text")]
    NotText,
    /// Secrets Manager did not answer, or asked to try later.
    #[error("AWS Secrets Manager did not answer")]
    Unavailable,
    /// There is no region or no credentials to call with.
    #[error("there is no AWS region, or there are no AWS credentials")]
    Unconfigured,
}

impl From<ErrorKind> for SecretFault {
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::Denied => Self::Denied,
            // A secret that is scheduled for deletion gives an invalid request; in both cases its id has to
            // change.
            ErrorKind::Invalid | ErrorKind::NotFound => Self::NotFound,
            ErrorKind::Throttled | ErrorKind::Unavailable => Self::Unavailable,
            ErrorKind::Unconfigured => Self::Unconfigured,
        }
    }
}
