//! Tests sign-up, sign-in and sign-out in a real browser. `target/screenshots` keeps a picture of every page.

use local::cognito::{NewUser, StandIn};
use serde_json::json;

use crate::deployment::{self, Deployment, Ground};
use crate::driver::Chromium;

pub(crate) async fn ready(settings: serde_json::Value) -> (Deployment, StandIn) {
    let ground = Ground::bind().await;
    let stand_in = deployment::cognito(&ground.url).await;
    let mut all = deployment::before(&stand_in, &ground.url);
    all.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    (ground.serve(all), stand_in)
}

pub(crate) async fn sign_in(chromium: &Chromium, user: &NewUser) {
    chromium.heading("Sign in").await;
    chromium.fill("username", &user.email).await;
    chromium.fill("password", &user.password).await;
    chromium.press("Sign in").await;
}

#[tokio::test]
async fn sign_up_with_the_emailed_code_and_land_on_the_deep_link() {
    let (deployment, stand_in) = ready(json!({})).await;
    let chromium = Chromium::open("sign_up", 1100, false).await;
    let deep_link = deployment.at("/anything/deep/link?part=2&sort=name&again=a%20b");

    chromium.go(&deep_link).await;
    chromium.heading("Sign in").await;
    chromium.picture("sign-in").await;
    chromium.follow("Create an account").await;
    chromium.heading("Create an account").await;
    chromium.fill("username", "ada@example.com").await;
    chromium.fill("given_name", "Ada").await;
    chromium.fill("family_name", "Example").await;
    chromium.fill("password", "too short").await;
    chromium.press("Create account").await;
    chromium.heading("Create an account").await;
    chromium.picture("sign-up-refused").await;
    chromium.fill("password", "Loopback-3").await;
    chromium.press("Create account").await;
    chromium.heading("Confirm the address").await;
    chromium.picture("confirm").await;
    let code = code_of_mailbox(&chromium, &stand_in).await;
    chromium.fill("code", &code).await;
    chromium.press("Confirm").await;

    chromium.arrived(&deep_link).await;
    let echoed = chromium.text().await;
    assert!(echoed.contains("ada@example.com"), "{echoed}");
    chromium.picture("deep-link").await;
    chromium.close().await;
}

/// Reads the code as a user would: on the mailbox page, in another tab.
async fn code_of_mailbox(chromium: &Chromium, stand_in: &StandIn) -> String {
    let mailbox = format!("{}/_local/mailbox", stand_in.options().base_url);
    chromium
        .driver()
        .in_new_tab(|| async {
            chromium.go(&mailbox).await;
            chromium.heading("Mailbox").await;
            chromium.picture("mailbox").await;
            let text = chromium.text().await;
            Ok(text.split(|c: char| !c.is_ascii_digit()).find(|digits| digits.len() == 6).unwrap().to_owned())
        })
        .await
        .unwrap()
}

#[tokio::test]
async fn a_second_tab_is_signed_in_and_sign_out_ends_it_everywhere() {
    let (deployment, stand_in) = ready(json!({})).await;
    let admin = NewUser::local_admin();
    let chromium = Chromium::open("second_tab", 1100, false).await;
    chromium.go(&deployment.url).await;
    sign_in(&chromium, &admin).await;
    chromium.arrived(&deployment.at("/")).await;
    chromium.picture("home").await;
    let sign_ins = stand_in.requests(local::cognito::Endpoint::Authorize);

    let first = chromium.driver().window().await.unwrap();
    let second = chromium.driver().new_tab().await.unwrap();
    chromium.driver().switch_to_window(second).await.unwrap();
    chromium.go(&deployment.at("/headers")).await;
    assert!(chromium.text().await.contains(&admin.email));
    assert_eq!(stand_in.requests(local::cognito::Endpoint::Authorize), sign_ins);

    page_asks_who_is_signed_in(&chromium, &admin).await;
    cookies_are_out_of_reach(&chromium).await;

    chromium.go(&deployment.url).await;
    chromium.press("Sign out").await;
    chromium.arrived(&deployment.at("/oauth2/signed-out")).await;
    chromium.picture("signed-out").await;
    let (cookies, _) = chromium.cookies().await;
    assert!(cookies.is_empty(), "{cookies:?}");

    // The other tab still shows its page, but its next request ends on the sign-in page, so Cognito forgot the
    // user too.
    chromium.driver().switch_to_window(first).await.unwrap();
    let (status, _) = chromium.fetch("/oauth2/session", &json!({})).await;
    assert_eq!(status, 401);
    chromium.go(&deployment.at("/get?after=sign-out")).await;
    sign_in(&chromium, &admin).await;
    chromium.arrived(&deployment.at("/get?after=sign-out")).await;
    chromium.close().await;
}

