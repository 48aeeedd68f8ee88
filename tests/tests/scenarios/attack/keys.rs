//! Sends tokens that try to cause requests to the provider, or to mislead the verifier.

use fronts::fronts;
use local::cognito::{Endpoint, MintKey, NewUser, TokenUse};
use serde_json::json;
use tests::world::World;

use crate::credentials::minted;

async fn send(world: &World, token: &str) -> (u16, Option<String>) {
    let bearer = format!("Bearer {token}");
    let reply = world.send("GET", "/oauth2/session", &[("authorization", &bearer)]).await;
    (reply.status, reply.reason())
}

#[fronts(every_front)]
async fn a_thousand_unknown_key_ids_cost_one_request_a_cool_down() {
    let world = World::new();
    let claims = world.stand_in.claims(&world.client_id(), &NewUser::local_admin().email, TokenUse::Access);
    let claims = claims.unwrap();
    let flood = async |from: usize| {
        for number in from..from + 500 {
            let header = json!({"kid": format!("unknown-{number}")});
            let token = world.stand_in.mint(&claims, &header, MintKey::Stranger).unwrap();
            assert_eq!(send(&world, &token).await.0, 401);
        }
    };
    assert_eq!(send(&world, &world.access_token(&NewUser::local_admin())).await.0, 200);
    assert_eq!(world.requests(Endpoint::Jwks), 1);
    flood(0).await;
    assert_eq!(world.requests(Endpoint::Jwks), 1, "the keys were fetched a moment ago");
    world.advance(10);
    flood(500).await;
    assert_eq!(world.requests(Endpoint::Jwks), 2);
    // Valid tokens were accepted all the time.
    assert_eq!(send(&world, &world.access_token(&NewUser::local_admin())).await.0, 200);
}

#[fronts(every_front)]
async fn a_flood_while_the_provider_is_down_costs_one_try_a_cool_down() {
    let world = World::new();
    world.provider.set_down(true);
    let token = minted(&world, TokenUse::Access, &json!({}), MintKey::Stranger);
    for _ in 0..50 {
        assert_eq!(send(&world, &token).await.0, 503);
    }
    assert_eq!(world.provider.calls().len(), 1);
}

#[fronts(every_front)]
async fn tokens_that_point_at_keys_of_their_own_are_not_followed() {
    let world = World::new();
    let headers = [
        json!({"jku": "http://evil.example/jwks.json"}),
        json!({"x5u": "http://evil.example/cert"}),
        json!({"jwk": {"kty": "RSA", "n": "AQAB", "e": "AQAB"}}),
        json!({"x5c": ["AAAA"]}),
        json!({"kid": "../../../../dev/null"}),
        json!({"kid": "x' OR '1'='1"}),
        json!({"crit": ["exp"]}),
        json!({"crit": []}),
        json!({"alg": "HS256"}),
        json!({"alg": "nOnE"}),
        json!({"alg": "none"}),
        json!({"alg": ""}),
        json!({"alg": "RS1"}),
        json!({"alg": null}),
        json!({"b64": false, "crit": ["b64"]}),
        json!({"enc": "A128GCM"}),
    ];
    for header in headers {
        let claims =
            world.stand_in.claims(&world.client_id(), "admin@example.com", TokenUse::Access).unwrap();
        let token = world.stand_in.mint(&claims, &header, MintKey::StrangerAsAccess).unwrap();
        assert_eq!(send(&world, &token).await.0, 401, "{header}");
    }
    assert!(world.requests(Endpoint::Jwks) <= 1);
}

#[fronts(every_front)]
async fn the_fault_of_a_well_signed_token_is_named() {
    let world = World::new();
    let now = world.clock.unix();
    let cases = [
        (json!({"exp": now - 61}), "access_token_expired"),
        (json!({"exp": null}), "access_token_claim"),
        (json!({"exp": (now + 60).to_string()}), "access_token_claim"),
        (json!({"exp": true}), "access_token_claim"),
        (json!({"exp": [now + 60]}), "access_token_claim"),
        (json!({"iat": now + 61}), "access_token_from_the_future"),
        (json!({"nbf": now + 61}), "access_token_not_yet_valid"),
        (json!({"token_use": "id"}), "not_an_access_token"),
        (json!({"token_use": null}), "not_an_access_token"),
        (json!({"token_use": "id", "nonce": "x"}), "not_an_access_token"),
        (json!({"token_use": null, "at_hash": "x"}), "not_an_access_token"),
        (json!({"client_id": "another"}), "access_token_client"),
        (json!({"client_id": ["4vestibule7local0client2ab"]}), "access_token_claim"),
        (json!({"iss": "http://127.0.0.1:8410/us-east-1_LocalPool/"}), "access_token_issuer"),
        (json!({"iss": "http://127.0.0.1:8410/US-EAST-1_LocalPool"}), "access_token_issuer"),
        (json!({"iss": ["http://127.0.0.1:8410/us-east-1_LocalPool"]}), "access_token_issuer"),
        (json!({"iss": null}), "access_token_issuer"),
        (json!({"sub": 7}), "access_token_claim"),
    ];
    for (changes, reason) in cases {
        let token = minted(&world, TokenUse::Access, &changes, MintKey::Access);
        assert_eq!(send(&world, &token).await, (401, Some(reason.to_owned())), "{changes}");
    }
}

#[fronts(every_front)]
async fn members_twice_are_refused_whichever_reader_would_win() {
    let world = World::new();
    let claims = world.stand_in.claims(&world.client_id(), "admin@example.com", TokenUse::Access).unwrap();
    let good = claims.to_string();
    let twice = good.replacen('{', "{\"exp\":9999999999,", 1);
    let nested = good.replacen('{', "{\"x\":{\"a\":1,\"a\":2},", 1);
    let header = json!({"kid": "x", "alg": "RS256"}).to_string();
    let doubled_header = header.replacen('{', "{\"alg\":\"none\",", 1);
    for (header, claims) in [(&header, &twice), (&header, &nested), (&doubled_header, &good)] {
        let token = world.stand_in.mint_raw(header, claims, MintKey::Access).unwrap();
        let seen = send(&world, &token).await;
        assert_eq!(seen, (401, Some("token_duplicate_member".to_owned())), "{header} {claims}");
    }
}
