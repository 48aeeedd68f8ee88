//! Looks at secrets, without reading them, and at the keys of KMS.

use aws_sdk_secretsmanager::Client;

use super::{Looking, Seen, Unseen, text};

const SECRET: &str = "secretsmanager:DescribeSecret, GetResourcePolicy";
const KEY: &str = "kms:DescribeKey, GetKeyPolicy";

/// A secret.
#[derive(Clone, Debug, Default)]
pub struct SecretFacts {
    /// The key of KMS that seals it; nothing where Secrets Manager's own does.
    pub kms_key: Option<String>,
    /// Whether a function of somebody's writes it anew from time to time.
    pub is_rotated: bool,
    /// The JSON of its own policy.
    pub policy: Option<String>,
}

/// A key of KMS.
#[derive(Clone, Debug, Default)]
pub struct KeyFacts {
    /// Its ARN.
    pub arn: String,
    /// `Enabled` when it can be used.
    pub state: String,
    /// The JSON of its policy.
    pub policy: String,
}

impl Looking {
    /// Looks at a secret.
    ///
    /// # Errors
    ///
    /// [`Unseen`].
    pub async fn secret(&self, id: &str) -> Seen<SecretFacts> {
        let client = Client::new(self.configuration(SECRET).await?);
        let found = Box::pin(client.describe_secret().secret_id(id).send()).await;
        let found = found.map_err(Unseen::of(SECRET))?;
        let kms_key =
            found.kms_key_id().filter(|key| !key.is_empty() && !key.ends_with("alias/aws/secretsmanager"));
        let policy = Box::pin(client.get_resource_policy().secret_id(id).send()).await;
        Ok(SecretFacts {
            policy: policy.map_err(Unseen::of(SECRET))?.resource_policy,
            kms_key: kms_key.map(str::to_owned),
            is_rotated: found.rotation_enabled().unwrap_or_default(),
        })
    }

    /// Looks at a key of KMS, by its id, ARN or alias.
    ///
    /// # Errors
    ///
    /// [`Unseen`].
    pub async fn key(&self, id: &str) -> Seen<KeyFacts> {
        let client = aws_sdk_kms::Client::new(self.configuration(KEY).await?);
        let found = Box::pin(client.describe_key().key_id(id).send()).await.map_err(Unseen::of(KEY))?;
        let key = found.key_metadata().ok_or_else(|| Unseen::not_found(KEY))?;
        // An alias is none of the ids that have a policy.
        let policy =
            Box::pin(client.get_key_policy().key_id(key.key_id()).policy_name("default").send()).await;
        Ok(KeyFacts {
            arn: text(key.arn()),
            state: text(key.key_state()),
            policy: policy.map_err(Unseen::of(KEY))?.policy.unwrap_or_default(),
        })
    }
}