async fn page_asks_who_is_signed_in(chromium: &Chromium, user: &NewUser) {
    let (status, session) = chromium.fetch("/oauth2/session", &json!({})).await;
    assert_eq!(status, 200, "{session}");
    assert_eq!(session["authenticated"], true);
    assert_eq!(session["email"], user.email);
    assert_eq!(session["sub"], user.sub.as_deref().unwrap());
    assert_eq!(session["groups"], json!(user.groups));
    let text = session.to_string();
    assert!(!text.contains("eyJ"), "a page is told no token: {text}");
    let options =
        json!({ "method": "POST", "headers": { "content-type": "application/json" }, "body": "{}" });
    let (status, refreshed) = chromium.fetch("/oauth2/refresh", &options).await;
    assert_eq!((status, &refreshed["sub"]), (200, &session["sub"]), "{refreshed}");
}

async fn cookies_are_out_of_reach(chromium: &Chromium) {
    let (cookies, seen_by_scripts) = chromium.cookies().await;
    assert_eq!(seen_by_scripts, "");
    assert!(cookies.iter().any(|cookie| cookie.name.starts_with("__Host-session-")), "{cookies:?}");
    for cookie in cookies {
        assert!(cookie.name.starts_with("__Host-"), "{}", cookie.name);
        assert_eq!(cookie.http_only, Some(true), "{}", cookie.name);
        assert_eq!(cookie.secure, Some(true), "{}", cookie.name);
        assert_eq!(cookie.path.as_deref(), Some("/"), "{}", cookie.name);
        assert_eq!(cookie.same_site, Some(thirtyfour::SameSite::Lax), "{}", cookie.name);
    }
}

#[tokio::test]
async fn the_signed_out_page_leads_back_in() {
    let (deployment, _stand_in) = ready(json!({})).await;
    let chromium = Chromium::open("signed_out", 520, true).await;
    chromium.go(&deployment.at("/oauth2/signed-out")).await;
    chromium.picture("signed-out-narrow-dark").await;
    chromium.follow("Sign in again").await;
    chromium.heading("Sign in").await;
    chromium.picture("sign-in-narrow-dark").await;
    chromium.fill("username", "admin@example.com").await;
    chromium.fill("password", "wrong").await;
    chromium.press("Sign in").await;
    chromium.shown("[role=alert]").await;
    chromium.picture("sign-in-refused-narrow-dark").await;
    sign_in(&chromium, &NewUser::local_admin()).await;
    chromium.arrived(&deployment.at("/")).await;
    chromium.close().await;
}

