//! From the first request to the page that was asked for.

use tests::world::{PROVIDER, World};

#[tokio::test]
async fn a_page_is_asked_for_and_comes_after_sign_in() {
    let world = World::new();
    let browser = world.browser();

    let form = browser.open(&world.url("/anything/report?a=1&b=%20x")).await;
    let way: Vec<&str> = form.way.iter().map(url::Url::as_str).collect();
    assert_eq!(way[0], "http://localhost:8400/anything/report?a=1&b=%20x");
    assert_eq!(way[1], "http://localhost:8400/oauth2/login?rd=%2Fanything%2Freport%3Fa%3D1%26b%3D%2520x");
    assert!(way[2].starts_with(&format!("{PROVIDER}/oauth2/authorize?response_type=code&client_id=")));
    assert!(way[3].starts_with(&format!("{PROVIDER}/login?")));

    let page = world.fill_in(&browser, &form, &local::cognito::NewUser::local_admin()).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.url.as_str(), "http://localhost:8400/anything/report?a=1&b=%20x");
}
