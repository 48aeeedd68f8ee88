//! Tests every way in which a session ends by itself.

use fronts::fronts;
use serde_json::json;
use tests::world::{Setup, World};

use super::{assert_upstream, session_reason};

/// A script gets 401, `/oauth2/session` names the reason, and a page load signs in and comes back.
async fn assert_ended(world: &World, browser: &tests::browser::Browser, reason: &str) {
    let script = world.fetch(browser, "/anything").await;
    assert_eq!(script.status, 401);
    assert_eq!(session_reason(world, browser).await.as_deref(), Some(reason));
    let page = browser.open(&world.url("/anything?again=1")).await;
    assert!(page.stops()[1].starts_with("http://localhost:8400/oauth2/login?rd="), "{:?}", page.stops());
    let page = if page.url.path() == "/login" {
        world.fill_in(browser, &page, &local::cognito::NewUser::local_admin()).await
    } else {
        page
    };
    assert_upstream(&page, "http://localhost:8400/anything?again=1");
}

fn with(storage: &str, settings: &[(&str, i64)]) -> World {
    let setup = Setup::default()
        .set("session_storage", storage)
        .provider(|options| options.clients[0].access_token_validity = 86_400);
    settings.iter().fold(setup, |setup, (key, value)| setup.set(key, *value)).build()
}

#[fronts(every_front)]
async fn nothing_renews_it_within_the_rolling_limit() {
    for storage in ["cookie", "memory"] {
        let world = with(storage, &[("session_rolling_timeout", 1_000)]);
        let browser = world.browser();
        world.sign_in(&browser, "/get").await;
        world.advance(999);
        assert_eq!(session_reason(&world, &browser).await, None, "{storage}");
        world.advance(1);
        assert_ended(&world, &browser, "session_rolling_timeout").await;
    }
}

#[fronts(every_front)]
async fn page_loads_renew_it_past_three_quarters_of_the_rolling_limit() {
    for storage in ["cookie", "memory"] {
        let world = with(storage, &[("session_rolling_timeout", 1_000)]);
        let browser = world.browser();
        world.sign_in(&browser, "/get").await;
        world.stand_in.reset_requests();
        for _ in 0..5 {
            world.advance(800);
            let page = browser.open(&world.url("/get")).await;
            assert_upstream(&page, "http://localhost:8400/get");
            let renewed = page.stops().iter().any(|stop| stop.contains("/oauth2/refresh?rd=%2Fget"));
            // The proxy reseals the session within the request.
            assert_eq!(renewed, storage == "cookie" && !world.front.is_proxy(), "{:?}", page.stops());
        }
        assert_eq!(world.requests(local::cognito::Endpoint::Token), 0, "the token was fresh all the time");
    }
}

#[fronts(every_front)]
async fn sign_in_was_too_long_ago() {
    for storage in ["cookie", "memory"] {
        let limits = [("session_absolute_timeout", 2_000), ("session_rolling_timeout", 1_000)];
        let world = with(storage, &limits);
        let browser = world.browser();
        world.sign_in(&browser, "/get").await;
        for seconds in [800, 800] {
            world.advance(seconds);
            assert_upstream(&browser.open(&world.url("/get")).await, "http://localhost:8400/get");
        }
        world.advance(399);
        assert_eq!(session_reason(&world, &browser).await, None);
        world.advance(1);
        assert_ended(&world, &browser, "session_absolute_timeout").await;
    }
}

#[fronts(every_front)]
async fn nobody_used_it_for_too_long() {
    let world = with("memory", &[("session_idling_timeout", 900), ("session_rolling_timeout", 50_000)]);
    let browser = world.browser();
    world.sign_in(&browser, "/get").await;
    for _ in 0..3 {
        world.advance(800);
        assert_eq!(world.fetch(&browser, "/anything").await.status, 200);
    }
    world.advance(900);
    assert_ended(&world, &browser, "session_idle_timeout").await;
}

#[fronts(every_front)]
async fn its_access_token_expired_and_there_is_no_refresh_token() {
    for storage in ["cookie", "memory"] {
        let world = Setup::default()
            .set("session_storage", storage)
            .set("session_idling_timeout", if storage == "memory" { json!(7_200) } else { json!(null) })
            .set("session_rolling_timeout", 7_200)
            .provider(|options| options.clients[0].access_token_validity = 3_600);
        let world = if storage == "cookie" {
            Setup::default().set("session_rolling_timeout", 7_200).build()
        } else {
            world.build()
        };
        world.provider.set_withholding_refresh_tokens(true);
        let browser = world.browser();
        world.sign_in(&browser, "/get").await;
        let report = world.fetch(&browser, "/oauth2/session").await.json();
        assert_eq!(report["refreshable"], json!(false));
        // Inside the lead, if no refresh is possible, the session is used until its access token expires.
        world.advance(3_599);
        assert_eq!(world.fetch(&browser, "/anything").await.status, 200, "{storage}");
        world.advance(1);
        assert_ended(&world, &browser, "session_token_expired").await;
    }
}
