//! Tests who may pass: groups, open and optional routes, preflights, scripts, bearer clients.

use fronts::fronts;
use local::cognito::NewUser;
use serde_json::json;
use tests::world::{Setup, World};

use super::{assert_upstream, both_storages};

fn routes(rules: serde_json::Value) -> Setup {
    Setup::default().set("routes", rules)
}

#[fronts(every_front)]
async fn a_user_without_the_group_sees_who_is_signed_in_and_how_to_sign_out() {
    for storage in ["cookie", "memory"] {
        let world = Setup::default()
            .set("session_storage", storage)
            .set("groups_required", json!(["admins"]))
            .build();
        let browser = world.browser();
        let page = world.sign_in_as(&browser, "/get", &NewUser::local_guest()).await;
        let address = world.front.refusal_address("http://localhost:8400/get", "group_missing");
        assert_eq!(page.url.as_str(), address);
        assert_eq!((page.status.as_u16(), page.reason().as_deref()), (403, Some("group_missing")));
        assert!(page.body.contains("guest@example.com"), "{}", page.body);
        assert!(page.body.contains("href=\"http://localhost:8400/oauth2/logout\""), "{}", page.body);
        assert!(world.received().is_empty());
        let out = browser.follow(&page, "/oauth2/logout").await;
        assert_eq!(out.url.path(), "/oauth2/signed-out");
        assert_upstream(&world.sign_in(&world.browser(), "/get").await, "http://localhost:8400/get");
    }
}

#[fronts(every_front)]
async fn a_script_without_the_group_gets_403_as_json() {
    let world = Setup::default().set("groups_required", json!(["admins"])).build();
    let browser = world.browser();
    world.sign_in_as(&browser, "/get", &NewUser::local_guest()).await;
    let refused = world.fetch(&browser, "/anything").await;
    assert_eq!(refused.status, world.front.status_of("group_missing"));
    let refused = world.reading_why(&browser, refused).await;
    assert_eq!((refused.status.as_u16(), refused.reason().as_deref()), (403, Some("group_missing")));
}

#[fronts(every_front)]
async fn a_route_rule_has_its_own_requirement() {
    let rules = json!([{"paths": ["/anything/admin/*"], "groups_required": ["admins"]}]);
    let world = routes(rules).build();
    let browser = world.browser();
    let page = world.sign_in_as(&browser, "/anything/a", &NewUser::local_guest()).await;
    assert_upstream(&page, "http://localhost:8400/anything/a");
    for path in ["/anything/admin", "/anything/admin/a/b"] {
        let page = browser.open(&world.url(path)).await;
        assert_eq!((page.status.as_u16(), page.reason().as_deref()), (403, Some("group_missing")), "{path}");
    }
}

#[fronts(every_front)]
async fn a_rule_by_prefix_holds_in_the_middle_of_a_segment() {
    let rules = json!([
        {"paths": ["/anything/admin/*"], "path_matching": "prefix", "groups_required": ["admins"]},
        {"paths": ["/anything/*"], "auth": "none"},
    ]);
    let world = routes(rules).build();
    let browser = world.browser();
    world.sign_in_as(&browser, "/get", &NewUser::local_guest()).await;
    for path in [
        "/anything/admin",
        "/anything/admin/a",
        "/anything/admin.php",
        "/anything/administrator/a",
        "/anything/Admin",
    ] {
        let page = browser.open(&world.url(path)).await;
        assert_eq!((page.status.as_u16(), page.reason().as_deref()), (403, Some("group_missing")), "{path}");
    }
    for path in ["/anything/adm", "/anything/x/admin"] {
        assert_upstream(&world.browser().open(&world.url(path)).await, &world.url(path));
    }
}

#[fronts(every_front)]
async fn an_open_route_asks_nobody_and_tells_no_identity() {
    for storage in ["cookie", "memory"] {
        let rules = json!([{"paths": ["/anything/public/*"], "auth": "none"}]);
        let world = routes(rules).set("session_storage", storage).build();
        let browser = world.browser();
        let page = browser.open(&world.url("/anything/public/a")).await;
        assert_upstream(&page, "http://localhost:8400/anything/public/a");
        assert_eq!(world.last_received().sole("x-vestibule-authenticated"), Some("false"));
        // It is the same with a session: no credential is read, and vestibule's cookies are not forwarded.
        world.sign_in(&browser, "/get").await;
        browser.open(&world.url("/anything/public/a")).await;
        let received = world.last_received();
        assert_eq!(received.sole("x-vestibule-authenticated"), Some("false"));
        assert_eq!(received.values("x-vestibule-sub"), Vec::<&str>::new());
        assert!(received.values("cookie").iter().all(|value| *value == "-"), "{received:?}");
    }
}

