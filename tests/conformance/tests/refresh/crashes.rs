//! Tests requests that wait for a function that died in the middle of a refresh.

use conformance::browser::{Browser, Outcome};
use conformance::provider::{RefreshTokenRotation, TOKEN_SECONDS};
use conformance::world::World;

use super::{elsewhere, two_sites};

/// The lifetime of a lease in seconds.
const LEASE: i64 = 20;

/// A refresh that stops before its token request, when the access token has expired.
async fn killed() -> (World, Browser) {
    let (world, browser) = two_sites(RefreshTokenRotation::On { grace: 60 }).await;
    world.clock.advance(TOKEN_SECONDS + 1);
    world.fault_injector().stop_at(6);
    tokio::select! {
        biased;
        outcome = browser.fetch(world.site()) => panic!("{outcome:?}"),
        () = world.fault_injector().stopped() => {}
    }
    (world, browser)
}

#[tokio::test(start_paused = true)]
async fn one_who_waits_on_a_dead_holder_takes_over() {
    let (world, browser) = killed().await;
    world.clock.advance(LEASE - 2);
    // The lease ends in two seconds, before the others give up waiting.
    assert_eq!(browser.fetch(elsewhere(&world)).await.access_token(), Some("access-3"));
    assert_eq!(world.provider.refresh_requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn one_who_waits_longer_than_three_seconds_is_told_to_come_back() {
    let (world, browser) = killed().await;
    assert_eq!(browser.open(elsewhere(&world)).await, Outcome::Refused("refresh_in_progress"));
    assert_eq!(world.provider.refresh_requests(), 0);
}
