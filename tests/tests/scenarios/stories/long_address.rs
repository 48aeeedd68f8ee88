//! Tests pages with long addresses: sign-in returns to them if browser and front can carry the address.

use fronts::fronts;
use local::cognito::NewUser;
use tests::browser::{Browser, Page};
use tests::world::{StoryFront, World};

use super::{both_storages, our_cookies};

const START_PAGE: &str = "http://localhost:8400/";

/// An address of this many bytes.
fn letters(bytes: usize) -> String {
    let address = "http://localhost:8400/anything/dashboard?q=";
    format!("{address}{}", "x".repeat(bytes - address.len()))
}

/// The same in the style of a dashboard.
fn dashboard(bytes: usize) -> String {
    let mut address =
        "http://localhost:8400/anything/app/dashboards?_g=(time:(from:now-7d,to:now))&_a=(".to_owned();
    for panel in 0..1_000 {
        let text = format!(
            "(gridData:(h:15,i:%27{panel}%27,w:24),id:%27{:x}%27,type:visualization),",
            panel * 7_919
        );
        if address.len() + text.len() > bytes {
            break;
        }
        address += &text;
    }
    format!("{address}{}", "x".repeat(bytes - address.len()))
}

/// Letters that hardly compress.
fn noise(bytes: usize) -> String {
    let mut address = "http://localhost:8400/anything/noise?q=".to_owned();
    let mut seed = 1_u64;
    while address.len() < bytes {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let letter =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[(seed >> 58) as usize];
        address.push(char::from(letter));
    }
    address
}

async fn signed_in(world: &World, browser: &Browser, form: &Page) -> Page {
    let page = world.fill_in(browser, form, &NewUser::local_admin()).await;
    assert_eq!(page.status, 200, "{:?}", page.stops());
    assert_budget(browser);
    page
}

/// Asserts that vestibule's cookies have at most 7 KiB in total, and no attempt more than 1.5 KB.
fn assert_budget(browser: &Browser) {
    let cookies = browser.cookies("localhost");
    let ours = cookies.iter().filter(|cookie| cookie.name.starts_with("__Host-"));
    let bytes: usize = ours.map(|cookie| cookie.name.len() + cookie.value.len() + 3).sum();
    assert!(bytes <= 7 * 1_024, "{bytes} bytes");
    let mut attempts = cookies.iter().filter(|cookie| cookie.name.starts_with("__Host-attempt-"));
    assert!(attempts.all(|cookie| cookie.value.len() < 1_500));
}

/// Whether sign-in returns to an address of this many bytes.
fn is_kept(world: &World, bytes: usize) -> bool {
    match world.front {
        StoryFront::Rest => bytes <= 1_024,
        // The next request carries a session of 3 KB besides the address.
        StoryFront::HttpApi if world.session_storage_is_cookie() => bytes <= 3_000,
        StoryFront::HttpApi | StoryFront::FunctionUrl | StoryFront::Alb | StoryFront::AlbSingleValue => {
            bytes <= 8_192
        }
    }
}

#[fronts(every_front, alb_single_value)]
async fn sign_in_comes_back_to_a_long_address_where_it_is_carried() {
    for world in both_storages() {
        for (bytes, address) in [
            (1_024, letters(1_024)),
            (1_025, letters(1_025)),
            (3_000, dashboard(3_000)),
            (8_192, letters(8_192)),
            (8_192, dashboard(8_192)),
            (8_193, letters(8_193)),
        ] {
            let browser = world.browser();
            let form = browser.open(&address).await;
            let page = signed_in(&world, &browser, &form).await;
            let expected = if is_kept(&world, bytes) { address.as_str() } else { START_PAGE };
            assert_eq!(page.url.as_str(), expected, "{bytes}: {:?}", page.stops());
            assert!(
                !our_cookies(&browser)
                    .iter()
                    .any(|name| name.contains("-attempt-") || name.contains("-return-"))
            );
        }
    }
}

#[fronts(every_front)]
async fn a_link_to_sign_in_may_name_a_long_address() {
    let world = World::with_stored_sessions();
    for bytes in [1_024, 1_025, 3_000] {
        let browser = world.browser();
        let address = letters(bytes);
        let encoded: String = url::form_urlencoded::byte_serialize(address.as_bytes()).collect();
        let form = browser.open(&world.url(&format!("/oauth2/login?rd={encoded}"))).await;
        let page = signed_in(&world, &browser, &form).await;
        assert_eq!(page.url.as_str() == address, is_kept(&world, bytes), "{bytes}");
    }
}

