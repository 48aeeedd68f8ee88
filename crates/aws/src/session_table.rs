//! Keeps sessions in an Amazon DynamoDB table: one item for each session, found by its key alone.
//!
//! Reads are strongly consistent. Every write after the first has a condition on the item's state, so that it
//! neither recreates a deleted item nor overwrites somebody else's change. The SDK retries requests that got
//! no response; each condition is therefore also true for the item that the same write leaves behind.

mod item;
mod revocation_item;
mod sealed_rows;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use aws_sdk_dynamodb::{Client, config::Builder, types::AttributeValue};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use flow::session::store::{
    Lease, List, Listed, MAX_LISTED, Row, RowKey, SessionStore, StoreFault, Use, Written,
};
use relying_party::session::index::KeyedHash;
use relying_party::session::store_outage::StoreOutage;
use relying_party::time::Timestamp;
use tokio::sync::OnceCell;

pub use self::{
    revocation_item::{RevocationItem, StoredRevocation},
    sealed_rows::SealedRows,
};

use self::item::{attribute, binary, number, text};
use crate::{error_kind::ErrorKind, limits::Limits, sdk::Sdk};

/// The table answers within ten milliseconds; the first connection takes some tens. A request needs several
/// operations, and API Gateway waits ten seconds for an authorizer.
const LIMITS: Limits = Limits {
    attempt: Duration::from_millis(740),
    operation: Duration::from_millis(1_500),
    attempts: 2,
    backoff: Duration::from_millis(20),
};

/// Sessions in one table.
#[derive(Debug)]
pub struct SessionTable {
    sdk: Arc<Sdk>,
    table: String,
    client: OnceCell<Client>,
}

impl SessionTable {
    /// Makes it over `sdk`, for the table of this name or ARN; nothing is built yet.
    pub const fn new(sdk: Arc<Sdk>, table: String) -> Self {
        Self { sdk, table, client: OnceCell::const_new() }
    }

    async fn client(&self) -> Result<&Client, ErrorKind> {
        self.client
            .get_or_try_init(|| async {
                let configuration = Builder::from(self.sdk.configuration().await?)
                    .retry_config(LIMITS.retries())
                    .timeout_config(self.sdk.timeouts(LIMITS))
                    .build();
                Ok(Client::from_conf(configuration))
            })
            .await
    }
}

#[async_trait]
impl SessionStore for SessionTable {
    async fn read(&self, key: &RowKey) -> Result<Option<Row>, StoreFault> {
        let reading =
            self.client().await?.get_item().table_name(&self.table).key(attribute::KEY, text(key.as_str()));
        let response = reading.consistent_read(true).send().await.map_err(|error| ErrorKind::of(&error))?;
        response.item.map(|item| item::row(&item)).transpose()
    }

