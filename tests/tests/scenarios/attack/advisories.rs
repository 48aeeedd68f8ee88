//! Tests the advisories and hardening notes of other relying parties. docs/advisories.md also lists those that
//! cannot apply.

use fronts::fronts;
use local::cognito::{Endpoint, MintKey, NewUser, TokenUse};
use serde_json::json;
use tests::world::{Setup, World};

use super::PAGE;
use crate::credentials::{minted, session_and_attempt};

fn public() -> World {
    let rules = json!([{"paths": ["/anything/public/*"], "auth": "none"}]);
    Setup::default().set("routes", rules).build()
}

/// oauth2-proxy treated a request with a load balancer's `User-Agent` as a health check and let it pass.
#[fronts(every_front)]
async fn ghsa_5hvv_a_health_check_user_agent_opens_nothing() {
    let world = World::new();
    for agent in ["GoogleHC/1.0", "ELB-HealthChecker/2.0", "kube-probe/1.30", "Amazon CloudFront"] {
        let reply = world.send("GET", "/anything", &[("user-agent", agent)]).await;
        assert_eq!(reply.status, 401, "{agent}");
    }
    assert!(world.received().is_empty());
}

/// oauth2-proxy evaluated its open routes with `X-Forwarded-Uri`, which clients can send.
#[fronts(every_front)]
async fn ghsa_7x63_a_forwarded_uri_opens_no_route() {
    let world = public();
    let names =
        ["x-forwarded-uri", "x-forwarded-path", "x-forwarded-prefix", "x-envoy-original-path", "forwarded"];
    for name in names {
        let reply = world.send("GET", "/anything/secret", &[(name, "/anything/public/a")]).await;
        // An authorizer cannot remove the field from the request, so it refuses the request.
        if world.front.is_proxy() || name == "forwarded" {
            assert_eq!(reply.status, 401, "{name}");
        } else {
            world.front.assert_refused(&reply, "reserved_header", name);
        }
    }
    assert!(world.received().is_empty());
}

/// oauth2-proxy matched open routes against a path that still had its fragment.
#[fronts(every_front)]
async fn ghsa_pxq7_a_fragment_opens_no_route() {
    let world = public();
    for path in ["/anything/secret#/anything/public/a", "/anything/secret%23/anything/public/a"] {
        assert_ne!(world.send("GET", path, &[]).await.status, 200, "{path}");
    }
    assert!(world.received().is_empty());
}

/// oauth2-proxy matched open routes against path and query together.
#[fronts(every_front)]
async fn ghsa_7rh7_a_query_string_never_opens_a_route() {
    let world = public();
    for query in ["/anything/public/a", "x=/anything/public/", "anything/public/*", "&/anything/public/a"] {
        let path = format!("/anything/secret?{query}");
        assert_eq!(world.send("GET", &path, &[]).await.status, 401, "{path}");
    }
    assert!(world.received().is_empty());
}

/// oauth2-proxy removed `X-Forwarded-User` but let `X_Forwarded_User` pass, which many frameworks treat as the same.
#[fronts(every_front)]
async fn cve_2025_64484_underscores_smuggle_no_identity_header() {
    let world = public();
    for name in
        ["x_vestibule_sub", "X_Vestibule_Sub", "x-vestibule_sub", "x_vestibule-sub", "X-VESTIBULE_SUB"]
    {
        world.assert_not_believed("GET", "/anything/public/a", &[], name).await;
    }
}

/// oauth2-proxy showed its sign-in page without clearing the existing session cookie.
#[fronts(every_front)]
async fn ghsa_f24x_sign_in_takes_a_session_away_that_is_none() {
    for world in [World::new(), World::with_stored_sessions()] {
        let cookie = format!("{}=planted", world.session_cookie());
        let mut headers = PAGE.to_vec();
        headers.push(("cookie", &cookie));
        let reply = world.send("GET", "/oauth2/login", &headers).await;
        let expired = format!("{}=;", world.session_cookie());
        let set = reply.values("set-cookie");
        assert!(set.iter().any(|set| set.starts_with(&expired) && set.contains("Max-Age=0")), "{set:?}");
    }
}

