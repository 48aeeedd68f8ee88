//! Reads a log group.

use aws_sdk_cloudwatchlogs::Client;

use super::{CallFault, CallResult, FactReader, answered};

const PERMISSION: &str = "logs:DescribeLogGroups";

/// A log group.
#[derive(Clone, Debug, Default)]
pub struct LogGroupFacts {
    /// The retention in days; `None` if lines never expire.
    pub retention: Option<i32>,
    /// The ARN of the customer's KMS key that encrypts it.
    pub kms_key: Option<String>,
}

impl FactReader {
    /// Reads a log group.
    ///
    /// # Errors
    ///
    /// [`CallFault`].
    pub async fn log_group(&self, name: &str) -> CallResult<LogGroupFacts> {
        let client = Client::new(self.configuration(PERMISSION).await?);
        let found =
            answered(PERMISSION, client.describe_log_groups().log_group_name_prefix(name).send()).await?;
        let group = found.log_groups().iter().find(|group| group.log_group_name() == Some(name));
        let group = group.ok_or_else(|| CallFault::not_found(PERMISSION))?;
        Ok(LogGroupFacts {
            retention: group.retention_in_days(),
            kms_key: group.kms_key_id().filter(|key| !key.is_empty()).map(str::to_owned),
        })
    }
}
