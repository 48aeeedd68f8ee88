//! Caches rows that were read recently, so that a page with forty pictures costs one read. Their content
//! stays sealed.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

use relying_party::time::Timestamp;

use crate::session::store::{Row, RowKey, Use};

/// The rows of one process.
pub(crate) type RowCache = TtlCache<RowKey, Row>;

/// The values that one process has read, by key.
pub(crate) struct TtlCache<K, V> {
    values: Mutex<HashMap<K, Recent<V>>>,
}

struct Recent<V> {
    value: V,
    read_at: Timestamp,
}

impl<K, V> Default for TtlCache<K, V> {
    fn default() -> Self {
        Self { values: Mutex::default() }
    }
}

/// A bound for a proxy that answers many requests at once; a function has one at a time. Rows take a few KB
/// each.
const MAX_VALUES: usize = 256;

impl<K: Eq + Hash, V: Clone> TtlCache<K, V> {
    /// The value, if it was read less than `seconds` ago.
    pub(crate) fn value(&self, key: &K, seconds: i64, now: Timestamp) -> Option<V> {
        let values = self.values();
        values.get(key).filter(|recent| recent.is_fresh(seconds, now)).map(|recent| recent.value.clone())
    }

    /// Caches a value that was just read or written. Does nothing when `seconds` is 0.
    pub(crate) fn insert(&self, key: K, value: V, seconds: i64, now: Timestamp) {
        if seconds <= 0 {
            return;
        }
        let mut values = self.values();
        if values.len() >= MAX_VALUES {
            values.retain(|_, recent| recent.is_fresh(seconds, now));
        }
        if values.len() < MAX_VALUES || values.contains_key(&key) {
            values.insert(key, Recent { value, read_at: now });
        }
    }

    /// Caches a value like [`Self::insert`], but drops the oldest one if there is no room. For values that
    /// limit what a client can do: it must not be able to switch the limit off by filling the cache.
    pub(crate) fn insert_evicting_oldest(&self, key: K, value: V, now: Timestamp)
    where
        K: Clone,
    {
        let mut values = self.values();
        if values.len() >= MAX_VALUES && !values.contains_key(&key) {
            // A value from the future is dropped first: it would stay after the clock was set back.
            let age = |recent: &Recent<V>| (recent.read_at <= now, recent.read_at);
            let oldest = values.iter().min_by_key(|(_, recent)| age(recent)).map(|(key, _)| key.clone());
            oldest.and_then(|oldest| values.remove(&oldest));
        }
        values.insert(key, Recent { value, read_at: now });
    }

    /// Removes a value that is known to have changed.
    pub(crate) fn forget(&self, key: &K) {
        self.values().remove(key);
    }

    /// A poisoned lock is usable, because no panic leaves the map half changed.
    fn values(&self) -> MutexGuard<'_, HashMap<K, Recent<V>>> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RowCache {
    /// Updates the cached row with a recorded use. Otherwise the use would be due again with every request.
    pub(crate) fn used(&self, key: &RowKey, used: Use) {
        if let Some(recent) = self.values().get_mut(key) {
            recent.value.seen_at = used.seen_at;
            recent.value.renewed_at = used.renewed_at;
            recent.value.ends_at = used.ends_at;
        }
    }
}

impl<V> Recent<V> {
    /// A row from the future is not fresh. Otherwise it would stay fresh after the clock was set back.
    const fn is_fresh(&self, seconds: i64, now: Timestamp) -> bool {
        let age = now.since(self.read_at);
        age >= 0 && age < seconds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

    fn key(number: usize) -> RowKey {
        RowKey::new(format!("{number:064}"))
    }

    fn row() -> Row {
        Row {
            content: String::new(),
            generation: 0,
            seen_at: NOW,
            renewed_at: NOW,
            ends_at: NOW.plus(60),
            lease: None,
            listing: crate::session::store::Listing::default(),
        }
    }

    #[test]
    fn a_row_is_remembered_for_the_seconds_and_no_longer() {
        let recent = RowCache::default();
        recent.insert(key(1), row(), 5, NOW);
        assert_eq!(recent.value(&key(1), 5, NOW.plus(4)), Some(row()));
        assert_eq!(recent.value(&key(1), 5, NOW.plus(5)), None);
        assert_eq!(recent.value(&key(2), 5, NOW), None);
    }

    #[test]
    fn with_no_seconds_nothing_is_remembered() {
        let recent = RowCache::default();
        recent.insert(key(1), row(), 0, NOW);
        assert_eq!(recent.value(&key(1), 5, NOW), None);
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_keep_a_row() {
        let recent = RowCache::default();
        recent.insert(key(1), row(), 5, NOW);
        assert_eq!(recent.value(&key(1), 5, NOW.plus(-1)), None);
    }

    #[test]
    fn the_number_of_rows_is_bounded_and_old_ones_make_room() {
        let recent = RowCache::default();
        (0..=MAX_VALUES).for_each(|number| recent.insert(key(number), row(), 5, NOW));
        assert_eq!(recent.values().len(), MAX_VALUES);
        assert_eq!(recent.value(&key(MAX_VALUES), 5, NOW), None);
        recent.insert(key(MAX_VALUES), row(), 5, NOW.plus(5));
        assert_eq!(recent.values().len(), 1);
    }

    #[test]
    fn a_forgotten_row_is_read_again_and_a_recorded_use_is_taken_over() {
        let recent = RowCache::default();
        recent.insert(key(1), row(), 5, NOW);
        let used = Use { seen_at: NOW.plus(1), renewed_at: NOW.plus(2), ends_at: NOW.plus(3) };
        recent.used(&key(1), used);
        let expected = Row { seen_at: NOW.plus(1), renewed_at: NOW.plus(2), ends_at: NOW.plus(3), ..row() };
        assert_eq!(recent.value(&key(1), 5, NOW), Some(expected));
        recent.forget(&key(1));
        assert_eq!(recent.value(&key(1), 5, NOW), None);
    }
}
