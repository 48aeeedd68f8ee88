//! Lets other sites control a browser: sign-in, sign-out and sessions that the attacker chooses.

use fronts::fronts;
use http::Method;
use local::cognito::{Endpoint, NewUser};
use tests::world::World;

const EVIL: &str = "http://127.0.0.1:9000";

fn both() -> [World; 2] {
    [World::new(), World::with_stored_sessions()]
}

/// A callback with the code and state of the attacker's own sign-in, not yet used.
async fn callback_of_the_attacker(world: &World) -> String {
    let attacker = world.browser();
    let form = attacker.open(&world.url("/get")).await;
    world.provider.set_down(true);
    let callback = world.fill_in(&attacker, &form, &NewUser::local_guest()).await;
    world.provider.set_down(false);
    assert_eq!(callback.status, 503);
    callback.url.to_string()
}

#[fronts(every_front)]
async fn a_foreign_code_and_state_sign_nobody_in() {
    for world in both() {
        let callback = callback_of_the_attacker(&world).await;
        let victim = world.browser();
        let page = victim.open(&callback).await;
        assert_eq!(page.url.path(), "/login", "the victim's own sign-in begins: {:?}", page.stops());
        assert!(!victim.cookies("localhost").iter().any(|cookie| cookie.name == world.session_cookie()));
        assert_eq!(world.requests(Endpoint::Token), 0);
    }
}

#[fronts(every_front)]
async fn a_foreign_code_and_state_change_no_session() {
    for world in both() {
        let victim = world.browser();
        world.sign_in(&victim, "/get").await;
        let callback = callback_of_the_attacker(&world).await;
        let page = victim.open(&callback).await;
        assert_eq!((page.status.as_u16(), page.url.as_str()), (200, "http://localhost:8400/"));
        let report = world.fetch(&victim, "/oauth2/session").await.json();
        assert_eq!(report["email"], "admin@example.com");
    }
}

#[fronts(every_front)]
async fn a_foreign_code_with_the_victim_s_own_state_is_refused_by_pkce_and_leads_to_the_victim_s_own_sign_in()
{
    for world in both() {
        let callback = url::Url::parse(&callback_of_the_attacker(&world).await).unwrap();
        let code = callback.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
        let victim = world.browser();
        let form = victim.open(&world.url("/get")).await;
        let state = form.way[2].query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
        let page = victim.open(&world.url(&format!("/oauth2/callback?code={code}&state={state}"))).await;
        assert_eq!((page.url.path(), page.stops()[1]), ("/login", "http://localhost:8400/get"));
        assert!(!victim.cookies("localhost").iter().any(|cookie| cookie.name == world.session_cookie()));
    }
}

#[fronts(every_front)]
async fn another_site_signs_nobody_out() {
    for world in both() {
        let victim = world.browser();
        world.sign_in(&victim, "/get").await;
        let logout = world.url("/oauth2/logout");
        for method in [Method::GET, Method::POST] {
            let answer = victim.fetch(EVIL, method, &logout, &[]).await;
            assert_eq!(answer.status, 200);
            assert!(answer.set_cookies().is_empty(), "{:?}", answer.set_cookies());
        }
        // A form of another site, submitted by an old browser that sends `Origin` but no `Sec-Fetch-Site`.
        let (session, name) = (victim.cookies("localhost"), world.session_cookie());
        let value = &session.iter().find(|cookie| cookie.name == name).unwrap().value;
        let cookie = format!("{name}={value}");
        for origin in [&[("origin", EVIL)][..], &[("origin", "null")], &[]] {
            let mut headers = vec![("cookie", cookie.as_str())];
            headers.extend(origin);
            let reply = world.send("POST", "/oauth2/logout", &headers).await;
            assert!(reply.values("set-cookie").is_empty(), "{origin:?}");
        }
        assert_eq!(world.fetch(&victim, "/oauth2/session").await.status, 200);
        assert_eq!(world.requests(Endpoint::Revoke), 0);
    }
}

#[fronts(every_front)]
async fn an_element_in_somebody_s_text_signs_nobody_out() {
    for world in both() {
        let victim = world.browser();
        world.sign_in(&victim, "/get").await;
        let logout = world.url("/oauth2/logout");
        let (session, name) = (victim.cookies("localhost"), world.session_cookie());
        let value = &session.iter().find(|cookie| cookie.name == name).unwrap().value;
        let cookie = format!("{name}={value}");
        // An image, a frame and a prefetched link, each also through a service worker.
        for [mode, destination, purpose] in [
            ["no-cors", "image", ""],
            ["navigate", "iframe", ""],
            ["navigate", "document", "prefetch"],
            ["navigate", "empty", ""],
            ["no-cors", "empty", ""],
        ] {
            let fields = [
                ("cookie", cookie.as_str()),
                ("sec-fetch-site", "same-origin"),
                ("sec-fetch-mode", mode),
                ("sec-fetch-dest", destination),
                ("sec-purpose", purpose),
            ];
            let reply = world.send("GET", "/oauth2/logout", &fields).await;
            assert!(reply.values("set-cookie").is_empty(), "{mode} {destination} {purpose}");
        }
        let answer = victim.fetch("http://localhost:8400", Method::GET, &logout, &[]).await;
        assert!(answer.set_cookies().is_empty());
        assert_eq!(world.fetch(&victim, "/oauth2/session").await.status, 200);
        assert_eq!(world.requests(Endpoint::Revoke), 0);
    }
}

