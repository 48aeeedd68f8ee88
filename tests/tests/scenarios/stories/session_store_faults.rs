//! Tests a store that is down, a row that cannot be opened, and a session that is too large.

use conformance::fault_injection::{Failure, Operation};
use flow::session::store::StoreFault;
use fronts::fronts;
use http::Method;
use local::cognito::{Endpoint, Fault, NewUser};
use relying_party::session::store_outage::StoreOutage;
use serde_json::json;
use tests::browser::{Browser, Page};
use tests::world::{APPLICATION, Setup, World};

use super::{assert_upstream, our_cookies, session_reason};

/// Seconds after which the access token of one hour is inside its lead.
const INTO_THE_LEAD: i64 = 3_560;

const DOWN: Failure = Failure::NotDone(StoreFault::Unavailable(StoreOutage::Unanswered));

fn assert_unavailable(page: &Page) {
    assert_eq!(
        (page.status.as_u16(), page.reason().as_deref(), page.header("retry-after").is_some()),
        (page.outage_status(), Some("session_store_unavailable"), true),
        "{:?}",
        page.stops()
    );
    assert!(page.stops().iter().all(|stop| !stop.contains("/login")), "{:?}", page.stops());
    assert!(page.set_cookies().is_empty(), "{:?}", page.set_cookies());
}

async fn post_refresh(browser: &Browser) -> Page {
    let json = [("content-type", "application/json")];
    browser.fetch(APPLICATION, Method::POST, "/oauth2/refresh", &json).await
}

#[fronts(every_front)]
async fn a_store_that_is_down_is_503_on_every_way_and_no_sign_in() {
    let world = World::with_stored_sessions();
    let browser = world.browser();
    world.sign_in(&browser, "/get").await;
    // A row that was just read stays in memory for five seconds.
    world.advance(5);
    world.store.fail(Operation::Read, Some(DOWN));
    let upstream = world.received().len();
    assert_unavailable(&browser.open(&world.url("/get")).await);
    assert_unavailable(&world.fetch(&browser, "/oauth2/session").await);
    assert_unavailable(&browser.open(&world.url("/oauth2/refresh?rd=/get")).await);
    assert_unavailable(&post_refresh(&browser).await);
    // A REST API returns the gateway's fixed answer, which names no reason.
    let script = world.fetch(&browser, "/anything").await;
    assert_eq!((script.status.as_u16(), script.header("retry-after").is_some()), (503, true));
    assert_eq!(world.received().len(), upstream);
    assert!(our_cookies(&browser).contains(&world.session_cookie()));
    world.store.fail(Operation::Read, None);
    assert_upstream(&browser.open(&world.url("/get")).await, "http://localhost:8400/get");
    assert_eq!(world.requests(Endpoint::Token), 1);
}

#[fronts(every_front)]
async fn a_store_that_is_down_is_no_excuse_to_let_anybody_in_where_sign_in_is_optional() {
    let world = Setup::default()
        .set("session_storage", "memory")
        .set("routes", json!([{"paths": ["/anything/*"], "auth": "optional"}]))
        .build();
    let browser = world.browser();
    world.sign_in(&browser, "/get").await;
    world.advance(5);
    world.store.fail(Operation::Read, Some(DOWN));
    assert_unavailable(&browser.open(&world.url("/anything/a")).await);
    // A client without a session is anonymous, whether or not the store works.
    let anonymous = world.browser().open(&world.url("/anything/a")).await;
    assert_eq!(anonymous.status, 200);
    assert_eq!(world.last_received().sole("x-vestibule-authenticated"), Some("false"));
}

#[fronts(every_front)]
async fn a_row_that_does_not_open_leads_to_sign_in_and_to_a_new_session() {
    let world = World::with_stored_sessions();
    let browser = world.browser();
    world.sign_in(&browser, "/get").await;
    world.advance(5);
    world.store.fail(Operation::Read, Some(Failure::NotDone(StoreFault::Malformed)));
    assert_eq!(session_reason(&world, &browser).await.as_deref(), Some("session_malformed"));
    let script = world.fetch(&browser, "/anything").await;
    assert_eq!(script.status, 401);
    // The provider would sign the user in without asking, so a row that never opens would end on the page
    // about loops.
    let page = browser.open(&world.url("/get")).await;
    assert_eq!(page.reason().as_deref(), Some("sign_in_loop"), "{:?}", page.stops());
    browser.forget("127.0.0.1", "");
    let page = browser.open(&world.url("/get")).await;
    assert_eq!(page.url.path(), "/login", "{:?}", page.stops());
    world.store.fail(Operation::Read, None);
    let page = world.fill_in(&browser, &page, &NewUser::local_admin()).await;
    assert_upstream(&page, "http://localhost:8400/get");
}

