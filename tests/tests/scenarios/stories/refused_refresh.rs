//! Refuses a refresh in every way: no user is locked out for ever, and not every request calls the token endpoint.

use fronts::fronts;
use http::Method;
use local::cognito::{Endpoint, Fault, NewUser};
use tests::browser::{Browser, Page};
use tests::world::{APPLICATION, Setup, StoryFront, World};

use super::assert_upstream;

/// Seconds from sign-in: the access token of one hour is inside its lead, or has expired.
const IN_LEAD: i64 = 3_560;
const OVER: i64 = 4_000;

/// The effect on the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Session {
    /// The session ends at once.
    Ends,
    /// The session is used until its access token expires, without another refresh.
    EndsWithToken,
    /// The session continues.
    Stays,
}

fn answers() -> Vec<(Fault, Session)> {
    let error = |error: &str| Fault::Error { error: error.to_owned() };
    let refused = [
        "interaction_required",
        "login_required",
        "consent_required",
        "account_selection_required",
        "invalid_client",
        "invalid_request",
        "invalid_scope",
        "invalid_target",
        "unauthorized_client",
        "unsupported_grant_type",
        "access_denied",
        "mfa_required",
        "of_its_own",
        "",
    ];
    let unusable = [
        Fault::InvalidJson,
        Fault::Oversized { bytes: 4_000_000 },
        Fault::Redirect { location: "http://127.0.0.1:9/".to_owned() },
        Fault::WrongAudience,
        Fault::WrongIssuer,
        Fault::WrongNonce,
        Fault::WrongSigningKey,
    ];
    let outages = ["server_error", "temporarily_unavailable", "slow_down"];
    let refusing = [400, 401, 403, 404, 405, 410, 418];
    let failing = [408, 429, 500, 502, 503, 504];
    let status = |status| Fault::Status { status };
    let ends_with_token =
        refused.into_iter().map(error).chain(unusable).chain(refusing.into_iter().map(status));
    let stays = outages.into_iter().map(error).chain(failing.into_iter().map(status)).chain([Fault::Cut]);
    [(error("invalid_grant"), Session::Ends)]
        .into_iter()
        .chain(ends_with_token.map(|answer| (answer, Session::EndsWithToken)))
        .chain(stays.map(|answer| (answer, Session::Stays)))
        .collect()
}

/// A user who signed in this many seconds ago with this storage; the provider gives this response from now on.
async fn signed_in_before(seconds: i64, storage: &str, answer: &Fault) -> (World, Browser) {
    let setup = Setup::default().set("session_storage", storage).set("session_rolling_timeout", 50_000);
    let idles = storage == "memory";
    let world = if idles { setup.set("session_idling_timeout", 50_000) } else { setup }.build();
    let browser = world.browser();
    world.sign_in(&browser, "/get").await;
    world.advance(seconds);
    world.stand_in.set_fault(Endpoint::Token, answer.clone());
    (world, browser)
}

async fn post_refresh(browser: &Browser) -> Page {
    let json = [("content-type", "application/json")];
    browser.fetch(APPLICATION, Method::POST, "/oauth2/refresh", &json).await
}

/// A page load by a user whose session has ended: it signs in and returns.
async fn signs_in_again(world: &World, browser: &Browser, cell: &str) {
    world.stand_in.clear_faults();
    let page = browser.open(&world.url("/anything/x")).await;
    assert!(page.stops().iter().any(|stop| stop.contains("/oauth2/authorize")), "{cell}: {:?}", page.stops());
    let page = if page.url.path() == "/login" {
        world.fill_in(browser, &page, &NewUser::local_admin()).await
    } else {
        page
    };
    assert_upstream(&page, "http://localhost:8400/anything/x");
    assert_eq!(world.fetch(browser, "/anything").await.status, 200, "{cell}");
}

/// An API client has its own token, which vestibule does not refresh.
async fn bearer_passes(world: &World, token: &str, cell: &str) {
    let authorization = format!("Bearer {token}");
    let reply = world.send("GET", "/anything", &[("authorization", &authorization)]).await;
    assert_eq!(reply.status, 200, "{cell}");
}

