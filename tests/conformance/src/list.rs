//! Contains the contract of a [`SessionStore`]'s lists and of its data other than rows, one function for each
//! clause. [`store_contract`](crate::store_contract) makes tests of them too.

use flow::session::store::{List, Listed, Listing, MAX_LISTED, Row, RowKey, SessionStore, Written};
use relying_party::session::index::KeyedHash;

use crate::store::{ADA, BEN, NOW, key, lease, next, row};

/// Makes tests of all clauses. `$store` is an async expression that creates the store.
#[macro_export]
macro_rules! list_contract {
    ($store:expr) => {
        $crate::list_contract!($store;
            a_row_is_listed_by_user_and_by_provider_session
            a_row_without_hashes_is_on_no_list
            lists_of_others_are_empty
            a_deleted_row_is_on_no_list
            a_replacement_moves_a_row_to_the_hash_that_it_has
            a_replacement_without_hashes_leaves_the_row_on_its_lists
            a_use_leaves_a_row_on_its_lists
            there_is_no_revocation_at_first
            a_revocation_is_read_back
            a_revocation_moves_forward_only
            revocations_are_read_in_the_order_asked_for
            a_revocation_is_no_row
            a_seen_token_is_recorded
            the_first_caller_may_record_it_again
        );
    };
    ($store:expr; $($clause:ident)*) => {
        $(
            #[tokio::test]
            async fn $clause() {
                $crate::list::$clause(&$store.await).await;
            }
        )*
    };
}

fn hash(name: &str) -> KeyedHash {
    KeyedHash::new(format!("0123abcd-{name:0>64}"))
}

fn listed_row(user: &str, sid: Option<&str>) -> Row {
    let listing =
        Listing { user: Some(hash(user)), provider_session: sid.map(hash), signed_in_at: Some(NOW.plus(-9)) };
    Row { listing, ..row("first") }
}

async fn created(store: &dyn SessionStore, clause: &str, row: Row) -> RowKey {
    let key = key(clause);
    assert_eq!(store.create(&key, row).await, Ok(Written::Done));
    key
}

async fn list(store: &dyn SessionStore, list: List, name: &str) -> Vec<Listed> {
    store.rows(list, &hash(name)).await.unwrap()
}

async fn keys(store: &dyn SessionStore, name: &str) -> Vec<RowKey> {
    list(store, List::User, name).await.into_iter().map(|listed| listed.key).collect()
}

pub async fn a_row_is_listed_by_user_and_by_provider_session(store: &dyn SessionStore) {
    let key = created(store, "listed", listed_row("listed user", Some("listed sid"))).await;
    let expected = [Listed {
        key: key.clone(),
        signed_in_at: Some(NOW.plus(-9)),
        seen_at: NOW,
        renewed_at: NOW,
        ends_at: NOW.plus(86_400),
    }];
    assert_eq!(list(store, List::User, "listed user").await, expected);
    assert_eq!(list(store, List::ProviderSession, "listed sid").await, expected);
    let other = created(store, "listed too", listed_row("listed user", None)).await;
    let mut both = keys(store, "listed user").await;
    both.sort();
    let mut expected = [key, other];
    expected.sort();
    assert_eq!(both, expected);
}

/// An earlier release wrote the row.
pub async fn a_row_without_hashes_is_on_no_list(store: &dyn SessionStore) {
    let key = created(store, "unlisted", row("first")).await;
    assert_eq!(store.read(&key).await.unwrap(), Some(row("first")));
    assert_eq!(list(store, List::User, "").await, []);
}

pub async fn lists_of_others_are_empty(store: &dyn SessionStore) {
    created(store, "others", listed_row("others user", Some("others sid"))).await;
    assert_eq!(list(store, List::User, "others sid").await, []);
    assert_eq!(list(store, List::ProviderSession, "others user").await, []);
    assert_eq!(list(store, List::User, "nobody").await, []);
}

pub async fn a_deleted_row_is_on_no_list(store: &dyn SessionStore) {
    let key = created(store, "unlisted by delete", listed_row("deleted user", Some("deleted sid"))).await;
    assert_eq!(store.delete(&key).await, Ok(()));
    assert_eq!(list(store, List::User, "deleted user").await, []);
    assert_eq!(list(store, List::ProviderSession, "deleted sid").await, []);
}

/// The ring was rotated between the two writes.
pub async fn a_replacement_moves_a_row_to_the_hash_that_it_has(store: &dyn SessionStore) {
    let key = created(store, "moved", listed_row("moved from", Some("moved sid"))).await;
    assert_eq!(store.lease(&key, 0, lease(ADA, NOW.plus(20)), NOW).await, Ok(Written::Done));
    let moved = Listing { user: Some(hash("moved to")), ..Listing::default() };
    assert_eq!(store.replace(&key, &ADA, Row { listing: moved, ..next("second") }).await, Ok(Written::Done));
    assert_eq!(keys(store, "moved from").await, []);
    assert_eq!(keys(store, "moved to").await, std::slice::from_ref(&key));
    let listing = store.read(&key).await.unwrap().unwrap().listing;
    let expected = Listing {
        user: Some(hash("moved to")),
        provider_session: Some(hash("moved sid")),
        signed_in_at: Some(NOW.plus(-9)),
    };
    assert_eq!(listing, expected);
}

