//! Keeps other items in the table of the sessions: revocations of users, and logout tokens that were used.
//! Their keys start with a word, while those of sessions are hex digits only, so neither can be mistaken for
//! the other.

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    Client,
    types::{AttributeValue, KeysAndAttributes},
};
use flow::session::store::{RowKey, StoreFault};
use relying_party::sealing::KeyId;
use relying_party::session::index::KeyedHash;
use relying_party::session::store_outage::StoreOutage;
use relying_party::time::Timestamp;

use super::{
    Update,
    item::{self, Item, Reading, attribute, binary, number, text},
};
use crate::error_kind::ErrorKind;

/// The attributes that sessions do not have.
mod own_attribute {
    /// Sessions and tokens that began at this time or earlier are refused, seconds since 1970.
    pub(super) const REVOCATION: &str = "not_before";
    /// Identifies the writer that recorded the hash first.
    pub(super) const SEEN_BY: &str = "seen_by";
}

/// An item that is found by a keyed hash, and cannot be found without the hash's key. The hash does not
/// reveal whose item it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevocationItem {
    /// The key that the hash was made with.
    pub key_id: KeyId,
    /// Its key in the table.
    pub(super) row: RowKey,
    /// The revocation, if the item is one that this release can read.
    pub revocation: Option<StoredRevocation>,
}

/// A stored revocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRevocation {
    /// The hash by which it is found.
    pub hash: KeyedHash,
    /// Sessions and tokens that began at this time or earlier are refused.
    pub time: Timestamp,
    /// When the table may delete it.
    pub ends_at: Timestamp,
}

impl RevocationItem {
    /// Returns `None` for a session.
    pub(super) fn of(item: &Item) -> Option<Self> {
        let key = Reading(item).text(attribute::KEY)?;
        let key_id = key_id(&key)?;
        let revocation = key.strip_prefix(REVOCATION_PREFIX).and_then(|hash| stored_revocation(item, hash));
        Some(Self { key_id, row: RowKey::new(key), revocation })
    }
}

const REVOCATION_PREFIX: &str = "not-before#";
const SEEN_PREFIX: &str = "seen#";

fn revocation_key(hash: &KeyedHash) -> String {
    format!("{REVOCATION_PREFIX}{}", hash.as_str())
}

fn stored_revocation(item: &Item, hash: &str) -> Option<StoredRevocation> {
    let reading = Reading(item);
    if reading.number(attribute::FORMAT) != Some(item::FORMAT) {
        return None;
    }
    Some(StoredRevocation {
        hash: KeyedHash::new(hash.to_owned()),
        time: reading.time(own_attribute::REVOCATION)?,
        ends_at: reading.time(attribute::TTL)?,
    })
}

/// The attributes of a revocation besides its key.
pub(super) const REVOCATION_ATTRIBUTES: [&str; 3] =
    [attribute::FORMAT, own_attribute::REVOCATION, attribute::TTL];

fn seen_key(hash: &KeyedHash) -> String {
    format!("{SEEN_PREFIX}{}", hash.as_str())
}

/// The id of the ring's key that made the hash in an item's key; `None` for the key of a session.
fn key_id(key: &str) -> Option<KeyId> {
    let hash = key.strip_prefix(REVOCATION_PREFIX).or_else(|| key.strip_prefix(SEEN_PREFIX))?;
    hash.split_once('-')?.0.parse().ok()
}

/// The most keys that a `BatchGetItem` accepts.
const BATCH: usize = 100;

/// Reads all of them consistently, in one request unless the ring has dozens of keys.
pub(super) async fn revocation(
    client: &Client,
    table: &str,
    hashes: &[KeyedHash],
) -> Result<Vec<Option<Timestamp>>, StoreFault> {
    let mut found = Vec::with_capacity(hashes.len());
    for hashes in hashes.chunks(BATCH) {
        found.extend(read(client, table, hashes).await?);
    }
    Ok(found)
}

/// A response that leaves out keys for lack of throughput counts as no response.
async fn read(
    client: &Client,
    table: &str,
    hashes: &[KeyedHash],
) -> Result<Vec<Option<Timestamp>>, StoreFault> {
    let keys = hashes
        .iter()
        .map(|hash| HashMap::from([(attribute::KEY.to_owned(), text(&revocation_key(hash)))]))
        .collect();
    let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
    let wanted = wanted.map_err(|_| StoreFault::Unavailable(StoreOutage::Rejected))?;
    let reading = client.batch_get_item().request_items(table, wanted).send().await;
    let response = reading.map_err(|error| ErrorKind::of(&error))?;
    if response.unprocessed_keys.is_some_and(|left| !left.is_empty()) {
        return Err(StoreFault::Unavailable(StoreOutage::Throttled));
    }
    // For a table that is named by its ARN the response may use its name. There is only one table, so the
    // name is ignored.
    let items: Vec<Item> = response.responses.unwrap_or_default().into_values().flatten().collect();
    hashes.iter().map(|hash| time_in(&items, &revocation_key(hash))).collect()
}

/// It is unknown what a damaged item, or one of a later release, refuses, so everything is refused.
fn time_in(items: &[Item], key: &str) -> Result<Option<Timestamp>, StoreFault> {
    let of_key = |item: &&Item| Reading(item).text(attribute::KEY).as_deref() == Some(key);
    let Some(found) = items.iter().find(of_key).map(Reading) else { return Ok(None) };
    match (found.number(attribute::FORMAT), found.time(own_attribute::REVOCATION)) {
        (Some(item::FORMAT), Some(time)) => Ok(Some(time)),
        _ => Err(StoreFault::Unavailable(StoreOutage::Unreadable)),
    }
}

/// The write that sets a revocation if the existing one is earlier.
pub(super) fn moving(hash: &KeyedHash, time: Timestamp, ends_at: Timestamp) -> (String, Update) {
    let condition = "attribute_not_exists(#not_before) OR #not_before < :not_before";
    (revocation_key(hash), update(own_attribute::REVOCATION, number(time.unix()), ends_at, condition))
}

/// The write that records a hash if nobody else has recorded it.
pub(super) fn remembering(hash: &KeyedHash, by: &[u8; 16], ends_at: Timestamp) -> (String, Update) {
    let condition = "attribute_not_exists(#seen_by) OR #seen_by = :seen_by";
    (seen_key(hash), update(own_attribute::SEEN_BY, binary(by), ends_at, condition))
}

fn update(name: &'static str, value: AttributeValue, ends_at: Timestamp, condition: &'static str) -> Update {
    let set = vec![
        (name, value),
        (attribute::TTL, number(ends_at.unix())),
        (attribute::FORMAT, number(item::FORMAT)),
    ];
    Update { set, remove: &[], condition, names: &[], values: Vec::new() }
}
