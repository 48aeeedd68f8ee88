//! Reads the table with the sessions.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    BillingMode, GlobalSecondaryIndexDescription, IndexStatus, KeySchemaElement, KeyType, OnDemandThroughput,
    ProjectionType, ReplicaDescription, TableStatus, TimeToLiveStatus,
};

use super::{CallFault, CallResult, FactReader, answered, text};
use crate::error_kind::ErrorKind;

/// A table.
#[derive(Clone, Debug, Default)]
pub struct TableFacts {
    /// Its ARN.
    pub arn: String,
    /// Whether it can be used.
    pub is_active: bool,
    /// The attribute that is its key; `None` if the key consists of two attributes.
    pub key: Option<String>,
    /// Its indexes.
    pub indexes: Vec<IndexFacts>,
    /// The provisioned reads and writes per second; `None` if the table is on demand.
    pub provisioned: Option<(i64, i64)>,
    /// The greatest number of reads or writes per second of the table on demand, whichever is less; `None`
    /// without such a limit.
    pub most_on_demand: Option<i64>,
    /// The other regions that hold a replica of it.
    pub replicas: Vec<String>,
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
    /// The greatest number of reads or writes per second on demand, as for the table.
    pub most_on_demand: Option<i64>,
}

impl FactReader {
    /// Reads a table.
    ///
    /// # Errors
    ///
    /// [`CallFault`].
    pub async fn table(&self, name: &str) -> CallResult<TableFacts> {
        let permission = "dynamodb:DescribeTable";
        let client = Client::new(self.configuration(permission).await?);
        let found = answered(permission, client.describe_table().table_name(name).send()).await?;
        let table = found.table().ok_or_else(|| CallFault::not_found(permission))?;
        let is_provisioned = table.billing_mode_summary().and_then(|one| one.billing_mode());
        // A table that was never on demand has no billing mode summary.
        let throughput =
            table.provisioned_throughput().filter(|_| is_provisioned != Some(&BillingMode::PayPerRequest));
        let provisioned = throughput.map(|one| {
            (one.read_capacity_units().unwrap_or_default(), one.write_capacity_units().unwrap_or_default())
        });
        let status = table.table_status();
        Ok(TableFacts {
            arn: text(table.table_arn()),
            is_active: matches!(status, Some(TableStatus::Active | TableStatus::Updating)),
            key: key(table.key_schema()),
            indexes: table.global_secondary_indexes().iter().map(index).collect(),
            provisioned: provisioned.filter(|(reads, writes)| *reads > 0 && *writes > 0),
            most_on_demand: table.on_demand_throughput().and_then(most),
            replicas: replicas(table.replicas(), table.table_arn()),
        })
    }

    /// Reads the resource policy of a table, from its ARN; `None` if it has none.
    ///
    /// # Errors
    ///
    /// [`CallFault`].
    pub async fn table_policy(&self, arn: &str) -> CallResult<Option<String>> {
        let permission = "dynamodb:GetResourcePolicy";
        let client = Client::new(self.configuration(permission).await?);
        match Box::pin(client.get_resource_policy().resource_arn(arn).send()).await {
            Ok(found) => Ok(found.policy),
            Err(error) => match ErrorKind::of(&error) {
                ErrorKind::NotFound => Ok(None),
                kind => Err(CallFault::new(permission, kind)),
            },
        }
    }

    /// Reads the attribute by which the table deletes expired items.
    ///
    /// # Errors
    ///
    /// [`CallFault`].
    pub async fn time_to_live(&self, name: &str) -> CallResult<Option<String>> {
        let permission = "dynamodb:DescribeTimeToLive";
        let client = Client::new(self.configuration(permission).await?);
        let found = answered(permission, client.describe_time_to_live().table_name(name).send()).await?;
        let found = found.time_to_live_description.filter(|one| {
            let status = one.time_to_live_status();
            matches!(status, Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling))
        });
        Ok(found.and_then(|one| one.attribute_name))
    }
}

/// DynamoDB reports a limit that was removed as -1.
fn most(limits: &OnDemandThroughput) -> Option<i64> {
    let limits = [limits.max_read_request_units(), limits.max_write_request_units()];
    limits.into_iter().flatten().filter(|limit| *limit >= 0).min()
}

/// The replicas of a table include the table itself.
fn replicas(all: &[ReplicaDescription], arn: Option<&str>) -> Vec<String> {
    let own = arn.and_then(|arn| arn.split(':').nth(3));
    let others = all.iter().filter_map(|one| one.region_name()).filter(|region| Some(*region) != own);
    others.map(str::to_owned).collect()
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
        most_on_demand: index.on_demand_throughput().and_then(most),
    }
}
