//! Sends identity headers from the client in every spelling, and headers that change the request after the
//! decision.

use fronts::fronts;
use local::api_gateway::HeaderNames;
use local::cognito::NewUser;
use serde_json::json;
use tests::world::{Setup, StoryFront, World};

const NAMES: [&str; 10] = [
    "authenticated",
    "sub",
    "issuer",
    "username",
    "email",
    "groups",
    "scope",
    "claims",
    "role",
    "anything-else",
];

fn spellings(name: &str) -> Vec<String> {
    let lower = format!("x-vestibule-{name}");
    let upper = lower.to_ascii_uppercase();
    let canonical = "X-Vestibule-".to_owned() + name;
    let odd: String = lower
        .char_indices()
        .map(|(index, letter)| if index % 2 == 0 { letter.to_ascii_uppercase() } else { letter })
        .collect();
    let marks = ['_', '.', '~', '!', '\'', '|', '+', '*', '^', '`', '#', '$', '%', '&'];
    let mut spellings = vec![lower.clone(), upper, canonical, odd];
    spellings.extend(marks.iter().map(|mark| lower.replace('-', &mark.to_string())));
    spellings.extend(marks.iter().map(|mark| lower.replacen('-', &mark.to_string(), 1)));
    spellings
}

/// One world for each way in which a REST API may compare names; other fronts have only one.
fn worlds() -> Vec<World> {
    let open = json!([{"paths": ["/anything/open/*"], "auth": "none"}]);
    let ways = [HeaderNames::CaseSensitive, HeaderNames::CaseInsensitive];
    ways.into_iter()
        .take(if StoryFront::current().is_proxy() { 1 } else { ways.len() })
        .map(|names| {
            let setup = Setup::default().set("routes", open.clone());
            setup.behaviour(|behaviour| behaviour.header_names = names).build()
        })
        .collect()
}

#[fronts(every_front, alb_single_value)]
async fn no_spelling_of_an_identity_header_reaches_the_upstream() {
    for world in worlds() {
        let bearer = format!("Bearer {}", world.access_token(&NewUser::local_guest()));
        for name in NAMES.iter().flat_map(|name| spellings(name)) {
            for path in ["/anything", "/anything/open/a"] {
                world.assert_not_believed("GET", path, &[("authorization", bearer.as_str())], &name).await;
            }
        }
    }
}

#[fronts(every_front)]
async fn names_that_are_not_quite_ours_pass_as_the_client_s() {
    let world = World::new();
    let bearer = format!("Bearer {}", world.access_token(&NewUser::local_guest()));
    for name in ["x-vestibules-sub", "vestibule-sub", "xvestibulesub"] {
        let headers = [("authorization", bearer.as_str()), (name, "x")];
        assert_eq!(world.send("GET", "/anything", &headers).await.status, 200, "{name}");
        assert_eq!(world.last_received().look_alikes("x-vestibule-sub").len(), 1);
    }
}

#[fronts(every_front, alb_single_value)]
async fn overrides_of_method_and_address_are_refused() {
    let names = [
        "x-http-method",
        "X-HTTP-Method",
        "x-method-override",
        "X_Method_Override",
        "x-original-url",
        "X-Original-URL",
        "x-rewrite-url",
        "X-Rewrite-Url",
        "x_http_method_override",
    ];
    for world in worlds() {
        for name in names {
            for path in ["/anything", "/anything/open/a"] {
                let reply = world.send("GET", path, &[(name, "/anything/open/a")]).await;
                // The load balancer drops a field with an invalid name, so no function sees it.
                if world.front.is_load_balancer() && name.contains('_') {
                    let received = world.received();
                    assert_eq!(received.len(), usize::from(path == "/anything/open/a"), "{name} {path}");
                    assert!(received.iter().all(|request| request.values(name).is_empty()), "{name}");
                    world.upstream.forget();
                    continue;
                }
                world.front.assert_refused(&reply, "reserved_header", name);
            }
        }
        // API Gateway itself applies this header, and the authorizer refuses a request that contains it.
        let reply = world.send("GET", "/anything/open/a", &[("X-HTTP-Method-Override", "DELETE")]).await;
        world.front.assert_refused(&reply, "reserved_header", "X-HTTP-Method-Override");
        assert!(world.received().is_empty());
    }
}

