//! Tests the refresh of a session's tokens.

use fronts::fronts;
use http::Method;
use local::cognito::{Endpoint, Fault, NewUser};
use serde_json::json;
use tests::browser::{Browser, Page};
use tests::world::{APPLICATION, Setup, World};

use super::{assert_upstream, both_storages, our_cookies, session_reason};

/// Seconds after which the access token of one hour is inside its lead.
const INTO_THE_LEAD: i64 = 3_560;

fn stored() -> Setup {
    Setup::default()
        .set("session_storage", "memory")
        .set("session_idling_timeout", 50_000)
        .set("session_rolling_timeout", 50_000)
}

async fn post_refresh(browser: &Browser) -> Page {
    let json = [("content-type", "application/json")];
    browser.fetch(APPLICATION, Method::POST, "/oauth2/refresh", &json).await
}

fn upstream_token(world: &World) -> String {
    world.last_received().sole("authorization").unwrap().to_owned()
}

#[fronts(every_front)]
async fn a_page_load_refreshes_by_the_way() {
    for world in [World::new(), stored().build()] {
        let browser = world.browser();
        world.sign_in(&browser, "/get?a=b").await;
        let before = upstream_token(&world);
        world.advance(INTO_THE_LEAD);
        let page = browser.open(&world.url("/get?a=b")).await;
        assert_upstream(&page, "http://localhost:8400/get?a=b");
        assert_ne!(upstream_token(&world), before);
        assert_eq!(world.requests(Endpoint::Token), 2);
        let page = browser.open(&world.url("/get?a=b")).await;
        assert_eq!(page.way.len(), 1);
        assert_eq!(world.requests(Endpoint::Token), 2);
    }
}

#[fronts(every_front)]
async fn a_script_refreshes_by_post() {
    for world in [World::new(), stored().build()] {
        let browser = world.browser();
        world.sign_in(&browser, "/get").await;
        world.advance(INTO_THE_LEAD);
        let report = post_refresh(&browser).await;
        assert_eq!(report.status, 200, "{}", report.body);
        assert_eq!(report.json()["authenticated"], json!(true));
        assert_eq!(report.json()["email"], json!("admin@example.com"));
        assert_eq!(world.requests(Endpoint::Token), 2);
        // The session is fresh now, so the same request costs nothing.
        assert_eq!(post_refresh(&browser).await.status, 200);
        assert_eq!(world.requests(Endpoint::Token), 2);
        assert_eq!(world.fetch(&browser, "/anything").await.status, 200);
    }
}

#[fronts(every_front)]
async fn an_expired_access_token_is_refreshed_with_the_refresh_token() {
    for world in [World::new(), stored().build()] {
        let browser = world.browser();
        world.sign_in(&browser, "/get").await;
        world.advance(5_000);
        let page = browser.open(&world.url("/get")).await;
        assert_upstream(&page, "http://localhost:8400/get");
        assert!(page.stops().iter().all(|stop| !stop.contains("8410")), "{:?}", page.stops());
    }
}

#[fronts(rest)]
async fn a_script_with_an_expired_access_token_in_a_cookie_is_told_to_refresh() {
    let world = World::new();
    let browser = world.browser();
    world.sign_in(&browser, "/get").await;
    world.advance(3_600);
    let refused = world.fetch(&browser, "/anything").await;
    assert_eq!((refused.status.as_u16(), refused.json()["refresh"].as_str()), (401, Some("/oauth2/refresh")));
    assert_eq!(post_refresh(&browser).await.status, 200);
    assert_eq!(world.fetch(&browser, "/anything").await.status, 200);
}

#[fronts(every_proxy)]
async fn a_request_with_an_expired_access_token_is_refreshed_by_the_way() {
    for world in [World::new(), stored().build()] {
        let browser = world.browser();
        world.sign_in(&browser, "/get").await;
        let before = upstream_token(&world);
        world.advance(3_600);
        let page = world.fetch(&browser, "/anything").await;
        assert_eq!((page.status.as_u16(), world.requests(Endpoint::Token)), (200, 2));
        assert_ne!(upstream_token(&world), before);
        // The refreshed session is kept: in the cookie, if that is the storage.
        let set = page.set_cookies().iter().any(|cookie| cookie.starts_with(&world.session_cookie()));
        assert_eq!(set, world.session_storage_is_cookie());
        assert_eq!(world.fetch(&browser, "/anything").await.status, 200);
        assert_eq!(world.requests(Endpoint::Token), 2);
    }
}

