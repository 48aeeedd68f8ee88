//! Tests writers that come too late.

use std::sync::Arc;

use conformance::browser::{Browser, Outcome};
use conformance::fault_injection::Operation;
use conformance::provider::{RefreshTokenRotation, TOKEN_SECONDS};
use conformance::world::{Setup, World};
use flow::session::memory_store::MemoryStore;
use flow::session::store::SessionStore;
use tokio::task::JoinHandle;

use super::{elsewhere, two_sites};

/// After the row was read.
const READ: usize = 1;
/// Before the token request.
const LEASED: usize = 6;
/// After the token request was answered.
const ANSWERED: usize = 7;

/// A request of the first site, stopped at `step`.
async fn stopped_at(step: usize, world: &World, browser: &Browser) -> JoinHandle<Outcome> {
    world.fault_injector().stop_at(step);
    let (site, browser) = (Arc::clone(world.sites.first().unwrap()), browser.clone());
    let request = tokio::spawn(async move { browser.open(&site).await });
    world.fault_injector().stopped().await;
    request
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_is_written_after_sign_out_resurrects_nothing_and_is_revoked() {
    let (world, browser) = two_sites(RefreshTokenRotation::On { grace: 60 }).await;
    world.clock.advance(TOKEN_SECONDS - 30);
    let late = stopped_at(ANSWERED, &world, &browser).await;
    let mut leaving = browser.clone();
    leaving.go(elsewhere(&world), "/oauth2/logout").await;
    world.fault_injector().go_on();
    assert_eq!(late.await.unwrap(), Outcome::SignIn("session_not_stored"));
    assert_eq!(world.store().read(&browser.row_key()).await, Ok(None));
    assert!(world.provider.is_revoked());
}

#[tokio::test(start_paused = true)]
async fn a_use_that_is_recorded_after_sign_out_resurrects_nothing() {
    let store: Arc<dyn SessionStore> = Arc::new(MemoryStore::default());
    let settings = &[("session_idling_timeout", "1000")];
    let world = World::new(Some(store), Setup { sites: 2, settings, ..Setup::default() });
    let browser = Browser::signed_in(world.site()).await;
    world.clock.advance(150);
    let late = stopped_at(READ, &world, &browser).await;
    let mut leaving = browser.clone();
    leaving.go(elsewhere(&world), "/oauth2/logout").await;
    world.fault_injector().go_on();
    late.await.unwrap();
    assert_eq!(world.fault_injector().count(Operation::RecordUse), 1);
    assert_eq!(world.store().read(&browser.row_key()).await, Ok(None));
}

#[tokio::test(start_paused = true)]
async fn a_slow_loser_of_the_lease_overwrites_nothing_and_goes_on_with_the_winners_tokens() {
    let (world, browser) = two_sites(RefreshTokenRotation::On { grace: 60 }).await;
    world.clock.advance(TOKEN_SECONDS - 50);
    let late = stopped_at(ANSWERED, &world, &browser).await;
    world.clock.advance(20);
    assert_eq!(browser.open(elsewhere(&world)).await.access_token(), Some("access-4"));
    let written = world.store().read(&browser.row_key()).await;
    world.fault_injector().go_on();
    assert_eq!(late.await.unwrap().access_token(), Some("access-4"));
    assert_eq!(world.store().read(&browser.row_key()).await, written);
}

#[tokio::test(start_paused = true)]
async fn a_refused_loser_of_the_lease_does_not_end_the_winners_session() {
    let (world, browser) = two_sites(RefreshTokenRotation::On { grace: 0 }).await;
    world.clock.advance(TOKEN_SECONDS - 50);
    let late = stopped_at(LEASED, &world, &browser).await;
    world.clock.advance(20);
    assert_eq!(browser.open(elsewhere(&world)).await.access_token(), Some("access-3"));
    world.fault_injector().go_on();
    assert_eq!(late.await.unwrap().access_token(), Some("access-3"));
    assert!(browser.open(elsewhere(&world)).await.passed());
    assert_eq!(world.provider.refresh_requests(), 2);
}
