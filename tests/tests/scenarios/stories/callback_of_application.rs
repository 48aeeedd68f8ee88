//! Tests a `redirect_uri` on a path that the application serves too.

use fronts::fronts;
use http::Method;
use local::cognito::{Endpoint, NewUser};
use serde_json::{Value, json};
use tests::browser::Browser;
use tests::world::{APPLICATION, Setup, World};
use url::Url;

use super::{assert_upstream, our_cookies};

const CALLBACK: &str = "http://localhost:8400/anything/account";

/// A world with that callback and these rules.
fn world(routes: Value) -> World {
    Setup::default()
        .set("redirect_uri", CALLBACK)
        .set("session_storage", "memory")
        .set("routes", routes)
        .provider(|options| options.clients[0].callback_urls.push(CALLBACK.into()))
        .build()
}

fn closed() -> World {
    world(json!([]))
}

fn open() -> World {
    world(json!([{"paths": ["/anything/account"], "auth": "none"}]))
}

/// The address to which the provider redirects the browser, not yet followed. Its code is already used.
async fn answer_of_provider(world: &World, browser: &Browser) -> String {
    let form = browser.open(&world.url("/get")).await;
    let code = world.sign_in(&world.browser(), "/get").await.way[1].clone();
    let of =
        |url: &Url, wanted: &str| url.query_pairs().find(|(name, _)| name == wanted).unwrap().1.into_owned();
    format!("{CALLBACK}?code={}&state={}", of(&code, "code"), of(&form.url, "state"))
}

#[fronts(every_front, alb_single_value)]
async fn sign_in_ends_there_and_the_page_is_the_application_s() {
    for world in [closed(), open()] {
        let browser = world.browser();
        let page = world.sign_in(&browser, "/get").await;
        assert_upstream(&page, "http://localhost:8400/get");
        assert!(page.stops()[1].starts_with(&format!("{CALLBACK}?code=")), "{:?}", page.stops());
        // The callback path itself, with a session: a page, a form, a preflight, and an application's page with a
        // code.
        for query in ["", "?code=theirs", "?state=theirs", "?code=theirs&state=theirs", "?error=theirs"] {
            let page = browser.open(&format!("{CALLBACK}{query}")).await;
            assert_upstream(&page, &format!("{CALLBACK}{query}"));
        }
        for method in [Method::POST, Method::OPTIONS, Method::PUT, Method::HEAD] {
            let answer =
                browser.fetch(APPLICATION, method.clone(), &format!("{CALLBACK}?state=a"), &[]).await;
            assert_eq!(answer.status, 200, "{method}");
            assert_eq!(world.last_received().method, method.as_str());
        }
    }
}

#[fronts(every_front, alb_single_value)]
async fn without_a_session_it_is_judged_as_any_other_path() {
    let world = closed();
    let browser = world.browser();
    for query in ["", "?code=a", "?state=a", "?code=a&state=a", "?state=a&state=b"] {
        let form = browser.open(&format!("{CALLBACK}{query}")).await;
        assert_eq!(form.url.path(), "/login", "{query}: {:?}", form.stops());
    }
    let script = browser.fetch(APPLICATION, Method::GET, &format!("{CALLBACK}?code=a&state=a"), &[]).await;
    assert_eq!(script.status, 401);
    assert!(world.received().is_empty());
    // Sign-in returns to this path.
    let form = browser.open(&format!("{CALLBACK}?tab=1")).await;
    let page = world.fill_in(&browser, &form, &NewUser::local_admin()).await;
    assert_upstream(&page, &format!("{CALLBACK}?tab=1"));

    let world = open();
    for query in ["", "?code=a&state=a", "?state=a&state=b"] {
        let page = world.browser().open(&format!("{CALLBACK}{query}")).await;
        assert_upstream(&page, &format!("{CALLBACK}{query}"));
    }
    assert_eq!(world.requests(Endpoint::Token), 0);
}