#[fronts(every_front)]
async fn only_our_own_scripts_refresh() {
    let world = World::new();
    let browser = world.browser();
    world.sign_in(&browser, "/get").await;
    world.advance(INTO_THE_LEAD);
    let json = [("content-type", "application/json")];
    let refresh = world.url("/oauth2/refresh");
    let foreign = browser.fetch("http://127.0.0.1:9000", Method::POST, &refresh, &json).await;
    assert_eq!(
        (foreign.status.as_u16(), foreign.reason().as_deref()),
        (403, Some("refresh_not_same_origin"))
    );
    let form = [("content-type", "text/plain")];
    let form = browser.fetch(APPLICATION, Method::POST, "/oauth2/refresh", &form).await;
    assert_eq!((form.status.as_u16(), form.reason().as_deref()), (415, Some("refresh_not_json")));
    let get = world.fetch(&browser, "/oauth2/refresh?rd=/get").await;
    assert_eq!((get.status.as_u16(), get.reason().as_deref()), (400, Some("refresh_not_a_page_load")));
    assert_eq!(world.requests(Endpoint::Token), 1);
}

#[fronts(every_front)]
async fn an_outage_is_503_and_the_session_stays() {
    for world in [World::new(), stored().build()] {
        let browser = world.browser();
        world.sign_in(&browser, "/get").await;
        world.advance(4_000);
        world.provider.set_down(true);
        let page = browser.open(&world.url("/get")).await;
        assert_eq!(
            (page.status.as_u16(), page.reason().as_deref()),
            (page.outage_status(), Some("provider_unreachable"))
        );
        let script = post_refresh(&browser).await;
        assert_eq!((script.status.as_u16(), script.header("retry-after")), (503, Some("5")));
        assert!(script.set_cookies().is_empty());
        world.provider.set_down(false);
        world.advance(5);
        assert_upstream(&browser.open(&world.url("/get")).await, "http://localhost:8400/get");
    }
}

/// A provider may fail at every refresh of one session indefinitely. Another sign-in needs no refresh.
#[fronts(every_front)]
async fn a_person_whose_session_is_never_refreshed_gets_in_by_signing_in_again() {
    let faults = [
        Fault::Status { status: 500 },
        Fault::Status { status: 503 },
        Fault::Status { status: 429 },
        Fault::Error { error: "temporarily_unavailable".into() },
    ];
    for fault in faults {
        for world in [World::new(), stored().build()] {
            let browser = world.browser();
            world.sign_in(&browser, "/get").await;
            world.advance(4_000);
            world.stand_in.set_fault(Endpoint::Token, fault.clone());
            let page = browser.open(&world.url("/get?a=1")).await;
            assert_eq!(page.reason().as_deref(), Some("token_endpoint_unavailable"), "{fault:?}");
            let anew = "/oauth2/login?rd=http%3A%2F%2Flocalhost%3A8400%2Fget%3Fa%3D1";
            assert!(page.body.contains(&format!("{anew}\">Sign in")), "{fault:?}: {}", page.body);
            assert!(page.body.contains(">Try again</a>"), "{}", page.body);
            // The session does not change until there is another one.
            world.stand_in.clear_faults();
            let form = browser.follow(&page, anew).await;
            let page = world.fill_in(&browser, &form, &NewUser::local_admin()).await;
            assert_upstream(&page, "http://localhost:8400/get?a=1");
        }
    }
}

#[fronts(every_front)]
async fn an_outage_inside_the_lead_is_not_noticed_by_scripts() {
    for world in [World::new(), stored().build()] {
        let browser = world.browser();
        world.sign_in(&browser, "/get").await;
        world.advance(INTO_THE_LEAD);
        world.provider.set_down(true);
        assert_eq!(world.fetch(&browser, "/anything").await.status, 200);
    }
}

#[fronts(every_front)]
async fn a_refresh_that_the_provider_refuses_ends_the_session() {
    for world in [World::new(), stored().build()] {
        let browser = world.browser();
        world.sign_in(&browser, "/get").await;
        world.stand_in.sign_out_everywhere(&NewUser::local_admin().email);
        world.advance(INTO_THE_LEAD);
        let refused = post_refresh(&browser).await;
        assert_eq!((refused.status.as_u16(), refused.reason().as_deref()), (401, Some("refresh_refused")));
        assert!(!our_cookies(&browser).contains(&world.session_cookie()));
        assert_eq!(session_reason(&world, &browser).await.as_deref(), Some("session_missing"));
    }
}