#[tokio::test]
async fn a_link_to_sign_out_from_elsewhere_asks_first() {
    let (deployment, stand_in) = ready(json!({})).await;
    let chromium = Chromium::open("foreign_link", 1100, false).await;
    chromium.go(&deployment.at("/get")).await;
    sign_in(&chromium, &NewUser::local_admin()).await;
    chromium.arrived(&deployment.at("/get")).await;

    chromium.go(&format!("{}/_local/mailbox", stand_in.options().base_url)).await;
    chromium.click_a_link_to(&deployment.at("/oauth2/logout")).await;
    chromium.heading("Sign out?").await;
    chromium.picture("confirm-sign-out").await;
    let (cookies, _) = chromium.cookies().await;
    assert!(cookies.iter().any(|cookie| cookie.name.starts_with("__Host-session-")), "signed out unasked");
    // The button's POST is redirected to the provider and back, so the page's own policy has to allow both.
    chromium.press("Sign out").await;
    chromium.arrived(&deployment.at("/oauth2/signed-out")).await;
    let (cookies, _) = chromium.cookies().await;
    assert!(cookies.is_empty(), "{cookies:?}");
    chromium.close().await;
}

#[tokio::test]
async fn a_user_without_the_group_reads_why_and_can_sign_out() {
    let (deployment, _stand_in) = ready(json!({ "groups_required": "admins" })).await;
    let guest = NewUser::local_guest();
    let chromium = Chromium::open("refused_group", 1100, false).await;
    chromium.go(&deployment.at("/anything/for-admins")).await;
    sign_in(&chromium, &guest).await;
    chromium.arrived(&deployment.at("/oauth2/error?reason=group_missing")).await;
    assert_eq!(chromium.status().await, 403);
    let text = chromium.text().await;
    assert!(text.contains(&guest.email), "{text}");
    assert!(text.contains("group_missing"), "{text}");
    chromium.picture("refused-group").await;

    chromium.follow("Use another account").await;
    chromium.arrived(&deployment.at("/oauth2/signed-out")).await;
    chromium.go(&deployment.at("/anything/for-admins")).await;
    sign_in(&chromium, &NewUser::local_admin()).await;
    chromium.arrived(&deployment.at("/anything/for-admins")).await;
    chromium.close().await;
}

#[tokio::test]
async fn the_back_button_and_a_bookmarked_callback_find_the_way() {
    let (deployment, _stand_in) = ready(json!({})).await;
    let bookmark = callback_of_somebody_else(&deployment).await;
    let chromium = Chromium::open("bookmark", 1100, false).await;

    // Without a session sign-in starts once more.
    chromium.go(&bookmark).await;
    sign_in(&chromium, &NewUser::local_admin()).await;
    chromium.arrived(&deployment.at("/")).await;

    // The browser goes back to the provider's sign-in page, which still works and leads to the start page.
    chromium.driver().back().await.unwrap();
    chromium.heading("Sign in").await;
    chromium.picture("back").await;
    sign_in(&chromium, &NewUser::local_admin()).await;
    chromium.arrived(&deployment.at("/")).await;

    // With a session the bookmark leads to the start page at once.
    chromium.go(&bookmark).await;
    chromium.arrived(&deployment.at("/")).await;

    chromium.go(&deployment.at("/oauth2/callback?code=x")).await;
    assert_eq!(chromium.status().await, 400);
    chromium.picture("callback-without-state").await;
    chromium.go(&deployment.at("/oauth2/nowhere")).await;
    assert_eq!(chromium.status().await, 404);
    chromium.picture("not-found").await;
    chromium.go(&deployment.at("/oauth2/error?reason=provider_unreachable")).await;
    chromium.picture("provider-unreachable").await;
    chromium.go(&deployment.at("/oauth2/error?reason=sign_in_loop")).await;
    chromium.picture("sign-in-loop").await;
    chromium.close().await;
}

/// The callback address of a completed sign-in in another browser.
async fn callback_of_somebody_else(deployment: &Deployment) -> String {
    let browser = deployment.browser();
    let page = browser.open(&deployment.at("/get")).await;
    let user = NewUser::local_guest();
    let fields = [("username", user.email.as_str()), ("password", user.password.as_str())];
    let page = browser.submit(&page, "/login", &fields).await;
    let callback = page.way.iter().find(|url| url.path() == "/oauth2/callback").unwrap();
    callback.to_string()
}