/// An authorizer refuses headers that it cannot remove; the proxy removes them.
#[fronts(every_front)]
async fn no_user_host_or_path_of_the_client_s_reaches_the_upstream() {
    let names =
        ["remote-user", "x-remote-user", "Proxy", "X-Forwarded-Prefix", "X-Host", "X-SSL-Client-Verify"];
    for world in worlds() {
        for name in names {
            let reply = world.send("GET", "/anything/open/a", &[(name, "root")]).await;
            if !world.front.is_proxy() {
                world.front.assert_refused(&reply, "reserved_header", name);
                assert!(world.received().is_empty(), "{name}");
                continue;
            }
            assert_eq!(reply.status, 200, "{name}");
            assert!(world.last_received().look_alikes(&name.to_ascii_lowercase()).is_empty(), "{name}");
        }
    }
}

/// An application that trusts vestibule assumes that a bearer token was verified.
#[fronts(every_front, alb_single_value)]
async fn a_bearer_token_reaches_an_open_route_of_the_upstream_from_nobody() {
    for world in worlds() {
        for name in ["authorization", "Authorization"] {
            let reply = world.send("GET", "/anything/open/a", &[(name, "Bearer forged")]).await;
            assert_eq!(reply.status, 200, "{name}");
            let received = world.last_received();
            let values = received.values("authorization");
            assert!(values.iter().all(|value| *value == "-"), "{name} {values:?}");
            assert!(!world.front.is_proxy() || values.is_empty(), "{name} {values:?}");
        }
        let basic = [("authorization", "Basic eDp5")];
        assert_eq!(world.send("GET", "/anything/open/a", &basic).await.status, 200);
        assert!(world.last_received().values("authorization").contains(&"Basic eDp5"));
    }
}

/// A REST API overwrites `Authorization` and `authorization`, and perhaps no other spelling.
#[fronts(rest)]
async fn a_mapped_header_in_a_third_spelling_is_refused() {
    for world in worlds() {
        let bearer = format!("Bearer {}", world.access_token(&NewUser::local_guest()));
        let names =
            ["AUTHORIZATION", "aUTHORIZATION", "cOOkie", "COOKIE", "X-FORWARDED-HOST", "x-Forwarded-host"];
        for name in names {
            for path in ["/anything", "/anything/open/a"] {
                let reply = world.send("GET", path, &[("authorization", &bearer), (name, "x")]).await;
                let seen = (reply.status, reply.reason());
                assert_eq!(seen, (302, Some("ambiguous_header".to_owned())), "{name} {path}");
            }
        }
        assert!(world.received().is_empty());
    }
}

#[fronts(every_front, alb_single_value)]
async fn an_address_that_the_client_claims_is_replaced() {
    for world in worlds() {
        let bearer = format!("Bearer {}", world.access_token(&NewUser::local_guest()));
        let spellings = [
            [
                ("x-forwarded-for", "10.0.0.1"),
                ("x-forwarded-host", "evil.example"),
                ("x-forwarded-proto", "gopher"),
            ],
            [
                ("X-Forwarded-For", "10.0.0.1"),
                ("X-Forwarded-Host", "evil.example"),
                ("X-Forwarded-Proto", "gopher"),
            ],
        ];
        for spoofed in spellings {
            for path in ["/anything", "/anything/open/a"] {
                let mut headers = vec![("authorization", bearer.as_str())];
                headers.extend(spoofed);
                assert_eq!(world.send("GET", path, &headers).await.status, 200);
                let received = world.last_received();
                assert_eq!(received.sole("x-forwarded-for"), Some("192.0.2.7"));
                assert_eq!(received.sole("x-forwarded-host"), Some("localhost:8400"));
                assert_eq!(received.sole("x-forwarded-proto"), Some("http"));
            }
        }
    }
}

