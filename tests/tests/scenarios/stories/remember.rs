//! Tests sessions that outlive the browser.

use fronts::fronts;
use tests::world::{Setup, World};

use super::{assert_upstream, our_cookies};

fn asking(storage: &str) -> World {
    Setup::default().set("session_storage", storage).set("session_remember", "ask").build()
}

#[fronts(every_front)]
async fn a_user_who_signed_out_is_offered_to_stay_signed_in_and_stays_for_weeks() {
    for storage in ["cookie", "memory"] {
        let world = asking(storage);
        let browser = world.browser();
        let out = browser.open(&world.url("/oauth2/signed-out")).await;
        let href = format!("{}?remember=true", world.url("/oauth2/login"));
        assert!(out.body.contains(&href), "{}", out.body);
        let form = browser.follow(&out, &format!("{href}&rd=/get")).await;
        let page = world.fill_in(&browser, &form, &local::cognito::NewUser::local_admin()).await;
        assert_upstream(&page, "http://localhost:8400/get");
        for _ in 0..4 {
            world.advance(6 * 86_400);
            assert_upstream(&browser.open(&world.url("/get")).await, "http://localhost:8400/get");
        }
        world.advance(8 * 86_400);
        assert_eq!(browser.open(&world.url("/get")).await.url.path(), "/login");
    }
}

#[fronts(every_front)]
async fn another_site_does_not_choose_that_somebody_stays_signed_in() {
    let world = asking("memory");
    let report = async |browser: &tests::browser::Browser| {
        world.fetch(browser, "/oauth2/session").await.json()["remembered"].clone()
    };
    let browser = world.browser();
    let foreign = browser.open("http://127.0.0.1:8410/login").await;
    let form = browser.follow(&foreign, &format!("{}?remember=true", world.url("/oauth2/login"))).await;
    world.fill_in(&browser, &form, &local::cognito::NewUser::local_admin()).await;
    assert_eq!(report(&browser).await, false);
    assert!(our_cookies(&browser).contains(&world.session_cookie()));
}
