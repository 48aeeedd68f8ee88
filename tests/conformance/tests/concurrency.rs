//! Sends many requests with one session to many processes, while its access token is due for a refresh.
#![expect(clippy::unwrap_used, reason = "a test fails when it cannot be set up")]

use std::sync::Arc;

use conformance::browser::{Browser, Outcome};
use conformance::provider::{RefreshTokenRotation, TOKEN_SECONDS};
use conformance::world::{Setup, World};
use flow::session::memory_store::MemoryStore;
use tokio::task::JoinSet;

const SITES: usize = 10;
const REQUESTS_PER_SITE: usize = 10;

fn world(rotation: RefreshTokenRotation, settings: &[(&str, &str)]) -> World {
    World::new(Some(Arc::new(MemoryStore::default())), Setup { sites: SITES, rotation, settings })
}

/// Sends ten requests to each of ten sites at the same time.
async fn all_at_once(world: &World, browser: &Browser) -> Vec<Outcome> {
    let mut requests = JoinSet::new();
    for site in world.sites.iter().flat_map(|site| std::iter::repeat_n(site, REQUESTS_PER_SITE)) {
        let (site, browser) = (Arc::clone(site), browser.clone());
        requests.spawn(async move { browser.fetch(&site).await });
    }
    requests.join_all().await
}

async fn rounds(rotation: RefreshTokenRotation, settings: &[(&str, &str)], advance: i64) {
    let world = world(rotation, settings);
    let browser = Browser::signed_in(world.sites.first().unwrap()).await;
    for round in 1..=50 {
        world.clock.advance(advance);
        let outcomes = all_at_once(&world, &browser).await;
        assert_eq!(outcomes.len(), SITES * REQUESTS_PER_SITE);
        assert!(outcomes.iter().all(Outcome::passed), "round {round}: {outcomes:?}");
        assert_eq!(world.provider.refresh_requests(), round);
    }
}

/// The token is still valid, so no request waits.
const IN_THE_LEAD: i64 = TOKEN_SECONDS - 30;
/// The token has expired, so all requests wait for the one that refreshes it.
const EXPIRED: i64 = TOKEN_SECONDS + 1;

#[tokio::test(start_paused = true)]
async fn a_hundred_requests_in_the_lead_make_one_token_request_without_grace() {
    rounds(RefreshTokenRotation::On { grace: 0 }, &[], IN_THE_LEAD).await;
}

#[tokio::test(start_paused = true)]
async fn a_hundred_requests_in_the_lead_make_one_token_request_with_grace() {
    rounds(RefreshTokenRotation::On { grace: 60 }, &[], IN_THE_LEAD).await;
}

#[tokio::test(start_paused = true)]
async fn a_hundred_requests_in_the_lead_make_one_token_request_without_rotation() {
    rounds(RefreshTokenRotation::Off, &[], IN_THE_LEAD).await;
}

#[tokio::test(start_paused = true)]
async fn a_hundred_requests_after_expiry_make_one_token_request() {
    rounds(RefreshTokenRotation::On { grace: 0 }, &[], EXPIRED).await;
}

#[tokio::test(start_paused = true)]
async fn rows_in_memory_change_none_of_it() {
    rounds(RefreshTokenRotation::On { grace: 0 }, &[("session_cache_seconds", "5")], IN_THE_LEAD).await;
    rounds(RefreshTokenRotation::On { grace: 0 }, &[("session_cache_seconds", "5")], EXPIRED).await;
}

#[tokio::test(start_paused = true)]
async fn all_who_waited_have_the_same_new_token() {
    let world = world(RefreshTokenRotation::On { grace: 0 }, &[]);
    let browser = Browser::signed_in(world.sites.first().unwrap()).await;
    world.clock.advance(EXPIRED);
    let outcomes = all_at_once(&world, &browser).await;
    assert!(outcomes.iter().all(|outcome| outcome.access_token() == Some("access-3")), "{outcomes:?}");
}
