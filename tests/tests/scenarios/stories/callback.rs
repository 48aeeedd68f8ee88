//! Tests unexpected callbacks, and the end of loops.

use fronts::fronts;
use http::Method;
use local::cognito::{Endpoint, Fault, NewUser};
use tests::browser::Browser;
use tests::world::{APPLICATION, Setup, World};

use super::{assert_upstream, both_storages, our_cookies};

#[fronts(every_front)]
async fn the_back_button_on_the_callback_leads_on() {
    for world in both_storages() {
        let browser = world.browser();
        let page = world.sign_in(&browser, "/get").await;
        let callback = page.way[1].to_string();
        world.stand_in.reset_requests();
        let again = browser.open(&callback).await;
        assert_eq!((again.status.as_u16(), again.url.as_str()), (200, "http://localhost:8400/"));
        assert_eq!(again.way.len(), 2, "straight on: {:?}", again.stops());
        assert_eq!(world.requests(Endpoint::Token), 0, "the code is not spent again");
    }
}

/// After a double click or with a service worker, the second request still has the attempt's cookie and already the
/// session's.
#[fronts(every_front)]
async fn the_same_callback_twice_leads_on_where_the_first_has_opened_the_session() {
    for world in both_storages() {
        let browser = world.browser();
        let form = browser.open(&world.url("/get")).await;
        let attempts = attempts(&browser);
        let page = world.fill_in(&browser, &form, &NewUser::local_admin()).await;
        assert_upstream(&page, "http://localhost:8400/get");
        let callback = page.way[1].to_string();
        plant(&browser, &attempts);
        let again = browser.open(&callback).await;
        assert_upstream(&again, "http://localhost:8400/get");
        assert_eq!(again.way.len(), 2, "{:?}", again.stops());
        assert!(!our_cookies(&browser).iter().any(|name| name.starts_with("__Host-attempt")));
        // For an image or a script the code has simply been used.
        plant(&browser, &attempts);
        let image = browser.fetch(APPLICATION, Method::GET, &callback, &[]).await;
        assert_eq!((image.status.as_u16(), image.reason().as_deref()), (400, Some("invalid_grant")));
    }
}

/// The browser dropped the first request and its response, so it never got the session.
#[fronts(every_front)]
async fn the_same_callback_twice_signs_in_once_more_where_the_session_of_the_first_is_lost() {
    for world in both_storages() {
        let browser = world.browser();
        let form = browser.open(&world.url("/get")).await;
        let attempts = attempts(&browser);
        let callback = world.fill_in(&browser, &form, &NewUser::local_admin()).await.way[1].to_string();
        browser.forget("localhost", "");
        plant(&browser, &attempts);
        world.stand_in.reset_requests();
        let page = browser.open(&callback).await;
        assert_upstream(&page, "http://localhost:8400/get");
        assert_eq!(world.requests(Endpoint::Token), 2, "{:?}", page.stops());
    }
}

/// Providers refuse a used code with various errors and statuses. An error about the client is not one about the code.
#[fronts(every_front)]
async fn however_a_provider_refuses_a_spent_code_the_browser_with_the_session_is_led_on() {
    let error = |error: &str| Fault::Error { error: error.to_owned() };
    let of_the_code = [
        error("invalid_request"),
        error("invalid_code"),
        error("access_denied"),
        error("login_required"),
        Fault::Status { status: 400 },
        Fault::Status { status: 401 },
        Fault::Status { status: 403 },
        Fault::Status { status: 404 },
        Fault::Status { status: 409 },
    ];
    let others = [
        (error("invalid_client"), 500, "invalid_client"),
        (error("unauthorized_client"), 500, "unauthorized_client"),
        (error("invalid_scope"), 500, "invalid_scope"),
        (Fault::Status { status: 503 }, 503, "token_endpoint_unavailable"),
        (Fault::Status { status: 500 }, 503, "token_endpoint_unavailable"),
    ];
    let rows = of_the_code.into_iter().map(|fault| (fault, None));
    let rows = rows.chain(others.into_iter().map(|(fault, status, reason)| (fault, Some((status, reason)))));
    for (fault, expected) in rows {
        let world = World::new();
        let browser = world.browser();
        let form = browser.open(&world.url("/get")).await;
        let attempts = attempts(&browser);
        let callback = world.fill_in(&browser, &form, &NewUser::local_admin()).await.way[1].to_string();
        world.stand_in.set_fault(Endpoint::Token, fault.clone());
        plant(&browser, &attempts);
        let again = browser.open(&callback).await;
        if let Some((status, reason)) = expected {
            let seen = (again.status.as_u16(), again.reason());
            assert_eq!(seen, (status, Some(reason.to_owned())), "{fault:?}");
            continue;
        }
        assert_upstream(&again, "http://localhost:8400/get");
        assert_eq!(again.way.len(), 2, "{fault:?}: {:?}", again.stops());
        // This happens once after the sign-in itself; then a page shows the provider's refusal.
        plant(&browser, &attempts);
        let page = browser.open(&callback).await;
        assert_eq!(page.way.len(), 1, "{fault:?}: {:?}", page.stops());
        assert_eq!(page.status.as_u16() / 100, 4, "{fault:?}");
        // Without a session nobody is redirected: the page shows the provider's refusal.
        browser.forget("localhost", "");
        plant(&browser, &attempts);
        let page = browser.open(&callback).await;
        assert_eq!((page.way.len(), page.status.as_u16() / 100), (1, 4), "{fault:?}: {:?}", page.stops());
    }
}

