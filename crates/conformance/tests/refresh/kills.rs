//! A function that dies in the middle of a refresh, at each step.

use conformance::browser::{Browser, Outcome};
use conformance::provider::{Rotation, TOKEN_SECONDS};
use conformance::world::World;

use super::{elsewhere, two_sites};

/// The steps of a refresh: before and after reading the row, leasing, asking for tokens, asking for keys (known since
/// the sign-in, so not asked for), writing.
const STEPS: usize = 8;

/// Seconds after which a lease has run out.
const LEASE: i64 = 20;

/// From which step on the provider has spent the refresh token, and until which the new one is not kept.
const SPENT: usize = 5;
const KEPT: usize = 7;

/// A refresh that dies at `step`, with 50 seconds left of the access token.
async fn killed_at(step: usize, rotation: Rotation) -> (World, Browser) {
    let (world, browser) = two_sites(rotation).await;
    world.clock.advance(TOKEN_SECONDS - 50);
    let switchboard = world.switchboard();
    switchboard.stop_at(step);
    tokio::select! {
        biased;
        outcome = browser.fetch(world.site()) => panic!("step {step} was not come to: {outcome:?}"),
        () = switchboard.stopped() => {}
    }
    (world, browser)
}

#[tokio::test(start_paused = true)]
async fn there_are_no_more_steps() {
    let (world, browser) = two_sites(Rotation::Off).await;
    world.clock.advance(TOKEN_SECONDS - 50);
    world.switchboard().stop_at(STEPS);
    assert!(browser.fetch(world.site()).await.passed());
}

#[tokio::test(start_paused = true)]
async fn the_next_request_passes_at_once_whatever_the_step() {
    for grace in [0, 60] {
        for step in 0..STEPS {
            let (world, browser) = killed_at(step, Rotation::On { grace }).await;
            let outcome = browser.fetch(elsewhere(&world)).await;
            assert!(outcome.passed(), "step {step}, grace {grace}: {outcome:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn with_a_grace_period_the_session_goes_on_whatever_the_step() {
    for step in 0..STEPS {
        let (world, browser) = killed_at(step, Rotation::On { grace: 60 }).await;
        world.clock.advance(LEASE);
        assert!(browser.fetch(elsewhere(&world)).await.passed(), "step {step}");
        world.clock.advance(TOKEN_SECONDS - 100);
        assert!(browser.fetch(elsewhere(&world)).await.passed(), "step {step}");
        let requests = if (SPENT..KEPT).contains(&step) { 2 } else { 1 };
        assert_eq!(world.provider.refresh_requests(), requests, "step {step}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_grace_or_rotation_one_killed_before_the_provider_answered_loses_nothing() {
    for step in (0..SPENT).chain(KEPT..STEPS) {
        let (world, browser) = killed_at(step, Rotation::On { grace: 0 }).await;
        world.clock.advance(LEASE);
        assert!(browser.fetch(elsewhere(&world)).await.passed(), "step {step}");
    }
    for step in 0..STEPS {
        let (world, browser) = killed_at(step, Rotation::Off).await;
        world.clock.advance(LEASE);
        assert!(browser.fetch(elsewhere(&world)).await.passed(), "step {step}");
    }
}

#[tokio::test(start_paused = true)]
async fn with_a_grace_of_zero_one_killed_between_answer_and_write_ends_the_session_before_its_token() {
    for step in SPENT..KEPT {
        let (world, browser) = killed_at(step, Rotation::On { grace: 0 }).await;
        assert!(browser.open(elsewhere(&world)).await.passed(), "step {step}");
        world.clock.advance(LEASE);
        let outcome = browser.open(elsewhere(&world)).await;
        assert_eq!(outcome, Outcome::SignIn("refresh_refused"), "step {step}");
        assert_eq!(world.store().read(&browser.row_key()).await, Ok(None), "step {step}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_who_waits_on_a_dead_holder_takes_over() {
    let (world, browser) = two_sites(Rotation::On { grace: 60 }).await;
    world.clock.advance(TOKEN_SECONDS + 1);
    world.switchboard().stop_at(4);
    tokio::select! {
        biased;
        outcome = browser.fetch(world.site()) => panic!("{outcome:?}"),
        () = world.switchboard().stopped() => {}
    }
    world.clock.advance(LEASE - 2);
    // Two seconds of the lease are left: less than others wait.
    assert_eq!(browser.fetch(elsewhere(&world)).await.access_token(), Some("access-3"));
    assert_eq!(world.provider.refresh_requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn one_who_waits_longer_than_three_seconds_is_told_to_come_back() {
    let (world, browser) = two_sites(Rotation::On { grace: 60 }).await;
    world.clock.advance(TOKEN_SECONDS + 1);
    world.switchboard().stop_at(4);
    tokio::select! {
        biased;
        outcome = browser.fetch(world.site()) => panic!("{outcome:?}"),
        () = world.switchboard().stopped() => {}
    }
    assert_eq!(browser.open(elsewhere(&world)).await, Outcome::Refused("refresh_in_progress"));
    assert_eq!(world.provider.refresh_requests(), 0);
}
