//! Contains the contract of [`SessionStore`], one function for each clause.
//! [`store_contract`](crate::store_contract) makes tests of them. Each clause uses its own keys, so that all can
//! share one store.

use flow::session::store::{Lease, Listing, Row, RowKey, SessionStore, Use, Written};
use relying_party::time::Timestamp;

pub const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

pub(crate) const ADA: [u8; 16] = [1; 16];
pub(crate) const BEN: [u8; 16] = [2; 16];

/// Makes tests of all clauses. `$store` is an async expression that creates the store.
#[macro_export]
macro_rules! store_contract {
    ($store:expr) => {
        $crate::store_contract!($store;
            a_created_row_is_read_back
            a_row_that_was_never_created_is_not_there
            a_key_is_created_once
            a_create_that_is_repeated_is_done
            a_use_is_recorded
            a_use_is_not_recorded_at_another_generation
            a_use_is_not_recorded_over_a_later_one
            a_use_of_a_deleted_row_makes_no_row
            a_lease_is_taken_by_one
            a_lease_that_is_repeated_is_done
            a_lease_that_ran_out_is_taken_over
            a_lease_is_not_taken_at_another_generation
            a_lease_of_a_deleted_row_makes_no_row
            the_holder_replaces_and_the_lease_is_gone
            a_replacement_that_is_repeated_is_done
            without_the_lease_nothing_is_replaced
            a_slow_loser_of_the_lease_does_not_overwrite
            a_generation_is_not_skipped
            a_replacement_of_a_deleted_row_makes_no_row
            the_holder_releases_and_somebody_else_leases
            without_the_lease_nothing_is_released
            a_release_of_a_deleted_row_makes_no_row
            the_holder_ends_the_session
            without_the_lease_nothing_is_ended
            a_row_that_is_gone_is_ended_already
            a_row_is_deleted_under_a_lease
            a_row_that_is_gone_is_deleted_already
            a_deleted_key_can_be_created_again
            a_row_past_its_end_is_no_fault
            content_of_the_largest_session_is_kept
        );
        $crate::list_contract!($store);
    };
    ($store:expr; $($clause:ident)*) => {
        $(
            #[tokio::test]
            async fn $clause() {
                $crate::store::$clause(&$store.await).await;
            }
        )*
    };
}

/// A row at generation 0 without a lease.
pub fn row(content: &str) -> Row {
    Row {
        content: content.to_owned(),
        generation: 0,
        seen_at: NOW,
        renewed_at: NOW,
        ends_at: NOW.plus(86_400),
        lease: None,
        listing: Listing::default(),
    }
}

pub(crate) fn key(clause: &str) -> RowKey {
    RowKey::new(format!("{clause:0>64}"))
}

pub(crate) fn lease(owner: [u8; 16], until: Timestamp) -> Lease {
    Lease { owner, until }
}

fn used(seen_at: Timestamp) -> Use {
    Use { seen_at, renewed_at: NOW.plus(1), ends_at: NOW.plus(2) }
}

pub(crate) fn next(content: &str) -> Row {
    Row { generation: 1, seen_at: NOW.plus(3), renewed_at: NOW.plus(3), ..row(content) }
}

async fn created(store: &dyn SessionStore, clause: &str) -> RowKey {
    let key = key(clause);
    assert_eq!(store.create(&key, row("first")).await, Ok(Written::Done));
    key
}

async fn leased(store: &dyn SessionStore, clause: &str) -> RowKey {
    let key = created(store, clause).await;
    assert_eq!(store.lease(&key, 0, lease(ADA, NOW.plus(20)), NOW).await, Ok(Written::Done));
    key
}

async fn deleted(store: &dyn SessionStore, clause: &str) -> RowKey {
    let key = leased(store, clause).await;
    assert_eq!(store.delete(&key).await, Ok(()));
    key
}

async fn read(store: &dyn SessionStore, key: &RowKey) -> Option<Row> {
    store.read(key).await.unwrap()
}

pub async fn a_created_row_is_read_back(store: &dyn SessionStore) {
    let key = created(store, "read back").await;
    assert_eq!(read(store, &key).await, Some(row("first")));
}

pub async fn a_row_that_was_never_created_is_not_there(store: &dyn SessionStore) {
    assert_eq!(read(store, &key("never created")).await, None);
}

pub async fn a_key_is_created_once(store: &dyn SessionStore) {
    let key = created(store, "once").await;
    assert_eq!(store.create(&key, row("second")).await, Ok(Written::Lost));
    assert_eq!(read(store, &key).await, Some(row("first")));
}

pub async fn a_create_that_is_repeated_is_done(store: &dyn SessionStore) {
    let key = created(store, "create repeated").await;
    assert_eq!(store.create(&key, row("first")).await, Ok(Written::Done));
}