/// The authorizer does not refuse this header, because Cloudflare Access adds it to ordinary requests.
#[fronts(every_front)]
async fn the_user_that_cloudflare_names_is_not_the_client_s_text() {
    let world = World::new();
    let bearer = format!("Bearer {}", world.access_token(&NewUser::local_guest()));
    for name in ["Cf-Access-Authenticated-User-Email", "cf-access-authenticated-user-email"] {
        for path in ["/anything", "/anything/open/a"] {
            let headers = [("authorization", bearer.as_str()), (name, "admin@example.com")];
            assert_eq!(world.send("GET", path, &headers).await.status, 200, "{name} {path}");
            let received = format!("{:?}", world.last_received());
            assert!(!received.contains("admin@example.com"), "{name} {path}: {received}");
        }
    }
}

#[fronts(every_front)]
async fn two_fields_of_which_one_could_count_are_refused() {
    let world = World::new();
    let good = format!("Bearer {}", world.access_token(&NewUser::local_admin()));
    let cases = [
        [("authorization", good.as_str()), ("authorization", "Bearer bad")],
        [("authorization", "Bearer bad"), ("Authorization", good.as_str())],
        [("authorization", good.as_str()), ("authorization", good.as_str())],
        [("content-type", "text/plain"), ("content_type", "application/json")],
        [("sec-fetch-mode", "cors"), ("sec-fetch-mode", "navigate")],
    ];
    for headers in cases {
        let reply = world.send("GET", "/anything", &headers).await;
        assert_ne!(reply.status, 200, "{headers:?}");
    }
    assert!(world.received().is_empty());
}

/// The load balancer has dropped every field except the last. The upstream gets exactly the value that was
/// checked.
#[fronts(alb_single_value)]
async fn the_last_of_several_fields_is_judged_and_goes_on_alone() {
    let world = World::new();
    let good = format!("Bearer {}", world.access_token(&NewUser::local_admin()));
    let reply = world.send("GET", "/get", &[("authorization", &good), ("authorization", "Bearer bad")]).await;
    assert_eq!((reply.status, world.received().len()), (401, 0));
    let fields = [("authorization", "Bearer bad"), ("x-a", "1"), ("x-a", "2"), ("authorization", &good)];
    assert_eq!(world.send("GET", "/get?a=1&a=2", &fields).await.status, 200);
    let received = world.last_received();
    assert_eq!((received.sole("authorization"), received.sole("x-a")), (Some(good.as_str()), Some("2")));
    assert_eq!(received.target, "/get?a=2");
}

#[fronts(every_front, alb_single_value)]
async fn our_cookies_go_no_further_in_any_order_or_number_of_fields() {
    let open = json!([{"paths": ["/anything/open/*"], "auth": "none"}]);
    let world = Setup::default().set("routes", open).build();
    let (session, attempt) = crate::credentials::session_and_attempt(&world).await;
    let name = world.session_cookie();
    let ours = [
        format!("{name}={session}"),
        format!("{name}.0={session}"),
        format!("{name}.7=x"),
        format!("__Host-attempt-AbCdEfGh={attempt}"),
        "__Host-landed=1".to_owned(),
        "__Host-refreshed=x".to_owned(),
    ];
    for cookie in &ours {
        for field in
            [format!("a=1; {cookie}; b=2"), format!("{cookie};a=1;b=2"), format!("a=1;b=2 ;{cookie}")]
        {
            world.send("GET", "/anything/open/a", &[("cookie", &field)]).await;
            let received = world.last_received();
            let everything = format!("{:?}", received.headers);
            assert!(!everything.contains("__Host-"), "{field}: {everything}");
            assert!(received.sole("cookie").unwrap().contains("a=1"), "{field}");
        }
    }
}

#[fronts(every_front, alb_single_value)]
async fn a_line_break_in_a_header_value_reaches_nobody() {
    let world = World::new();
    let bearer = format!("Bearer {}", world.access_token(&NewUser::local_admin()));
    for value in ["a\r\nx-vestibule-sub: admin", "a\nb", "a\rb", "a\0b"] {
        let headers = vec![
            ("authorization".to_owned(), bearer.clone().into_bytes()),
            ("x-note".to_owned(), value.as_bytes().to_vec()),
        ];
        let reply = world.send_bytes("GET", "/anything", headers).await;
        assert_ne!(reply.status, 200, "{value:?}");
        assert!(reply.headers.iter().all(|(_, value)| !value.contains(['\r', '\n'])));
    }
    assert!(world.received().is_empty());
}

