//! Sessions in the memory of one process: for the local stack and for tests. The reference for what a store does.

use std::collections::HashMap;

use async_trait::async_trait;
use relying_party::time::Timestamp;
use tokio::sync::Mutex;

use crate::session_store::{Lease, Row, RowKey, SessionStore, StoreFault, Use, Written};

/// A store that forgets everything when the process ends.
#[derive(Debug, Default)]
pub struct MemoryStore {
    rows: Mutex<HashMap<RowKey, Row>>,
}

/// Past so many rows a create first drops those that have ended.
const SWEEP_ABOVE: usize = 1_000;

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
            *row = Row { lease: None, ..next };
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

impl Row {
    fn is_leased_to(&self, owner: &[u8; 16]) -> bool {
        self.lease.as_ref().is_some_and(|lease| lease.owner == *owner)
    }
}
