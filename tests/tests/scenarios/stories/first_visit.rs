//! Tests the way from the first request to the requested page.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fronts::fronts;
use local::api_gateway::{HeaderNames, PathParameters};
use local::cognito::NewUser;
use serde_json::{Value, json};
use tests::world::{PROVIDER, Setup, Spelling, StoryFront, World};

use super::{assert_upstream, both_storages, our_cookies, session_reason};

#[fronts(every_front, alb_single_value)]
async fn a_deep_link_comes_after_sign_in_with_its_query() {
    for world in both_storages() {
        let browser = world.browser();
        let asked = "http://localhost:8400/anything/report?a=1&b=%20x";
        let form = browser.open(asked).await;
        let stops = form.stops();
        assert_eq!(stops[0], asked);
        assert_eq!(
            stops[1],
            "http://localhost:8400/oauth2/login?rd=%2Fanything%2Freport%3Fa%3D1%26b%3D%2520x"
        );
        assert!(stops[2].starts_with(&format!("{PROVIDER}/oauth2/authorize?response_type=code&client_id=")));
        assert!(stops[3].starts_with(&format!("{PROVIDER}/login?")));

        let page = world.fill_in(&browser, &form, &NewUser::local_admin()).await;
        assert_upstream(&page, asked);
        let stops = page.stops();
        assert!(stops[1].starts_with("http://localhost:8400/oauth2/callback?code="), "{stops:?}");
        assert_eq!(stops.len(), 3);
        let received = world.received();
        assert_eq!(received.len(), 1, "nothing reached the upstream before");
        assert_eq!(received[0].target, "/anything/report?a=1&b=%20x");
    }
}

#[fronts(every_front)]
async fn the_authorization_request_is_complete() {
    let world = World::new();
    let form = world.browser().open(&world.url("/get")).await;
    let query: std::collections::BTreeMap<_, _> = form.way[2].query_pairs().into_owned().collect();
    let fixed = ["response_type", "client_id", "redirect_uri", "scope", "code_challenge_method"];
    let values: Vec<&str> = fixed.iter().map(|name| query[*name].as_str()).collect();
    let client_id = world.client_id();
    let redirect_uri = "http://localhost:8400/oauth2/callback";
    assert_eq!(values, ["code", client_id.as_str(), redirect_uri, "openid email profile", "S256"]);
    // The state has 32 random bytes, a count and a tag; the two derived values have 32 bytes each.
    assert_eq!((query["state"].len(), query["nonce"].len(), query["code_challenge"].len()), (66, 43, 43));
    assert_eq!(query.len(), 8);
}

#[fronts(every_front, alb_single_value)]
async fn the_browser_keeps_the_session_and_no_attempt() {
    for world in both_storages() {
        let browser = world.browser();
        browser.open(&world.url("/get")).await;
        assert!(our_cookies(&browser)[0].starts_with("__Host-attempt-"));
        world.sign_in(&browser, "/get").await;
        let expected = ["__Host-landed".to_owned(), world.session_cookie()];
        // The first attempt, which was never completed, is still present.
        assert_eq!(our_cookies(&browser)[1..], expected);
        assert_eq!(session_reason(&world, &browser).await, None);
    }
}

#[fronts(every_front, alb_single_value)]
async fn the_upstream_knows_who_it_is_and_sees_no_cookie_of_ours() {
    for world in both_storages() {
        let browser = world.browser();
        browser.plant("localhost", "theme", "dark");
        world.sign_in(&browser, "/get").await;
        let received = world.last_received();
        let user = NewUser::local_admin();
        let sub = user.sub.unwrap();
        let expected = [
            ("x-vestibule-authenticated", "true"),
            ("x-vestibule-sub", sub.as_str()),
            ("x-vestibule-username", sub.as_str()),
            ("x-vestibule-email", "admin@example.com"),
            ("x-vestibule-groups", "admins"),
            ("x-vestibule-scope", "openid%20email%20profile"),
            ("cookie", "theme=dark"),
            ("x-forwarded-host", "localhost:8400"),
            ("x-forwarded-proto", "http"),
            ("x-forwarded-for", "192.0.2.7"),
        ];
        for (name, value) in expected {
            assert_eq!(received.sole(name), Some(value), "{name}");
        }
        let bearer = received.sole("authorization").unwrap();
        assert!(bearer.starts_with("Bearer eyJ"), "{bearer}");
        let everything = format!("{:?}", received.headers);
        assert!(!everything.contains("__Host-") && !everything.contains(&world.session_cookie()));
    }
}