/// nginx rejects a request with two headers of one name, and WSGI joins them with a comma. AWS does not
/// document how its mappings compare header names, so both ways must work, for each spelling of the client
/// and each overwritten header.
#[fronts(rest)]
async fn one_authorization_and_one_cookie_reach_the_upstream_in_every_spelling() {
    let routes = json!([{"paths": ["/anything/open"], "auth": "none", "preflight": "pass"}]);
    for names in [HeaderNames::CaseSensitive, HeaderNames::CaseInsensitive] {
        let setup = Setup::default().set("routes", routes.clone());
        let world = setup.behaviour(|behaviour| behaviour.header_names = names).build();
        let browser = world.browser();
        world.sign_in(&browser, "/get").await;
        let cookie = browser.cookies("localhost").into_iter().find(|cookie| cookie.name.contains("session"));
        let cookie = cookie.map(|cookie| format!("{}={}", cookie.name, cookie.value)).unwrap();
        let both = format!("{cookie}; theme=dark");
        let token = world.access_token(&NewUser::local_admin());
        let bearer = format!("Bearer {token}");
        let asks = [("Origin", "https://spa.example.com"), ("Access-Control-Request-Method", "PUT")];
        let basic = "Basic dTpw";
        for (method, path, authorization, cookie, expected) in [
            ("GET", "/anything/a", None, Some(cookie.as_str()), (Some("Bearer eyJ"), Some("-"))),
            ("GET", "/anything/a", None, Some(&both), (Some("Bearer eyJ"), Some("theme=dark"))),
            ("GET", "/anything/a", Some(basic), Some(&both), (Some("Bearer eyJ"), Some("theme=dark"))),
            ("GET", "/anything/a", Some(&bearer), None, (Some("Bearer eyJ"), None)),
            ("GET", "/anything/a", Some(&bearer), Some(&both), (Some("Bearer eyJ"), Some("theme=dark"))),
            ("GET", "/anything/open", Some("Bearer forged"), Some(&both), (Some("-"), Some("theme=dark"))),
            ("GET", "/anything/open", Some(basic), Some("theme=dark"), (Some(basic), Some("theme=dark"))),
            ("GET", "/anything/open", None, None, (None, None)),
            ("OPTIONS", "/anything/open", Some(basic), Some(&both), (Some("-"), Some("-"))),
        ] {
            for spelling in
                [["Authorization", "Cookie"], ["authorization", "cookie"], ["Authorization", "cookie"]]
            {
                let sent = spelling.into_iter().zip([authorization, cookie]);
                let mut headers: Vec<(&str, &str)> =
                    sent.filter_map(|(name, value)| Some((name, value?))).collect();
                headers.extend((method == "OPTIONS").then_some(asks).into_iter().flatten());
                let case = format!("{names:?} {method} {path} {headers:?}");
                world.upstream.forget();
                assert_eq!(world.send(method, path, &headers).await.status, 200, "{case}");
                let received = world.last_received();
                for (name, expected) in [("authorization", expected.0), ("cookie", expected.1)] {
                    let values = received.values(name);
                    assert_eq!(values.len(), usize::from(expected.is_some()), "{case}: {values:?}");
                    let agrees = |value: &&str| value.starts_with(expected.unwrap_or_default());
                    assert!(values.iter().all(agrees), "{case}: {values:?}");
                }
            }
        }
        // Two spellings in one request, only one of which a mapping overwrites.
        let twice = [("Cookie", cookie.as_str()), ("cookie", cookie.as_str())];
        world.upstream.forget();
        assert_eq!(
            world.send("GET", "/anything/open", &twice).await.reason().as_deref(),
            Some("ambiguous_header")
        );
        assert!(world.received().is_empty());
    }
}
