//! Keeps items beside the sessions in the same table: a user's revocation, and what was seen before. Their keys start with a
//! word, those of sessions are hex digits alone, so that neither is ever taken for the other.

use std::collections::HashMap;

use aws_sdk_dynamodb::{Client, types::KeysAndAttributes};
use flow::session::store::{RowKey, StoreFault};
use relying_party::sealing::KeyId;
use relying_party::session::index::KeyedHash;
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
    /// The first who saw it.
    pub(super) const SEEN_BY: &str = "seen_by";
}

/// An item that is found by a keyed hash: without its key nobody finds it. The hash does not tell whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevocationItem {
    /// The key that the hash was made with.
    pub key_id: KeyId,
    /// Where it is in the table.
    pub(super) row: RowKey,
    /// The time that it holds, where it is a revocation that this release can read.
    pub revocation: Option<StoredRevocation>,
}

/// A revocation as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRevocation {
    /// The key that it is found by.
    pub hash: KeyedHash,
    /// Sessions and tokens that began at this time or earlier are refused.
    pub time: Timestamp,
    /// When the table may forget it.
    pub ends_at: Timestamp,
}

impl RevocationItem {
    /// `None` for a session.
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

/// The attributes of a revocation beside its key.
pub(super) const REVOCATION_ATTRIBUTES: [&str; 3] =
    [attribute::FORMAT, own_attribute::REVOCATION, attribute::TTL];

fn seen_key(hash: &KeyedHash) -> String {
    format!("{SEEN_PREFIX}{}", hash.as_str())
}

/// The key of the ring under which the hash in an item's key was made; `None` for the key of a session.
fn key_id(key: &str) -> Option<KeyId> {
    let hash = key.strip_prefix(REVOCATION_PREFIX).or_else(|| key.strip_prefix(SEEN_PREFIX))?;
    hash.split_once('-')?.0.parse().ok()
}

/// The most keys that a `BatchGetItem` takes.
const BATCH: usize = 100;

/// Reads all consistently, in one request unless the ring has dozens of keys.
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

/// An answer that leaves one out for want of throughput is no answer.
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
    let wanted = wanted.map_err(|_| StoreFault::Unavailable)?;
    let reading = client.batch_get_item().request_items(table, wanted).send().await;
    let answer = reading.map_err(|error| ErrorKind::of(&error))?;
    if answer.unprocessed_keys.is_some_and(|left| !left.is_empty()) {
        return Err(StoreFault::Unavailable);
    }
    // A table that was named by its ARN may be answered for by its name: there is one.
    let items: Vec<Item> = answer.responses.unwrap_or_default().into_values().flatten().collect();
    hashes.iter().map(|hash| time_in(&items, &revocation_key(hash))).collect()
}

/// Nobody knows what a damaged item, or one of a later release, refuses: then nothing passes.
fn time_in(items: &[Item], key: &str) -> Result<Option<Timestamp>, StoreFault> {
    let of_key = |item: &&Item| Reading(item).text(attribute::KEY).as_deref() == Some(key);
    let Some(found) = items.iter().find(of_key).map(Reading) else { return Ok(None) };
    match (found.number(attribute::FORMAT), found.time(own_attribute::REVOCATION)) {
        (Some(item::FORMAT), Some(time)) => Ok(Some(time)),
        _ => Err(StoreFault::Unavailable),
    }
}

/// The write that moves a revocation, provided the one that is there is earlier.
pub(super) fn moving(hash: &KeyedHash, time: Timestamp, ends_at: Timestamp) -> (String, Update) {
    let update = Update {
        change: "SET #not_before = :not_before, #ttl = :ttl, #format = :format".into(),
        condition: "attribute_not_exists(#not_before) OR #not_before < :not_before",
        names: (&[own_attribute::REVOCATION, attribute::TTL, attribute::FORMAT]).into(),
        values: vec![
            (":not_before".into(), number(time.unix())),
            (":ttl".into(), number(ends_at.unix())),
            (":format".into(), number(item::FORMAT)),
        ],
    };
    (revocation_key(hash), update)
}

/// The write that remembers a hash, provided nobody else has.
pub(super) fn remembering(hash: &KeyedHash, by: &[u8; 16], ends_at: Timestamp) -> (String, Update) {
    let update = Update {
        change: "SET #seen_by = :seen_by, #ttl = :ttl, #format = :format".into(),
        condition: "attribute_not_exists(#seen_by) OR #seen_by = :seen_by",
        names: (&[own_attribute::SEEN_BY, attribute::TTL, attribute::FORMAT]).into(),
        values: vec![
            (":seen_by".into(), binary(by)),
            (":ttl".into(), number(ends_at.unix())),
            (":format".into(), number(item::FORMAT)),
        ],
    };
    (seen_key(hash), update)
}
