//! Reads a log group.

use aws_sdk_cloudwatchlogs::Client;

use super::{Looking, Seen, Unseen};

const PERMISSION: &str = "logs:DescribeLogGroups";

impl Looking {
    /// Reads the retention of a log group in days; `None` if it never expires.
    ///
    /// # Errors
    ///
    /// [`Unseen`].
    pub async fn log_retention(&self, name: &str) -> Seen<Option<i32>> {
        let client = Client::new(self.configuration(PERMISSION).await?);
        let found = Box::pin(client.describe_log_groups().log_group_name_prefix(name).send()).await;
        let found = found.map_err(Unseen::of(PERMISSION))?;
        let group = found.log_groups().iter().find(|group| group.log_group_name() == Some(name));
        Ok(group.ok_or_else(|| Unseen::not_found(PERMISSION))?.retention_in_days())
    }
}