/// oauth2-proxy used the part after the first `@` as the domain of an address. Here no decision depends on an
/// address, and an odd one reaches the upstream as one value or not at all.
#[fronts(every_front)]
async fn ghsa_c5c4_an_address_with_several_at_signs_is_one_value() {
    let world = World::new();
    let odd =
        NewUser { sub: None, email: "admin@evil.example@example.com".to_owned(), ..NewUser::local_guest() };
    world.stand_in.add_user(odd.clone());
    world.sign_in_as(&world.browser(), "/anything", &odd).await;
    assert_eq!(world.last_received().sole("x-vestibule-email"), Some(odd.email.as_str()));
}

/// A crafted host could bypass oauth2-proxy's list of redirect domains.
#[fronts(every_front)]
async fn ghsa_4mf2_no_host_but_ours_is_a_return_target() {
    let world = World::new();
    let browser = super::signed_on(&world).await;
    for target in
        ["http://localhost:8400.evil.example/", "http://localhost:8400%2eevil.example/", "//.localhost:8400/"]
    {
        let encoded: String = url::form_urlencoded::byte_serialize(target.as_bytes()).collect();
        let page = browser.open(&world.url(&format!("/oauth2/login?rd={encoded}"))).await;
        assert_eq!(page.url.as_str(), "http://localhost:8400/", "{target}");
    }
}

/// oauth2-proxy dropped its group check when a session was refreshed.
#[fronts(every_front)]
async fn ghsa_652x_the_group_check_outlives_a_refresh() {
    for storage in ["cookie", "memory"] {
        let world = Setup::default()
            .set("session_storage", storage)
            .set("groups_required", json!(["admins"]))
            .build();
        let browser = world.browser();
        assert_eq!(world.sign_in(&browser, "/anything").await.status, 200);
        world.stand_in.set_groups(&NewUser::local_admin().email, &[]);
        world.advance(3_550);
        let page = browser.open(&world.url("/anything")).await;
        assert_eq!((page.status.as_u16(), page.reason().as_deref()), (403, Some("group_missing")));
        assert_eq!(world.received().len(), 1);
    }
}

/// mod_auth_openidc sent the protected page together with the form that leads to the provider
/// (CVE-2025-31492).
#[fronts(every_front)]
async fn cve_2025_31492_who_is_sent_to_sign_in_gets_nothing_of_the_page() {
    let world = World::new();
    let scripts: &[(&str, &str)] = &[("accept", "application/json")];
    for method in ["GET", "HEAD", "POST"] {
        for headers in [PAGE.as_slice(), scripts] {
            let reply = world.send(method, "/anything/secret", headers).await;
            assert!([302, 401].contains(&reply.status), "{method}: {}", reply.status);
        }
    }
    assert!(world.received().is_empty());
}

/// A `POST` without a body crashed mod_auth_openidc if it preserved bodies during sign-in (CVE-2025-3891).
#[fronts(every_front)]
async fn cve_2025_3891_a_post_without_a_body_is_answered() {
    let world = World::new();
    for content in
        ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json", ""]
    {
        let reply = world.send("POST", "/anything", &[("content-type", content)]).await;
        assert_eq!(reply.status, 401, "{content}");
    }
    assert_eq!(world.send("GET", "/oauth2/health", &[]).await.status, 200);
}

/// oauth2-proxy interpreted an empty entry in its list of groups as "everybody" (pull request 3365).
#[test]
fn o2p_3365_an_empty_group_is_a_fault_and_no_group_matches_it() {
    use relying_party::configuration::{Configuration, Role, Sources};
    for groups in [json!([]), json!([""]), json!([" "]), json!(["admins", ""])] {
        let document = json!({
            "issuer": "https://issuer.example",
            "client_id": "client",
            "public_url": "https://app.example",
            "session_secret": "a secret of more than thirty-two bytes",
            "client_auth": "none",
            "groups_required": groups,
        });
        let text = document.to_string();
        let sources = Sources { document: Some(&text), ..Sources::default() };
        let faults = Configuration::from_sources(&sources, Role::Authorizer).unwrap_err().to_string();
        assert!(faults.contains("groups_required"), "{groups}: {faults}");
    }
}

