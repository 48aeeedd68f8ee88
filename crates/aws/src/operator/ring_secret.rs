//! Changes the secret that holds the key ring, for an operator: reads the current version and the one before,
//! and replaces only the version that it read.
//!
//! Secrets Manager has no conditional `PutSecretValue`. A new version is therefore put under a label of its
//! own first, and `AWSCURRENT` is moved to it by `UpdateSecretVersionStage`, which fails unless
//! `RemoveFromVersionId` is the version that has the label (its API reference).

use std::sync::Arc;

use aws_sdk_secretsmanager::{Client, error::ProvideErrorMetadata as _, primitives::DateTime};
use relying_party::{secret::Secret, time::Timestamp};

use crate::{error_kind::ErrorKind, sdk::Sdk, secrets::SecretFault};

const CURRENT: &str = "AWSCURRENT";
const PREVIOUS: &str = "AWSPREVIOUS";

/// The label of a version that is written but not yet in force.
const NEXT: &str = "vestibule-next";

/// One secret.
#[derive(Debug)]
pub struct RingSecret {
    sdk: Arc<Sdk>,
    id: String,
}

/// The version of the secret that is in force.
#[derive(Clone, Debug)]
pub struct Version {
    /// The id of the version, which is not confidential.
    pub id: String,
    /// Its text.
    pub text: Secret,
    /// The text of the previous version, if there was one.
    pub previous: Option<Secret>,
    /// The time of the last change to the secret: its value, a label, a tag or a policy.
    pub changed_at: Timestamp,
}

/// The outcome of writing a new version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replaced {
    /// The new version is in force under this id.
    Done(String),
    /// Another process put a different version into force, which stays.
    Lost,
}

impl RingSecret {
    /// Makes it for the secret `id` (a name or an ARN) over `sdk`; nothing is built yet.
    pub const fn new(sdk: Arc<Sdk>, id: String) -> Self {
        Self { sdk, id }
    }

    /// Returns the version in force and the one before.
    ///
    /// # Errors
    ///
    /// [`SecretFault`].
    pub async fn version(&self) -> Result<Version, SecretFault> {
        let client = self.client().await?;
        let response = client.get_secret_value().secret_id(&self.id).version_stage(CURRENT).send().await;
        let response = response.map_err(|error| ErrorKind::of(&error))?;
        let described = client.describe_secret().secret_id(&self.id).send().await;
        let described = described.map_err(|error| ErrorKind::of(&error))?;
        let times = [response.created_date(), described.last_changed_date()];
        let changed_at = times.into_iter().flatten().map(DateTime::secs).max();
        Ok(Version {
            id: response.version_id.ok_or(SecretFault::Unavailable)?,
            text: response.secret_string.map(Secret::new).ok_or(SecretFault::NotText)?,
            previous: self.previous(&client).await?,
            changed_at: changed_at.map(Timestamp::from_unix).ok_or(SecretFault::Unavailable)?,
        })
    }

    async fn previous(&self, client: &Client) -> Result<Option<Secret>, SecretFault> {
        let response = client.get_secret_value().secret_id(&self.id).version_stage(PREVIOUS).send().await;
        match response.map_err(|error| ErrorKind::of(&error)) {
            Ok(response) => Ok(response.secret_string.map(Secret::new)),
            Err(ErrorKind::NotFound) => Ok(None),
            Err(cause) => Err(cause.into()),
        }
    }

    /// Puts `text` into force if `expected` is still the current version. `token` becomes the version's id
    /// and must be random, 32 to 64 characters.
    ///
    /// # Errors
    ///
    /// [`SecretFault`]. After [`SecretFault::Unavailable`] the version may be in force nevertheless.
    pub async fn replace(&self, expected: &str, text: &Secret, token: &str) -> Result<Replaced, SecretFault> {
        let client = self.client().await?;
        let put = client.put_secret_value().secret_id(&self.id).client_request_token(token);
        let put = put.secret_string(text.expose()).version_stages(NEXT).send().await;
        let put = put.map_err(|error| ErrorKind::of(&error))?;
        let id = put.version_id.ok_or(SecretFault::Unavailable)?;
        let moved = client
            .update_secret_version_stage()
            .secret_id(&self.id)
            .version_stage(CURRENT)
            .remove_from_version_id(expected)
            .move_to_version_id(&id)
            .send()
            .await;
        let outcome = match moved {
            Ok(_) => Ok(Replaced::Done(id.clone())),
            Err(error) if error.code() == Some("InvalidParameterException") => Ok(Replaced::Lost),
            Err(error) => Err(ErrorKind::of(&error).into()),
        };
        // Secrets Manager eventually deletes a version without a label. A label that remains does no harm.
        let unlabelled = client.update_secret_version_stage().secret_id(&self.id).version_stage(NEXT);
        drop(unlabelled.remove_from_version_id(&id).send().await);
        outcome
    }

    async fn client(&self) -> Result<Client, ErrorKind> {
        Ok(Client::new(self.sdk.configuration().await?))
    }
}