#[fronts(every_front)]
async fn a_page_load_whose_refresh_is_refused_signs_in() {
    for world in [World::new(), stored().build()] {
        let browser = world.browser();
        world.sign_in(&browser, "/get").await;
        world.stand_in.sign_out_everywhere(&NewUser::local_admin().email);
        world.advance(INTO_THE_LEAD);
        let page = browser.open(&world.url("/anything/x")).await;
        assert!(
            page.stops().iter().any(|stop| stop.contains(":8410/oauth2/authorize")),
            "{:?}",
            page.stops()
        );
        let page = if page.url.path() == "/login" {
            world.fill_in(&browser, &page, &NewUser::local_admin()).await
        } else {
            page
        };
        assert_upstream(&page, "http://localhost:8400/anything/x");
    }
}

#[fronts(every_front)]
async fn a_token_that_is_born_inside_the_lead_is_a_loop_and_a_page_says_so() {
    let setup = || Setup::default().provider(|options| options.clients[0].access_token_validity = 50);
    for world in [setup().build(), setup().set("session_storage", "memory").build()] {
        let browser = world.browser();
        let page = world.sign_in(&browser, "/get").await;
        assert_eq!((page.status.as_u16(), page.reason().as_deref()), (400, Some("refresh_loop")), "{page:?}");
    }
}

#[fronts(rest)]
async fn a_cookie_that_refresh_cannot_replace_is_a_loop_and_a_page_says_so() {
    let world = World::new();
    let browser = world.browser();
    world.sign_in(&browser, "/get").await;
    world.advance(INTO_THE_LEAD);
    let stubborn = browser.refusing("__Host-session-");
    let page = stubborn.open(&world.url("/get")).await;
    assert_eq!((page.status.as_u16(), page.reason().as_deref()), (400, Some("refresh_loop")));
    assert_eq!(page.stops().iter().filter(|stop| stop.contains("/oauth2/refresh")).count(), 2);
}

/// The proxy refreshes the session within the request, so it does not redirect the browser.
#[fronts(every_proxy)]
async fn a_cookie_that_refresh_cannot_replace_is_no_loop_before_the_proxy() {
    let world = World::new();
    let browser = world.browser();
    world.sign_in(&browser, "/get").await;
    world.advance(INTO_THE_LEAD);
    let stubborn = browser.refusing("__Host-session-");
    for _ in 0..3 {
        let page = stubborn.open(&world.url("/get")).await;
        assert_eq!((page.status.as_u16(), page.way.len()), (200, 1));
    }
}

#[fronts(every_front)]
async fn many_requests_at_once_refresh_a_stored_session_once() {
    let rotating = |setup: Setup| setup.provider(|options| options.clients[0].rotation = Some(0));
    let world = rotating(stored()).build();
    let browser = world.browser();
    world.sign_in(&browser, "/get").await;
    world.advance(4_000);
    let requests = (0..20).map(|_| world.fetch(&browser, "/anything"));
    for page in join_all(requests).await {
        assert_eq!(page.status, 200, "{}", page.body);
    }
    assert_eq!(world.requests(Endpoint::Token), 2);
}

#[fronts(every_front)]
async fn a_rotated_refresh_token_is_the_next_one_used() {
    for setup in [Setup::default(), stored()] {
        let world = setup.provider(|options| options.clients[0].rotation = Some(0)).build();
        let browser = world.browser();
        world.sign_in(&browser, "/get").await;
        for _ in 0..4 {
            world.advance(INTO_THE_LEAD);
            assert_upstream(&browser.open(&world.url("/get")).await, "http://localhost:8400/get");
        }
        assert_eq!(world.requests(Endpoint::Token), 5);
    }
}

#[fronts(every_front)]
async fn groups_are_those_of_the_latest_refresh() {
    for world in both_storages() {
        let browser = world.browser();
        world.sign_in(&browser, "/get").await;
        world.stand_in.set_groups(&NewUser::local_admin().email, &["readers"]);
        world.advance(600);
        browser.open(&world.url("/get")).await;
        assert_eq!(world.last_received().sole("x-vestibule-groups"), Some("admins"));
        world.advance(INTO_THE_LEAD - 600);
        browser.open(&world.url("/get")).await;
        assert_eq!(world.last_received().sole("x-vestibule-groups"), Some("readers"));
    }
}

/// Polls all of them in turn until they complete.
async fn join_all<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut pending: Vec<_> = futures.into_iter().map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        let mut done = true;
        for (future, output) in &mut pending {
            if output.is_none() {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(ready) => *output = Some(ready),
                    std::task::Poll::Pending => done = false,
                }
            }
        }
        if done { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    pending.into_iter().map(|(_, output)| output.unwrap()).collect()
}