#[fronts(every_front)]
async fn an_optional_route_knows_whoever_is_signed_in() {
    for storage in ["cookie", "memory"] {
        let rules = json!([{"paths": ["/anything/*"], "auth": "optional"}]);
        let world = routes(rules).set("session_storage", storage).build();
        let browser = world.browser();
        browser.open(&world.url("/anything/a")).await;
        assert_eq!(world.last_received().sole("x-vestibule-authenticated"), Some("false"));
        browser.plant("localhost", &world.session_cookie(), "AQAAAA");
        let page = browser.open(&world.url("/anything/a")).await;
        assert_upstream(&page, "http://localhost:8400/anything/a");
        assert_eq!(world.last_received().sole("x-vestibule-authenticated"), Some("false"));
        world.sign_in(&browser, "/get").await;
        browser.open(&world.url("/anything/a")).await;
        assert_eq!(world.last_received().sole("x-vestibule-email"), Some("admin@example.com"));
        // An invalid bearer token is still refused.
        let bad = [("authorization", "Bearer a.b.c")];
        assert_eq!(world.send("GET", "/anything/a", &bad).await.status, 401);
    }
}

#[fronts(every_front)]
async fn a_user_without_the_group_is_anonymous_where_that_is_enough() {
    for storage in ["cookie", "memory"] {
        let rules = json!([
            {"paths": ["/anything/closed"]},
            {"paths": ["/anything/*"], "auth": "optional"},
        ]);
        let world =
            routes(rules).set("session_storage", storage).set("groups_required", json!(["admins"])).build();
        let browser = world.browser();
        assert_eq!(world.sign_in_as(&browser, "/get", &NewUser::local_guest()).await.status, 403);
        let page = browser.open(&world.url("/anything/a")).await;
        assert_upstream(&page, "http://localhost:8400/anything/a");
        let received = world.last_received();
        assert_eq!(received.sole("x-vestibule-authenticated"), Some("false"));
        assert_eq!(received.values("x-vestibule-sub"), Vec::<&str>::new());
        // It does not apply where sign-in is required, nor to a bearer token, which is always verified.
        assert_eq!(browser.open(&world.url("/anything/closed")).await.status, 403);
        let bearer = format!("Bearer {}", world.access_token(&NewUser::local_guest()));
        let refused = world.send("GET", "/anything/a", &[("authorization", &bearer)]).await;
        assert_eq!(refused.status, world.front.status_of("group_missing"));
        let member = world.browser();
        world.sign_in(&member, "/get").await;
        member.open(&world.url("/anything/a")).await;
        assert_eq!(world.last_received().sole("x-vestibule-email"), Some("admin@example.com"));
    }
}

#[fronts(every_front)]
async fn a_preflight_passes_where_the_rule_says_so_and_without_credentials() {
    let preflight = [
        ("origin", "https://spa.example"),
        ("access-control-request-method", "PUT"),
        ("cookie", "theme=dark"),
        ("authorization", "Basic c2VjcmV0"),
    ];
    let passing = routes(json!([{"paths": ["/anything/*"], "preflight": "pass"}])).build();
    let reply = passing.send("OPTIONS", "/anything/a", &preflight).await;
    assert_eq!(reply.status, 200);
    let received = passing.last_received();
    assert_eq!(
        (received.method.as_str(), received.sole("x-vestibule-authenticated")),
        ("OPTIONS", Some("false"))
    );
    let credentials = [received.credential("cookie"), received.credential("authorization")];
    assert_eq!(credentials, [None, None]);
    // The request itself needs a credential, and so does an OPTIONS request that is not a preflight.
    assert_eq!(passing.send("PUT", "/anything/a", &preflight[..1]).await.status, 401);
    assert_eq!(passing.send("OPTIONS", "/anything/a", &preflight[..1]).await.status, 401);
    assert_eq!(passing.send("OPTIONS", "/get", &preflight).await.status, 401);
    let enforcing = World::new();
    assert_eq!(enforcing.send("OPTIONS", "/anything/a", &preflight).await.status, 401);
}

