//! Tests sign-out, and who may request it.

use fronts::fronts;
use http::Method;
use local::cognito::{Endpoint, Fault, NewUser};
use tests::browser::Browser;
use tests::world::{APPLICATION, Setup, World};

use super::{both_storages, our_cookies, session_reason};

#[fronts(every_front, alb_single_value)]
async fn it_ends_here_and_at_cognito_and_back_is_signed_out() {
    for world in both_storages() {
        let browser = world.browser();
        let page = world.sign_in(&browser, "/get").await;
        let out = browser.follow(&page, "/oauth2/logout").await;
        let client_id = world.client_id();
        assert_eq!(
            out.stops(),
            [
                "http://localhost:8400/oauth2/logout",
                &format!(
                    "http://127.0.0.1:8410/logout?client_id={client_id}\
                     &logout_uri=http%3A%2F%2Flocalhost%3A8400%2Foauth2%2Fsigned-out"
                ),
                "http://localhost:8400/oauth2/signed-out",
            ]
        );
        assert_eq!(out.status, 200);
        assert!(out.body.contains("You are signed out"));
        assert_eq!(world.requests(Endpoint::Revoke), 1);
        assert_eq!(our_cookies(&browser), Vec::<String>::new());
        // When the page is requested again afterwards, the provider asks for the password.
        let again = browser.open(&world.url("/get")).await;
        assert_eq!(again.url.path(), "/login", "{:?}", again.stops());
    }
}

/// Another browser with a copy of the session's cookie.
fn copying(world: &World, browser: &Browser) -> Browser {
    let name = world.session_cookie();
    let copy = browser.cookies("localhost").into_iter().find(|cookie| cookie.name == name).unwrap().value;
    let thief = world.browser();
    thief.plant("localhost", &name, &copy);
    thief
}

#[fronts(every_front)]
async fn a_copy_of_a_stored_session_s_cookie_is_worth_nothing_afterwards() {
    let world = World::with_stored_sessions();
    let browser = world.browser();
    let page = world.sign_in(&browser, "/get").await;
    let thief = copying(&world, &browser);
    browser.follow(&page, "/oauth2/logout").await;
    assert_eq!(session_reason(&world, &thief).await.as_deref(), Some("session_not_stored"));
}

#[fronts(every_front)]
async fn the_refresh_token_of_a_copied_cookie_is_revoked() {
    let world = World::new();
    let browser = world.browser();
    let page = world.sign_in(&browser, "/get").await;
    let thief = copying(&world, &browser);
    browser.follow(&page, "/oauth2/logout").await;
    world.advance(3_560);
    let json = [("content-type", "application/json")];
    let refused = thief.fetch(APPLICATION, Method::POST, "/oauth2/refresh", &json).await;
    assert_eq!(refused.reason().as_deref(), Some("refresh_refused"));
}

#[fronts(every_front)]
async fn another_site_gets_a_button_and_changes_nothing() {
    for world in both_storages() {
        let browser = world.browser();
        world.sign_in(&browser, "/get").await;
        let elsewhere = browser.open("http://127.0.0.1:8410/login").await;
        let asked = browser.follow(&elsewhere, "http://localhost:8400/oauth2/logout").await;
        assert_eq!((asked.status.as_u16(), asked.way.len()), (200, 1));
        assert!(asked.set_cookies().is_empty());
        assert_eq!(session_reason(&world, &browser).await, None);
        assert_eq!(world.requests(Endpoint::Revoke), 0);
        // The button works.
        let out = browser.submit(&asked, "/oauth2/logout", &[]).await;
        assert_eq!(out.url.as_str(), "http://localhost:8400/oauth2/signed-out");
        assert_eq!(session_reason(&world, &browser).await.as_deref(), Some("session_missing"));
    }
}

