//! Tests the links on the pages of refusals.

use std::sync::Arc;

use conformance::browser::Browser;
use conformance::world::{Setup, World};
use flow::session::memory_store::MemoryStore;
use http::StatusCode;
use relying_party::refusal::reason;

const SIGN_IN: &str = "href=\"https://app.example.com/oauth2/login\"";
const SIGN_OUT: &str = "href=\"https://app.example.com/oauth2/logout\"";
const HOME: &str = "href=\"https://app.example.com/\"";

/// A page offers sign-in only if it helps: while sessions cannot be read, signing in would end the existing
/// one.
#[tokio::test]
async fn a_page_leads_where_it_helps() {
    let world = World::new(Some(Arc::new(MemoryStore::default())), Setup::default());
    for (reason, leads_to) in [
        ("session_missing", [true, true, false]),
        ("provider_unreachable", [true, true, false]),
        ("session_store_unavailable", [false, true, false]),
        ("refresh_in_progress", [false, true, false]),
        ("alb_ended_everywhere", [false, false, true]),
        ("sign_out_everywhere_not_supported", [false, true, true]),
    ] {
        let page = Browser::default().go(world.site(), &format!("/oauth2/error?reason={reason}")).await;
        let body = page.response.body;
        assert_eq!([SIGN_IN, HOME, SIGN_OUT].map(|link| body.contains(link)), leads_to, "{reason}: {body}");
    }
}

#[tokio::test]
async fn every_page_names_the_application() {
    let setup = Setup { settings: &[("application_name", "Reports")], ..Setup::default() };
    let world = World::new(Some(Arc::new(MemoryStore::default())), setup);
    let mut browser = Browser::signed_in(world.site()).await;
    for target in [
        "/oauth2/error?reason=group_missing",
        "/oauth2/nothing",
        "/oauth2/logout?everywhere=true",
        "/oauth2/signed-out",
    ] {
        let body = browser.go(world.site(), target).await.response.body;
        assert!(body.contains(" - Reports</title>"), "{target}: {body}");
    }
}

/// A cache may keep error pages, so they name no user. A request for the page of a 5xx reason is not a 5xx
/// itself, because anybody can send it.
#[tokio::test]
async fn the_error_page_names_a_person_at_403_alone_and_is_never_a_5xx() {
    let world = World::new(Some(Arc::new(MemoryStore::default())), Setup::default());
    let mut browser = Browser::signed_in(world.site()).await;
    for reason in reason::ALL {
        let page = browser.go(world.site(), &format!("/oauth2/error?reason={}", reason.code)).await;
        let (status, body) = (page.response.status, page.response.body);
        let expected = if reason.status.is_server_error() { StatusCode::BAD_REQUEST } else { reason.status };
        assert_eq!(status, expected, "{}", reason.code);
        assert_eq!(body.contains("ada"), reason.status == StatusCode::FORBIDDEN, "{}: {body}", reason.code);
        assert!(body.contains(reason.code), "{}: {body}", reason.code);
    }
}
