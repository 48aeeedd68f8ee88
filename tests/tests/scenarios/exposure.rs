//! Tests the exposure matrix: every route and method of the REST API with every credential. `tests/golden/exposure.txt`
//! lists every combination that reaches the upstream, and may only shrink.

use fronts::fronts;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::json;
use tests::world::{Setup, World};

use crate::credentials::{self, Credential};

const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// One path for each rule below, and one that no rule covers.
const UPSTREAM_PATHS: [&str; 5] =
    ["/anything", "/anything/admins/a", "/anything/open/a", "/anything/optional/a", "/anything/read/a"];

const OWN_PATHS: [&str; 14] = [
    "/oauth2",
    "/oauth2/",
    "/oauth2/backchannel-logout",
    "/oauth2/callback",
    "/oauth2/error",
    "/oauth2/health",
    "/oauth2/login",
    "/oauth2/logout",
    "/oauth2/refresh",
    "/oauth2/session",
    "/oauth2/session/",
    "/oauth2/signed-out",
    "/oauth2/token",
    "/oauth2/x/y",
];

const PAGE: [(&str, &str); 2] = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
const SCRIPT: [(&str, &str); 2] = [("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")];

fn world(storage: &str) -> World {
    Setup::default()
        .set("session_storage", storage)
        .set(
            "routes",
            json!([
                {"paths": ["/anything/open/*"], "auth": "none"},
                {"paths": ["/anything/optional/*"], "auth": "optional"},
                {"paths": ["/anything/admins/*"], "groups_required": ["nobody-is-in-this-group"]},
                {"paths": ["/anything/read/*"], "methods": ["GET"], "auth": "none"},
            ]),
        )
        .build()
}

async fn send(world: &World, method: &str, path: &str, client: &[(&str, &str)], with: &Credential) -> u16 {
    let mut headers: Vec<(&str, &str)> = client.to_vec();
    headers.extend(with.headers.iter().map(|(name, value)| (*name, value.as_str())));
    world.send(method, path, &headers).await.status
}

/// `path client credential -> who: methods` for each request that the upstream answered with 200.
async fn openings(world: &World) -> BTreeSet<String> {
    let mut openings = BTreeSet::new();
    for with in credentials::all(world).await {
        for path in UPSTREAM_PATHS {
            for (client, headers) in [("page", PAGE), ("script", SCRIPT)] {
                let mut passed: Vec<(String, &str)> = Vec::new();
                for method in METHODS {
                    world.upstream.forget();
                    let status = send(world, method, path, &headers, &with).await;
                    let received = world.received();
                    assert_eq!(status == 200, received.len() == 1, "{method} {path} {}: {status}", with.name);
                    assert!(status < 500, "{method} {path} {}: {status}", with.name);
                    if let Some(received) = received.first() {
                        let anonymous = received.sole("x-vestibule-authenticated") == Some("false");
                        let who = received.sole("x-vestibule-sub").unwrap_or("nobody").to_owned();
                        assert_eq!(anonymous, who == "nobody");
                        passed.push((if anonymous { who } else { "admin".to_owned() }, method));
                    }
                }
                for who in ["admin", "nobody"] {
                    let methods: Vec<&str> =
                        passed.iter().filter(|(name, _)| name == who).map(|(_, method)| *method).collect();
                    if !methods.is_empty() {
                        openings.insert(format!(
                            "{path} | {client} | {} | as {who} | {}",
                            with.name,
                            methods.join(" ")
                        ));
                    }
                }
            }
        }
    }
    openings
}

#[fronts(every_front, alb_single_value)]
async fn nothing_reaches_the_upstream_but_what_is_listed() {
    let listed: BTreeSet<String> = include_str!("../../golden/exposure.txt")
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(str::to_owned)
        .collect();
    for storage in ["cookie", "memory"] {
        let open = openings(&world(storage)).await;
        let mut difference = String::new();
        for line in open.difference(&listed) {
            writeln!(difference, "+ {line}").unwrap();
        }
        for line in listed.difference(&open) {
            writeln!(difference, "- {line}").unwrap();
        }
        assert!(
            difference.is_empty(),
            "with sessions in {storage}: + is a new opening and must not be; - is closed now, take it out of \
             tests/golden/exposure.txt\n{difference}"
        );
    }
}

#[fronts(every_front, alb_single_value)]
async fn our_own_paths_never_reach_the_upstream_nor_the_authorizer_fail() {
    // Opening a sealed session is slow, so only the methods that have an effect are tested there.
    for (storage, methods) in [("cookie", &["GET", "POST"][..]), ("memory", &METHODS)] {
        let world = world(storage);
        let credentials = credentials::all(&world).await;
        world.upstream.forget();
        for with in credentials {
            for path in OWN_PATHS {
                for (client, headers) in [("page", PAGE), ("script", SCRIPT)] {
                    for method in methods {
                        let status = send(&world, method, path, &headers, &with).await;
                        assert!(status < 500, "{method} {path} {client} {}: {status}", with.name);
                        assert!(world.received().is_empty(), "{method} {path} {client} {}", with.name);
                    }
                }
            }
        }
    }
}

#[fronts(every_front)]
async fn only_a_good_credential_has_a_session_to_tell_of() {
    for storage in ["cookie", "memory"] {
        let world = world(storage);
        let mut told = Vec::new();
        for with in credentials::all(&world).await {
            let status = send(&world, "GET", "/oauth2/session", &SCRIPT, &with).await;
            assert!([200, 401].contains(&status), "{}: {status}", with.name);
            if status == 200 {
                told.push(with.name);
            }
        }
        assert_eq!(told, ["good bearer", "good session", "good bearer and bad session"]);
    }
}
