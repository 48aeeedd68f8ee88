//! Rows read a moment ago, so that a page with forty pictures costs one read. Their content stays sealed.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use relying_party::time::Timestamp;

use crate::session_store::{Row, RowKey, Use};

/// The rows of one process.
#[derive(Default)]
pub(crate) struct RecentRows {
    rows: Mutex<HashMap<RowKey, Recent>>,
}

struct Recent {
    row: Row,
    read_at: Timestamp,
}

/// A function has one request at a time; this is for a proxy with many. Rows take a few KB each.
const MAX_ROWS: usize = 256;

impl RecentRows {
    /// The row, if it was read less than `seconds` ago.
    pub(crate) fn row(&self, key: &RowKey, seconds: i64, now: Timestamp) -> Option<Row> {
        let rows = self.rows();
        rows.get(key).filter(|recent| recent.is_fresh(seconds, now)).map(|recent| recent.row.clone())
    }

    /// Remembers what was read or written just now; nothing at all when `seconds` is 0.
    pub(crate) fn remember(&self, key: RowKey, row: Row, seconds: i64, now: Timestamp) {
        if seconds <= 0 {
            return;
        }
        let mut rows = self.rows();
        if rows.len() >= MAX_ROWS {
            rows.retain(|_, recent| recent.is_fresh(seconds, now));
        }
        if rows.len() < MAX_ROWS || rows.contains_key(&key) {
            rows.insert(key, Recent { row, read_at: now });
        }
    }

    /// Takes over a use that was recorded, or it would be due with every request.
    pub(crate) fn used(&self, key: &RowKey, used: Use) {
        if let Some(recent) = self.rows().get_mut(key) {
            recent.row.seen_at = used.seen_at;
            recent.row.renewed_at = used.renewed_at;
            recent.row.ends_at = used.ends_at;
        }
    }

    /// Forgets a row that is known to have changed.
    pub(crate) fn forget(&self, key: &RowKey) {
        self.rows().remove(key);
    }

    /// No panic leaves the map half changed.
    fn rows(&self) -> MutexGuard<'_, HashMap<RowKey, Recent>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Recent {
    /// A clock that was set back makes a row old, not young for ever.
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
            listing: crate::session_store::Listing::default(),
        }
    }

    #[test]
    fn a_row_is_remembered_for_the_seconds_and_no_longer() {
        let recent = RecentRows::default();
        recent.remember(key(1), row(), 5, NOW);
        assert_eq!(recent.row(&key(1), 5, NOW.plus(4)), Some(row()));
        assert_eq!(recent.row(&key(1), 5, NOW.plus(5)), None);
        assert_eq!(recent.row(&key(2), 5, NOW), None);
    }

    #[test]
    fn with_no_seconds_nothing_is_remembered() {
        let recent = RecentRows::default();
        recent.remember(key(1), row(), 0, NOW);
        assert_eq!(recent.row(&key(1), 5, NOW), None);
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_keep_a_row() {
        let recent = RecentRows::default();
        recent.remember(key(1), row(), 5, NOW);
        assert_eq!(recent.row(&key(1), 5, NOW.plus(-1)), None);
    }

    #[test]
    fn the_number_of_rows_is_bounded_and_old_ones_make_room() {
        let recent = RecentRows::default();
        (0..=MAX_ROWS).for_each(|number| recent.remember(key(number), row(), 5, NOW));
        assert_eq!(recent.rows().len(), MAX_ROWS);
        assert_eq!(recent.row(&key(MAX_ROWS), 5, NOW), None);
        recent.remember(key(MAX_ROWS), row(), 5, NOW.plus(5));
        assert_eq!(recent.rows().len(), 1);
    }

    #[test]
    fn a_forgotten_row_is_read_again_and_a_recorded_use_is_taken_over() {
        let recent = RecentRows::default();
        recent.remember(key(1), row(), 5, NOW);
        let used = Use { seen_at: NOW.plus(1), renewed_at: NOW.plus(2), ends_at: NOW.plus(3) };
        recent.used(&key(1), used);
        let expected = Row { seen_at: NOW.plus(1), renewed_at: NOW.plus(2), ends_at: NOW.plus(3), ..row() };
        assert_eq!(recent.row(&key(1), 5, NOW), Some(expected));
        recent.forget(&key(1));
        assert_eq!(recent.row(&key(1), 5, NOW), None);
    }
}
