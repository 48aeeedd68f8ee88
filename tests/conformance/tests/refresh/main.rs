//! Tests refreshes that are stopped, killed or overtaken at any step, and each fault of the store and the
//! provider.
#![expect(clippy::unwrap_used, reason = "a test fails when it cannot be set up")]

mod crashes;
mod faults;
mod races;

use std::sync::Arc;

use conformance::browser::Browser;
use conformance::provider::RefreshTokenRotation;
use conformance::world::{Setup, World};
use flow::session::memory_store::MemoryStore;
use flow::site::Site;

/// Two sites with one store, and a browser that has signed in.
async fn two_sites(rotation: RefreshTokenRotation) -> (World, Browser) {
    let world =
        World::new(Some(Arc::new(MemoryStore::default())), Setup { sites: 2, rotation, ..Setup::default() });
    let browser = Browser::signed_in(world.site()).await;
    (world, browser)
}

/// The second site.
fn elsewhere(world: &World) -> &Arc<Site> {
    world.sites.last().unwrap()
}
