//! Tests deployments that change the form of a user pool's issuer: both name the same pool and the same users.
#![expect(clippy::unwrap_used, reason = "a test fails when it cannot be set up")]

use std::sync::Arc;

use conformance::browser::{Browser, Outcome, call};
use conformance::fault_injection::{Failure, Operation};
use conformance::provider::{CLIENT_ID, RefreshTokenRotation, TOKEN_SECONDS};
use conformance::world::{Setup, Store, World};
use flow::ports::Clock;
use flow::session::memory_store::MemoryStore;
use flow::site::Site;
use http::StatusCode;
use serde_json::json;

const ORIGINAL: &str = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEfGhI";
const UPDATED: &str = "https://issuer-cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEfGhI";

const BOTH: [(&str, &str); 2] = [(ORIGINAL, UPDATED), (UPDATED, ORIGINAL)];

const EVERYWHERE: &str = "/oauth2/logout?everywhere=true";

const fn settings(issuer: &str) -> [(&str, &str); 3] {
    [("provider", "cognito"), ("issuer", issuer), ("groups_claim", "")]
}

/// Two deployments on one store. The first has the earlier form of the issuer and the second the later one.
fn world(store: Store, earlier: &str, later: &str) -> World {
    let setup = Setup { sites: 1, rotation: RefreshTokenRotation::Off, settings: &settings(earlier) };
    let mut world = World::new(store, setup);
    world.add_site(&settings(later));
    world.provider.set_claim("token_use", json!("id"));
    world.provider.set_claim("iss", json!(earlier));
    world
}

fn stored() -> Arc<MemoryStore> {
    Arc::default()
}

fn before(world: &World) -> &Site {
    world.sites.first().unwrap()
}

fn after(world: &World) -> &Site {
    world.sites.last().unwrap()
}

/// The pool names itself in the later form from then on, also in the tokens of a refresh.
#[tokio::test(start_paused = true)]
async fn a_session_goes_on_and_is_refreshed_after_the_form_has_changed() {
    for (earlier, later) in BOTH {
        for store in [None, Some(stored() as _)] {
            let world = world(store, earlier, later);
            let mut browser = Browser::signed_in(before(&world)).await;
            assert!(browser.open(after(&world)).await.passed());
            world.provider.set_claim("iss", json!(later));
            world.clock.advance(TOKEN_SECONDS - 30);
            let refreshed = browser.post(after(&world), "/oauth2/refresh").await;
            assert_eq!(refreshed.response.status, StatusCode::OK, "{:?}", refreshed.refusal);
            world.clock.advance(31);
            for site in &world.sites {
                assert!(browser.open(site).await.passed(), "{later}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn everywhere_ends_the_sessions_of_both_forms() {
    for (earlier, later) in BOTH {
        for (ends_at, is_listed) in [(0, true), (1, true), (0, false), (1, false)] {
            let world = world(Some(stored()), earlier, later);
            let old = Browser::signed_in(before(&world)).await;
            world.provider.set_claim("iss", json!(later));
            let new = Browser::signed_in(after(&world)).await;
            world.clock.advance(10);
            let mut ending = if ends_at == 0 { old.clone() } else { new.clone() };
            if !is_listed {
                let failing = world.fault_injectors.get(ends_at).unwrap();
                failing.fail(Operation::Rows, Some(Failure::Lost));
            }
            let out = ending.post(world.sites.get(ends_at).unwrap(), EVERYWHERE).await;
            assert_eq!(out.response.status, StatusCode::OK, "{:?}", out.refusal);
            let reason = if is_listed { "session_not_stored" } else { "session_ended_everywhere" };
            for browser in [&old, &new] {
                for site in &world.sites {
                    assert_eq!(browser.open(site).await, Outcome::SignIn(reason), "{ends_at}");
                }
            }
            world.clock.advance(1);
            let again = Browser::signed_in(after(&world)).await;
            assert!(again.open(before(&world)).await.passed());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn everywhere_ends_the_tokens_of_both_forms() {
    for (earlier, later) in BOTH {
        let world = world(Some(stored()), earlier, later);
        let mut browser = Browser::signed_in(before(&world)).await;
        let now = world.clock.now().unix();
        let token = |issuer: &str, auth_time: i64| {
            world.provider.signed(
                "JWT",
                &json!({"iss": issuer, "sub": "ada", "client_id": CLIENT_ID, "token_use": "access",
                    "auth_time": auth_time, "iat": now + 20, "exp": now + 3_000, "scope": "openid"}),
            )
        };
        world.clock.advance(10);
        browser.post(before(&world), EVERYWHERE).await;
        for site in &world.sites {
            for issuer in [earlier, later] {
                let ended = call(site, &token(issuer, now)).await;
                assert_eq!(ended, Outcome::Refused("bearer_ended_everywhere"), "{issuer}");
                assert!(call(site, &token(issuer, now + 11)).await.passed(), "{issuer}");
            }
        }
    }
}
