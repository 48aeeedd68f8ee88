//! Attacks the settings that act on paths of the application: sign-out and callbacks there, configured pages, and
//! several hosts.

use fronts::fronts;
use local::cognito::{Endpoint, NewUser};
use serde_json::json;
use tests::browser::Browser;
use tests::world::{Setup, World};

use super::PAGE;

const ACCOUNT: &str = "http://localhost:8400/anything/account";
/// A page of another origin.
const HELP: &str = "http://127.0.0.1:8410/start";

/// Every one of these settings at once.
fn setup() -> Setup {
    Setup::default()
        .set("session_storage", "memory")
        .set("redirect_uri", ACCOUNT)
        .set("logout_query_arg", "logout")
        .set("logout_uri_suffix", "/log-out")
        .set("logout_methods", json!(["GET", "POST", "DELETE"]))
        .set("forbidden_redirect_uri", "/anything/open")
        .set(
            "routes",
            json!([
                {"paths": ["/anything/open"], "auth": "none"},
                {"paths": ["/anything/closed/*"], "groups_required": ["nobody-is-in-this"]},
            ]),
        )
        .provider(|options| options.clients[0].callback_urls.push(ACCOUNT.into()))
}

async fn session(world: &World, browser: &Browser) -> String {
    world.sign_in(browser, "/get").await;
    let name = world.session_cookie();
    let found = browser.cookies("localhost").into_iter().find(|cookie| cookie.name == name).unwrap();
    format!("{name}={}", found.value)
}

