//! Tests complete stories of users and programs.

mod callback;
mod callback_of_application;
mod first_visit;
mod groups_and_routes;
mod long_address;
mod provider_outage;
mod refresh;
mod refused_pages;
mod refused_refresh;
mod remember;
mod rolling_deployment;
mod session_end;
mod session_store_faults;
mod several_hosts;
mod sign_out;
mod sign_out_on_paths;
mod tabs;

use tests::browser::{Browser, Page};
use tests::world::World;

/// One world for each way to keep sessions.
fn both_storages() -> [World; 2] {
    [World::new(), World::with_stored_sessions()]
}

/// Asserts that the page came from the upstream.
fn assert_upstream(page: &Page, url: &str) {
    assert_eq!((page.status.as_u16(), page.url.as_str()), (200, url), "{:?}", page.stops());
    let answered = page.header("content-type") == Some("application/json")
        || page.body.contains("· Local upstream</title>");
    assert!(answered, "{:?}", page.reason());
}

/// The reason for the missing session, as `/oauth2/session` reports it to a script.
async fn session_reason(world: &World, browser: &Browser) -> Option<String> {
    let report = world.fetch(browser, "/oauth2/session").await;
    if report.status == 200 { None } else { report.reason() }
}

/// The names of vestibule's cookies in the browser, shortest first.
fn our_cookies(browser: &Browser) -> Vec<String> {
    let mut names: Vec<String> = browser.cookies("localhost").into_iter().map(|cookie| cookie.name).collect();
    names.sort();
    names
}
