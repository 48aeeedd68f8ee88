//! Tests that a change of `session_cookie_domain` locks nobody out: a browser keeps a cookie of each `Domain`.
#![expect(clippy::indexing_slicing, reason = "a test fails when it cannot be set up")]

use std::sync::Arc;

use conformance::browser::{Browser, Outcome};
use conformance::world::{Setup, World};
use flow::session::memory_store::MemoryStore;

const DOMAINS: [&str; 2] = ["app.example.com", "example.com"];

fn worlds() -> [(World, [usize; 2]); 2] {
    [true, false].map(|stored| {
        let store = stored.then(|| Arc::new(MemoryStore::default()) as Arc<_>);
        let mut world = World::new(store, Setup::default());
        let places = DOMAINS.map(|domain| world.add_site(&[("session_cookie_domain", domain)]));
        (world, places)
    })
}

#[tokio::test]
async fn after_another_domain_the_next_sign_in_is_a_session() {
    for (world, [child, parent]) in worlds() {
        for (before, after) in [(child, parent), (parent, child)] {
            let [before, after] = [before, after].map(|place| &*world.sites[place]);
            let mut browser = Browser::signed_in(before).await;
            browser.sign_in(after).await;
            assert_eq!(browser.sessions(), 2);
            assert_eq!(browser.open(after).await, Outcome::SignIn("session_cookie_duplicate"));
            browser.sign_in(after).await;
            assert!(browser.open(after).await.passed());
            assert_eq!(browser.sessions(), 1);
        }
    }
}

/// The refusal can also come first at the callback: the attempt began before the second cookie.
#[tokio::test]
async fn a_callback_with_cookies_of_two_domains_leaves_one() {
    for (world, [child, parent]) in worlds() {
        let [before, after] = [child, parent].map(|place| &*world.sites[place]);
        let mut browser = Browser::default();
        let to_provider = browser.go(after, "/oauth2/login").await;
        browser.sign_in(before).await;
        browser.sign_in(after).await;
        browser.land_from(after, &to_provider).await;
        assert_eq!(browser.sessions(), 1);
        assert!(browser.open(after).await.passed());
    }
}

#[tokio::test]
async fn sign_out_leaves_a_session_cookie_of_no_domain() {
    for (world, [child, parent]) in worlds() {
        let [before, after] = [child, parent].map(|place| &*world.sites[place]);
        let mut browser = Browser::signed_in(before).await;
        browser.sign_in(after).await;
        browser.submit(after, "/oauth2/logout", "").await;
        assert_eq!(browser.sessions(), 0);
        let mut browser = Browser::signed_in(before).await;
        browser.submit(world.site(), "/oauth2/logout", "").await;
        assert_eq!(browser.sessions(), 0, "without a domain");
    }
}