/// With another browser's response, a second `state` or a forged attempt no code is redeemed and nobody is signed in.
#[fronts(every_front)]
async fn a_response_to_no_attempt_of_this_browser_spends_no_code() {
    for is_open in [true, false] {
        let world = if is_open { open() } else { closed() };
        let browser = world.browser();
        let address = answer_of_provider(&world, &browser).await;
        let attempts: Vec<_> = browser
            .cookies("localhost")
            .into_iter()
            .filter(|cookie| cookie.name.contains("-attempt-"))
            .collect();
        world.stand_in.reset_requests();
        for case in ["no attempt", "two states", "a forged attempt", "an empty attempt"] {
            let browser = world.browser();
            let mut address = address.clone();
            match case {
                "two states" => {
                    browser.plant("localhost", &attempts[0].name, &attempts[0].value);
                    address += "&state=another";
                }
                "a forged attempt" => {
                    let forged = format!("{}AAAA", attempts[0].value);
                    browser.plant("localhost", &attempts[0].name, &forged);
                }
                "an empty attempt" => browser.plant("localhost", &attempts[0].name, ""),
                _ => {}
            }
            let page = browser.open(&address).await;
            if is_open {
                assert_upstream(&page, &address);
            } else {
                assert_eq!(page.url.path(), "/login", "{case}: {:?}", page.stops());
            }
            let script = browser.fetch(APPLICATION, Method::GET, &address, &[]).await;
            assert_eq!(script.status, if is_open { 200 } else { 401 }, "{case}");
            assert_eq!(world.requests(Endpoint::Token), 0, "{case}");
            assert!(!our_cookies(&browser).iter().any(|name| name.contains("-session-")), "{case}");
        }
    }
}

/// The browser never keeps the attempt's cookies. The path follows the rules like any other, but that must not cause a
/// loop.
#[fronts(every_front, alb_single_value)]
async fn refused_cookies_end_on_a_page_there_too() {
    let world = closed();
    let browser = world.browser().refusing("__Host-");
    let page = world.sign_in(&browser, "/get").await;
    assert_eq!(
        (page.status.as_u16(), page.reason().as_deref()),
        (400, Some("cookies_refused")),
        "{:?}",
        page.stops()
    );
    assert_eq!(world.requests(Endpoint::Token), 0);
    assert!(world.received().is_empty());
}

/// An expired attempt still belongs to vestibule: the application gets neither the code nor the state.
#[fronts(every_front)]
async fn an_answer_that_comes_too_late_starts_sign_in_once_more() {
    for world in [open(), closed()] {
        let browser = world.browser();
        let address = answer_of_provider(&world, &browser).await;
        let attempts: Vec<_> = browser
            .cookies("localhost")
            .into_iter()
            .filter(|cookie| cookie.name.contains("-attempt-"))
            .collect();
        world.advance(601);
        let late = world.browser();
        late.plant("localhost", &attempts[0].name, &attempts[0].value);
        world.upstream.forget();
        let form = late.open(&address).await;
        assert_eq!(form.url.path(), "/login", "{:?}", form.stops());
        assert!(world.received().is_empty());
    }
}

/// A browser that signs in sends a GET. Any other request with the attempt, or with its cookie twice, contains a code
/// that the application would log.
#[fronts(every_front, alb_single_value)]
async fn no_answer_to_an_attempt_of_this_browser_reaches_the_application() {
    for world in [open(), closed()] {
        let browser = world.browser();
        let address = answer_of_provider(&world, &browser).await;
        let attempts: Vec<_> = browser
            .cookies("localhost")
            .into_iter()
            .filter(|cookie| cookie.name.contains("-attempt-"))
            .collect();
        world.upstream.forget();
        world.stand_in.reset_requests();
        let cookie = format!("{}={}", attempts[0].name, attempts[0].value);
        let twice = format!("{cookie}; {}=x", attempts[0].name);
        let path = address.strip_prefix(world.url("").trim_end_matches('/')).unwrap();
        for method in ["HEAD", "POST", "PUT", "OPTIONS", "DELETE"] {
            let reply = world.send(method, path, &[("cookie", &cookie)]).await;
            // A REST API redirects a request that its authorizer refuses to the page with the reason.
            assert!((300..500).contains(&reply.status), "{method}: {}", reply.status);
            let location = reply.header("location").unwrap_or_default();
            assert!(!location.contains("code="), "{method}: {location}");
        }
        let reply = world.send("GET", path, &[("cookie", &twice)]).await;
        assert!((300..500).contains(&reply.status), "{}", reply.status);
        assert!(world.received().is_empty());
        assert_eq!(world.requests(Endpoint::Token), 0);
    }
}