#[fronts(every_front, alb_single_value)]
async fn a_provider_that_refuses_every_code_ends_on_a_page() {
    for world in both_storages() {
        let browser = world.browser();
        let form = browser.open(&world.url("/get")).await;
        world.stand_in.set_fault(Endpoint::Token, Fault::Error { error: "invalid_grant".into() });
        let page = world.fill_in(&browser, &form, &NewUser::local_admin()).await;
        assert_eq!((page.status.as_u16(), page.reason().as_deref()), (400, Some("invalid_grant")));
        let callbacks = page.stops().iter().filter(|stop| stop.contains("/oauth2/callback")).count();
        assert_eq!(callbacks, 3, "{:?}", page.stops());
        assert!(world.received().is_empty());
    }
}

/// The names and values of attempts' cookies.
fn attempts(browser: &Browser) -> Vec<(String, String)> {
    let cookies = browser.cookies("localhost").into_iter();
    let attempts = cookies.filter(|cookie| cookie.name.starts_with("__Host-attempt"));
    attempts.map(|cookie| (cookie.name, cookie.value)).collect()
}

fn plant(browser: &Browser, cookies: &[(String, String)]) {
    for (name, value) in cookies {
        browser.plant("localhost", name, value);
    }
}

#[fronts(every_front)]
async fn a_bookmarked_callback_without_a_session_starts_sign_in_once() {
    for world in both_storages() {
        let callback = world.sign_in(&world.browser(), "/get").await.way[1].to_string();
        let stranger = world.browser();
        let form = stranger.open(&callback).await;
        assert!(form.url.as_str().starts_with("http://127.0.0.1:8410/login?"), "{:?}", form.stops());
        let page = world.fill_in(&stranger, &form, &NewUser::local_guest()).await;
        assert_eq!((page.status.as_u16(), page.url.as_str()), (200, "http://localhost:8400/"));
        assert_eq!(world.last_received().sole("x-vestibule-email"), Some("guest@example.com"));
    }
}

#[fronts(every_front)]
async fn an_attempt_may_take_ten_minutes_and_not_a_second_more() {
    for (seconds, stops_at_the_provider) in [(599, false), (600, true)] {
        let world = World::new();
        let browser = world.browser();
        let form = browser.open(&world.url("/get")).await;
        world.advance(seconds - 200);
        // The provider's own page is valid for five minutes, so it is loaded again with the same state.
        let form = browser.open(form.way[2].as_str()).await;
        world.advance(200);
        let page = world.fill_in(&browser, &form, &NewUser::local_admin()).await;
        if stops_at_the_provider {
            // The provider's sign-on cookie completes the restart at once.
            assert!(page.stops()[2].starts_with("http://127.0.0.1:8410/oauth2/authorize?"), "{page:?}");
            assert_eq!(page.url.as_str(), "http://localhost:8400/");
        } else {
            assert_upstream(&page, "http://localhost:8400/get");
            assert_eq!(page.way.len(), 3);
        }
        assert_eq!(page.status, 200);
    }
}

#[fronts(every_front)]
async fn how_long_an_attempt_may_take_can_be_chosen() {
    for (seconds, stops) in [(99, 3), (100, 5)] {
        let world = Setup::default().set("authorization_rolling_timeout", 100).build();
        let browser = world.browser();
        let form = browser.open(&world.url("/get")).await;
        world.advance(seconds);
        let page = world.fill_in(&browser, &form, &NewUser::local_admin()).await;
        assert_eq!((page.status.as_u16(), page.way.len()), (200, stops), "{:?}", page.stops());
    }
}