pub async fn a_use_is_recorded(store: &dyn SessionStore) {
    let key = created(store, "use").await;
    assert_eq!(store.record_use(&key, 0, used(NOW.plus(3))).await, Ok(Written::Done));
    let expected =
        Row { seen_at: NOW.plus(3), renewed_at: NOW.plus(1), ends_at: NOW.plus(2), ..row("first") };
    assert_eq!(read(store, &key).await, Some(expected));
}

pub async fn a_use_is_not_recorded_at_another_generation(store: &dyn SessionStore) {
    let key = created(store, "use at generation").await;
    assert_eq!(store.record_use(&key, 1, used(NOW.plus(3))).await, Ok(Written::Lost));
    assert_eq!(read(store, &key).await, Some(row("first")));
}

pub async fn a_use_is_not_recorded_over_a_later_one(store: &dyn SessionStore) {
    let key = created(store, "later use").await;
    assert_eq!(store.record_use(&key, 0, used(NOW.plus(3))).await, Ok(Written::Done));
    assert_eq!(store.record_use(&key, 0, used(NOW.plus(2))).await, Ok(Written::Lost));
    assert_eq!(read(store, &key).await.map(|row| row.seen_at), Some(NOW.plus(3)));
}

pub async fn a_use_of_a_deleted_row_makes_no_row(store: &dyn SessionStore) {
    let key = deleted(store, "use of deleted").await;
    assert_eq!(store.record_use(&key, 0, used(NOW.plus(3))).await, Ok(Written::Lost));
    assert_eq!(read(store, &key).await, None);
}

pub async fn a_lease_is_taken_by_one(store: &dyn SessionStore) {
    let key = leased(store, "lease").await;
    assert_eq!(store.lease(&key, 0, lease(BEN, NOW.plus(21)), NOW.plus(19)).await, Ok(Written::Lost));
    let expected = Row { lease: Some(lease(ADA, NOW.plus(20))), ..row("first") };
    assert_eq!(read(store, &key).await, Some(expected));
}

pub async fn a_lease_that_is_repeated_is_done(store: &dyn SessionStore) {
    let key = leased(store, "lease repeated").await;
    assert_eq!(store.lease(&key, 0, lease(ADA, NOW.plus(20)), NOW).await, Ok(Written::Done));
}

pub async fn a_lease_that_ran_out_is_taken_over(store: &dyn SessionStore) {
    let key = leased(store, "lease ran out").await;
    assert_eq!(store.lease(&key, 0, lease(BEN, NOW.plus(40)), NOW.plus(20)).await, Ok(Written::Done));
    assert_eq!(read(store, &key).await.unwrap().lease, Some(lease(BEN, NOW.plus(40))));
}

pub async fn a_lease_is_not_taken_at_another_generation(store: &dyn SessionStore) {
    let key = created(store, "lease at generation").await;
    assert_eq!(store.lease(&key, 1, lease(ADA, NOW.plus(20)), NOW).await, Ok(Written::Lost));
    assert_eq!(read(store, &key).await, Some(row("first")));
}

pub async fn a_lease_of_a_deleted_row_makes_no_row(store: &dyn SessionStore) {
    let key = deleted(store, "lease of deleted").await;
    assert_eq!(store.lease(&key, 0, lease(BEN, NOW.plus(20)), NOW).await, Ok(Written::Lost));
    assert_eq!(read(store, &key).await, None);
}

pub async fn the_holder_replaces_and_the_lease_is_gone(store: &dyn SessionStore) {
    let key = leased(store, "replace").await;
    assert_eq!(store.replace(&key, &ADA, next("second")).await, Ok(Written::Done));
    assert_eq!(read(store, &key).await, Some(next("second")));
    assert_eq!(store.lease(&key, 1, lease(BEN, NOW.plus(20)), NOW).await, Ok(Written::Done));
}

pub async fn a_replacement_that_is_repeated_is_done(store: &dyn SessionStore) {
    let key = leased(store, "replace repeated").await;
    assert_eq!(store.replace(&key, &ADA, next("second")).await, Ok(Written::Done));
    assert_eq!(store.replace(&key, &ADA, next("second")).await, Ok(Written::Done));
    assert_eq!(store.replace(&key, &ADA, next("third")).await, Ok(Written::Lost));
    assert_eq!(read(store, &key).await, Some(next("second")));
}

pub async fn without_the_lease_nothing_is_replaced(store: &dyn SessionStore) {
    let free = created(store, "replace free").await;
    assert_eq!(store.replace(&free, &ADA, next("second")).await, Ok(Written::Lost));
    assert_eq!(read(store, &free).await, Some(row("first")));
    let held = leased(store, "replace held").await;
    assert_eq!(store.replace(&held, &BEN, next("second")).await, Ok(Written::Lost));
    assert_eq!(read(store, &held).await.unwrap().content, "first");
}

