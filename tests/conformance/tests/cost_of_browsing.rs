//! Counts the calls to the store for a user who browses: a page and its forty assets every thirty seconds.
//! docs/costs.md has the same figures.
#![expect(clippy::unwrap_used, reason = "a test fails when it cannot be set up")]

use std::sync::Arc;

use conformance::browser::Browser;
use conformance::fault_injection::Operation;
use conformance::provider::RefreshTokenRotation;
use conformance::world::{Setup, World};
use flow::session::memory_store::MemoryStore;
use serde_json::json;

const PAGES: usize = 25;
const ASSETS: usize = 40;
const SECONDS_BETWEEN_PAGES: i64 = 30;

/// Calls to the store for [`PAGES`] pages, 1,025 requests in 12 minutes.
#[derive(Debug, PartialEq, Eq)]
struct Calls {
    reads: usize,
    /// The number of revocation requests, and of the items that they name: each item is a read, whether or
    /// not it exists.
    revocation: (usize, usize),
    uses: usize,
    /// [`Operation::Lease`] and [`Operation::Replace`], two for each refresh of the tokens.
    refresh_writes: usize,
}

/// Cognito's default lifetime of an access token, and the shortest one.
const HOUR: i64 = 3_600;
const FIVE_MINUTES: i64 = 300;

const USER_POOL: [(&str, &str); 2] = [("provider", "cognito"), ("user_pool_id", "eu-west-1_AbCdEfGhI")];

/// The requests of a page go to warm functions in turn, as many as Lambda has started.
async fn browsed(functions: usize, token_seconds: i64, settings: &[(&str, &str)]) -> Calls {
    let store = Some(Arc::new(MemoryStore::default()) as _);
    let world = World::new(
        store,
        Setup { sites: functions, rotation: RefreshTokenRotation::On { grace: 60 }, settings },
    );
    world.provider.set_token_seconds(token_seconds);
    world.provider.set_claim("token_use", json!("id"));
    let browser = Browser::signed_in(world.site()).await;
    let at_sign_in = counted(&world);
    let mut next = world.sites.iter().cycle();
    for _ in 0..PAGES {
        assert!(browser.open(next.next().unwrap()).await.passed());
        for _ in 0..ASSETS {
            assert!(browser.fetch(next.next().unwrap()).await.passed());
        }
        world.clock.advance(SECONDS_BETWEEN_PAGES);
    }
    let all = counted(&world);
    Calls {
        reads: all.reads - at_sign_in.reads,
        revocation: (all.revocation.0 - at_sign_in.revocation.0, all.revocation.1 - at_sign_in.revocation.1),
        uses: all.uses - at_sign_in.uses,
        refresh_writes: all.refresh_writes - at_sign_in.refresh_writes,
    }
}

fn counted(world: &World) -> Calls {
    let count =
        |operation| world.fault_injectors.iter().map(|fault_injector| fault_injector.count(operation)).sum();
    let writes: [usize; 2] = [count(Operation::Lease), count(Operation::Replace)];
    Calls {
        reads: count(Operation::Read),
        revocation: (
            count(Operation::Revocation),
            world.fault_injectors.iter().map(|fault_injector| fault_injector.revocations()).sum(),
        ),
        uses: count(Operation::RecordUse),
        refresh_writes: writes.iter().sum(),
    }
}

/// With a memory of five seconds, the requests of one page cost one read for each function that they reach, and one
/// revocation request, which for a user pool names one item for each key of the ring. A use is recorded once in six
/// minutes.
#[tokio::test(start_paused = true)]
async fn a_page_costs_one_read_for_each_function_that_serves_it() {
    for functions in [1, 4, 10] {
        let calls =
            browsed(functions, HOUR, &[&USER_POOL[..], &[("session_cache_seconds", "5")]].concat()).await;
        let reads = PAGES * functions;
        assert_eq!(
            calls,
            Calls { reads, revocation: (reads, reads), uses: 2, refresh_writes: 0 },
            "{functions}"
        );
    }
}

/// Another provider could also have ended all sessions of the user, or this one by its `sid`; a session without `sid`,
/// as here, ends with any other session of the user. A second key of the ring doubles the items.
#[tokio::test(start_paused = true)]
async fn a_question_from_when_sessions_hold_names_an_item_for_each_way_to_end_them_and_key() {
    const RING: &str =
        r#"["a text of at least thirty-two bytes", "another text of at least thirty-two bytes"]"#;
    for (settings, items) in [
        (vec![], 3),
        (vec![("session_secret", RING)], 6),
        ([&USER_POOL[..], &[("session_secret", RING)]].concat(), 2),
    ] {
        let calls = browsed(1, HOUR, &[&settings[..], &[("session_cache_seconds", "5")]].concat()).await;
        assert_eq!(calls.revocation, (PAGES, PAGES * items), "{settings:?}");
    }
}

/// With tokens of five minutes there are three refreshes in twelve minutes. Each takes a lease and writes new
/// content, which also records the use.
#[tokio::test(start_paused = true)]
async fn a_refresh_is_two_writes_however_many_functions_see_the_session() {
    for functions in [1, 4, 10] {
        let settings = [&USER_POOL[..], &[("session_cache_seconds", "5")]].concat();
        let calls = browsed(functions, FIVE_MINUTES, &settings).await;
        assert_eq!((calls.uses, calls.refresh_writes), (0, 6), "{functions}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_memory_every_request_costs_a_read() {
    let reads = PAGES * (1 + ASSETS);
    let calls = browsed(4, HOUR, &[&USER_POOL[..], &[("session_cache_seconds", "0")]].concat()).await;
    assert_eq!(calls, Calls { reads, revocation: (reads, reads), uses: 2, refresh_writes: 0 });
}