/// oauth2-proxy validated its CSRF cookie with the lifetime of the session (pull request 3369).
#[fronts(every_front)]
async fn o2p_3369_an_attempt_has_a_lifetime_of_its_own() {
    let world = World::new();
    let browser = world.browser();
    let form = browser.open(&world.url("/get")).await;
    let attempt = browser.cookies("localhost").pop().unwrap();
    world.advance(601);
    // It makes no difference if the browser keeps the cookie too long.
    browser.plant("localhost", &attempt.name, &attempt.value);
    let state = form.way[2].query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let page = browser.open(&world.url(&format!("/oauth2/callback?code=x&state={state}"))).await;
    assert_eq!(world.requests(Endpoint::Token), 0);
    assert_eq!(page.url.path(), "/login", "sign-in starts over: {:?}", page.stops());
}

/// mod_auth_openidc no longer keeps a session's id after a new login.
#[fronts(every_front)]
async fn mao_a_new_login_has_a_new_session_id_and_the_old_one_ends() {
    let world = World::with_stored_sessions();
    let name = world.session_cookie();
    let browser = world.browser();
    world.sign_in(&browser, "/get").await;
    let held = || browser.cookies("localhost").into_iter().find(|cookie| cookie.name == name).unwrap().value;
    let first = held();
    browser.open(&world.url("/oauth2/login?rd=/get")).await;
    assert_ne!(held(), first);
    let reply = world.send("GET", "/oauth2/session", &[("cookie", &format!("{name}={first}"))]).await;
    assert_eq!(reply.reason().as_deref(), Some("session_not_stored"));
}

/// mod_auth_openidc refuses `alg: none` before any other check.
#[fronts(every_front)]
async fn mao_alg_none_is_refused_without_a_request_for_keys() {
    let world = World::new();
    let token = minted(&world, TokenUse::Access, &json!({}), MintKey::None);
    let bearer = format!("Bearer {token}");
    let reply = world.send("GET", "/oauth2/session", &[("authorization", &bearer)]).await;
    assert_eq!(reply.status, 401);
    assert!(["token_algorithm_not_allowed", "token_malformed"].contains(&reply.reason().unwrap().as_str()));
}

/// mod_auth_openidc requires `exp` of access tokens.
#[fronts(every_front)]
async fn mao_an_access_token_without_an_end_is_refused() {
    let world = World::new();
    let bearer =
        format!("Bearer {}", minted(&world, TokenUse::Access, &json!({"exp": null}), MintKey::Access));
    let reply = world.send("GET", "/oauth2/session", &[("authorization", &bearer)]).await;
    assert_eq!(reply.reason().as_deref(), Some("access_token_claim"));
}

/// mod_auth_openidc removes identity headers on OPTIONS and on open paths too.
#[fronts(every_front)]
async fn mao_identity_headers_are_not_believed_on_open_routes_and_preflights() {
    let rules = json!([{"paths": ["/anything/*"], "auth": "none", "preflight": "pass"}]);
    let world = Setup::default().set("routes", rules).build();
    let preflight = [("origin", "https://spa.example"), ("access-control-request-method", "PUT")];
    for method in ["GET", "OPTIONS", "POST", "HEAD"] {
        world.assert_not_believed(method, "/anything/a", &preflight, "x-vestibule-sub").await;
    }
}

/// mod_auth_openidc does not revoke tokens on an unauthenticated logout request.
#[fronts(every_front)]
async fn mao_a_sign_out_of_another_site_revokes_nothing() {
    let world = World::new();
    let (session, _) = session_and_attempt(&world).await;
    let cookie = format!("{}={session}", world.session_cookie());
    let headers = [("cookie", cookie.as_str()), ("sec-fetch-site", "cross-site")];
    for method in ["GET", "POST"] {
        world.send(method, "/oauth2/logout", &headers).await;
    }
    assert_eq!(world.requests(Endpoint::Revoke), 0);
}

