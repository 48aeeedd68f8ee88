//! Contains the contract of a site, wherever it keeps sessions.
//! [`session_contract`](macro@crate::session_contract) makes a test of every clause,
//! [`stored_session_contract`](crate::stored_session_contract) of those that need a store.

use http::StatusCode;

use crate::browser::{Browser, Outcome, location};
use crate::fault_injection::Operation;
use crate::provider::TOKEN_SECONDS;
use crate::world::{Setup, Store, World};

/// Makes tests of the clauses that also hold in cookie storage. `$store` is an async expression that creates
/// the [`Store`].
#[macro_export]
macro_rules! session_contract {
    ($store:expr) => {
        $crate::clauses!($crate::session_contract, $store;
            a_sign_in_opens_a_session
            without_a_session_a_page_load_signs_in
            a_session_ends_at_its_absolute_limit
            a_session_ends_at_its_rolling_limit
            a_new_sign_in_is_a_new_session
            a_tampered_cookie_opens_nothing
            the_cookie_of_another_application_opens_nothing
            a_sign_out_takes_the_cookie_and_revokes
            groups_change_with_a_refresh
            a_refresh_that_is_not_due_asks_nobody
            a_refused_refresh_ends_the_session
        );
    };
}

/// Makes tests of the clauses that hold only in stores.
#[macro_export]
macro_rules! stored_session_contract {
    ($store:expr) => {
        $crate::clauses!($crate::session_contract, $store;
            the_cookie_is_short
            a_session_ends_at_its_idle_limit
            a_use_is_recorded_every_tenth_of_the_idle_limit
            a_use_past_three_quarters_of_the_rolling_limit_renews
            the_earlier_row_is_deleted_at_sign_in
            a_replayed_cookie_is_refused_after_sign_out
            a_guessed_id_opens_nothing
            a_swapped_row_opens_nothing
            a_row_says_nothing_about_its_user
            the_authorizer_refreshes_and_the_cookie_stays
            a_recent_row_is_answered_from_memory
            a_row_is_not_remembered_past_its_seconds
            a_row_is_read_anew_inside_the_refresh_lead
            a_miss_is_not_remembered
        );
    };
}

const IN_COOKIES_OR_STORE: &[(&str, &str)] =
    &[("session_rolling_timeout", "3600"), ("session_absolute_timeout", "7200")];

fn world(store: Store) -> World {
    World::new(store, Setup { settings: IN_COOKIES_OR_STORE, ..Setup::default() })
}

fn remembering(store: Store) -> World {
    World::new(store, Setup { settings: &[("session_cache_seconds", "5")], sites: 2, ..Setup::default() })
}

fn ended(outcome: &Outcome, reason: &'static str) {
    assert_eq!(*outcome, Outcome::SignIn(reason));
}

pub async fn a_sign_in_opens_a_session(store: Store) {
    let world = world(store);
    let browser = Browser::signed_in(world.site()).await;
    let passed = browser.open(world.site()).await;
    let expected =
        Outcome::Passed { groups: vec!["staff".to_owned()], access_token: Some("access-2".to_owned()) };
    assert_eq!(passed, expected);
    assert_eq!(browser.fetch(world.site()).await, expected);
}

pub async fn without_a_session_a_page_load_signs_in(store: Store) {
    let world = world(store);
    assert_eq!(Browser::default().open(world.site()).await, Outcome::SignIn("session_missing"));
    assert_eq!(Browser::default().fetch(world.site()).await, Outcome::Refused("session_missing"));
}

pub async fn a_session_ends_at_its_absolute_limit(store: Store) {
    let settings = &[("session_rolling_timeout", "250"), ("session_absolute_timeout", "250")];
    let world = World::new(store, Setup { settings, ..Setup::default() });
    let browser = Browser::signed_in(world.site()).await;
    world.clock.advance(200);
    assert!(browser.fetch(world.site()).await.passed());
    world.clock.advance(50);
    ended(&browser.open(world.site()).await, "session_absolute_timeout");
}

