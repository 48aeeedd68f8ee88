//! Keeps sessions in the memory of one process, for the local stack and for tests. It is the reference
//! implementation for every store.

use std::collections::HashMap;

use async_trait::async_trait;
use relying_party::session::index::KeyedHash;
use relying_party::time::Timestamp;
use tokio::sync::Mutex;

use crate::session::store::{
    Lease, List, Listed, Listing, MAX_LISTED, Row, RowKey, SessionStore, StoreFault, Use, Written,
};

/// A store that forgets everything when the process ends.
#[derive(Debug, Default)]
pub struct MemoryStore {
    rows: Mutex<HashMap<RowKey, Row>>,
    revocation: Mutex<HashMap<KeyedHash, Timestamp>>,
    seen: Mutex<HashMap<KeyedHash, Seen>>,
}

#[derive(Debug)]
struct Seen {
    by: [u8; 16],
    ends_at: Timestamp,
}

/// With more rows than this, a create first drops those that have ended.
const SWEEP_ABOVE: usize = 1_000;

/// A sweep drops items that ended this many seconds before the latest.
const SEEN_SECONDS: i64 = 86_400;

#[async_trait]
impl SessionStore for MemoryStore {
    async fn read(&self, key: &RowKey) -> Result<Option<Row>, StoreFault> {
        Ok(self.rows.lock().await.get(key).cloned())
    }

    async fn create(&self, key: &RowKey, row: Row) -> Result<Written, StoreFault> {
        let mut rows = self.rows.lock().await;
        if rows.len() >= SWEEP_ABOVE {
            let now = row.seen_at;
            rows.retain(|_, kept| kept.ends_at > now);
        }
        if let Some(there) = rows.get(key) {
            return Ok(if there.content == row.content { Written::Done } else { Written::Lost });
        }
        rows.insert(key.clone(), row);
        Ok(Written::Done)
    }

    async fn record_use(&self, key: &RowKey, generation: u64, used: Use) -> Result<Written, StoreFault> {
        self.change(key, |row| {
            if row.generation != generation || row.seen_at > used.seen_at {
                return Written::Lost;
            }
            row.seen_at = used.seen_at;
            row.renewed_at = used.renewed_at;
            row.ends_at = used.ends_at;
            Written::Done
        })
        .await
    }

    async fn lease(
        &self,
        key: &RowKey,
        generation: u64,
        lease: Lease,
        now: Timestamp,
    ) -> Result<Written, StoreFault> {
        self.change(key, |row| {
            let held = row.lease.as_ref().is_some_and(|held| held.until > now && held.owner != lease.owner);
            if held || row.generation != generation {
                return Written::Lost;
            }
            row.lease = Some(lease);
            Written::Done
        })
        .await
    }

    async fn replace(&self, key: &RowKey, owner: &[u8; 16], next: Row) -> Result<Written, StoreFault> {
        self.change(key, |row| {
            if row.generation == next.generation && row.content == next.content {
                return Written::Done;
            }
            if !row.is_leased_to(owner) || next.generation != row.generation.saturating_add(1) {
                return Written::Lost;
            }
            let listing = next.listing.or(&row.listing);
            *row = Row { lease: None, listing, ..next };
            Written::Done
        })
        .await
    }

    async fn release(&self, key: &RowKey, owner: &[u8; 16]) -> Result<Written, StoreFault> {
        self.change(key, |row| {
            if !row.is_leased_to(owner) {
                return Written::Lost;
            }
            row.lease = None;
            Written::Done
        })
        .await
    }

    async fn end(&self, key: &RowKey, owner: &[u8; 16]) -> Result<Written, StoreFault> {
        let mut rows = self.rows.lock().await;
        if rows.get(key).is_some_and(|row| !row.is_leased_to(owner)) {
            return Ok(Written::Lost);
        }
        rows.remove(key);
        Ok(Written::Done)
    }

    async fn delete(&self, key: &RowKey) -> Result<(), StoreFault> {
        self.rows.lock().await.remove(key);
        Ok(())
    }

    async fn rows(&self, list: List, hash: &KeyedHash) -> Result<Vec<Listed>, StoreFault> {
        let rows = self.rows.lock().await;
        let listed = rows.iter().filter(|(_, row)| row.listing.hash(list) == Some(hash));
        Ok(listed.take(MAX_LISTED).map(|(key, row)| Listed::of(key, row)).collect())
    }

    async fn revocation(&self, hashes: &[KeyedHash]) -> Result<Vec<Option<Timestamp>>, StoreFault> {
        let revocation = self.revocation.lock().await;
        Ok(hashes.iter().map(|hash| revocation.get(hash).copied()).collect())
    }

    async fn raise_revocation(
        &self,
        hash: &KeyedHash,
        time: Timestamp,
        _ends_at: Timestamp,
    ) -> Result<(), StoreFault> {
        let mut revocation = self.revocation.lock().await;
        let there = revocation.entry(hash.clone()).or_insert(time);
        *there = time.max(*there);
        Ok(())
    }

    async fn record_seen(
        &self,
        hash: &KeyedHash,
        by: &[u8; 16],
        ends_at: Timestamp,
    ) -> Result<Written, StoreFault> {
        let mut seen = self.seen.lock().await;
        if seen.len() >= SWEEP_ABOVE {
            // There is no clock here, so the time of the item that ends last stands for now.
            let newest = seen.values().map(|seen| seen.ends_at).max();
            seen.retain(|_, seen| newest.is_none_or(|newest| newest.since(seen.ends_at) < SEEN_SECONDS));
        }
        let there = seen.entry(hash.clone()).or_insert(Seen { by: *by, ends_at });
        Ok(if there.by == *by { Written::Done } else { Written::Lost })
    }
}

impl MemoryStore {
    async fn change(
        &self,
        key: &RowKey,
        write: impl FnOnce(&mut Row) -> Written,
    ) -> Result<Written, StoreFault> {
        Ok(self.rows.lock().await.get_mut(key).map_or(Written::Lost, write))
    }
}

impl Listing {
    fn hash(&self, list: List) -> Option<&KeyedHash> {
        match list {
            List::User => self.user.as_ref(),
            List::ProviderSession => self.provider_session.as_ref(),
        }
    }

    fn or(&self, earlier: &Self) -> Self {
        let Self { user, provider_session, signed_in_at } = self;
        Self {
            user: user.as_ref().or(earlier.user.as_ref()).cloned(),
            provider_session: provider_session.as_ref().or(earlier.provider_session.as_ref()).cloned(),
            signed_in_at: signed_in_at.or(earlier.signed_in_at),
        }
    }
}

impl Listed {
    fn of(key: &RowKey, row: &Row) -> Self {
        Self {
            key: key.clone(),
            signed_in_at: row.listing.signed_in_at,
            seen_at: row.seen_at,
            renewed_at: row.renewed_at,
            ends_at: row.ends_at,
        }
    }
}

impl Row {
    fn is_leased_to(&self, owner: &[u8; 16]) -> bool {
        self.lease.as_ref().is_some_and(|lease| lease.owner == *owner)
    }
}