#[fronts(every_front)]
async fn a_stray_callback_leads_no_image_and_no_script_on() {
    for world in both() {
        let callback = callback_of_the_attacker(&world).await;
        let path = callback.strip_prefix("http://localhost:8400").unwrap();
        for [mode, destination] in
            [["no-cors", "image"], ["no-cors", "script"], ["cors", "empty"], ["navigate", "iframe"]]
        {
            let fields = [("sec-fetch-mode", mode), ("sec-fetch-dest", destination)];
            let reply = world.send("GET", path, &fields).await;
            assert_eq!(reply.status, 400, "{mode} {destination}");
            assert!(reply.values("location").is_empty() && reply.values("set-cookie").is_empty());
        }
        assert_eq!(world.requests(Endpoint::Token), 0);
    }
}

#[fronts(every_front)]
async fn a_page_load_that_a_service_worker_passes_on_is_sent_to_sign_in() {
    let world = World::new();
    for destination in [&[("sec-fetch-dest", "empty")][..], &[]] {
        let mut fields = vec![("sec-fetch-mode", "navigate"), ("accept", "text/html")];
        fields.extend(destination);
        let reply = world.send("GET", "/get", &fields).await;
        assert_eq!(reply.status, 302, "{destination:?}");
        assert!(reply.location().contains("/oauth2/login?rd=%2Fget"), "{destination:?}");
    }
    let script = [("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty"), ("accept", "text/html")];
    assert_eq!(world.send("GET", "/get", &script).await.status, 401);
}

#[fronts(every_front)]
async fn another_site_chooses_no_argument_of_sign_in() {
    let world = tests::world::Setup::default()
        .set("authorization_query_args_client", serde_json::json!(["prompt", "login_hint"]))
        .build();
    let browser = world.browser();
    let elsewhere = browser.open("http://127.0.0.1:8410/login").await;
    let page =
        browser.follow(&elsewhere, "http://localhost:8400/oauth2/login?login_hint=evil@x.example").await;
    assert!(!page.stops()[1].contains("login_hint"), "{:?}", page.stops());
    // A browser without `Sec-Fetch-Site` may have followed a link of any site.
    for (site, taken) in [(None, false), (Some("cross-site"), false), (Some("none"), true)] {
        let mut fields = vec![("accept", "text/html")];
        if let Some(site) = site {
            fields.extend([
                ("sec-fetch-site", site),
                ("sec-fetch-mode", "navigate"),
                ("sec-fetch-dest", "document"),
            ]);
        }
        let reply = world.send("GET", "/oauth2/login?login_hint=evil@x.example", &fields).await;
        assert_eq!(reply.status, 302);
        assert_eq!(reply.location().contains("login_hint"), taken, "{site:?}");
    }
}

#[fronts(every_front)]
async fn a_planted_cookie_is_replaced_at_sign_in() {
    for world in both() {
        let name = world.session_cookie();
        let planted = "A".repeat(43);
        let browser = world.browser();
        browser.plant("localhost", &name, &planted);
        world.sign_in(&browser, "/get").await;
        let held = browser.cookies("localhost").into_iter().find(|cookie| cookie.name == name).unwrap();
        assert_ne!(held.value, planted);
    }
}

#[fronts(every_front)]
async fn the_attacker_s_own_session_does_not_become_the_victim_s() {
    for world in both() {
        let name = world.session_cookie();
        let attacker = world.browser();
        world.sign_in_as(&attacker, "/get", &NewUser::local_guest()).await;
        let planted =
            attacker.cookies("localhost").into_iter().find(|cookie| cookie.name == name).unwrap().value;
        let victim = world.browser();
        victim.plant("localhost", &name, &planted);
        let form = victim.open(&world.url("/oauth2/login?rd=/get")).await;
        world.fill_in(&victim, &form, &NewUser::local_admin()).await;
        let held = victim.cookies("localhost").into_iter().find(|cookie| cookie.name == name).unwrap().value;
        assert_ne!(held, planted);
        let report = world.send("GET", "/oauth2/session", &[("cookie", &format!("{name}={planted}"))]).await;
        assert!(!report.body.contains("admin@example.com"));
    }
}
