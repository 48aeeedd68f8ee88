//! Builds the largest responses: none has a larger header than the strictest front accepts.
#![expect(clippy::unwrap_used, reason = "a test fails when it cannot be set up")]

use conformance::browser::{Browser, location};
use conformance::world::{Setup, World};
use flow::logged_response::LoggedResponse;
use relying_party::gate::front::Front;
use serde_json::json;

/// Adds the longest claim with which a session still fits into cookies.
async fn fill_session(world: &World) {
    let (mut fits, mut too_long) = (0, 8_192);
    while fits + 1 < too_long {
        let bytes = usize::midpoint(fits, too_long);
        world.provider.set_claim("about", json!("x".repeat(bytes)));
        match Browser::default().land(world.site()).await.refusal {
            None => fits = bytes,
            Some(_) => too_long = bytes,
        }
    }
    assert!(fits > 1_000, "{fits}");
    world.provider.set_claim("about", json!("x".repeat(fits)));
}

fn assert_carried(logged: &LoggedResponse) {
    let bytes = logged.response.head_bytes();
    assert!(bytes <= Front::Rest.max_head_bytes(), "{bytes}: {:?}", logged.response.set_cookies.len());
}

/// Starts as many attempts as a browser keeps, each with its own return target, and then creates the largest
/// session. If the response that signs in has no room to delete all attempts, the next responses delete the rest.
#[tokio::test]
async fn a_landing_with_the_largest_session_and_all_attempts_is_carried() {
    let world = World::new(None, Setup::default());
    fill_session(&world).await;
    let (short, long) = ("b".repeat(900), "a".repeat(1_200));
    for (targets, fills) in [(&long, 15), (&short, 4)] {
        let mut browser = Browser::default();
        let mut to_provider = None;
        for _ in 0..30 {
            let begun = browser.go(world.site(), &format!("/oauth2/login?rd=/{targets}")).await;
            assert_carried(&begun);
            to_provider = Some(begun);
        }
        assert!(browser.attempts() >= fills, "{}", browser.attempts());
        let landed = browser.land_from(world.site(), &to_provider.unwrap()).await;
        assert_carried(&landed);
        assert!(location(&landed).ends_with(targets.as_str()) || targets == &long);
        assert!(browser.open(world.site()).await.passed());
        for _ in 0..4 {
            assert_carried(&browser.go(world.site(), "/oauth2/login").await);
        }
        assert!(browser.attempts() <= 1, "{}", browser.attempts());
        assert_carried(&browser.post(world.site(), "/oauth2/logout").await);
        assert_eq!(browser.session(), None);
    }
}
