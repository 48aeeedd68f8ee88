//! Tests answers that come after the browser has signed out or signed in again.
#![expect(clippy::unwrap_used, reason = "a test fails when it cannot be set up")]

use std::sync::Arc;

use conformance::browser::{Browser, Outcome};
use conformance::provider::{RefreshTokenRotation, TOKEN_SECONDS};
use conformance::world::{Setup, World};
use flow::logged_response::LoggedResponse;
use flow::site::Site;
use relying_party::gate::front::Front;
use serde_json::Value;

/// After the provider has issued tokens.
const ANSWERED: usize = 1;

/// The two ways to refresh a session in a cookie at an endpoint.
const WAYS: [(&str, bool); 2] = [("/oauth2/refresh", true), ("/oauth2/refresh?rd=/page", false)];

/// Two sites that keep sessions in cookies.
fn in_cookies(settings: &[(&str, &str)]) -> World {
    World::new(None, Setup { sites: 2, rotation: RefreshTokenRotation::On { grace: 60 }, settings })
}

fn elsewhere(world: &World) -> &Site {
    world.sites.last().unwrap()
}

/// The answer to a refresh at the first site, during which `meanwhile` happens. The browser gets it afterwards.
async fn late_refresh(
    world: &World,
    browser: &mut Browser,
    (target, is_script): (&str, bool),
    meanwhile: impl AsyncFnOnce(&mut Browser),
) {
    world.fault_injector().stop_at(ANSWERED);
    let (site, mut sent, target) =
        (Arc::clone(world.sites.first().unwrap()), browser.clone(), target.to_owned());
    let late = tokio::spawn(async move {
        if is_script { sent.post(&site, &target).await } else { sent.go(&site, &target).await }
    });
    world.fault_injector().stopped().await;
    meanwhile(browser).await;
    world.fault_injector().go_on();
    let late = late.await.unwrap();
    assert_eq!(late.refusal, None, "the session was refreshed");
    browser.keep(&late);
}

fn reason(logged: &LoggedResponse) -> Option<&'static str> {
    logged.refusal.as_ref().map(|refusal| refusal.reason().code)
}

