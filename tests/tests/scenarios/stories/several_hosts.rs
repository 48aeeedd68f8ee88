//! Tests one application under several hosts and ports, and a change of `redirect_uri`.

use fronts::fronts;
use http::Method;
use local::cognito::{Endpoint, NewUser};
use serde_json::json;
use tests::browser::Page;
use tests::world::{Setup, World};

use super::{assert_upstream, session_reason};

const FIRST: &str = "http://localhost:8400";
const SECOND: &str = "http://localhost:8446";
const THIRD: &str = "http://localhost:8447";
/// The headers of a page load without `Sec-Fetch-Site`.
const PAGE: [(&str, &str); 1] = [("accept", "text/html")];

fn registered(setup: Setup, callbacks: &'static [&str]) -> Setup {
    setup.provider(|options| {
        let client = &mut options.clients[0];
        client.callback_urls.extend(callbacks.iter().map(|callback| (*callback).to_owned()));
        client.logout_urls.extend([SECOND, THIRD].map(|host| format!("{host}/oauth2/signed-out")));
    })
}

fn three_hosts() -> World {
    let setup =
        Setup::default().set("public_url", json!([FIRST, SECOND, THIRD])).set("session_storage", "memory");
    registered(setup, &["http://localhost:8446/oauth2/callback", "http://localhost:8447/oauth2/callback"])
        .build()
}

/// The `state` of the sign-in that this form of the provider belongs to.
fn state_at(form: &Page) -> String {
    form.url.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned()
}

#[fronts(every_front)]
async fn everything_on_a_host_stays_on_that_host() {
    for host in [FIRST, SECOND, THIRD] {
        let world = three_hosts();
        let browser = world.browser();
        let form = browser.open(&format!("{host}/get?a=1")).await;
        let sent = form.url.query_pairs().find(|(name, _)| name == "redirect_uri").unwrap().1.into_owned();
        assert_eq!(sent, format!("{host}/oauth2/callback"));
        let page = world.fill_in(&browser, &form, &NewUser::local_admin()).await;
        assert_upstream(&page, &format!("{host}/get?a=1"));
        let provider = "http://127.0.0.1:8410";
        let strayed = form.way.iter().chain(&page.way).find(|url| {
            !url.as_str().starts_with(&format!("{host}/")) && !url.as_str().starts_with(provider)
        });
        assert_eq!(strayed, None);
        // Sign-out starts at that host, and the provider returns to it.
        let signed_out = browser.follow(&page, "/oauth2/logout").await;
        assert_eq!(signed_out.url.as_str(), format!("{host}/oauth2/signed-out"), "{:?}", signed_out.stops());
    }
}

/// Cookies do not depend on the port, so a sign-in at one port applies to all of them.
#[fronts(every_front)]
async fn ports_of_one_name_share_a_session() {
    let world = three_hosts();
    let browser = world.browser();
    world.sign_in(&browser, "/get").await;
    assert_upstream(&browser.open(&format!("{SECOND}/get")).await, &format!("{SECOND}/get"));
    browser.open(&format!("{THIRD}/oauth2/logout")).await;
    assert_eq!(session_reason(&world, &browser).await.as_deref(), Some("session_missing"));
}

/// The host selects one of the configured addresses, and is never written into a response.
#[fronts(every_front)]
async fn a_host_that_is_not_configured_means_the_first() {
    let world = three_hosts();
    for host in [
        "evil.example",
        "localhost",
        "localhost:80",
        "localhost:84460",
        "localhost:08446",
        "LOCALHOST:8446",
        "localhost:8446.evil.example",
        "localhost:8446@evil.example",
        "evil.example#localhost:8446",
        "localhost:8446, evil.example",
        "localhost:8446/",
        "",
    ] {
        for path in ["/get", "/oauth2/login", "/oauth2/refresh", "/oauth2/callback?state=a"] {
            let headers = [("host", host), ("x-forwarded-host", "localhost:8446"), PAGE[0]];
            let reply = world.send("GET", path, &headers).await;
            let told = format!("{reply:?}");
            assert!(!told.contains("evil.example") && !told.contains("8446"), "{host} {path}: {told}");
        }
    }
    // Two `Host` fields count as none.
    let headers = [("host", "localhost:8446"), ("host", "localhost:8447"), PAGE[0]];
    let told = format!("{:?}", world.send("GET", "/get", &headers).await);
    assert!(!told.contains("8446") && !told.contains("8447"), "{told}");
    let chosen = world.send("GET", "/get", &[("host", "localhost:8446"), PAGE[0]]).await;
    assert!(chosen.location().starts_with("http://localhost:8446/oauth2/login"), "{chosen:?}");
}

