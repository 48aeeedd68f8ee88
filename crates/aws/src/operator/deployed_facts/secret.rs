//! Reads the metadata of secrets, but not their values, and the keys of KMS.

use aws_sdk_secretsmanager::Client;

use super::{CallFault, CallResult, FactReader, answered, text};

const SECRET: &str = "secretsmanager:DescribeSecret, GetResourcePolicy";
const KEY: &str = "kms:DescribeKey, GetKeyPolicy";

/// A secret.
#[derive(Clone, Debug, Default)]
pub struct SecretFacts {
    /// The KMS key that encrypts it; `None` for the default key of Secrets Manager.
    pub kms_key: Option<String>,
    /// Whether rotation by a function is enabled.
    pub is_rotated: bool,
    /// Its resource policy as JSON.
    pub policy: Option<String>,
}

/// A KMS key.
#[derive(Clone, Debug, Default)]
pub struct KeyFacts {
    /// Its ARN.
    pub arn: String,
    /// `Enabled` when it can be used.
    pub state: String,
    /// Its key policy as JSON.
    pub policy: String,
}

impl FactReader {
    /// Reads the metadata of a secret.
    ///
    /// # Errors
    ///
    /// [`CallFault`].
    pub async fn secret(&self, id: &str) -> CallResult<SecretFacts> {
        let client = Client::new(self.configuration(SECRET).await?);
        let found = answered(SECRET, client.describe_secret().secret_id(id).send()).await?;
        let kms_key =
            found.kms_key_id().filter(|key| !key.is_empty() && !key.ends_with("alias/aws/secretsmanager"));
        let policy = answered(SECRET, client.get_resource_policy().secret_id(id).send()).await?;
        Ok(SecretFacts {
            policy: policy.resource_policy,
            kms_key: kms_key.map(str::to_owned),
            is_rotated: found.rotation_enabled().unwrap_or_default(),
        })
    }

    /// Reads a KMS key by its id, ARN or alias.
    ///
    /// # Errors
    ///
    /// [`CallFault`].
    pub async fn key(&self, id: &str) -> CallResult<KeyFacts> {
        let client = aws_sdk_kms::Client::new(self.configuration(KEY).await?);
        let found = answered(KEY, client.describe_key().key_id(id).send()).await?;
        let key = found.key_metadata().ok_or_else(|| CallFault::not_found(KEY))?;
        // GetKeyPolicy does not accept an alias, so this passes the key's own id.
        let policy = client.get_key_policy().key_id(key.key_id()).policy_name("default");
        let policy = answered(KEY, policy.send()).await?;
        Ok(KeyFacts {
            arn: text(key.arn()),
            state: text(key.key_state()),
            policy: policy.policy.unwrap_or_default(),
        })
    }
}
