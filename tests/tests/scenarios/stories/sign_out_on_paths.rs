//! Tests sign-out by a query parameter or by the end of a path, and the protections against other sites.

use fronts::fronts;
use http::Method;
use local::cognito::Endpoint;
use serde_json::json;
use tests::browser::Browser;
use tests::world::{APPLICATION, Setup, World};

use super::{assert_upstream, session_reason};

const EVIL: &str = "http://127.0.0.1:9000";
const ASKING: [&str; 4] = ["/get?logout", "/anything/a?x=1&logout=true", "/anything/log-out", "/?logout="];

fn setup() -> Setup {
    Setup::default()
        .set("session_storage", "memory")
        .set("logout_query_arg", "logout")
        .set("logout_uri_suffix", "/log-out")
        .set("logout_methods", json!(["GET", "POST", "DELETE"]))
}

async fn signed_in(world: &World) -> Browser {
    let browser = world.browser();
    world.sign_in(&browser, "/get").await;
    browser
}

#[fronts(every_front)]
async fn a_link_of_the_application_signs_out() {
    for path in ASKING {
        let world = setup().build();
        let browser = world.browser();
        let page = world.sign_in(&browser, "/get").await;
        let received = world.received().len();
        let signed_out = browser.follow(&page, path).await;
        assert_eq!(signed_out.url.as_str(), "http://localhost:8400/oauth2/signed-out", "{path}");
        assert_eq!(session_reason(&world, &browser).await.as_deref(), Some("session_missing"), "{path}");
        assert_eq!(world.received().len(), received, "the application gets no request that signs out");
    }
}

#[fronts(every_proxy)]
async fn a_script_signs_out_by_each_method() {
    for method in [Method::POST, Method::DELETE] {
        let world = setup().build();
        let browser = signed_in(&world).await;
        let answer = browser.fetch(APPLICATION, method.clone(), &world.url("/get?logout"), &[]).await;
        assert_eq!(answer.status, 200, "{method}");
        assert!(answer.json()["logout_url"].is_string(), "{method}");
        assert_eq!(session_reason(&world, &browser).await.as_deref(), Some("session_missing"));
    }
}

/// An authorizer cannot end a session, and the redirect makes a GET of a script's POST, which signs nobody
/// out. So the script is refused instead of getting a page that looks like success.
#[fronts(rest)]
async fn a_script_before_an_authorizer_is_refused_and_told_so() {
    for (method, then, status) in [
        (Method::POST, Method::GET, 403),
        (Method::GET, Method::GET, 403),
        (Method::DELETE, Method::DELETE, 405),
    ] {
        let world = setup().build();
        let browser = signed_in(&world).await;
        let answer = browser.fetch(APPLICATION, method.clone(), &world.url("/get?logout"), &[]).await;
        assert_eq!(answer.status, 302, "{method}");
        let told = browser.fetch(APPLICATION, then, answer.headers["location"].to_str().unwrap(), &[]).await;
        assert_eq!(told.status, status, "{method}");
        let reason = if status == 403 { "logout_elsewhere" } else { "method_not_allowed" };
        assert_eq!(told.json()["reason"], reason, "{method}");
        assert_eq!(session_reason(&world, &browser).await, None, "{method}");
        // This is the address that a script signs out at.
        let own = browser.fetch(APPLICATION, Method::POST, &world.url("/oauth2/logout"), &[]).await;
        assert_eq!(own.status, 200, "{method}");
        assert_eq!(session_reason(&world, &browser).await.as_deref(), Some("session_missing"), "{method}");
    }
}

/// Vestibule's own page keeps its meaning, even if its path has the end that requests sign-out.
#[fronts(every_front)]
async fn sign_out_everywhere_is_for_our_own_page_alone() {
    let world = setup().set("logout_uri_suffix", "/logout").build();
    for (path, ends_all) in
        [("/oauth2/logout?everywhere=true", true), ("/anything/logout?everywhere=true", false)]
    {
        let [asks, other] = [signed_in(&world).await, signed_in(&world).await];
        let page = asks.fetch(APPLICATION, Method::POST, &world.url(path), &[]).await;
        if world.front.is_proxy() || ends_all {
            assert_eq!(page.status, 200, "{path}");
            assert_eq!(page.json().get("everywhere").is_some(), ends_all, "{path}");
        }
        assert_eq!(session_reason(&world, &other).await.is_some(), ends_all, "{path}");
        world.advance(61);
    }
}