#[fronts(every_front)]
async fn an_origin_is_that_of_the_host_that_is_asked() {
    let world = three_hosts();
    let browser = world.browser();
    world.sign_in(&browser, "/get").await;
    let session = format!("{0}={1}", world.session_cookie(), {
        let cookies = browser.cookies("localhost");
        cookies.into_iter().find(|cookie| cookie.name == world.session_cookie()).unwrap().value
    });
    for (host, origin, acts) in [
        ("localhost:8446", FIRST, false),
        ("localhost:8446", THIRD, false),
        ("evil.example", SECOND, false),
        ("localhost:8446", "http://evil.example", false),
        ("localhost:8446", SECOND, true),
    ] {
        let headers = [("host", host), ("origin", origin), ("cookie", &session), ("accept", "*/*")];
        let reply = world.send("POST", "/oauth2/logout", &headers).await;
        assert_eq!(!reply.values("set-cookie").is_empty(), acts, "{host} {origin}: {reply:?}");
    }
}

#[fronts(every_front)]
async fn a_return_target_on_another_host_is_not_followed() {
    for (host, target) in [
        (SECOND, "http://localhost:8447/get"),
        (SECOND, FIRST),
        (FIRST, "//localhost:8446/get"),
        (SECOND, "http://localhost:8446@evil.example/"),
        (SECOND, "http://evil.example\\@localhost:8446/"),
        (SECOND, "\\\\evil.example/"),
        (SECOND, "/\\evil.example/"),
        (SECOND, "//evil.example/"),
        (SECOND, "/%2fevil.example/"),
        (SECOND, "/%5cevil.example/"),
        (SECOND, "http://localhost:8446.evil.example/"),
        (SECOND, "http://localhost:84460/"),
        (SECOND, "https://localhost:8446/"),
    ] {
        let world = three_hosts();
        let browser = world.browser();
        let rd: String = url::form_urlencoded::byte_serialize(target.as_bytes()).collect();
        let form = browser.open(&format!("{host}/oauth2/login?rd={rd}")).await;
        let page = world.fill_in(&browser, &form, &NewUser::local_admin()).await;
        assert_eq!(page.url.as_str(), format!("{host}/"));
    }
}

/// Each port has the attempt's cookie, but the response is accepted only at the port where the attempt started.
#[fronts(every_front)]
async fn an_answer_at_another_host_spends_no_code() {
    for (begun, arrives) in [(FIRST, SECOND), (SECOND, FIRST), (SECOND, THIRD)] {
        let world = three_hosts();
        let browser = world.browser();
        let form = browser.open(&format!("{begun}/get")).await;
        let answer = format!("{arrives}/oauth2/callback?code=a&state={}", state_at(&form));
        for address in [answer.clone(), format!("{answer}&callback_path=/oauth2/callback")] {
            let page = browser.open(&address).await;
            assert_eq!((page.status.as_u16(), page.reason().as_deref()), (400, Some("redirect_uri_other")));
        }
        assert_eq!(world.requests(Endpoint::Token), 0);
        let page = world.fill_in(&browser, &form, &NewUser::local_admin()).await;
        assert_upstream(&page, &format!("{begun}/get"));
    }
}

const OLD: &str = "http://localhost:8400/anything/old";
const NEW: &str = "http://localhost:8400/anything/new";

/// One process has the old path, one has the new path and still accepts the old one, and one has only the new
/// path.
fn changing() -> World {
    let setup = Setup::default()
        .set("session_storage", "memory")
        .set_here("redirect_uri", OLD)
        .another_process()
        .set_here("redirect_uri", json!([NEW, OLD]))
        .another_process()
        .set_here("redirect_uri", NEW);
    registered(setup, &[OLD, NEW]).build()
}

#[fronts(every_front)]
async fn a_change_of_the_path_loses_no_sign_in() {
    for (begins, finishes) in [(0, 1), (1, 1), (1, 2), (2, 1)] {
        let world = changing();
        world.answer_by(begins);
        let browser = world.browser();
        let form = browser.open(&world.url("/get")).await;
        world.answer_by(finishes);
        let page = world.fill_in(&browser, &form, &NewUser::local_admin()).await;
        assert_upstream(&page, "http://localhost:8400/get");
        assert_eq!(world.requests(Endpoint::Token), 1, "{begins} {finishes}: {:?}", page.stops());
    }
}

/// Both paths are served, but a response is accepted only at its own path.
#[fronts(every_front)]
async fn an_answer_at_another_path_that_is_served_is_refused() {
    let world = changing();
    world.answer_by(1);
    let browser = world.browser();
    let form = browser.open(&world.url("/get")).await;
    let state = state_at(&form);
    for query in ["", "&callback_path=/anything/new"] {
        let page = browser.open(&format!("{OLD}?code=a&state={state}{query}")).await;
        assert_eq!(page.reason().as_deref(), Some("redirect_uri_other"), "{:?}", page.stops());
    }
    assert_eq!(world.requests(Endpoint::Token), 0);
    assert!(world.received().is_empty(), "the application gets neither code nor state");
    // Without an attempt both paths belong to the application.
    for path in [OLD, NEW] {
        let answer = browser.fetch(FIRST, Method::GET, &format!("{path}?code=a&state=b"), &[]).await;
        assert_eq!(answer.status, 401);
    }
}