pub async fn a_slow_loser_of_the_lease_does_not_overwrite(store: &dyn SessionStore) {
    let key = leased(store, "slow loser").await;
    assert_eq!(store.lease(&key, 0, lease(BEN, NOW.plus(40)), NOW.plus(20)).await, Ok(Written::Done));
    assert_eq!(store.replace(&key, &ADA, next("slow")).await, Ok(Written::Lost));
    assert_eq!(store.release(&key, &ADA).await, Ok(Written::Lost));
    assert_eq!(store.end(&key, &ADA).await, Ok(Written::Lost));
    assert_eq!(store.replace(&key, &BEN, next("fast")).await, Ok(Written::Done));
    assert_eq!(store.replace(&key, &ADA, next("slow")).await, Ok(Written::Lost));
    assert_eq!(read(store, &key).await, Some(next("fast")));
}

pub async fn a_generation_is_not_skipped(store: &dyn SessionStore) {
    let key = leased(store, "generation").await;
    for generation in [0, 2] {
        let skipping = Row { generation, ..next("second") };
        assert_eq!(store.replace(&key, &ADA, skipping).await, Ok(Written::Lost), "{generation}");
    }
    assert_eq!(read(store, &key).await.unwrap().content, "first");
}

pub async fn a_replacement_of_a_deleted_row_makes_no_row(store: &dyn SessionStore) {
    let key = deleted(store, "replace deleted").await;
    assert_eq!(store.replace(&key, &ADA, next("second")).await, Ok(Written::Lost));
    assert_eq!(read(store, &key).await, None);
}

pub async fn the_holder_releases_and_somebody_else_leases(store: &dyn SessionStore) {
    let key = leased(store, "release").await;
    assert_eq!(store.release(&key, &ADA).await, Ok(Written::Done));
    assert_eq!(read(store, &key).await, Some(row("first")));
    assert_eq!(store.lease(&key, 0, lease(BEN, NOW.plus(20)), NOW).await, Ok(Written::Done));
}

pub async fn without_the_lease_nothing_is_released(store: &dyn SessionStore) {
    let key = leased(store, "release held").await;
    assert_eq!(store.release(&key, &BEN).await, Ok(Written::Lost));
    assert_eq!(read(store, &key).await.unwrap().lease, Some(lease(ADA, NOW.plus(20))));
}

pub async fn a_release_of_a_deleted_row_makes_no_row(store: &dyn SessionStore) {
    let key = deleted(store, "release deleted").await;
    assert_eq!(store.release(&key, &ADA).await, Ok(Written::Lost));
    assert_eq!(read(store, &key).await, None);
}

pub async fn the_holder_ends_the_session(store: &dyn SessionStore) {
    let key = leased(store, "end").await;
    assert_eq!(store.end(&key, &ADA).await, Ok(Written::Done));
    assert_eq!(read(store, &key).await, None);
}

pub async fn without_the_lease_nothing_is_ended(store: &dyn SessionStore) {
    let free = created(store, "end free").await;
    assert_eq!(store.end(&free, &ADA).await, Ok(Written::Lost));
    assert_eq!(read(store, &free).await, Some(row("first")));
    let replaced = leased(store, "end replaced").await;
    assert_eq!(store.replace(&replaced, &ADA, next("second")).await, Ok(Written::Done));
    assert_eq!(store.end(&replaced, &ADA).await, Ok(Written::Lost));
    assert_eq!(read(store, &replaced).await, Some(next("second")));
}

pub async fn a_row_that_is_gone_is_ended_already(store: &dyn SessionStore) {
    let key = deleted(store, "end deleted").await;
    assert_eq!(store.end(&key, &ADA).await, Ok(Written::Done));
    assert_eq!(read(store, &key).await, None);
}

pub async fn a_row_is_deleted_under_a_lease(store: &dyn SessionStore) {
    let key = leased(store, "delete").await;
    assert_eq!(store.delete(&key).await, Ok(()));
    assert_eq!(read(store, &key).await, None);
}

pub async fn a_row_that_is_gone_is_deleted_already(store: &dyn SessionStore) {
    assert_eq!(store.delete(&key("delete nothing")).await, Ok(()));
}

pub async fn a_deleted_key_can_be_created_again(store: &dyn SessionStore) {
    let key = deleted(store, "create again").await;
    assert_eq!(store.create(&key, row("again")).await, Ok(Written::Done));
    assert_eq!(read(store, &key).await, Some(row("again")));
}

/// A store may drop such a row, but must not fail because of it.
pub async fn a_row_past_its_end_is_no_fault(store: &dyn SessionStore) {
    let key = key("past its end");
    let ended = Row { ends_at: Timestamp::from_unix(1), ..row("ended") };
    assert_eq!(store.create(&key, ended.clone()).await, Ok(Written::Done));
    let found = read(store, &key).await;
    assert!(found.is_none() || found == Some(ended));
}

/// An ID token, an access token and a refresh token of 16 KB each, as base64url.
pub async fn content_of_the_largest_session_is_kept(store: &dyn SessionStore) {
    let key = key("largest");
    let content = "s".repeat(64 * 1024);
    assert_eq!(store.create(&key, row(&content)).await, Ok(Written::Done));
    assert_eq!(read(store, &key).await, Some(row(&content)));
}