/// By image, frame, prefetch, form or script of another site, or in a text on vestibule's own pages.
#[fronts(every_front)]
async fn nobody_else_signs_anybody_out() {
    let world = setup().build();
    let browser = signed_in(&world).await;
    let name = world.session_cookie();
    let value = browser.cookies("localhost").into_iter().find(|cookie| cookie.name == name).unwrap().value;
    let cookie = format!("{name}={value}");
    let sent = |method: &'static str, path: &'static str, fields: &'static [(&'static str, &'static str)]| {
        let (world, cookie) = (&world, &cookie);
        async move {
            let mut headers = vec![("cookie", cookie.as_str())];
            headers.extend(fields);
            world.send(method, path, &headers).await
        }
    };
    for path in ASKING {
        for (method, fields) in [
            (
                "GET",
                &[
                    ("sec-fetch-site", "same-origin"),
                    ("sec-fetch-mode", "no-cors"),
                    ("sec-fetch-dest", "image"),
                ][..],
            ),
            (
                "GET",
                &[
                    ("sec-fetch-site", "same-origin"),
                    ("sec-fetch-mode", "navigate"),
                    ("sec-fetch-dest", "iframe"),
                ],
            ),
            (
                "GET",
                &[
                    ("sec-fetch-site", "cross-site"),
                    ("sec-fetch-mode", "navigate"),
                    ("sec-fetch-dest", "document"),
                ],
            ),
            (
                "GET",
                &[
                    ("sec-fetch-site", "same-site"),
                    ("sec-fetch-mode", "navigate"),
                    ("sec-fetch-dest", "document"),
                ],
            ),
            (
                "GET",
                &[
                    ("sec-fetch-site", "same-origin"),
                    ("sec-fetch-mode", "navigate"),
                    ("sec-fetch-dest", "document"),
                    ("sec-purpose", "prefetch"),
                ],
            ),
            ("GET", &[("accept", "text/html")]),
            ("GET", &[("accept", "text/html"), ("origin", "http://localhost:8400")]),
            ("POST", &[("sec-fetch-site", "cross-site"), ("origin", EVIL)]),
            ("POST", &[("origin", EVIL)]),
            ("POST", &[("origin", "null")]),
            ("POST", &[]),
            ("DELETE", &[("origin", EVIL)]),
            ("DELETE", &[("sec-fetch-site", "same-site"), ("origin", "http://localhost:8400")]),
        ] {
            let reply = sent(method, path, fields).await;
            assert!(reply.values("set-cookie").is_empty(), "{method} {path} {fields:?}: {reply:?}");
        }
    }
    // A page of another site leads to the button, on every front.
    let evil = browser.fetch(EVIL, Method::GET, &world.url("/get?logout"), &[]).await;
    assert!(evil.set_cookies().is_empty());
    assert_eq!(session_reason(&world, &browser).await, None);
    assert_eq!(world.requests(Endpoint::Revoke), 0);
    assert_eq!(world.received().len(), 1, "nothing of it reached the application");
}

/// A path that is not listed, and the parameters of a body, belong to the application and its rules.
#[fronts(every_front)]
async fn a_request_that_does_not_ask_is_judged_by_the_rules() {
    let world = setup().set("logout_methods", json!(["DELETE"])).build();
    let nobody = world.browser();
    for path in ASKING {
        let script = nobody.fetch(APPLICATION, Method::GET, &world.url(path), &[]).await;
        assert_eq!(script.status, 401, "{path}");
        let page = nobody.open(&world.url(path)).await;
        assert_eq!(page.url.path(), "/login", "{path}");
    }
    assert!(world.received().is_empty());
    let world = setup().build();
    let browser = signed_in(&world).await;
    for path in ["/anything/log-out/x", "/get?x=logout", "/get?logout2", "/anything/Log-out", "/get?Logout"] {
        assert_upstream(&browser.open(&world.url(path)).await, &world.url(path));
    }
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let posted = browser.fetch(APPLICATION, Method::POST, &world.url("/anything/logout"), &form).await;
    assert_eq!(posted.status, 200);
    assert_eq!(session_reason(&world, &browser).await, None);
}

/// A callback on a path of the application stays a callback, whatever else its query contains.
#[fronts(every_front)]
async fn the_answer_to_a_sign_in_is_no_sign_out() {
    const CALLBACK: &str = "http://localhost:8400/anything/account";
    let world = setup()
        .set("redirect_uri", CALLBACK)
        .provider(|options| options.clients[0].callback_urls.push(CALLBACK.into()))
        .build();
    let browser = world.browser();
    let form = browser.open(&world.url("/get")).await;
    let state = form.url.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let denied = browser.open(&format!("{CALLBACK}?error=access_denied&state={state}&logout")).await;
    assert_eq!(denied.reason().as_deref(), Some("provider_denied"), "{:?}", denied.stops());
    // With an unknown state it requests sign-out, as on any other path.
    let page = world.sign_in(&browser, "/get").await;
    let signed_out = browser.follow(&page, &format!("{CALLBACK}?state=a&logout")).await;
    assert_eq!(signed_out.url.path(), "/oauth2/signed-out", "{:?}", signed_out.stops());
}