#[fronts(every_front)]
async fn a_script_is_told_where_to_go_on() {
    for world in both_storages() {
        let browser = world.browser();
        world.sign_in(&browser, "/get").await;
        let out = browser.fetch(APPLICATION, Method::POST, "/oauth2/logout", &[]).await;
        assert_eq!(out.status, 200);
        let url = out.json()["logout_url"].as_str().unwrap().to_owned();
        assert!(url.starts_with("http://127.0.0.1:8410/logout?client_id="));
        assert_eq!(session_reason(&world, &browser).await.as_deref(), Some("session_missing"));
        let page = browser.open(&url).await;
        assert_eq!(page.url.as_str(), "http://localhost:8400/oauth2/signed-out");
    }
}

#[fronts(every_front)]
async fn a_provider_that_is_down_keeps_nobody_signed_in() {
    for world in both_storages() {
        let browser = world.browser();
        world.sign_in(&browser, "/get").await;
        world.provider.set_down(true);
        let out = browser.fetch(APPLICATION, Method::POST, "/oauth2/logout", &[]).await;
        assert_eq!(out.status, 200, "{}", out.body);
        assert_eq!(session_reason(&world, &browser).await.as_deref(), Some("session_missing"));
    }
}

#[fronts(every_front)]
async fn nothing_is_revoked_when_that_is_switched_off() {
    let world = Setup::default().set("logout_revoke", false).build();
    let browser = world.browser();
    let page = world.sign_in(&browser, "/get").await;
    browser.follow(&page, "/oauth2/logout").await;
    assert_eq!(world.requests(Endpoint::Revoke), 0);
}

#[fronts(every_front)]
async fn signing_out_without_a_session_works_too() {
    let world = World::new();
    let browser = world.browser();
    let out = browser.open(&world.url("/oauth2/logout")).await;
    assert_eq!((out.status.as_u16(), out.url.path()), (200, "/oauth2/signed-out"));
    assert_eq!(world.requests(Endpoint::Revoke), 0);
}

#[fronts(every_front)]
async fn somebody_else_may_sign_in_next() {
    for world in both_storages() {
        let browser = world.browser();
        let page = world.sign_in(&browser, "/get").await;
        let out = browser.follow(&page, "/oauth2/logout").await;
        let form = browser.follow(&out, "/oauth2/login").await;
        world.fill_in(&browser, &form, &NewUser::local_guest()).await;
        let report = world.fetch(&browser, "/oauth2/session").await.json();
        assert_eq!(report["email"], "guest@example.com");
    }
}

#[fronts(every_front)]
async fn a_revocation_that_fails_is_not_the_person_s_problem() {
    let world = World::new();
    let browser = world.browser();
    let page = world.sign_in(&browser, "/get").await;
    world.stand_in.set_fault(Endpoint::Revoke, Fault::Status { status: 500 });
    let out = browser.follow(&page, "/oauth2/logout").await;
    assert_eq!((out.status.as_u16(), out.url.path()), (200, "/oauth2/signed-out"));
}

/// A user may bookmark the page after sign-out, so it shows the current state.
#[fronts(every_front)]
async fn the_page_after_sign_out_tells_who_is_signed_in_all_the_same() {
    for world in both_storages() {
        let browser = world.browser();
        world.sign_in(&browser, "/get").await;
        let page = browser.open(&world.url("/oauth2/signed-out")).await;
        assert!(page.body.contains("<h1>You are signed in</h1>"), "{}", page.body);
        assert!(page.body.contains("admin@example.com"), "{}", page.body);
        let out = browser.follow(&page, "/oauth2/logout").await;
        assert!(out.body.contains("<h1>You are signed out</h1>"), "{}", out.body);
    }
}

#[fronts(every_front)]
async fn sign_out_on_all_devices_is_confirmed_as_that_once() {
    let world = Setup::default().set("session_storage", "memory").build();
    let browser = world.browser();
    world.sign_in(&browser, "/get").await;
    let asks = browser.open(&world.url("/oauth2/logout?everywhere=true")).await;
    let out = browser.submit(&asks, "/oauth2/logout", &[("everywhere", "true")]).await;
    assert!(out.body.contains("<h1>You are signed out on all devices</h1>"), "{}", out.body);
    assert!(our_cookies(&browser).is_empty());
    let later = browser.open(&world.url("/oauth2/signed-out")).await;
    assert!(later.body.contains("<h1>You are signed out</h1>"), "{}", later.body);
}