    async fn create(&self, key: &RowKey, row: Row) -> Result<Written, StoreFault> {
        let writing = self
            .client()
            .await?
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item::of(key, &row)))
            .condition_expression("attribute_not_exists(#key) OR #content = :content")
            .expression_attribute_names("#key", attribute::KEY)
            .expression_attribute_names("#content", attribute::CONTENT)
            .expression_attribute_values(":content", text(&row.content));
        written(writing.send().await)
    }

    async fn record_use(&self, key: &RowKey, generation: u64, used: Use) -> Result<Written, StoreFault> {
        let update = Update {
            set: vec![
                (attribute::SEEN_AT, number(used.seen_at.unix())),
                (attribute::RENEWED_AT, number(used.renewed_at.unix())),
                (attribute::TTL, number(used.ends_at.unix())),
            ],
            remove: &[],
            condition: "#generation = :generation AND #seen_at <= :seen_at",
            names: &[attribute::GENERATION],
            values: vec![(":generation", number(generation))],
        };
        self.update(key, update).await
    }

    async fn lease(
        &self,
        key: &RowKey,
        generation: u64,
        lease: Lease,
        now: Timestamp,
    ) -> Result<Written, StoreFault> {
        let update = Update {
            set: item::lease(&lease).into(),
            remove: &[],
            condition: "#generation = :generation AND \
                        (attribute_not_exists(#lease_until) OR #lease_until <= :now OR #lease_owner = :lease_owner)",
            names: &[attribute::GENERATION],
            values: vec![(":generation", number(generation)), (":now", number(now.unix()))],
        };
        self.update(key, update).await
    }

    async fn replace(&self, key: &RowKey, owner: &[u8; 16], row: Row) -> Result<Written, StoreFault> {
        let Some(earlier) = row.generation.checked_sub(1) else { return Ok(Written::Lost) };
        let update = Update {
            set: item::state(&row).into_iter().chain(item::listing(&row.listing)).collect(),
            remove: &[attribute::LEASE_OWNER, attribute::LEASE_UNTIL],
            condition: "(#generation = :earlier AND #lease_owner = :owner) OR \
                        (#generation = :generation AND #content = :content)",
            names: &[],
            values: vec![(":earlier", number(earlier)), (":owner", binary(owner))],
        };
        self.update(key, update).await
    }

    async fn release(&self, key: &RowKey, owner: &[u8; 16]) -> Result<Written, StoreFault> {
        let update = Update {
            set: Vec::new(),
            remove: &[attribute::LEASE_OWNER, attribute::LEASE_UNTIL],
            condition: "#lease_owner = :owner",
            names: &[],
            values: vec![(":owner", binary(owner))],
        };
        self.update(key, update).await
    }

    async fn end(&self, key: &RowKey, owner: &[u8; 16]) -> Result<Written, StoreFault> {
        let deletion = self
            .client()
            .await?
            .delete_item()
            .table_name(&self.table)
            .key(attribute::KEY, text(key.as_str()))
            .condition_expression("attribute_not_exists(#key) OR #lease_owner = :owner")
            .expression_attribute_names("#key", attribute::KEY)
            .expression_attribute_names("#lease_owner", attribute::LEASE_OWNER)
            .expression_attribute_values(":owner", binary(owner));
        written(deletion.send().await)
    }

    async fn delete(&self, key: &RowKey) -> Result<(), StoreFault> {
        let deletion = self.client().await?.delete_item().table_name(&self.table);
        deletion
            .key(attribute::KEY, text(key.as_str()))
            .send()
            .await
            .map_err(|error| ErrorKind::of(&error))?;
        Ok(())
    }

    async fn rows(&self, list: List, hash: &KeyedHash) -> Result<Vec<Listed>, StoreFault> {
        let name = item::listed_by(list);
        let client = self.client().await?;
        let mut listed = Vec::new();
        let mut after = None;
        loop {
            let missing = MAX_LISTED.saturating_sub(listed.len());
            let page = client
                .query()
                .table_name(&self.table)
                .index_name(name)
                .key_condition_expression("#hash = :hash")
                .expression_attribute_names("#hash", name)
                .expression_attribute_values(":hash", text(hash.as_str()))
                .limit(i32::try_from(missing).unwrap_or(i32::MAX))
                .set_exclusive_start_key(after)
                .send()
                .await
                .map_err(|error| ErrorKind::of(&error))?;
            listed.extend(page.items.unwrap_or_default().iter().filter_map(item::listed));
            after = page.last_evaluated_key;
            if after.is_none() || listed.len() >= MAX_LISTED {
                return Ok(listed);
            }
        }
    }

    async fn revocation(&self, hashes: &[KeyedHash]) -> Result<Vec<Option<Timestamp>>, StoreFault> {
        revocation_item::revocation(self.client().await?, &self.table, hashes).await
    }

    async fn raise_revocation(
        &self,
        hash: &KeyedHash,
        time: Timestamp,
        ends_at: Timestamp,
    ) -> Result<(), StoreFault> {
        let (key, update) = revocation_item::moving(hash, time, ends_at);
        match self.update(&RowKey::new(key), update).await? {
            // `Lost` means that the table has a time that is the same or later.
            Written::Done | Written::Lost => Ok(()),
        }
    }

    async fn record_seen(
        &self,
        hash: &KeyedHash,
        by: &[u8; 16],
        ends_at: Timestamp,
    ) -> Result<Written, StoreFault> {
        let (key, update) = revocation_item::remembering(hash, by, ends_at);
        self.update(&RowKey::new(key), update).await
    }
}