pub async fn a_session_ends_at_its_rolling_limit(store: Store) {
    let settings = &[("session_rolling_timeout", "200"), ("session_absolute_timeout", "7200")];
    let world = World::new(store, Setup { settings, ..Setup::default() });
    let browser = Browser::signed_in(world.site()).await;
    world.clock.advance(200);
    ended(&browser.open(world.site()).await, "session_rolling_timeout");
}

/// Prevents session fixation.
pub async fn a_new_sign_in_is_a_new_session(store: Store) {
    let world = world(store);
    let mut browser = Browser::signed_in(world.site()).await;
    let first = browser.session().unwrap().to_owned();
    browser.sign_in(world.site()).await;
    assert_ne!(browser.session(), Some(first.as_str()));
    assert!(browser.open(world.site()).await.passed());
}

pub async fn a_tampered_cookie_opens_nothing(store: Store) {
    let world = world(store);
    let mut browser = Browser::signed_in(world.site()).await;
    let value = browser.session().unwrap().to_owned();
    // Replaces whole groups of base64url, so that only the authentication can refuse the cookie.
    let middle = value.len() / 8 * 4;
    let replaced = if value.as_bytes().get(middle) == Some(&b'A') { "B" } else { "A" };
    let (before, after) = value.split_at(middle);
    browser.set_session(&format!("{before}{replaced}{}", after.split_at(1).1));
    let reason = if world.store.is_some() { "session_not_stored" } else { "seal_not_authentic" };
    ended(&browser.open(world.site()).await, reason);
    browser.set_session(before);
    let reason = if world.store.is_some() { "session_not_stored" } else { "seal_not_authentic" };
    ended(&browser.open(world.site()).await, reason);
}

/// The other application has another ring, or another client with the same ring, table and cookie name.
pub async fn the_cookie_of_another_application_opens_nothing(store: Store) {
    const NAME: (&str, &str) = ("session_cookie_name", "session-of-both");
    let settings = [IN_COOKIES_OR_STORE, &[NAME]].concat();
    let mut world = World::new(store, Setup { settings: &settings, ..Setup::default() });
    let browser = Browser::signed_in(world.site()).await;
    for (changed, reason) in [
        (("session_secret", "another text of at least thirty-two bytes"), "seal_unknown_key"),
        (("client_id", "another"), "seal_not_authentic"),
    ] {
        let other = world.add_site(&[NAME, changed]);
        ended(&browser.open(world.sites.get(other).unwrap()).await, reason);
    }
    assert!(browser.open(world.site()).await.passed());
}

pub async fn a_sign_out_takes_the_cookie_and_revokes(store: Store) {
    let world = world(store);
    let mut browser = Browser::signed_in(world.site()).await;
    let out = browser.go(world.site(), "/oauth2/logout").await;
    assert!(location(&out).starts_with("https://login.example.com/logout?"), "{}", location(&out));
    assert_eq!(browser.session(), None);
    assert!(world.provider.is_revoked());
    ended(&browser.open(world.site()).await, "session_missing");
}

pub async fn groups_change_with_a_refresh(store: Store) {
    let world = world(store);
    let mut browser = Browser::signed_in(world.site()).await;
    world.provider.set_groups(&["staff", "admins"]);
    world.clock.advance(TOKEN_SECONDS - 30);
    let refreshed = browser.post(world.site(), "/oauth2/refresh").await;
    assert_eq!(refreshed.response.status, StatusCode::OK, "{:?}", refreshed.refusal);
    let expected = Outcome::Passed {
        groups: vec!["staff".to_owned(), "admins".to_owned()],
        access_token: Some("access-3".to_owned()),
    };
    assert_eq!(browser.open(world.site()).await, expected);
    assert_eq!(world.provider.refresh_requests(), 1);
}

