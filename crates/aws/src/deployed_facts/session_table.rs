//! Reads the table with the sessions.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    BillingMode, GlobalSecondaryIndexDescription, IndexStatus, KeySchemaElement, KeyType, ProjectionType,
    TableStatus, TimeToLiveStatus,
};

use super::{Looking, Seen, Unseen, text};

/// A table.
#[derive(Clone, Debug, Default)]
pub struct TableFacts {
    /// Whether it can be used.
    pub is_active: bool,
    /// The attribute that is its key; `None` if the key consists of two attributes.
    pub key: Option<String>,
    /// Its indexes.
    pub indexes: Vec<IndexFacts>,
    /// The provisioned reads and writes per second; `None` if the table is on demand.
    pub provisioned: Option<(i64, i64)>,
}

/// An index of a table.
#[derive(Clone, Debug, Default)]
pub struct IndexFacts {
    /// Its name.
    pub name: String,
    /// Whether it can be used.
    pub is_active: bool,
    /// The attribute that is its key; `None` if the key consists of two attributes.
    pub key: Option<String>,
    /// The projected attributes besides the keys; `None` if all are projected.
    pub attributes: Option<Vec<String>>,
}

impl Looking {
    /// Reads a table.
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
        let is_provisioned = table.billing_mode_summary().and_then(|one| one.billing_mode());
        // A table that was never on demand has no billing mode summary.
        let throughput =
            table.provisioned_throughput().filter(|_| is_provisioned != Some(&BillingMode::PayPerRequest));
        let provisioned = throughput.map(|one| {
            (one.read_capacity_units().unwrap_or_default(), one.write_capacity_units().unwrap_or_default())
        });
        let status = table.table_status();
        Ok(TableFacts {
            is_active: matches!(status, Some(TableStatus::Active | TableStatus::Updating)),
            key: key(table.key_schema()),
            indexes: table.global_secondary_indexes().iter().map(index).collect(),
            provisioned: provisioned.filter(|(reads, writes)| *reads > 0 && *writes > 0),
        })
    }

    /// Reads the attribute by which the table deletes expired items.
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

fn key(schema: &[KeySchemaElement]) -> Option<String> {
    match schema {
        [one] if *one.key_type() == KeyType::Hash => Some(one.attribute_name().to_owned()),
        _ => None,
    }
}

fn index(index: &GlobalSecondaryIndexDescription) -> IndexFacts {
    let projection = index.projection().filter(|one| one.projection_type() != Some(&ProjectionType::All));
    IndexFacts {
        name: text(index.index_name()),
        is_active: index.index_status() == Some(&IndexStatus::Active),
        key: key(index.key_schema()),
        attributes: projection.map(|one| one.non_key_attributes().to_vec()),
    }
}