#[fronts(every_front, alb_single_value)]
async fn refused_cookies_end_on_a_page_after_one_restart() {
    for world in both_storages() {
        let browser = world.browser().refusing("__Host-");
        let page = world.sign_in(&browser, "/get").await;
        assert_eq!((page.status.as_u16(), page.reason().as_deref()), (400, Some("cookies_refused")));
        let callbacks = page.stops().iter().filter(|stop| stop.contains("/oauth2/callback")).count();
        assert_eq!(callbacks, 2, "one restart: {:?}", page.stops());
        assert_eq!(world.requests(Endpoint::Token), 0, "no code is spent without its cookie");
        assert!(world.received().is_empty());
    }
}

#[fronts(every_front, alb_single_value)]
async fn a_session_cookie_that_never_sticks_ends_on_a_page_after_three_landings() {
    for world in both_storages() {
        let browser = world.browser().refusing("__Host-session-");
        let page = world.sign_in(&browser, "/get").await;
        assert_eq!((page.status.as_u16(), page.reason().as_deref()), (400, Some("sign_in_loop")));
        let callbacks = page.stops().iter().filter(|stop| stop.contains("/oauth2/callback")).count();
        assert_eq!(callbacks, 3, "{:?}", page.stops());
        // Another try is allowed, because the count was reset.
        assert!(!our_cookies(&browser).contains(&"__Host-landed".to_owned()));
    }
}

#[fronts(every_front, alb_single_value)]
async fn signing_in_often_is_no_loop() {
    let world = World::new();
    let browser = world.browser();
    for _ in 0..5 {
        let page = world.sign_in(&browser, "/get").await;
        assert_upstream(&page, "http://localhost:8400/get");
        let out = browser.follow(&page, "/oauth2/logout").await;
        assert_eq!(out.status, 200, "{:?}", out.stops());
    }
}

#[fronts(every_front)]
async fn an_error_of_the_provider_in_the_callback_is_a_page_and_never_a_restart() {
    let cases = [
        ("access_denied", 403, "provider_denied"),
        ("temporarily_unavailable", 400, "provider_failed"),
        ("server_error", 400, "provider_failed"),
        ("login_required", 401, "provider_needs_interaction"),
        ("invalid_scope", 400, "provider_rejected_request"),
        ("<script>", 400, "provider_rejected_request"),
    ];
    for (error, status, reason) in cases {
        let world = World::new();
        let browser = world.browser();
        let form = browser.open(&world.url("/get")).await;
        let fault = Fault::CallbackError { error: error.to_owned() };
        world.stand_in.set_fault(Endpoint::Authorize, fault);
        world.stand_in.set_fault(Endpoint::Login, Fault::CallbackError { error: error.into() });
        let state = form.way[2].query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
        let error: String = url::form_urlencoded::byte_serialize(error.as_bytes()).collect();
        let callback = format!("/oauth2/callback?error={error}&error_description=%3Cb%3E&state={state}");
        let page = browser.open(&world.url(&callback)).await;
        assert_eq!((page.status.as_u16(), page.reason().as_deref()), (status, Some(reason)), "{error}");
        assert!(!page.body.contains("<script") && !page.body.contains("<b>"), "{}", page.body);
        assert_eq!(our_cookies(&browser), Vec::<String>::new(), "the attempt is over");
    }
}

#[fronts(every_front)]
async fn a_callback_at_a_path_of_ones_own_works() {
    let callback = "http://localhost:8400/signin/oidc";
    let world = Setup::default()
        .set("redirect_uri", callback)
        .provider(|options| options.clients[0].callback_urls.push("http://localhost:8400/signin/oidc".into()))
        .build();
    let page = world.sign_in(&world.browser(), "/get").await;
    assert_upstream(&page, "http://localhost:8400/get");
    assert!(page.stops()[1].starts_with(&format!("{callback}?code=")));
}

/// A sign-in with a return target ends there. One without ends at the configured page, even on another origin, and the
/// address contains nothing of the sign-in.
#[fronts(every_front)]
async fn a_sign_in_without_a_page_ends_at_the_configured_one_on_another_origin() {
    let start = "http://127.0.0.1:8410/_local/mailbox";
    let world = Setup::default().set("login_redirect_uri", start).build();
    for asked in
        ["/oauth2/login", "/oauth2/login?rd=https://evil.example/", "/oauth2/login?rd=/oauth2/logout"]
    {
        let browser = world.browser();
        let form = browser.open(&world.url(asked)).await;
        let page = world.fill_in(&browser, &form, &NewUser::local_admin()).await;
        assert_eq!(page.url.as_str(), start, "{asked}: {:?}", page.stops());
        // The user is signed in nevertheless.
        assert_upstream(&browser.open(&world.url("/get")).await, "http://localhost:8400/get");
    }
    let page = world.sign_in(&world.browser(), "/get").await;
    assert_upstream(&page, "http://localhost:8400/get");
}
