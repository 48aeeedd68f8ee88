//! Tests keys that the provider replaces under the same `kid`: a sign-in succeeds at once, and invented
//! tokens cause at most one request to the provider for each cool-down.

use std::sync::Arc;

use conformance::browser::{Browser, Outcome, call};
use conformance::world::{Setup, World};
use flow::session::memory_store::MemoryStore;
use relying_party::token::jwks::COOL_DOWN_SECONDS;

fn world() -> World {
    World::new(Some(Arc::new(MemoryStore::default())), Setup::default())
}

#[tokio::test]
async fn sign_in_goes_on_right_after_a_key_is_replaced() {
    let world = world();
    Browser::signed_in(world.site()).await;
    assert_eq!(world.provider.key_requests(), 1);
    for replaced in 2..4 {
        world.provider.replace_key();
        assert!(Browser::signed_in(world.site()).await.open(world.site()).await.passed());
        assert_eq!(world.provider.key_requests(), replaced);
        Browser::signed_in(world.site()).await;
        assert_eq!(world.provider.key_requests(), replaced, "nothing is fetched twice");
        world.clock.advance(COOL_DOWN_SECONDS);
    }
}

#[tokio::test]
async fn a_replaced_key_is_fetched_for_bearer_tokens_once_in_a_cool_down() {
    let world = world();
    let before = world.provider.access_token(10);
    assert!(call(world.site(), &before).await.passed());
    world.provider.replace_key();
    let after = world.provider.access_token(10);
    let refused = Outcome::Refused("token_signature_invalid");
    assert_eq!(call(world.site(), &after).await, refused, "the keys were fetched a moment ago");
    world.clock.advance(COOL_DOWN_SECONDS);
    assert!(call(world.site(), &after).await.passed());
    assert_eq!(world.provider.key_requests(), 2);
    // The old key is gone, and repeated requests change nothing.
    for _ in 0..50 {
        assert_eq!(call(world.site(), &before).await, refused);
    }
    assert_eq!(world.provider.key_requests(), 2);
    world.clock.advance(COOL_DOWN_SECONDS);
    for _ in 0..50 {
        assert_eq!(call(world.site(), &before).await, refused);
    }
    assert_eq!(world.provider.key_requests(), 3);
}

#[tokio::test]
async fn invented_tokens_make_no_failure_of_the_providers() {
    let world = world();
    let forged = world.provider.access_token(10);
    world.provider.replace_key();
    assert!(call(world.site(), &world.provider.access_token(10)).await.passed());
    world.provider.set_keys_down(true);
    world.clock.advance(COOL_DOWN_SECONDS);
    for _ in 0..10 {
        assert_eq!(call(world.site(), &forged).await, Outcome::Refused("token_signature_invalid"));
    }
    assert_eq!(world.provider.key_requests(), 2);
    assert!(call(world.site(), &world.provider.access_token(10)).await.passed());
}