/// One conditional `UpdateItem`. A condition on an attribute of a session is false if there is no item, so no
/// update creates one.
///
/// Each attribute is `#` and its name in an expression: `ttl` is a reserved word of DynamoDB, and others may become
/// reserved. The new value of an attribute is `:` and its name.
struct Update {
    set: Vec<(&'static str, AttributeValue)>,
    remove: &'static [&'static str],
    condition: &'static str,
    /// The attributes in the condition that are neither set nor removed.
    names: &'static [&'static str],
    /// The values in the condition that are not set.
    values: Vec<(&'static str, AttributeValue)>,
}

impl Update {
    fn change(&self) -> String {
        let set: Vec<String> = self.set.iter().map(|(name, _)| format!("#{name} = :{name}")).collect();
        let removed: Vec<String> = self.remove.iter().map(|name| format!("#{name}")).collect();
        let clauses = [("SET", set), ("REMOVE", removed)].into_iter().filter(|(_, parts)| !parts.is_empty());
        clauses.map(|(verb, parts)| format!("{verb} {}", parts.join(", "))).collect::<Vec<_>>().join(" ")
    }
}

impl SessionTable {
    /// Writes a revocation under `hash`, then deletes the item in which it was found, so that one of the two
    /// always exists.
    ///
    /// # Errors
    ///
    /// Fails if the table cannot be written.
    pub async fn rekey_revocation(
        &self,
        mark: &RevocationItem,
        found: &StoredRevocation,
        hash: &KeyedHash,
    ) -> Result<(), StoreFault> {
        self.raise_revocation(hash, found.time, found.ends_at).await?;
        self.forget(mark).await
    }

    /// Deletes such an item. Sessions and tokens that it refused are accepted again.
    ///
    /// # Errors
    ///
    /// Fails if the table cannot be written.
    pub async fn forget(&self, mark: &RevocationItem) -> Result<(), StoreFault> {
        self.delete(&mark.row).await
    }

    async fn update(&self, key: &RowKey, update: Update) -> Result<Written, StoreFault> {
        let mut writing = self
            .client()
            .await?
            .update_item()
            .table_name(&self.table)
            .key(attribute::KEY, text(key.as_str()))
            .update_expression(update.change())
            .condition_expression(update.condition);
        for name in update.remove.iter().chain(update.names) {
            writing = writing.expression_attribute_names(format!("#{name}"), *name);
        }
        for (name, value) in update.set {
            writing = writing.expression_attribute_names(format!("#{name}"), name);
            writing = writing.expression_attribute_values(format!(":{name}"), value);
        }
        for (name, value) in update.values {
            writing = writing.expression_attribute_values(name, value);
        }
        written(writing.send().await)
    }
}

/// The result of a conditional write.
fn written<O, E, R>(response: Result<O, SdkError<E, R>>) -> Result<Written, StoreFault>
where
    E: ProvideErrorMetadata,
    SdkError<E, R>: std::error::Error + 'static,
{
    match response {
        Ok(_) => Ok(Written::Done),
        Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(Written::Lost),
        Err(error) => Err(ErrorKind::of(&error).into()),
    }
}

/// A request that the table refuses is treated like a table that does not answer: nobody gets in and nobody
/// is signed out.
impl From<ErrorKind> for StoreFault {
    fn from(kind: ErrorKind) -> Self {
        Self::Unavailable(match kind {
            ErrorKind::Denied => StoreOutage::Denied,
            ErrorKind::Invalid => StoreOutage::Rejected,
            ErrorKind::NotFound => StoreOutage::Missing,
            ErrorKind::Throttled => StoreOutage::Throttled,
            ErrorKind::Unavailable => StoreOutage::Unanswered,
            ErrorKind::Unconfigured => StoreOutage::Unconfigured,
        })
    }
}