/// The person whom `/oauth2/session` names to a page.
async fn who(world: &World, browser: &mut Browser) -> Option<String> {
    let report = browser.go(elsewhere(world), "/oauth2/session").await;
    let report: Value = serde_json::from_str(&report.response.body).ok()?;
    report.get("sub")?.as_str().map(str::to_owned)
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_is_answered_after_sign_out_signs_nobody_in() {
    for settings in [&[][..], &[("session_cookie_domain", "example.com")], &[("session_remember", "true")]] {
        for way in WAYS {
            let world = in_cookies(settings);
            let mut browser = Browser::signed_in(world.site()).await;
            world.clock.advance(TOKEN_SECONDS - 30);
            late_refresh(&world, &mut browser, way, async |browser: &mut Browser| {
                browser.go(elsewhere(&world), "/oauth2/logout").await;
                assert_eq!(browser.session(), None);
            })
            .await;
            assert!(browser.session().is_some(), "the late answer stored it");
            assert_eq!(browser.open(elsewhere(&world)).await, Outcome::SignIn("session_ended_here"));
            assert_eq!(browser.fetch(world.site()).await, Outcome::Refused("session_ended_here"));
            // Another refresh is refused too.
            let refused = browser.clone().post(world.site(), "/oauth2/refresh").await;
            assert_eq!(reason(&refused), Some("session_ended_here"));
            let report = browser.go(world.site(), "/oauth2/session").await;
            assert_eq!(reason(&report), Some("session_ended_here"));
            assert_eq!(browser.session(), None, "it is expired");
            browser.sign_in(world.site()).await;
            assert!(browser.open(elsewhere(&world)).await.passed());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_is_answered_after_another_sign_in_is_never_the_earlier_person() {
    for way in WAYS {
        for signs_out in [true, false] {
            let world = in_cookies(&[]);
            let mut browser = Browser::signed_in(world.site()).await;
            world.clock.advance(TOKEN_SECONDS - 30);
            world.provider.set_subject("grace");
            late_refresh(&world, &mut browser, way, async |browser: &mut Browser| {
                if signs_out {
                    browser.go(elsewhere(&world), "/oauth2/logout").await;
                }
                browser.sign_in(elsewhere(&world)).await;
                assert_eq!(who(&world, browser).await.as_deref(), Some("grace"));
            })
            .await;
            assert_eq!(browser.open(elsewhere(&world)).await, Outcome::SignIn("session_ended_here"));
            assert_eq!(who(&world, &mut browser).await, None);
            browser.sign_in(elsewhere(&world)).await;
            assert_eq!(who(&world, &mut browser).await.as_deref(), Some("grace"));
        }
    }
}

/// An event before the second of two late answers.
#[derive(Clone, Copy, Debug)]
enum Meanwhile {
    SignOut,
    OtherSignIn,
    SignOutAndOtherSignIn,
    OtherSignInAndSignOut,
}

/// Two requests of one page refresh the session. The browser gets the first answer, which is fresh, and the second
/// late: after `seconds`, in which `meanwhile` happens.
async fn second_late(world: &World, way: (&str, bool), seconds: i64, meanwhile: Meanwhile) -> Browser {
    let mut browser = Browser::signed_in(world.site()).await;
    world.clock.advance(TOKEN_SECONDS - 30);
    let mut sent = browser.clone();
    let late = if way.1 { sent.post(world.site(), way.0).await } else { sent.go(world.site(), way.0).await };
    assert_eq!(late.refusal, None);
    browser.post(elsewhere(world), "/oauth2/refresh").await;
    world.clock.advance(seconds);
    world.provider.set_subject("grace");
    if matches!(meanwhile, Meanwhile::SignOut | Meanwhile::SignOutAndOtherSignIn) {
        browser.go(elsewhere(world), "/oauth2/logout").await;
        assert_eq!(browser.session(), None);
    }
    if !matches!(meanwhile, Meanwhile::SignOut) {
        browser.sign_in(elsewhere(world)).await;
    }
    if matches!(meanwhile, Meanwhile::OtherSignInAndSignOut) {
        browser.go(elsewhere(world), "/oauth2/logout").await;
    }
    browser.keep(&late);
    browser
}

#[tokio::test(start_paused = true)]
async fn a_second_refresh_that_is_answered_late_signs_nobody_in() {
    for meanwhile in [
        Meanwhile::SignOut,
        Meanwhile::OtherSignIn,
        Meanwhile::SignOutAndOtherSignIn,
        Meanwhile::OtherSignInAndSignOut,
    ] {
        for (rotation, way, seconds) in [
            (RefreshTokenRotation::Off, WAYS[0], 5),
            (RefreshTokenRotation::On { grace: 60 }, WAYS[1], 5),
            (RefreshTokenRotation::Off, WAYS[0], 900),
        ] {
            let world = World::new(None, Setup { sites: 2, rotation, settings: &[] });
            let mut browser = second_late(&world, way, seconds, meanwhile).await;
            assert!(browser.session().is_some(), "the late answer stored it");
            assert_eq!(
                browser.open(elsewhere(&world)).await,
                Outcome::SignIn("session_ended_here"),
                "{meanwhile:?} {seconds}"
            );
            assert_eq!(who(&world, &mut browser).await, None);
        }
    }
}

/// The proxy puts the refreshed session into the application's response, which may take long.
#[tokio::test(start_paused = true)]
async fn a_slow_response_of_the_application_signs_nobody_in() {
    let world = in_cookies(&[]);
    let mut browser = Browser::signed_in(world.site()).await;
    world.clock.advance(TOKEN_SECONDS - 30);
    let slow = browser.open_behind_at(world.site(), "/slow", Front::Proxy).await.set_cookies;
    browser.post(world.site(), "/oauth2/refresh").await;
    world.clock.advance(5);
    let mut out = browser.go(world.site(), "/oauth2/logout").await;
    out.response.set_cookies = slow;
    browser.keep(&out);
    assert!(browser.session().is_some(), "the slow response stored it");
    assert_eq!(browser.open(world.site()).await, Outcome::SignIn("session_ended_here"));
}

/// The provider accepts a refresh token once. The answer with the new one is late, and the other request is
/// refused.
#[tokio::test(start_paused = true)]
async fn a_refresh_that_is_answered_after_another_was_refused_signs_nobody_in() {
    for signs_in in [true, false] {
        let world = World::new(
            None,
            Setup { sites: 2, rotation: RefreshTokenRotation::On { grace: 0 }, settings: &[] },
        );
        let mut browser = Browser::signed_in(world.site()).await;
        world.clock.advance(TOKEN_SECONDS - 30);
        let late = browser.clone().post(world.site(), "/oauth2/refresh").await;
        let refused = browser.post(elsewhere(&world), "/oauth2/refresh").await;
        assert_eq!((reason(&refused), browser.session()), (Some("refresh_refused"), None));
        world.clock.advance(5);
        world.provider.set_subject("grace");
        if signs_in {
            browser.sign_in(elsewhere(&world)).await;
            assert_eq!(who(&world, &mut browser).await.as_deref(), Some("grace"));
        } else {
            browser.go(elsewhere(&world), "/oauth2/logout").await;
        }
        browser.keep(&late);
        assert_eq!(browser.open(elsewhere(&world)).await, Outcome::SignIn("session_ended_here"));
        assert_eq!(who(&world, &mut browser).await, None);
    }
}

/// Sign-out expires every cookie where no response can store the session again.
#[tokio::test(start_paused = true)]
async fn a_sign_out_of_a_session_that_is_not_due_leaves_no_cookie() {
    let world = in_cookies(&[]);
    let mut browser = Browser::signed_in(world.site()).await;
    world.clock.advance(60);
    browser.go(elsewhere(&world), "/oauth2/logout").await;
    assert_eq!(browser.names().collect::<Vec<_>>(), Vec::<&str>::new());
}

#[tokio::test(start_paused = true)]
async fn signing_in_in_the_second_of_a_sign_out_works() {
    let world = in_cookies(&[]);
    let mut browser = Browser::default();
    for _ in 0..4 {
        browser.sign_in(world.site()).await;
        assert!(browser.open(elsewhere(&world)).await.passed());
        let before = browser.session().unwrap().to_owned();
        world.clock.advance(TOKEN_SECONDS - 30);
        browser.go(elsewhere(&world), "/oauth2/logout").await;
        browser.sign_in(world.site()).await;
        assert!(browser.open(world.site()).await.passed());
        browser.set_session(&before);
        assert_eq!(browser.open(world.site()).await, Outcome::SignIn("session_ended_here"));
        browser.go(world.site(), "/oauth2/logout").await;
    }
}
