//! Tests refused page loads: the configured pages that they are redirected to, and the configured messages.

use fronts::fronts;
use http::Method;
use serde_json::json;
use tests::world::{APPLICATION, Setup, World};

use super::assert_upstream;

fn setup() -> Setup {
    Setup::default().set("session_storage", "memory").set(
        "routes",
        json!([
            { "paths": ["/anything/open"], "auth": "none" },
            { "paths": ["/anything/closed", "/anything/admins/*"], "groups_required": ["nobody-is-in-this"] },
        ]),
    )
}

async fn signed_in(world: &World) -> tests::browser::Browser {
    let browser = world.browser();
    world.sign_in(&browser, "/get").await;
    browser
}

#[fronts(every_front)]
async fn a_forbidden_user_is_led_to_the_configured_page() {
    for page in ["/anything/open", "http://localhost:8400/anything/open", "/get?told=no"] {
        let world = setup().set("forbidden_redirect_uri", page).build();
        let browser = signed_in(&world).await;
        let led =
            browser.open(&world.url("/anything/admins/x?rd=http://evil.example&next=//evil.example")).await;
        let target = page.strip_prefix(APPLICATION).unwrap_or(page);
        assert_upstream(&led, &world.url(target));
        assert_eq!(led.way.len(), 2, "{:?}", led.stops());
        // A script and a form get the refusal and are not redirected.
        let script = browser.fetch(APPLICATION, Method::GET, &world.url("/anything/admins/x"), &[]).await;
        let told = world.reading_why(&browser, script).await;
        assert_eq!((told.status.as_u16(), told.reason().as_deref()), (403, Some("group_missing")));
        let posted = browser.fetch(APPLICATION, Method::POST, &world.url("/anything/admins/x"), &[]).await;
        assert!(posted.header("location").is_none_or(|location| location.contains("/oauth2/error")));
    }
}

/// The configured page is refused to the same users: the redirects end there, however the page is spelled.
#[fronts(every_front)]
async fn a_page_that_is_closed_itself_ends_the_way() {
    for page in [
        "/anything/closed",
        "/anything/admins/%C3%A4",
        "/anything/admins/a%20b",
        "/anything/admins/",
        "/anything/closed?again=1",
    ] {
        let world = setup().set("forbidden_redirect_uri", page).build();
        let browser = signed_in(&world).await;
        let ended = browser.open(&world.url("/anything/admins/x")).await;
        assert_eq!(
            (ended.status.as_u16(), ended.reason().as_deref()),
            (403, Some("group_missing")),
            "{page}"
        );
        assert!(ended.way.len() <= 3, "{:?}", ended.stops());
    }
}

#[fronts(every_front)]
async fn a_user_who_was_not_let_in_is_led_to_the_configured_page() {
    let world = setup().set("unauthorized_redirect_uri", "/anything/open").build();
    let browser = world.browser();
    let form = browser.open(&world.url("/get")).await;
    let state = form.url.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let denied =
        browser.open(&world.url(&format!("/oauth2/callback?error=access_denied&state={state}"))).await;
    assert_upstream(&denied, &world.url("/anything/open"));
    // Sign-in still starts where it can, and a script still gets a 401.
    assert_eq!(browser.open(&world.url("/get")).await.url.path(), "/login");
    let script = browser.fetch(APPLICATION, Method::GET, &world.url("/get"), &[]).await;
    assert_eq!(script.status, 401);
    // If sign-in cannot start, the page load is redirected to the configured page.
    let world = setup()
        .set("unauthorized_redirect_uri", "/anything/open")
        .set("auth_methods", json!(["session", "bearer"]))
        .build();
    let led = world.browser().open(&world.url("/get")).await;
    assert_upstream(&led, &world.url("/anything/open"));
    // Vestibule's own pages explain the refusal and do not redirect.
    let explained = world.browser().open(&world.url("/oauth2/error?reason=session_missing")).await;
    assert_eq!((explained.status.as_u16(), explained.url.path()), (401, "/oauth2/error"));
}

#[fronts(every_front)]
async fn a_text_of_the_configuration_is_shown_as_text() {
    let text = "Ask <b>Ada</b> & \"us\" <script>alert(1)</script>";
    let world = setup()
        .set("forbidden_error_message", text)
        .set("unauthorized_error_message", "Come in first.")
        .build();
    let browser = signed_in(&world).await;
    let page = browser.open(&world.url("/anything/admins/x")).await;
    assert!(!page.body.contains("<script>alert") && !page.body.contains("<b>Ada"), "{}", page.body);
    assert!(page.body.contains("Ask &#60;b&#62;Ada"), "{}", page.body);
    let script = browser.fetch(APPLICATION, Method::GET, &world.url("/anything/admins/x"), &[]).await;
    assert_eq!(world.reading_why(&browser, script).await.json()["title"], text);
    let nobody = world.browser().fetch(APPLICATION, Method::GET, &world.url("/oauth2/session"), &[]).await;
    assert_eq!((nobody.status.as_u16(), &nobody.json()["title"]), (401, &json!("Come in first.")));
    // Another kind of refusal has its own message.
    let other = world.browser().fetch(APPLICATION, Method::GET, &world.url("/oauth2/nothing"), &[]).await;
    assert_ne!(other.json()["title"], "Come in first.");
}