pub async fn a_refresh_that_is_not_due_asks_nobody(store: Store) {
    let world = world(store);
    let mut browser = Browser::signed_in(world.site()).await;
    let refreshed = browser.post(world.site(), "/oauth2/refresh").await;
    assert_eq!(refreshed.response.status, StatusCode::OK);
    assert_eq!(world.provider.refresh_requests(), 0);
}

pub async fn a_refused_refresh_ends_the_session(store: Store) {
    let world = world(store);
    let mut browser = Browser::signed_in(world.site()).await;
    world.provider.revoke_all();
    world.clock.advance(TOKEN_SECONDS - 30);
    let refused = browser.post(world.site(), "/oauth2/refresh").await;
    assert_eq!(refused.refusal.unwrap().reason().code, "refresh_refused");
    assert_eq!(browser.session(), None);
}

/// The cookie holds exactly 256 bits.
pub async fn the_cookie_is_short(store: Store) {
    let world = world(store);
    let browser = Browser::signed_in(world.site()).await;
    assert_eq!(browser.session().unwrap().len(), 43);
}

pub async fn a_session_ends_at_its_idle_limit(store: Store) {
    let world =
        World::new(store, Setup { settings: &[("session_idling_timeout", "200")], ..Setup::default() });
    let browser = Browser::signed_in(world.site()).await;
    world.clock.advance(150);
    assert!(browser.open(world.site()).await.passed());
    world.clock.advance(199);
    assert!(browser.open(world.site()).await.passed());
    world.clock.advance(200);
    ended(&browser.open(world.site()).await, "session_idle_timeout");
}

pub async fn a_use_is_recorded_every_tenth_of_the_idle_limit(store: Store) {
    let world =
        World::new(store, Setup { settings: &[("session_idling_timeout", "1000")], ..Setup::default() });
    let browser = Browser::signed_in(world.site()).await;
    world.clock.advance(90);
    browser.open(world.site()).await;
    assert_eq!(world.fault_injector().count(Operation::RecordUse), 0);
    world.clock.advance(20);
    browser.open(world.site()).await;
    browser.open(world.site()).await;
    assert_eq!(world.fault_injector().count(Operation::RecordUse), 1);
}

pub async fn a_use_past_three_quarters_of_the_rolling_limit_renews(store: Store) {
    let settings = &[("session_rolling_timeout", "200"), ("session_absolute_timeout", "7200")];
    let world = World::new(store, Setup { settings, ..Setup::default() });
    let browser = Browser::signed_in(world.site()).await;
    world.clock.advance(155);
    assert!(browser.open(world.site()).await.passed());
    world.clock.advance(60);
    assert!(browser.open(world.site()).await.passed());
    assert_eq!(world.provider.refresh_requests(), 0);
}

pub async fn the_earlier_row_is_deleted_at_sign_in(store: Store) {
    let world = world(store);
    let mut browser = Browser::signed_in(world.site()).await;
    let earlier = browser.clone();
    browser.sign_in(world.site()).await;
    assert_eq!(world.store().read(&earlier.row_key()).await, Ok(None));
    ended(&earlier.open(world.site()).await, "session_not_stored");
}

pub async fn a_replayed_cookie_is_refused_after_sign_out(store: Store) {
    let world = world(store);
    let mut browser = Browser::signed_in(world.site()).await;
    let copy = browser.clone();
    browser.go(world.site(), "/oauth2/logout").await;
    assert_eq!(world.store().read(&copy.row_key()).await, Ok(None));
    ended(&copy.open(world.site()).await, "session_not_stored");
    assert_eq!(copy.fetch(world.site()).await, Outcome::Refused("session_not_stored"));
}

pub async fn a_guessed_id_opens_nothing(store: Store) {
    let world = world(store);
    let mut browser = Browser::signed_in(world.site()).await;
    let key = browser.row_key();
    for guessed in ["A".repeat(43).as_str(), key.as_str(), "", "%"] {
        browser.set_session(guessed);
        let outcome = browser.open(world.site()).await;
        assert!(matches!(outcome, Outcome::SignIn(_)), "{guessed}: {outcome:?}");
    }
}

