//! Crashes a function at each step of a refresh. [`crash_contract`](crate::crash_contract) makes a test of
//! every clause.

use std::sync::Arc;

use flow::site::Site;

use crate::browser::{Browser, Outcome};
use crate::provider::{RefreshTokenRotation, TOKEN_SECONDS};
use crate::world::{Setup, Store, World};

/// Makes tests of the clauses. `$store` is an async expression that creates the [`Store`].
#[macro_export]
macro_rules! crash_contract {
    ($store:expr) => {
        $crate::clauses!($crate::crash_during_refresh, $store;
            a_refresh_has_no_more_steps_than_are_tried
            killed_at_any_step_the_next_request_passes_at_once
            killed_at_any_step_with_a_grace_period_the_next_one_retries
            killed_at_any_step_without_rotation_the_next_one_retries
            killed_before_the_answer_or_after_the_write_without_grace_the_next_one_goes_on
            killed_between_answer_and_write_without_grace_the_session_ends_with_its_access_token
        );
    };
}

/// The steps of a refresh: before and after each of reading the row, reading the revocation, taking the lease,
/// requesting tokens, requesting keys if they are not known, and writing.
#[derive(Clone, Copy, Debug)]
struct Steps {
    knows_keys: bool,
    all: usize,
    /// The provider has used up the refresh token from step `spent` on; the new one is lost before step
    /// `kept`.
    spent: usize,
    kept: usize,
}

const WARM: Steps = Steps { knows_keys: true, all: 10, spent: 7, kept: 9 };
const COLD: Steps = Steps { knows_keys: false, all: 12, spent: 7, kept: 11 };

/// The remaining lifetime of the access token in seconds when the function crashes.
const LEFT: i64 = 50;

/// The lifetime of a lease in seconds.
const LEASE: i64 = 20;

/// A deployment in which one site crashes and another one continues.
struct Crash {
    world: World,
    browser: Browser,
    crashing: usize,
}

impl Crash {
    async fn new(store: &Store, steps: Steps, rotation: RefreshTokenRotation) -> Self {
        let mut world = World::new(store.clone(), Setup { sites: 2, rotation, ..Setup::default() });
        let browser = Browser::signed_in(world.site()).await;
        let crashing = if steps.knows_keys { 0 } else { world.add_site(&[]) };
        world.clock.advance(TOKEN_SECONDS - LEFT);
        Self { world, browser, crashing }
    }

    /// Stops a refresh at `step` and never resumes it.
    async fn killed_at(step: usize, store: &Store, steps: Steps, rotation: RefreshTokenRotation) -> Self {
        let crash = Self::new(store, steps, rotation).await;
        let fault_injector = crash.world.fault_injectors.get(crash.crashing).unwrap();
        fault_injector.stop_at(step);
        tokio::select! {
            biased;
            outcome = crash.browser.fetch(crash.crashing()) => panic!("step {step} was not come to: {outcome:?}"),
            () = fault_injector.stopped() => {}
        }
        crash
    }

    fn crashing(&self) -> &Arc<Site> {
        self.world.sites.get(self.crashing).unwrap()
    }

    async fn next(&self) -> Outcome {
        self.browser.open(self.world.sites.get(1).unwrap()).await
    }
}

pub async fn a_refresh_has_no_more_steps_than_are_tried(store: Store) {
    for steps in [WARM, COLD] {
        let crash = Crash::new(&store, steps, RefreshTokenRotation::Off).await;
        crash.world.fault_injectors.get(crash.crashing).unwrap().stop_at(steps.all);
        assert!(crash.browser.fetch(crash.crashing()).await.passed());
    }
}

/// The access token is still valid, so no request waits for the site that crashed.
pub async fn killed_at_any_step_the_next_request_passes_at_once(store: Store) {
    for (steps, grace) in [(WARM, 0), (WARM, 60), (COLD, 0)] {
        for step in 0..steps.all {
            let crash = Crash::killed_at(step, &store, steps, RefreshTokenRotation::On { grace }).await;
            let outcome = crash.next().await;
            assert!(outcome.passed(), "{steps:?}, step {step}, grace {grace}: {outcome:?}");
        }
    }
}

/// The next refresh also adopts the provider's current claims.
pub async fn killed_at_any_step_with_a_grace_period_the_next_one_retries(store: Store) {
    for grace in [30, 60] {
        for steps in [WARM, COLD] {
            for step in 0..steps.all {
                let crash = Crash::killed_at(step, &store, steps, RefreshTokenRotation::On { grace }).await;
                crash.world.provider.set_groups(&["admins"]);
                crash.world.clock.advance(LEASE);
                let outcome = crash.next().await;
                let groups = if step < steps.kept { "admins" } else { "staff" };
                assert!(
                    matches!(&outcome, Outcome::Passed { groups: told, .. } if *told == [groups]),
                    "{steps:?}, step {step}, grace {grace}: {outcome:?}"
                );
                crash.world.clock.advance(TOKEN_SECONDS - 100);
                assert!(crash.next().await.passed(), "{steps:?}, step {step}, grace {grace}");
                let requests = if (steps.spent..steps.kept).contains(&step) { 2 } else { 1 };
                assert_eq!(crash.world.provider.refresh_requests(), requests, "{steps:?}, step {step}");
            }
        }
    }
}

pub async fn killed_at_any_step_without_rotation_the_next_one_retries(store: Store) {
    for step in 0..WARM.all {
        let crash = Crash::killed_at(step, &store, WARM, RefreshTokenRotation::Off).await;
        crash.world.clock.advance(LEFT + 1);
        assert!(crash.next().await.passed(), "step {step}");
    }
}

pub async fn killed_before_the_answer_or_after_the_write_without_grace_the_next_one_goes_on(store: Store) {
    for step in (0..WARM.spent).chain(WARM.kept..WARM.all) {
        let crash = Crash::killed_at(step, &store, WARM, RefreshTokenRotation::On { grace: 0 }).await;
        crash.world.clock.advance(LEFT + 1);
        assert!(crash.next().await.passed(), "step {step}");
    }
}

/// The refresh token is lost, and the old one is tried only once more.
pub async fn killed_between_answer_and_write_without_grace_the_session_ends_with_its_access_token(
    store: Store,
) {
    for steps in [WARM, COLD] {
        for step in steps.spent..steps.kept {
            let crash = Crash::killed_at(step, &store, steps, RefreshTokenRotation::On { grace: 0 }).await;
            crash.world.clock.advance(LEASE);
            for _ in 0..2 {
                let outcome = crash.next().await;
                assert_eq!(outcome.access_token(), Some("access-2"), "{steps:?}, step {step}: {outcome:?}");
            }
            crash.world.clock.advance(LEFT - LEASE);
            assert_eq!(
                crash.next().await,
                Outcome::SignIn("session_token_expired"),
                "{steps:?}, step {step}"
            );
            assert_eq!(crash.world.provider.refresh_requests(), 2, "{steps:?}, step {step}");
        }
    }
}
