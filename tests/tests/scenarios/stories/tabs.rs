//! Tests several tabs of one browser at the same time.

use fronts::fronts;
use local::cognito::NewUser;
use tests::browser::Page;
use tests::world::World;

use super::{assert_upstream, both_storages};

#[fronts(every_front)]
async fn two_tabs_both_come_to_their_page() {
    for world in both_storages() {
        let browser = world.browser();
        let first = browser.open(&world.url("/anything/1")).await;
        let second = browser.open(&world.url("/anything/2")).await;
        let user = NewUser::local_admin();
        let page = world.fill_in(&browser, &first, &user).await;
        assert_upstream(&page, "http://localhost:8400/anything/1");
        let page = world.fill_in(&browser, &second, &user).await;
        assert_upstream(&page, "http://localhost:8400/anything/2");
    }
}

#[fronts(every_front)]
async fn twenty_tabs_all_end_signed_in_and_no_header_grows_too_long() {
    for (world, all) in both_storages().into_iter().zip([false, true]) {
        let browser = world.browser();
        let mut forms: Vec<Page> = Vec::new();
        for tab in 0..20 {
            forms.push(browser.open(&world.url(&format!("/anything/{tab}"))).await);
            world.advance(1);
            assert_budget(&browser);
        }
        let mut at_their_page = 0;
        for (tab, form) in forms.iter().enumerate() {
            let page = world.fill_in(&browser, form, &NewUser::local_admin()).await;
            assert_budget(&browser);
            assert_eq!(page.status, 200);
            let asked = format!("http://localhost:8400/anything/{tab}");
            // A session in the cookie leaves less room, so the oldest tabs return to the start page.
            at_their_page += usize::from(page.url.as_str() == asked);
            assert!(page.url.as_str() == asked || page.url.path() == "/", "{:?}", page.stops());
        }
        assert!(at_their_page == 20 || !all && at_their_page >= 10, "{at_their_page}");
    }
}

#[fronts(every_front)]
async fn a_hundred_restored_tabs_with_long_addresses_stay_within_the_budget() {
    let world = World::new();
    let browser = world.browser();
    let long = "x".repeat(900);
    let mut forms: Vec<Page> = Vec::new();
    for tab in 0..100 {
        forms.push(browser.open(&world.url(&format!("/anything/{tab}?q={long}"))).await);
        assert_budget(&browser);
    }
    // The latest tab completes its sign-in. The first tab's attempt was dropped, but there is a session by
    // then.
    let page = world.fill_in(&browser, &forms[99], &NewUser::local_admin()).await;
    assert_upstream(&page, &format!("http://localhost:8400/anything/99?q={long}"));
    assert_budget(&browser);
    let page = world.fill_in(&browser, &forms[0], &NewUser::local_admin()).await;
    assert_eq!((page.status.as_u16(), page.url.as_str()), (200, "http://localhost:8400/"));
    assert_budget(&browser);
}

/// Asserts that vestibule's cookies have at most 7 KiB in total.
fn assert_budget(browser: &tests::browser::Browser) {
    let cookies = browser.cookies("localhost");
    let bytes: usize = cookies.iter().map(|cookie| cookie.name.len() + cookie.value.len() + 3).sum();
    let attempts = cookies.iter().filter(|cookie| cookie.name.starts_with("__Host-attempt-")).count();
    assert!(bytes <= 7 * 1_024 && attempts <= 20, "{bytes} bytes, {attempts} attempts");
}

#[fronts(every_front)]
async fn somebody_with_a_session_who_signs_in_again_and_again_is_in_no_loop() {
    for world in both_storages() {
        let browser = world.browser();
        world.sign_in(&browser, "/get").await;
        // Sign-ins from a menu, or from tabs with a slow redirect: the count exceeds its limit while the session is
        // valid.
        for _ in 0..5 {
            let page = browser.open(&world.url("/oauth2/login?rd=/anything/again")).await;
            assert_upstream(&page, "http://localhost:8400/anything/again");
        }
    }
}