/// Groups that do not fit into cookies.
fn very_many_groups(world: &World) {
    let groups: Vec<String> = (0..100).map(|number| format!("{number:03}{}", "g".repeat(57))).collect();
    let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
    world.stand_in.set_groups(&NewUser::local_admin().email, &groups);
}

fn assert_too_large(page: &Page) {
    let what = (page.status.as_u16(), page.reason());
    assert_eq!(what, (403, Some("session_too_large".to_owned())), "{:?}", page.stops());
}

#[fronts(every_front)]
async fn a_sign_in_that_does_not_fit_into_cookies_says_what_to_do() {
    let world = World::new();
    very_many_groups(&world);
    let browser = world.browser();
    let page = world.sign_in(&browser, "/get").await;
    assert_too_large(&page);
    for word in ["very many groups", "session_storage", "session_claims", "upstream_access_token_header"] {
        assert!(page.body.contains(word), "{word}: {}", page.body);
    }
    let left: Vec<String> =
        our_cookies(&browser).into_iter().filter(|name| !name.starts_with("__Host-landed")).collect();
    assert!(left.is_empty(), "{left:?}");
    // No session holds the refresh token, so it is revoked.
    assert_eq!(world.requests(Endpoint::Revoke), 1);
}

#[fronts(every_front)]
async fn a_sign_in_that_does_not_fit_is_explained_though_its_tokens_cannot_be_revoked() {
    for status in [400, 503] {
        let world = World::new();
        very_many_groups(&world);
        world.stand_in.set_fault(Endpoint::Revoke, Fault::Status { status });
        assert_too_large(&world.sign_in(&world.browser(), "/get").await);
        assert_eq!(world.requests(Endpoint::Revoke), 1, "{status}");
    }
    let world = Setup::default().set("logout_revoke", false).build();
    very_many_groups(&world);
    assert_too_large(&world.sign_in(&world.browser(), "/get").await);
    assert_eq!(world.requests(Endpoint::Revoke), 0);
}

#[fronts(every_front)]
async fn a_refresh_that_no_longer_fits_into_cookies_is_no_loop() {
    let world = World::new();
    let browser = world.browser();
    world.sign_in(&browser, "/get").await;
    very_many_groups(&world);
    world.advance(INTO_THE_LEAD);
    for seconds in [0, 100] {
        world.advance(seconds);
        let page = browser.open(&world.url("/get")).await;
        assert_too_large(&page);
        assert!(page.stops().iter().all(|stop| !stop.contains("/login")), "{:?}", page.stops());
        assert_too_large(&post_refresh(&browser).await);
    }
    // The user can sign out, and another user can sign in.
    let out = browser.open(&world.url("/oauth2/logout")).await;
    assert_eq!(out.status, 200, "{:?}", out.stops());
    assert!(!our_cookies(&browser).contains(&world.session_cookie()));
}

#[fronts(every_front)]
async fn claims_that_are_not_listed_are_neither_kept_nor_told() {
    for storage in ["cookie", "memory"] {
        let world = Setup::default()
            .set("session_storage", storage)
            .set("session_claims", "email")
            .set("groups_required", "admins")
            .build();
        let browser = world.browser();
        for seconds in [0, INTO_THE_LEAD] {
            world.advance(seconds);
            if seconds == 0 {
                world.sign_in(&browser, "/get").await;
            } else {
                assert_upstream(&browser.open(&world.url("/get")).await, "http://localhost:8400/get");
            }
            let received = world.last_received();
            let claims = claims_of(received.sole("x-vestibule-claims").unwrap());
            let mut names: Vec<&String> = claims.as_object().unwrap().keys().collect();
            names.sort();
            assert_eq!(names, ["aud", "cognito:groups", "email"], "{storage}");
            assert_eq!(received.sole("x-vestibule-email"), Some("admin@example.com"));
            assert_eq!(received.sole("x-vestibule-groups"), Some("admins"));
            assert!(received.sole("x-vestibule-sub").is_some());
        }
        assert_eq!(world.requests(Endpoint::Token), 2);
    }
}

fn claims_of(header: &str) -> serde_json::Value {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap()
}
