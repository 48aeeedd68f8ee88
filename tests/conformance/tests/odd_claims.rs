//! Tests claims of a wrong type that no check needs: sign-in succeeds, the claims match no rule, and the log's
//! note names them.
#![expect(clippy::unwrap_used, reason = "a test fails when it cannot be set up")]

use std::sync::Arc;

use conformance::browser::{Browser, Outcome};
use conformance::world::{Setup, World};
use flow::session::memory_store::MemoryStore;
use serde_json::{Value, json};

fn world(settings: &[(&str, &str)]) -> World {
    World::new(Some(Arc::new(MemoryStore::default())), Setup { settings, ..Setup::default() })
}

fn odd() -> [(&'static str, Value); 6] {
    [
        ("groups", json!([{ "id": 1 }])),
        ("groups", json!(["staff", { "id": 1 }])),
        ("preferred_username", json!(5)),
        ("email", json!({})),
        ("sid", json!(7)),
        ("auth_time", json!("2020-03-14T18:52:01Z")),
    ]
}

#[tokio::test]
async fn an_odd_claim_that_nothing_needs_ends_no_sign_in_and_is_noted() {
    for (name, value) in odd() {
        let world = world(&[]);
        world.provider.set_claim(name, value);
        let browser = Browser::signed_in(world.site()).await;
        let note = world.site().take_notes().unwrap();
        assert!(note.starts_with("ID token: `") && note.contains(&format!("`{name}` is")), "{note}");
        assert!(browser.open(world.site()).await.passed(), "{name}");
        assert_eq!(world.site().take_notes(), None, "once, where the token came");
    }
    let plain = world(&[]);
    Browser::signed_in(plain.site()).await;
    assert_eq!(plain.site().take_notes(), None);
}

#[tokio::test]
async fn an_odd_group_is_no_group_where_one_is_required() {
    for groups in [json!([{ "id": 1 }]), json!(["staff", { "id": 1 }]), json!({ "staff": true }), json!(null)]
    {
        let world = world(&[("groups_required", "staff")]);
        world.provider.set_claim("groups", groups);
        let browser = Browser::signed_in(world.site()).await;
        assert_eq!(browser.open(world.site()).await, Outcome::Refused("group_missing"));
    }
}
