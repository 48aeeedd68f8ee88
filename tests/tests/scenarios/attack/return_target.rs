//! Tests the targets of `rd`: below the application's own address, or the start page.

use fronts::fronts;
use tests::world::{Setup, World};

use super::signed_on;

const ELSEWHERE: [&str; 42] = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example/",
    "////evil.example",
    "/\\evil.example/",
    "\\/evil.example/",
    "\\\\evil.example/",
    "/%5Cevil.example/",
    "/%2Fevil.example/",
    "/%09/evil.example/",
    "/\t/evil.example/",
    "/\n/evil.example/",
    "\r\n//evil.example",
    " //evil.example/",
    "//evil.example/ ",
    "\u{a0}//evil.example/",
    "/.//evil.example/",
    "/..//evil.example/",
    "/%2e%2e//evil.example/",
    "/a/..//evil.example/",
    "http:///evil.example/",
    "https:localhost:8400/",
    "http://localhost:8400@evil.example/",
    "http://user@localhost:8400/",
    "http://user:pass@localhost:8400/",
    "http://localhost:8400.evil.example/",
    "http://localhost.evil.example:8400/",
    "http://localhost:84000/",
    "http://localhost:80/",
    "http://localhost/",
    "https://localhost:8400/",
    "ftp://localhost:8400/",
    "blob:http://localhost:8400/a",
    "javascript:alert(1)",
    "data:text/html,x",
    "http://[::1]:8400/",
    "http://127.0.0.1:8400/",
    "http://xn--lcalhost-n4a:8400/",
    "/oauth2/logout",
    "/OAuth2/logout",
    "/x/../oauth2/logout",
    "/%6fauth2/logout",
];

#[fronts(every_front)]
async fn elsewhere_becomes_the_start_page() {
    let world = World::new();
    let browser = signed_on(&world).await;
    for target in ELSEWHERE {
        let encoded: String = url::form_urlencoded::byte_serialize(target.as_bytes()).collect();
        // A second refresh of the same page within 30 seconds would count as a loop.
        world.advance(30);
        for path in ["login", "refresh"] {
            let page = browser.open(&world.url(&format!("/oauth2/{path}?rd={encoded}"))).await;
            let seen = (page.status.as_u16(), page.url.as_str());
            assert_eq!(seen, (200, "http://localhost:8400/"), "{path} {target:?}");
        }
    }
}

#[fronts(every_front)]
async fn below_our_address_is_where_it_says() {
    let cases = [
        ("/get", "/get"),
        ("/anything/a?b=c&d=e", "/anything/a?b=c&d=e"),
        ("http://localhost:8400/anything/a", "/anything/a"),
        ("anything/a", "/anything/a"),
        ("/anything/./a/../b", "/anything/b"),
        ("/anything?u=https://evil.example//", "/anything?u=https://evil.example//"),
        ("/anything/caf%C3%A9", "/anything/caf%C3%A9"),
        ("/anything/a b", "/anything/a%20b"),
        // WHATWG URL: with the base's own scheme and without slashes this is a relative reference.
        ("http:anything/evil.example", "/anything/evil.example"),
        ("http:/anything/evil.example", "/anything/evil.example"),
    ];
    let world = World::new();
    let browser = signed_on(&world).await;
    for (target, expected) in cases {
        let encoded: String = url::form_urlencoded::byte_serialize(target.as_bytes()).collect();
        let page = browser.open(&world.url(&format!("/oauth2/login?rd={encoded}"))).await;
        assert_eq!(page.url.as_str(), format!("http://localhost:8400{expected}"), "{target}");
    }
}

#[fronts(every_front)]
async fn another_stage_of_the_same_host_is_elsewhere() {
    let world = Setup::default().under_a_stage().build();
    let browser = signed_on(&world).await;
    for target in
        ["/", "/other/a", "/app/../other/a", "/appendix", "/app/%2e%2e/other", "http://localhost:8400/"]
    {
        let encoded: String = url::form_urlencoded::byte_serialize(target.as_bytes()).collect();
        let page = browser.open(&world.url(&format!("/oauth2/login?rd={encoded}"))).await;
        let seen = page.url.as_str();
        assert!(
            ["http://localhost:8400/app", "http://localhost:8400/app/"].contains(&seen),
            "{target}: {seen}"
        );
    }
}

#[fronts(every_front)]
async fn two_targets_or_too_long_a_target_are_none() {
    let world = World::with_stored_sessions();
    let browser = signed_on(&world).await;
    let long = format!("rd=/anything/{}", "x".repeat(8_192));
    for query in ["rd=/get&rd=/anything", "rd=/get&rd=//evil.example", "rd=", long.as_str()] {
        let page = browser.open(&world.url(&format!("/oauth2/login?{query}"))).await;
        assert_eq!((page.status.as_u16(), page.url.as_str()), (200, "http://localhost:8400/"), "{query}");
    }
}

#[fronts(every_front)]
async fn sign_in_links_followed_often_by_somebody_signed_in_are_no_loop() {
    for world in [World::new(), World::with_stored_sessions()] {
        let browser = signed_on(&world).await;
        for _ in 0..5 {
            let page = browser.open(&world.url("/oauth2/login?rd=/anything")).await;
            assert_eq!((page.status.as_u16(), page.url.path()), (200, "/anything"), "{:?}", page.reason());
        }
    }
}
