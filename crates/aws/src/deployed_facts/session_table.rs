//! Looks at the table with the sessions.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{IndexStatus, KeyType, TableStatus, TimeToLiveStatus};

use super::{Looking, Seen, Unseen};

/// A table.
#[derive(Clone, Debug, Default)]
pub struct TableFacts {
    /// Whether it can be used.
    pub is_active: bool,
    /// The attribute that is its key; nothing where the key is of two attributes.
    pub key: Option<String>,
    /// Its indexes by name and whether each can be used.
    pub indexes: Vec<(String, bool)>,
}

impl Looking {
    /// Looks at a table.
    ///
    /// # Errors
    ///
    /// [`Unseen`].
    pub async fn table(&self, name: &str) -> Seen<TableFacts> {
        let permission = "dynamodb:DescribeTable";
        let client = Client::new(self.configuration(permission).await?);
        let found = Box::pin(client.describe_table().table_name(name).send()).await;
        let found = found.map_err(Unseen::of(permission))?;
        let table = found.table().ok_or_else(|| Unseen::not_found(permission))?;
        let key = match table.key_schema() {
            [one] if *one.key_type() == KeyType::Hash => Some(one.attribute_name().to_owned()),
            _ => None,
        };
        let indexes = table.global_secondary_indexes().iter().filter_map(|index| {
            Some((index.index_name()?.to_owned(), index.index_status() == Some(&IndexStatus::Active)))
        });
        let status = table.table_status();
        Ok(TableFacts {
            is_active: matches!(status, Some(TableStatus::Active | TableStatus::Updating)),
            key,
            indexes: indexes.collect(),
        })
    }

    /// Looks for the attribute by which the table deletes what has ended.
    ///
    /// # Errors
    ///
    /// [`Unseen`].
    pub async fn time_to_live(&self, name: &str) -> Seen<Option<String>> {
        let permission = "dynamodb:DescribeTimeToLive";
        let client = Client::new(self.configuration(permission).await?);
        let found = Box::pin(client.describe_time_to_live().table_name(name).send()).await;
        let found = found.map_err(Unseen::of(permission))?;
        let found = found.time_to_live_description.filter(|one| {
            let status = one.time_to_live_status();
            matches!(status, Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling))
        });
        Ok(found.and_then(|one| one.attribute_name))
    }
}