/// Spellings of a request for sign-out that a proxy, a browser or an application reads in several ways, and fields
/// that say twice where they come from.
#[fronts(every_front)]
async fn no_spelling_of_a_sign_out_is_another_site_s() {
    let world = setup().build();
    let cookie = session(&world, &world.browser()).await;
    world.stand_in.reset_requests();
    let cross: [&[(&str, &str)]; 9] = [
        &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")],
        &[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-origin, cross-site")],
        &[("sec-fetch-site", "Same-Origin")],
        &[("sec-fetch-site", ""), ("origin", "http://localhost:8400")],
        &[("origin", "http://localhost:8400"), ("origin", "http://evil.example")],
        &[("origin", "http://localhost:8400.evil.example")],
        &[("origin", "http://localhost:8400/")],
        &[("referer", "http://localhost:8400/"), ("origin", "null")],
    ];
    for path in [
        "/get?logout",
        "/get?x=1&logout",
        "/get?%6Cogout=",
        "/get?logout=1&logout=2",
        "/anything/log-out?next=//evil.example",
        "/anything/open?logout",
        "/anything/closed/x?logout",
        "/anything/account?logout&state=a&code=b",
    ] {
        for method in ["GET", "POST", "DELETE"] {
            for fields in cross {
                let headers: Vec<_> = fields.iter().copied().chain([("cookie", cookie.as_str())]).collect();
                let reply = world.send(method, path, &headers).await;
                let told = format!("{method} {path} {fields:?}: {reply:?}");
                assert!(reply.values("set-cookie").is_empty(), "{told}");
                assert!(!reply.location().contains("evil.example"), "{told}");
            }
        }
    }
    assert_eq!(world.requests(Endpoint::Revoke), 0);
    let reply = world.send("GET", "/get", &[("cookie", &cookie), PAGE[0], PAGE[1]]).await;
    assert_eq!(reply.status, 200, "the session is still there");
}

/// A callback on a path of the application takes nothing from a body, and passes on nothing that answers an attempt.
#[fronts(every_front)]
async fn no_form_or_fragment_of_an_answer_is_taken_there() {
    let world = setup().build();
    let browser = world.browser();
    let form = browser.open(&world.url("/get")).await;
    let state = form.url.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let attempts: Vec<String> = browser
        .cookies("localhost")
        .into_iter()
        .map(|cookie| format!("{}={}", cookie.name, cookie.value))
        .collect();
    let attempts = attempts.join("; ");
    let form_field = ("content-type", "application/x-www-form-urlencoded");
    world.stand_in.reset_requests();
    for query in [
        String::new(),
        "?code=a".to_owned(),
        format!("?state={state}&state={state}&code=a"),
        format!("?state={state}%00&code=a"),
        format!("?state={state}%0d%0aset-cookie:%20a=b&code=a"),
        format!("?STATE={state}&code=a"),
        format!("?state[]={state}&code=a"),
        format!("?{}&state={state}x&code=a", "a=b&".repeat(200)),
        "?response=a&state=b".to_owned(),
    ] {
        for (method, headers) in [
            ("POST", vec![form_field, ("origin", "null"), ("cookie", attempts.as_str())]),
            ("GET", vec![PAGE[0], PAGE[1], ("cookie", attempts.as_str())]),
            ("GET", vec![("cookie", attempts.as_str())]),
        ] {
            let reply = world.send(method, &format!("/anything/account{query}"), &headers).await;
            let told = format!("{method} {query}: {reply:?}");
            assert!((300..500).contains(&reply.status), "{told}");
            let kept = reply.values("set-cookie").iter().any(|cookie| cookie.contains("-session-"));
            assert!(!kept && reply.header("a").is_none(), "{told}");
            assert!(!reply.location().contains(['\r', '\n']), "{told}");
        }
    }
    assert_eq!(world.requests(Endpoint::Token), 0);
    assert!(world.received().is_empty());
}

/// With `login_redirect_uri` on another origin, that address alone is outside, whatever `rd` names.
#[fronts(every_front)]
async fn a_start_page_elsewhere_opens_no_way_to_other_pages_there() {
    for (target, expected) in [
        ("/get?a=1", "http://localhost:8400/get?a=1"),
        (HELP, HELP),
        ("http://127.0.0.1:8410/start/other", HELP),
        ("http://127.0.0.1:8410/", HELP),
        ("//127.0.0.1:8410/other", HELP),
        ("http://127.0.0.1:8410@evil.example/", HELP),
        ("http://127.0.0.1:8410.evil.example/", HELP),
        ("http://127.0.0.1:8410\\@evil.example/", HELP),
        ("/\\evil.example", HELP),
        ("\r\n//evil.example", HELP),
    ] {
        let world = Setup::default().set("login_redirect_uri", HELP).build();
        let browser = world.browser();
        let rd: String = url::form_urlencoded::byte_serialize(target.as_bytes()).collect();
        let form = browser.open(&world.url(&format!("/oauth2/login?rd={rd}"))).await;
        let page = world.fill_in(&browser, &form, &NewUser::local_admin()).await;
        assert_eq!(page.url.as_str(), expected, "{target:?}: {:?}", page.stops());
    }
}

/// A configured page on another of our hosts that refuses the same person ends there.
#[fronts(every_front)]
async fn pages_that_refuse_each_other_end() {
    let second = "http://localhost:8446";
    for page in [
        "http://localhost:8446/anything/closed/a",
        "http://localhost:8400/anything/closed/a",
        "/anything/closed/a",
    ] {
        let world = setup()
            .set("public_url", json!(["http://localhost:8400", second]))
            .set("redirect_uri", json!([ACCOUNT, "http://localhost:8446/oauth2/callback"]))
            .set("forbidden_redirect_uri", page)
            .build();
        let browser = world.browser();
        session(&world, &browser).await;
        for host in ["http://localhost:8400", second] {
            for path in
                ["/anything/closed/b", "/anything/closed/a", "/anything/closed/%61", "/anything/closed/a/"]
            {
                let ended = browser.open(&format!("{host}{path}?next=//evil.example")).await;
                assert_eq!(
                    ended.reason().as_deref(),
                    Some("group_missing"),
                    "{page} {path}: {:?}",
                    ended.stops()
                );
                assert!(ended.way.len() <= 4, "{page} {path}: {:?}", ended.stops());
            }
        }
    }
}