/// An attacker who can write to the store cannot give one user the session of another.
pub async fn a_swapped_row_opens_nothing(store: Store) {
    let world = world(store);
    let ada = Browser::signed_in(world.site()).await;
    let ben = Browser::signed_in(world.site()).await;
    let row = world.store().read(&ada.row_key()).await.unwrap().unwrap();
    assert_eq!(world.store().delete(&ben.row_key()).await, Ok(()));
    assert!(world.store().create(&ben.row_key(), row).await.is_ok());
    ended(&ben.open(world.site()).await, "seal_not_authentic");
}

/// A copy of the store reveals no user's name and contains no token.
pub async fn a_row_says_nothing_about_its_user(store: Store) {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use relying_party::sealing::Purpose;
    let world = world(store);
    let browser = Browser::signed_in(world.site()).await;
    let row = world.store().read(&browser.row_key()).await.unwrap().unwrap();
    let sealed = URL_SAFE_NO_PAD.decode(&row.content).unwrap();
    let holds = |text: &str| sealed.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(!holds("ada") && !holds("staff") && !holds("access-2") && !holds("login.example.com"));
    let ring = &world.site().relying_party.ring;
    assert!(ring.open(Purpose::StoredSession, "", &row.content).is_err());
    assert!(ring.open_stored(&[0; 32], &row.content).is_err());
}

pub async fn the_authorizer_refreshes_and_the_cookie_stays(store: Store) {
    let world = world(store);
    let browser = Browser::signed_in(world.site()).await;
    for round in 1..=3 {
        world.clock.advance(TOKEN_SECONDS - 30);
        let outcome = browser.fetch(world.site()).await;
        assert_eq!(outcome.access_token(), Some(format!("access-{}", round + 2).as_str()));
        assert_eq!(world.provider.refresh_requests(), round);
    }
}

pub async fn a_recent_row_is_answered_from_memory(store: Store) {
    let world = remembering(store);
    let browser = Browser::signed_in(world.site()).await;
    for _ in 0..40 {
        assert!(browser.open(world.site()).await.passed());
    }
    assert_eq!(world.fault_injector().count(Operation::Read), 1);
}

pub async fn a_row_is_not_remembered_past_its_seconds(store: Store) {
    let world = remembering(store);
    let [here, elsewhere] = world.sites.as_slice() else { panic!("two sites") };
    let mut browser = Browser::signed_in(here).await;
    let copy = browser.clone();
    assert!(copy.open(here).await.passed());
    browser.go(elsewhere, "/oauth2/logout").await;
    ended(&copy.open(elsewhere).await, "session_not_stored");
    world.clock.advance(5);
    ended(&copy.open(here).await, "session_not_stored");
}

pub async fn a_row_is_read_anew_inside_the_refresh_lead(store: Store) {
    let world = remembering(store);
    let [here, elsewhere] = world.sites.as_slice() else { panic!("two sites") };
    let browser = Browser::signed_in(here).await;
    world.clock.advance(TOKEN_SECONDS - 61);
    assert!(browser.open(here).await.passed());
    world.clock.advance(2);
    assert_eq!(browser.open(elsewhere).await.access_token(), Some("access-3"));
    assert_eq!(browser.open(here).await.access_token(), Some("access-3"));
    assert_eq!(world.provider.refresh_requests(), 1);
}

pub async fn a_miss_is_not_remembered(store: Store) {
    let world = remembering(store);
    let browser = Browser::signed_in(world.site()).await;
    let row = world.store().read(&browser.row_key()).await.unwrap().unwrap();
    assert_eq!(world.store().delete(&browser.row_key()).await, Ok(()));
    ended(&browser.open(world.site()).await, "session_not_stored");
    assert!(world.store().create(&browser.row_key(), row).await.is_ok());
    assert!(browser.open(world.site()).await.passed());
}