#[fronts(every_proxy)]
async fn tabs_with_long_addresses_all_come_to_their_page_beside_an_application_s_cookies() {
    let world = World::with_stored_sessions();
    let browser = world.browser();
    browser.plant("localhost", "theme", &"d".repeat(1_500));
    let addresses: Vec<String> = (0..4).map(|tab| format!("{}{tab}", dashboard(3_000))).collect();
    let mut forms = Vec::new();
    for address in &addresses {
        forms.push(browser.open(address).await);
        world.advance(1);
        assert_budget(&browser);
    }
    for (address, form) in addresses.iter().zip(&forms) {
        assert_eq!(signed_in(&world, &browser, form).await.url.as_str(), address);
    }
    let theme = world.last_received().headers.iter().any(|(_, value)| value.starts_with("theme=d"));
    assert!(theme && !our_cookies(&browser).iter().any(|name| name.contains("-return-")));
}

/// With many restored tabs the oldest attempts are dropped, each with its address, and no request becomes too
/// long.
#[fronts(every_proxy)]
async fn attempts_are_given_up_with_their_addresses() {
    let world = World::with_stored_sessions();
    let browser = world.browser();
    let mut forms = Vec::new();
    for tab in 0..30 {
        let address = if tab % 3 == 0 { noise(3_000) } else { dashboard(3_000 + tab) };
        forms.push((browser.open(&address).await, address));
        world.advance(1);
        assert_budget(&browser);
        let names = our_cookies(&browser);
        for name in names.iter().filter_map(|name| name.strip_prefix("__Host-return-")) {
            assert!(names.contains(&format!("__Host-attempt-{}", &name[..8])), "{name} has its attempt");
        }
    }
    let (form, address) = forms.pop().unwrap();
    assert_eq!(signed_in(&world, &browser, &form).await.url.as_str(), address);
    let first = signed_in(&world, &browser, &forms[0].0).await;
    assert_eq!(first.url.as_str(), START_PAGE);
}

#[fronts(every_proxy)]
async fn an_address_that_does_not_fit_the_cookies_is_the_start_page() {
    for world in both_storages() {
        let browser = world.browser();
        let form = browser.open(&noise(8_000)).await;
        assert!(!our_cookies(&browser).iter().any(|name| name.contains("-return-")));
        assert_eq!(signed_in(&world, &browser, &form).await.url.as_str(), START_PAGE);
    }
}

/// The address is lost or belongs to another tab, but the user is signed in nevertheless.
#[fronts(every_proxy)]
async fn a_broken_address_is_the_start_page_and_no_error() {
    let world = World::with_stored_sessions();
    let address = noise(6_000);
    for case in ["lost", "exchanged", "bent"] {
        let browser = world.browser();
        let form = browser.open(&address).await;
        let parts: Vec<_> = browser
            .cookies("localhost")
            .into_iter()
            .filter(|cookie| cookie.name.contains("-return-"))
            .collect();
        assert_eq!(parts.len(), 2, "{case}");
        match case {
            "lost" => browser.forget("localhost", &parts[1].name),
            "exchanged" => {
                browser.plant("localhost", &parts[0].name, &parts[1].value);
                browser.plant("localhost", &parts[1].name, &parts[0].value);
            }
            _ => browser.plant("localhost", &parts[0].name, "AAAA"),
        }
        assert_eq!(signed_in(&world, &browser, &form).await.url.as_str(), START_PAGE, "{case}");
        assert!(!our_cookies(&browser).iter().any(|name| name.contains("-return-")), "{case}");
    }
}

#[fronts(every_front)]
async fn sign_out_takes_long_addresses_with_it() {
    let world = World::with_stored_sessions();
    let browser = world.browser();
    let page = world.sign_in(&browser, "/get").await;
    let tab = world.browser();
    tab.open(&noise(3_000)).await;
    for cookie in tab.cookies("localhost") {
        browser.plant("localhost", &cookie.name, &cookie.value);
    }
    browser.follow(&page, "/oauth2/logout").await;
    assert_eq!(our_cookies(&browser), Vec::<String>::new());
}