#[fronts(every_front)]
async fn while_the_access_token_holds_it_is_used_and_the_provider_is_asked_once() {
    for (answer, session) in answers() {
        for storage in ["cookie", "memory"] {
            let (world, browser) = signed_in_before(IN_LEAD, storage, &answer).await;
            let cell = format!("{answer:?} {storage}");
            world.stand_in.clear_faults();
            let bearer = world.access_token(&NewUser::local_admin());
            world.stand_in.set_fault(Endpoint::Token, answer.clone());
            // An authorizer sets no cookie: it redirects a page load to the refresh endpoint, and lets a script
            // pass.
            let elsewhere = world.front == StoryFront::Rest && storage == "cookie";
            if session == Session::Ends {
                let script = world.fetch(&browser, "/anything").await;
                assert_eq!(script.status, if elsewhere { 200 } else { 401 }, "{cell}");
                let page = browser.open(&world.url("/get")).await;
                assert!(page.stops().iter().any(|stop| stop.contains("/oauth2/authorize")), "{cell}");
                signs_in_again(&world, &browser, &cell).await;
                continue;
            }
            let before = world.requests(Endpoint::Token);
            let mut asked = None;
            for _ in 0..3 {
                let page = browser.open(&world.url("/get")).await;
                let now = world.requests(Endpoint::Token);
                assert!(now > before && now == *asked.get_or_insert(now), "{cell}: {before} {now} {asked:?}");
                if session == Session::Stays && elsewhere {
                    assert_eq!(page.status, page.outage_status(), "{cell}");
                } else {
                    assert_upstream(&page, "http://localhost:8400/get");
                }
                assert_eq!(world.fetch(&browser, "/anything").await.status, 200, "{cell}");
                bearer_passes(&world, &bearer, &cell).await;
            }
            let refreshed = post_refresh(&browser).await;
            if session == Session::Stays {
                assert_eq!(refreshed.status, 503, "{cell}");
            } else {
                assert_eq!(refreshed.status, 200, "{cell}");
                assert_eq!(refreshed.json()["refreshable"], serde_json::json!(false), "{cell}");
                assert_eq!(world.requests(Endpoint::Token), before + 1, "{cell}");
            }
            assert_eq!(Some(world.requests(Endpoint::Token)), asked, "{cell}");
            if session == Session::EndsWithToken {
                world.advance(OVER - IN_LEAD);
                assert_eq!(world.fetch(&browser, "/anything").await.status, 401, "{cell}");
                assert_eq!(post_refresh(&browser).await.status, 401, "{cell}");
                assert_eq!(Some(world.requests(Endpoint::Token)), asked, "{cell}");
                signs_in_again(&world, &browser, &cell).await;
            }
        }
    }
}

#[fronts(every_front)]
async fn when_the_access_token_is_over_sign_in_leads_back_in_and_the_provider_is_asked_once() {
    for (answer, session) in answers() {
        for storage in ["cookie", "memory"] {
            let (world, browser) = signed_in_before(OVER, storage, &answer).await;
            let cell = format!("{answer:?} {storage}");
            let elsewhere = world.front == StoryFront::Rest && storage == "cookie";
            let before = world.requests(Endpoint::Token);
            let script = world.fetch(&browser, "/anything").await;
            let refreshed = post_refresh(&browser).await;
            let asked = world.requests(Endpoint::Token);
            assert!(asked > before, "{cell}");
            let expected = if session == Session::Stays { 503 } else { 401 };
            assert_eq!(script.status, if elsewhere { 401 } else { expected }, "{cell}");
            assert_eq!(refreshed.status, expected, "{cell}");
            for _ in 0..3 {
                world.fetch(&browser, "/anything").await;
                post_refresh(&browser).await;
            }
            assert_eq!(world.requests(Endpoint::Token), asked, "{cell}");
            if session == Session::Stays {
                let page = browser.open(&world.url("/get")).await;
                assert_eq!(page.status, page.outage_status(), "{cell}: {:?}", page.stops());
                assert_eq!(world.requests(Endpoint::Token), asked, "{cell}");
                world.stand_in.clear_faults();
                world.advance(5);
                assert_upstream(&browser.open(&world.url("/get")).await, "http://localhost:8400/get");
            } else {
                assert_eq!(asked, before + 1, "{cell}");
                signs_in_again(&world, &browser, &cell).await;
            }
        }
    }
}

/// If a page load comes first, it is redirected to sign-in as well.
#[fronts(every_front)]
async fn a_page_whose_access_token_is_over_is_led_to_sign_in_by_every_refusal() {
    for (answer, session) in answers() {
        for storage in ["cookie", "memory"] {
            let (world, browser) = signed_in_before(OVER, storage, &answer).await;
            let cell = format!("{answer:?} {storage}");
            let page = browser.open(&world.url("/get")).await;
            let led = page.stops().iter().any(|stop| stop.contains("/oauth2/authorize"));
            assert_eq!(led, session != Session::Stays, "{cell}: {:?}", page.stops());
        }
    }
}
