//! What a person who looks around costs at the store: a page and its forty assets every thirty seconds. The figures are
//! those of docs/costs.md.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::sync::Arc;

use conformance::browser::Browser;
use conformance::provider::Rotation;
use conformance::switchboard::Operation;
use conformance::world::{Setup, World};
use flow::memory_store::MemoryStore;

const PAGES: usize = 25;
const ASSETS: usize = 40;
const SECONDS_BETWEEN_PAGES: i64 = 30;

/// Calls of the store over [`PAGES`] pages, 1,025 requests in 12 minutes.
#[derive(Debug)]
struct Calls {
    reads: usize,
    not_before: usize,
    uses: usize,
    /// [`Operation::Lease`] and [`Operation::Replace`], two a renewal of the access token.
    renewals: usize,
}

/// The requests of a page reach warm functions in turn, as many as Lambda has started.
async fn browsed(functions: usize, settings: &[(&str, &str)]) -> Calls {
    let store = Some(Arc::new(MemoryStore::default()) as _);
    let world = World::new(store, Setup { sites: functions, rotation: Rotation::On { grace: 60 }, settings });
    let count = |operation| world.switchboards.iter().map(|switchboard| switchboard.count(operation)).sum();
    let browser = Browser::signed_in(world.site()).await;
    let signed_in: usize = count(Operation::Read);
    let asked_at_sign_in: usize = count(Operation::NotBefore);
    let mut next = world.sites.iter().cycle();
    for _ in 0..PAGES {
        assert!(browser.open(next.next().unwrap()).await.passed());
        for _ in 0..ASSETS {
            assert!(browser.fetch(next.next().unwrap()).await.passed());
        }
        world.clock.advance(SECONDS_BETWEEN_PAGES);
    }
    let writes: usize = [Operation::Lease, Operation::Replace].into_iter().map(count).sum();
    Calls {
        reads: count(Operation::Read) - signed_in,
        not_before: count(Operation::NotBefore) - asked_at_sign_in,
        uses: count(Operation::RecordUse),
        renewals: writes,
    }
}

/// Within a memory of five seconds the requests of one page are one read for each function that they reach, and no more
/// than one question from when this user's sessions hold. The tokens of the test's provider last five minutes: three
/// renewals, each a lease and a new content.
#[tokio::test(start_paused = true)]
async fn a_page_costs_one_read_for_each_function_that_serves_it() {
    for functions in [1, 4, 10] {
        let calls = browsed(functions, &[("session_cache_seconds", "5")]).await;
        assert_eq!((calls.reads, calls.uses, calls.renewals), (PAGES * functions, 0, 6), "{functions}");
        assert!(calls.not_before <= calls.reads, "{calls:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_memory_every_request_costs_a_read() {
    let calls = browsed(4, &[("session_cache_seconds", "0")]).await;
    assert_eq!((calls.reads, calls.uses, calls.renewals), (PAGES * (1 + ASSETS), 0, 6));
    assert!(calls.not_before <= calls.reads, "{calls:?}");
}