#[fronts(every_front)]
async fn an_address_that_is_not_verified_is_not_told() {
    let world = World::new();
    let user = NewUser::local_admin();
    world.stand_in.set_email_verified(&user.email, false);
    world.sign_in(&world.browser(), "/get").await;
    assert_eq!(world.last_received().values("x-vestibule-email"), Vec::<&str>::new());
}

#[fronts(every_front)]
async fn the_token_exchange_costs_one_token_request_and_one_for_keys() {
    let world = World::new();
    world.sign_in(&world.browser(), "/get").await;
    world.sign_in(&world.browser(), "/get").await;
    let calls: Vec<String> = world.provider.calls().iter().map(|kind| format!("{kind:?}")).collect();
    let token = "Token { grant: AuthorizationCode }";
    assert_eq!(calls, [token, "Jwks", token]);
}

#[fronts(every_front)]
async fn a_stage_in_the_address_stays_in_every_address() {
    let world = Setup::default().under_a_stage().build();
    let browser = world.browser();
    let page = world.sign_in(&browser, "/anything/a?b=c").await;
    assert_upstream(&page, "http://localhost:8400/app/anything/a?b=c");
    assert_eq!(world.last_received().target, "/anything/a?b=c");
    world.fetch(&browser, "/app/get").await;
    assert_eq!(world.last_received().target, "/app/get");
    let out = browser.follow(&page, "/app/oauth2/logout").await;
    assert_eq!(out.url.as_str(), "http://localhost:8400/app/oauth2/signed-out");
    let unauthorized = world.fetch(&browser, "/anything").await;
    assert_eq!(unauthorized.status, 401);
    if !world.front.is_proxy() {
        assert_eq!(unauthorized.json()["session"], "/app/oauth2/session");
    }
}

/// The rules apply to paths below the base path: a path outside is neither matched nor forwarded, and vestibule has no
/// page there.
#[fronts(every_proxy)]
async fn beside_the_path_in_the_address_there_is_nothing() {
    let open = json!([{"paths": ["/*"], "auth": "none"}]);
    let world = Setup::default().set("routes", open).under_a_stage().build();
    for target in ["/", "/get", "/application", "/oauth2/login", "/oauth2/health", "/app%2fget", "//app/get"]
    {
        // An HTTP API has decoded the path, which is then below the base path.
        if world.front == StoryFront::HttpApi && target == "/app%2fget" {
            continue;
        }
        let reply = world.send("GET", target, &[]).await;
        world.front.assert_refused(&reply, "not_found", target);
    }
    assert!(world.received().is_empty());
    let page = world.browser().open("http://localhost:8400/get").await;
    assert_eq!((page.status.as_u16(), page.reason().as_deref()), (404, Some("not_found")));
    assert!(page.body.contains("http://localhost:8400/app/"), "{}", page.body);
    world.send("GET", "/app/get", &[]).await;
    assert_eq!(world.last_received().target, "/get");
}

#[fronts(rest)]
async fn the_fixed_401_names_addresses_that_are_there() {
    for setup in [Setup::default(), Setup::default().under_a_stage()] {
        let world = setup.build();
        let browser = world.browser();
        let unauthorized = world.fetch(&browser, "/anything").await;
        assert_eq!(unauthorized.status, 401);
        let session = unauthorized.json()["session"].as_str().unwrap().to_owned();
        let report = browser.fetch("http://localhost:8400", http::Method::GET, &session, &[]).await;
        assert_eq!((report.status.as_u16(), report.reason().as_deref()), (401, Some("session_missing")));
    }
}

#[fronts(every_front)]
async fn the_start_page_too() {
    let world = World::new();
    let page = world.sign_in(&world.browser(), "/").await;
    assert_eq!((page.status.as_u16(), page.url.as_str()), (200, "http://localhost:8400/"));
}