/// A release without lists writes the refreshed row.
pub async fn a_replacement_without_hashes_leaves_the_row_on_its_lists(store: &dyn SessionStore) {
    let key = created(store, "kept", listed_row("kept user", None)).await;
    assert_eq!(store.lease(&key, 0, lease(ADA, NOW.plus(20)), NOW).await, Ok(Written::Done));
    assert_eq!(store.replace(&key, &ADA, next("second")).await, Ok(Written::Done));
    let expected = Listed {
        key,
        signed_in_at: Some(NOW.plus(-9)),
        seen_at: NOW.plus(3),
        renewed_at: NOW.plus(3),
        ends_at: NOW.plus(86_400),
    };
    assert_eq!(list(store, List::User, "kept user").await, [expected]);
}

pub async fn a_use_leaves_a_row_on_its_lists(store: &dyn SessionStore) {
    let key = created(store, "used", listed_row("used user", None)).await;
    let used = flow::session::store::Use { seen_at: NOW.plus(3), renewed_at: NOW, ends_at: NOW.plus(9) };
    assert_eq!(store.record_use(&key, 0, used).await, Ok(Written::Done));
    let seen: Vec<_> = list(store, List::User, "used user").await.iter().map(|row| row.seen_at).collect();
    assert_eq!(seen, [NOW.plus(3)]);
}

/// Not every store is tested with this, because moto is slow with so many rows.
pub async fn some_of_more_rows_than_a_list_takes_are_listed(store: &dyn SessionStore) {
    for number in 0..=MAX_LISTED {
        created(store, &format!("many {number}"), listed_row("many", None)).await;
    }
    assert_eq!(keys(store, "many").await.len(), MAX_LISTED);
}

pub async fn there_is_no_revocation_at_first(store: &dyn SessionStore) {
    assert_eq!(store.revocation(&[hash("no revocation")]).await, Ok(vec![None]));
}

pub async fn a_revocation_is_read_back(store: &dyn SessionStore) {
    let user = hash("revocation");
    assert_eq!(store.raise_revocation(&user, NOW, NOW.plus(60)).await, Ok(()));
    assert_eq!(store.revocation(&[user]).await, Ok(vec![Some(NOW)]));
}

pub async fn a_revocation_moves_forward_only(store: &dyn SessionStore) {
    let user = hash("forward");
    for (to, expected) in [(5, 5), (4, 5), (5, 5), (7, 7), (0, 7)] {
        assert_eq!(store.raise_revocation(&user, NOW.plus(to), NOW.plus(60)).await, Ok(()));
        assert_eq!(
            store.revocation(std::slice::from_ref(&user)).await,
            Ok(vec![Some(NOW.plus(expected))]),
            "{to}"
        );
    }
}

pub async fn revocations_are_read_in_the_order_asked_for(store: &dyn SessionStore) {
    let [first, second, none] = [hash("order 1"), hash("order 2"), hash("order 3")];
    assert_eq!(store.raise_revocation(&first, NOW.plus(1), NOW.plus(60)).await, Ok(()));
    assert_eq!(store.raise_revocation(&second, NOW.plus(2), NOW.plus(60)).await, Ok(()));
    let read = store.revocation(&[none, second, first]).await;
    assert_eq!(read, Ok(vec![None, Some(NOW.plus(2)), Some(NOW.plus(1))]));
}

/// A revocation is not found as a session with the same key, and does not conflict with it.
pub async fn a_revocation_is_no_row(store: &dyn SessionStore) {
    let user = hash("no row");
    assert_eq!(store.raise_revocation(&user, NOW, NOW.plus(60)).await, Ok(()));
    assert_eq!(store.read(&RowKey::new(user.as_str().to_owned())).await, Ok(None));
    assert_eq!(store.rows(List::User, &user).await, Ok(Vec::new()));
}

pub async fn a_seen_token_is_recorded(store: &dyn SessionStore) {
    let token = hash("seen");
    assert_eq!(store.record_seen(&token, &ADA, NOW.plus(60)).await, Ok(Written::Done));
    assert_eq!(store.record_seen(&token, &BEN, NOW.plus(60)).await, Ok(Written::Lost));
    assert_eq!(store.record_seen(&hash("unseen"), &BEN, NOW.plus(60)).await, Ok(Written::Done));
}

/// The response to the first call was lost.
pub async fn the_first_caller_may_record_it_again(store: &dyn SessionStore) {
    let token = hash("seen twice");
    assert_eq!(store.record_seen(&token, &ADA, NOW.plus(60)).await, Ok(Written::Done));
    assert_eq!(store.record_seen(&token, &ADA, NOW.plus(60)).await, Ok(Written::Done));
}
