//! Tests sessions that outlive the browser, wherever they are kept. [`remember_contract`](crate::remember_contract)
//! makes a test of every clause.

use http::StatusCode;
use serde_json::Value;

use crate::browser::{Browser, Outcome};
use crate::fault_injection::Operation;
use crate::world::{Setup, Store, World};

/// Makes tests of the clauses. `$store` is an async expression that creates the [`Store`].
#[macro_export]
macro_rules! remember_contract {
    ($store:expr) => {
        $crate::clauses!($crate::remember, $store;
            a_session_ends_with_the_browser
            a_remembered_session_outlives_the_browser_and_the_common_limits
            a_remembered_session_ends_at_its_own_rolling_limit
            a_remembered_session_ends_at_its_own_absolute_limit
            a_user_who_asks_is_remembered_and_nobody_else
            a_page_is_told_when_its_session_ends
            remembered_sessions_are_held_to_the_common_limits_once_nobody_is_to_be_remembered
        );
    };
}

#[macro_export]
macro_rules! stored_remember_contract {
    ($store:expr) => {
        $crate::clauses!($crate::remember, $store;
            a_use_of_a_remembered_session_is_recorded_every_tenth_of_its_rolling_limit
        );
    };
}

const REMEMBERING: &[(&str, &str)] = &[
    ("session_rolling_timeout", "200"),
    ("session_absolute_timeout", "250"),
    ("session_remember", "true"),
    ("session_remember_rolling_timeout", "2000"),
    ("session_remember_absolute_timeout", "5000"),
];

const ASKING: &[(&str, &str)] = &[("session_remember", "ask")];

fn world(store: Store, settings: &[(&str, &str)]) -> World {
    World::new(store, Setup { settings, ..Setup::default() })
}

async fn refresh(world: &World, browser: &mut Browser) {
    let refreshed = browser.post(world.site(), "/oauth2/refresh").await;
    assert_eq!(refreshed.response.status, StatusCode::OK, "{:?}", refreshed.refusal);
}

async fn report(world: &World, browser: &mut Browser) -> Value {
    let told = browser.go(world.site(), "/oauth2/session").await;
    serde_json::from_str(&told.response.body).unwrap()
}

pub async fn a_session_ends_with_the_browser(store: Store) {
    for settings in [&[], ASKING] {
        let world = world(store.clone(), settings);
        let mut browser = Browser::signed_in(world.site()).await;
        browser.restart();
        assert_eq!(browser.session(), None);
    }
}

pub async fn a_remembered_session_outlives_the_browser_and_the_common_limits(store: Store) {
    let world = world(store, REMEMBERING);
    let mut browser = Browser::signed_in(world.site()).await;
    for _ in 0..4 {
        browser.restart();
        world.clock.advance(1_000);
        refresh(&world, &mut browser).await;
        assert!(browser.open(world.site()).await.passed());
    }
}

pub async fn a_remembered_session_ends_at_its_own_rolling_limit(store: Store) {
    let world = world(store, REMEMBERING);
    let mut browser = Browser::signed_in(world.site()).await;
    world.clock.advance(1_000);
    refresh(&world, &mut browser).await;
    world.clock.advance(2_000);
    assert_eq!(browser.open(world.site()).await, Outcome::SignIn("session_rolling_timeout"));
}

pub async fn a_remembered_session_ends_at_its_own_absolute_limit(store: Store) {
    let world = world(store, REMEMBERING);
    let mut browser = Browser::signed_in(world.site()).await;
    for _ in 0..3 {
        world.clock.advance(1_500);
        refresh(&world, &mut browser).await;
    }
    world.clock.advance(500);
    assert_eq!(browser.open(world.site()).await, Outcome::SignIn("session_absolute_timeout"));
}

pub async fn a_user_who_asks_is_remembered_and_nobody_else(store: Store) {
    for (settings, target, remembered) in [
        (ASKING, "/oauth2/login?remember=true", true),
        (ASKING, "/oauth2/login?remember=false", false),
        (REMEMBERING, "/oauth2/login?remember=false", false),
        (&[], "/oauth2/login?remember=true", false),
    ] {
        let world = world(store.clone(), settings);
        let mut browser = Browser::default();
        browser.sign_in_by(world.site(), target).await;
        let told = report(&world, &mut browser).await;
        assert_eq!(told.get("remembered"), Some(&Value::Bool(remembered)), "{target}");
        browser.restart();
        assert_eq!(browser.session().is_some(), remembered, "{target}");
    }
}

pub async fn a_page_is_told_when_its_session_ends(store: Store) {
    let stored = store.is_some();
    let world = world(store, REMEMBERING);
    let mut browser = Browser::default();
    browser.sign_in_by(world.site(), "/oauth2/login?remember=false").await;
    let common = report(&world, &mut browser).await;
    browser.sign_in(world.site()).await;
    let remembered = report(&world, &mut browser).await;
    let seconds = |report: &Value, key: &str| report.get(key).and_then(Value::as_i64);
    // Both sessions began at nearly the same time.
    let between = seconds(&remembered, "expires_at").unwrap() - seconds(&common, "expires_at").unwrap();
    assert!((1_800..1_900).contains(&between), "{common} {remembered}");
    assert_eq!(common.get("remembered"), Some(&Value::Bool(false)));
    assert_eq!(remembered.get("remembered"), Some(&Value::Bool(true)));
    assert_eq!(seconds(&common, "idle_expires_at").is_some(), stored, "{common}");
    assert_eq!(seconds(&remembered, "idle_expires_at"), None, "{remembered}");
}

pub async fn remembered_sessions_are_held_to_the_common_limits_once_nobody_is_to_be_remembered(store: Store) {
    let mut world = world(store, REMEMBERING);
    let number = world.add_site(&[("session_rolling_timeout", "200"), ("session_absolute_timeout", "250")]);
    let browser = Browser::signed_in(world.site()).await;
    let forgetful = world.sites.get(number).unwrap();
    assert!(browser.open(forgetful).await.passed());
    world.clock.advance(250);
    assert_eq!(browser.open(forgetful).await, Outcome::SignIn("session_absolute_timeout"));
}

pub async fn a_use_of_a_remembered_session_is_recorded_every_tenth_of_its_rolling_limit(store: Store) {
    let world = world(store, REMEMBERING);
    let browser = Browser::signed_in(world.site()).await;
    world.clock.advance(195);
    assert!(browser.open(world.site()).await.passed());
    assert_eq!(world.fault_injector().count(Operation::RecordUse), 0);
    world.clock.advance(30);
    assert!(browser.open(world.site()).await.passed());
    assert!(browser.open(world.site()).await.passed());
    assert_eq!(world.fault_injector().count(Operation::RecordUse), 1);
}