/// mod_auth_openidc: a missing chunk means that there is no session, and causes no loop.
#[fronts(every_front)]
async fn mao_a_missing_chunk_signs_in_once() {
    let world = World::new();
    let browser = world.browser();
    browser.plant("localhost", &format!("{}.1", world.session_cookie()), "x");
    let page = world.sign_in(&browser, "/get").await;
    assert_eq!((page.status.as_u16(), page.url.path()), (200, "/get"));
}

/// mod_auth_openidc: contents that filled their chunks exactly caused a login loop.
#[fronts(every_front)]
async fn mao_a_session_of_any_length_around_a_chunk_sticks() {
    let world = World::new();
    for length in 0..64 {
        let name = "x".repeat(length * 3);
        world.stand_in.set_groups(&NewUser::local_admin().email, &[&name]);
        let browser = world.browser();
        let page = world.sign_in(&browser, "/get").await;
        assert_eq!(
            (page.status.as_u16(), page.url.path()),
            (200, "/get"),
            "a group of {} letters",
            name.len()
        );
    }
}

/// mod_auth_openidc limits the length of redirect URLs.
#[fronts(every_front)]
async fn mao_a_location_stays_short_however_long_the_address() {
    let world = World::new();
    for length in [1_000, 1_900, 2_100, 4_000, 8_000] {
        let path = format!("/anything?{}", "x".repeat(length));
        let reply = world.send("GET", &path, &PAGE).await;
        assert_eq!(reply.status, 302, "{length}");
        // The proxy does not put a long address into another one, so it starts the sign-in at the page's own
        // address.
        let at_once = world.front.is_proxy() && length > 1_900;
        let next = if at_once {
            "http://127.0.0.1:8410/oauth2/authorize?"
        } else {
            "http://localhost:8400/oauth2/login"
        };
        assert!(reply.location().starts_with(next), "{length}: {}", reply.location());
        assert!(reply.location().len() <= 2_048, "{length}");
    }
}

/// mod_auth_openidc's CVE-2024-24814: a chunk count chosen by the client made the server work endlessly.
#[fronts(every_front)]
async fn cve_2024_24814_a_chunk_number_of_the_client_s_choosing_costs_nothing() {
    let world = World::new();
    let name = world.session_cookie();
    for cookie in [
        format!("{name}.99=x"),
        format!("{name}.99999999999=x"),
        format!("{name}.4294967295=x; {name}.0=x"),
        format!("{name}_chunks=99999999; {name}=x"),
        format!("{name}.-1=x"),
    ] {
        let reply = world.send("GET", "/oauth2/session", &[("cookie", &cookie)]).await;
        assert_eq!(reply.status, 401, "{cookie}");
    }
}

/// mod_auth_openidc's CVE-2023-28625: stripping cookies crashed on a `Cookie` field that contained only
/// separators.
#[fronts(every_front)]
async fn cve_2023_28625_odd_cookie_fields_are_stripped_without_a_crash() {
    let world = public();
    for field in ["", ";", ";;;", "=", "; =;", " ", "a", "a;", ";a=1", "__Host-landed", "__Host-landed=;"] {
        let reply = world.send("GET", "/anything/public/a", &[("cookie", field)]).await;
        assert_eq!(reply.status, 200, "{field:?}");
        assert!(!format!("{:?}", world.last_received().headers).contains("__Host-landed="), "{field:?}");
    }
}

/// mod_auth_openidc's CVE-2022-23527: `/\t/evil.example` after logout or login.
#[fronts(every_front)]
async fn cve_2022_23527_a_tab_makes_no_other_host() {
    let world = World::new();
    let browser = super::signed_on(&world).await;
    for target in ["/%09/evil.example", "/%09%2fevil.example", "%09//evil.example", "/%0a/evil.example"] {
        let page = browser.open(&world.url(&format!("/oauth2/login?rd={target}"))).await;
        assert_eq!(page.url.as_str(), "http://localhost:8400/", "{target}");
    }
}