#[fronts(every_front)]
async fn only_a_page_load_is_ever_redirected() {
    type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], u16);
    let page = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
    let cases: [Case<'_>; 12] = [
        ("a page load", "GET", &page, 302),
        ("an old browser", "GET", &[("accept", "text/html")], 302),
        ("XHTML", "GET", &[("accept", "application/xhtml+xml, */*")], 302),
        ("a HEAD", "HEAD", &page, 401),
        ("a POST of a form", "POST", &page, 401),
        ("fetch", "GET", &[("sec-fetch-mode", "cors"), ("accept", "text/html")], 401),
        ("an image", "GET", &[("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image")], 401),
        ("a frame", "GET", &[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")], 401),
        ("jQuery", "GET", &[("accept", "text/html"), ("x-requested-with", "XMLHttpRequest")], 401),
        ("a prefetch", "GET", &[page[0], page[1], ("sec-purpose", "prefetch")], 401),
        ("curl", "GET", &[("accept", "*/*")], 401),
        ("a bearer client", "GET", &[page[0], page[1], ("authorization", "Bearer x")], 401),
    ];
    let world = World::new();
    for (who, method, headers, status) in cases {
        let reply = world.send(method, "/anything", headers).await;
        assert_eq!(reply.status, status, "{who}");
        if status == 401 {
            assert!(reply.header("www-authenticate").unwrap().starts_with("Bearer"), "{who}");
            assert_eq!(reply.header("cache-control"), Some("no-store"), "{who}");
            assert!(reply.values("set-cookie").is_empty() && reply.location().is_empty(), "{who}");
        }
    }
}

#[fronts(every_front)]
async fn a_bearer_client_comes_through_and_is_known() {
    for world in both_storages() {
        let token = world.access_token(&NewUser::local_admin());
        let authorization = format!("Bearer {token}");
        let reply = world.send("POST", "/anything/api?x=y", &[("Authorization", &authorization)]).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        let received = world.last_received();
        assert_eq!((received.method.as_str(), received.target.as_str()), ("POST", "/anything/api?x=y"));
        assert_eq!(received.sole("authorization"), Some(authorization.as_str()));
        assert_eq!(received.sole("x-vestibule-groups"), Some("admins"));
        assert_eq!(received.sole("x-vestibule-authenticated"), Some("true"));
        let report = world.send("GET", "/oauth2/session", &[("authorization", &authorization)]).await;
        assert_eq!(report.status, 200);
        assert!(!report.body.contains(&token));
    }
}

#[fronts(every_front)]
async fn another_authentication_scheme_is_the_upstream_s() {
    let rules = json!([{"paths": ["/anything/*"], "auth": "optional"}]);
    let world = routes(rules).build();
    let reply = world.send("GET", "/anything/a", &[("authorization", "Basic dTpw")]).await;
    assert_eq!(reply.status, 200);
    assert_eq!(world.last_received().sole("authorization"), Some("Basic dTpw"));
    assert_eq!(world.send("GET", "/get", &[("authorization", "Basic dTpw")]).await.status, 401);
}

#[fronts(rest)]
async fn a_user_whose_groups_do_not_fit_is_told_so_and_no_group_is_dropped() {
    let (world, bearer) = member_of_a_hundred_groups();
    let reply = world.send("GET", "/anything", &[("authorization", &bearer)]).await;
    assert_eq!((reply.status, reply.reason().as_deref()), (302, Some("identity_too_large")));
    assert!(world.received().is_empty());
}

/// The proxy writes the headers itself, so the size limit of an authorizer's result does not apply.
#[fronts(every_proxy)]
async fn a_hundred_groups_come_through_the_proxy_every_one() {
    let (world, bearer) = member_of_a_hundred_groups();
    assert_eq!(world.send("GET", "/anything", &[("authorization", &bearer)]).await.status, 200);
    assert_eq!(world.last_received().sole("x-vestibule-groups").unwrap().split(',').count(), 100);
}

fn member_of_a_hundred_groups() -> (World, String) {
    let world = World::new();
    let groups: Vec<String> = (0..100).map(|number| format!("{number:03}{}", "g".repeat(57))).collect();
    let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
    world.stand_in.set_groups(&NewUser::local_admin().email, &groups);
    let bearer = format!("Bearer {}", world.access_token(&NewUser::local_admin()));
    (world, bearer)
}