/// AWS does not document how its mappings compare header names, so both ways must work, for every spelling of
/// the client.
#[fronts(rest)]
async fn the_upstream_gets_our_values_alone_in_any_spelling() {
    for names in [HeaderNames::CaseSensitive, HeaderNames::CaseInsensitive] {
        for spelling in [Spelling::LowerCase, Spelling::Canonical] {
            let setup = Setup::default().spelling(spelling);
            let world = setup.behaviour(|behaviour| behaviour.header_names = names).build();
            let browser = world.browser();
            browser.plant("localhost", "theme", "dark");
            world.sign_in(&browser, "/get").await;
            let received = world.last_received();
            assert_eq!(received.values("cookie"), ["theme=dark"], "{names:?} {spelling:?}");
            let authorization = received.values("authorization");
            assert!(
                authorization.len() == 1 && authorization[0].starts_with("Bearer eyJ"),
                "{authorization:?}"
            );
        }
    }
}

/// AWS does not document either whether a path parameter is decoded on its way to the upstream.
#[fronts(every_front)]
async fn an_encoded_path_arrives_as_the_same_path_both_ways() {
    for decoding in [PathParameters::AsSent, PathParameters::Decoded] {
        let setup = Setup::default().behaviour(|behaviour| behaviour.path_parameters = decoding);
        let world = setup.build();
        let page = world.sign_in(&world.browser(), "/anything/caf%C3%A9%20a").await;
        assert_eq!(page.status, 200);
        assert_eq!(world.last_received().target, "/anything/caf%C3%A9%20a", "{decoding:?}");
    }
}

#[fronts(every_front)]
async fn arguments_for_the_provider_are_passed_when_they_may_be() {
    let world = Setup::default()
        .set("authorization_query_args_client", json!(["lang", "login_hint"]))
        .set("authorization_query_args", json!({"identity_provider": "COGNITO"}))
        .build();
    let browser = world.browser();
    let form =
        browser.open(&world.url("/oauth2/login?rd=/get&lang=de&prompt=none&login_hint=a@b.example")).await;
    let query: std::collections::BTreeMap<_, _> = form.way[1].query_pairs().into_owned().collect();
    assert_eq!(query["lang"], "de");
    assert_eq!(query["login_hint"], "a@b.example");
    assert_eq!(query["identity_provider"], "COGNITO");
    assert!(!query.contains_key("prompt"));
}

#[fronts(every_front)]
async fn arguments_that_make_the_address_at_the_provider_too_long_are_left_out() {
    let world =
        Setup::default().set("authorization_query_args_client", json!(["lang", "login_hint"])).build();
    for (lang, is_kept) in [
        ("d".repeat(2_000), true),
        ("d".repeat(2_100), false),
        ("d".repeat(9_000), false),
        ("%F0%9F%98%80".repeat(180), false),
    ] {
        let login = format!("/oauth2/login?rd=/get&lang={lang}&login_hint=ada");
        let form = world.browser().open(&world.url(&login)).await;
        let query: std::collections::BTreeMap<_, _> = form.way[1].query_pairs().into_owned().collect();
        assert_eq!(query.contains_key("lang"), is_kept, "{}", lang.len());
        assert_eq!(query["login_hint"], "ada");
    }
}

/// An ID token is refreshed with the access token, and a client's own field of either name never arrives.
#[fronts(every_proxy)]
async fn the_id_token_and_user_info_reach_the_application_under_their_names() {
    let world = Setup::default()
        .set("upstream_id_token_header", "X-Id-Token")
        .set("upstream_user_info_header", "x-userinfo")
        .set("session_storage", "memory")
        .build();
    let browser = world.browser();
    world.sign_in(&browser, "/get").await;
    let first = world.last_received().sole("x-id-token").unwrap().to_owned();
    assert_eq!(first.split('.').count(), 3, "{first}");
    let user_info = STANDARD.decode(world.last_received().sole("x-userinfo").unwrap()).unwrap();
    let user_info: Value = serde_json::from_slice(&user_info).unwrap();
    assert_eq!(user_info["email"], json!(NewUser::local_admin().email));
    world.advance(3_590);
    assert_eq!(browser.open(&world.url("/get")).await.status, 200);
    assert_ne!(world.last_received().sole("x-id-token").unwrap(), first);

    let bearer = format!("Bearer {}", world.access_token(&NewUser::local_admin()));
    let fields = [("authorization", bearer.as_str()), ("x-id-token", "mine"), ("x_userinfo", "mine")];
    assert_eq!(world.send("GET", "/get", &fields).await.status, 200);
    let received = world.last_received();
    assert_eq!(received.sole("x-id-token"), None);
    assert_ne!(received.sole("x-userinfo").unwrap(), "mine");
}
