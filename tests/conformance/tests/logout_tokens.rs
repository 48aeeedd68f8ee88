//! Tests logout tokens that are refused: a valid one with one thing changed, or sent again.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use conformance::browser::{Browser, tell};
use conformance::world::{Setup, World};
use flow::session::memory_store::MemoryStore;
use http::StatusCode;
use serde_json::{Value, json};

const TYP: &str = "logout+jwt";

fn world() -> World {
    World::new(Some(Arc::new(MemoryStore::default())), Setup::default())
}

fn good(world: &World) -> Value {
    let mut claims = world.provider.logout_claims("token");
    claims["sub"] = json!("ada");
    claims
}

/// Posts the form and returns the status and the reason; the session of `browser` must continue.
async fn refused(world: &World, browser: &Browser, form: &str) -> (u16, &'static str) {
    let told = tell(world.site(), form).await;
    assert!(told.response.headers.contains(&("cache-control", "no-store".to_owned())), "{form}");
    assert!(browser.open(world.site()).await.passed(), "{form}");
    let code = told.refusal.unwrap().reason().code;
    // Section 2.8: the error has the form of OAuth 2.0.
    let body: Value = serde_json::from_str(&told.response.body).unwrap();
    assert_eq!((&body["error"], &body["error_description"]), (&json!("invalid_request"), &json!(code)));
    assert_eq!(body["reason"], code);
    (told.response.status.as_u16(), code)
}

#[tokio::test]
async fn a_good_logout_token_is_taken_whatever_its_typ_says_of_a_jwt() {
    for typ in [Some(TYP), Some("LOGOUT+JWT"), Some("application/logout+jwt"), Some("JWT"), None] {
        let world = world();
        let browser = Browser::signed_in(world.site()).await;
        world.clock.advance(1);
        let form = format!("logout_token={}", world.provider.signed(typ, &good(&world)));
        assert_eq!(tell(world.site(), &form).await.response.status, StatusCode::OK, "{typ:?}");
        assert!(!browser.open(world.site()).await.passed(), "{typ:?}");
    }
}

/// Anybody who saw the token can send it again until it expires. The provider may give a later sign-in the same
/// `sid`.
#[tokio::test]
async fn a_logout_token_that_comes_again_ends_no_later_session() {
    for member in ["sid", "sub"] {
        let world = world();
        world.provider.set_claim("sid", json!("ada"));
        let earlier = Browser::signed_in(world.site()).await;
        world.clock.advance(10);
        let mut claims = world.provider.logout_claims("token");
        claims[member] = json!("ada");
        let form = format!("logout_token={}", world.provider.signed(TYP, &claims));
        assert_eq!(tell(world.site(), &form).await.response.status, StatusCode::OK);
        assert!(!earlier.open(world.site()).await.passed(), "{member}");
        world.clock.advance(61);
        let later = Browser::signed_in(world.site()).await;
        world.clock.advance(10);
        assert_eq!(refused(&world, &later, &form).await, (400, "logout_token_replayed"), "{member}");
    }
}

#[tokio::test]
async fn each_change_to_a_good_logout_token_is_refused_for_its_reason() {
    let world = world();
    let browser = Browser::signed_in(world.site()).await;
    world.clock.advance(1);
    let now = good(&world)["iat"].as_i64().unwrap();
    let event = "http://schemas.openid.net/event/backchannel-logout";
    for (name, value, reason) in [
        ("iss", json!("https://other.example.com"), "logout_token_issuer"),
        ("iss", json!(7), "logout_token_issuer"),
        ("iss", Value::Null, "logout_token_issuer"),
        ("aud", json!("other"), "logout_token_audience"),
        ("aud", json!([]), "logout_token_audience"),
        ("aud", Value::Null, "logout_token_audience"),
        ("aud", json!({}), "logout_token_claim"),
        ("iat", json!(now + 62), "logout_token_from_the_future"),
        ("iat", json!("now"), "logout_token_claim"),
        ("iat", Value::Null, "logout_token_claim"),
        ("exp", json!(now - 60), "logout_token_expired"),
        ("exp", Value::Null, "logout_token_claim"),
        ("jti", Value::Null, "logout_token_claim"),
        ("jti", json!(7), "logout_token_claim"),
        ("events", Value::Null, "logout_token_event"),
        ("events", json!({}), "logout_token_event"),
        ("events", json!([event]), "logout_token_event"),
        ("events", json!({ event: true }), "logout_token_event"),
        ("events", json!({ "http://schemas.openid.net/event/other": {} }), "logout_token_event"),
        ("nonce", json!("nonce"), "logout_token_nonce"),
        ("nonce", json!(""), "logout_token_nonce"),
        ("sub", Value::Null, "logout_token_subject"),
        ("sub", json!(""), "logout_token_subject"),
        ("sub", json!(7), "logout_token_claim"),
        ("sid", json!(7), "logout_token_claim"),
    ] {
        let mut claims = good(&world);
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value.clone();
        }
        let form = format!("logout_token={}", world.provider.signed(TYP, &claims));
        assert_eq!(refused(&world, &browser, &form).await, (400, reason), "{name}: {value}");
    }
}

#[tokio::test]
async fn a_token_of_another_kind_or_signature_is_refused() {
    let world = world();
    let browser = Browser::signed_in(world.site()).await;
    world.clock.advance(1);
    let claims = good(&world);
    for typ in ["at+jwt", "secevent+jwt", "dpop+jwt"] {
        let form = format!("logout_token={}", world.provider.signed(typ, &claims));
        assert_eq!(refused(&world, &browser, &form).await, (400, "logout_token_type"), "{typ}");
    }
    let token = world.provider.signed(TYP, &claims);
    let (message, signature) = token.rsplit_once('.').unwrap();
    let (header, payload) = message.split_once('.').unwrap();
    // `{"alg":"none"}`
    let none = format!("eyJhbGciOiJub25lIn0.{payload}.");
    let foreign = World::new(None, Setup::default()).provider.signed(TYP, &claims);
    for bent in [
        format!("{message}."),
        message.to_owned(),
        none,
        format!("{header}.{payload}.{}", "A".repeat(signature.len())),
        foreign,
        "nothing".to_owned(),
        String::new(),
    ] {
        let form = format!("logout_token={bent}");
        let (status, reason) = refused(&world, &browser, &form).await;
        let expected = ["logout_token_unverified", "logout_token_issuer"];
        assert!(status == 400 && expected.contains(&reason), "{bent}: {reason}");
    }
}

#[tokio::test]
async fn a_request_without_one_logout_token_is_refused() {
    let world = world();
    let browser = Browser::signed_in(world.site()).await;
    world.clock.advance(1);
    let token = world.provider.signed(TYP, &good(&world));
    for form in [
        String::new(),
        token.clone(),
        format!("token={token}"),
        format!("logout_token={token}&logout_token={token}"),
    ] {
        assert_eq!(refused(&world, &browser, &form).await, (400, "logout_token_missing"), "{form}");
    }
}

#[tokio::test]
async fn a_provider_whose_keys_cannot_be_had_is_told_to_come_back() {
    let world = world();
    let form = format!("logout_token={}", world.provider.signed(TYP, &good(&world)));
    world.provider.set_keys_down(true);
    let told = tell(world.site(), &form).await;
    assert_eq!(told.response.status, StatusCode::SERVICE_UNAVAILABLE);
    world.provider.set_keys_down(false);
    world.clock.advance(60);
    assert_eq!(tell(world.site(), &form).await.response.status, StatusCode::OK);
}

#[tokio::test]
async fn without_a_store_nothing_is_taken() {
    let world = World::new(None, Setup::default());
    let mut browser = Browser::signed_in(world.site()).await;
    world.clock.advance(1);
    let form = format!("logout_token={}", world.provider.signed(TYP, &good(&world)));
    assert_eq!(refused(&world, &browser, &form).await, (404, "backchannel_logout_not_supported"));
    let out = browser.post(world.site(), "/oauth2/logout?everywhere=true").await;
    assert_eq!(out.response.status, StatusCode::NOT_IMPLEMENTED);
    assert_eq!(out.refusal.unwrap().reason().code, "sign_out_everywhere_not_supported");
    assert!(browser.open(world.site()).await.passed());
}

#[tokio::test]
async fn with_a_user_pool_nothing_is_taken() {
    let settings = &[("provider", "cognito"), ("user_pool_id", "eu-west-1_AbCdEfGhI")];
    let store = Some(Arc::new(MemoryStore::default()) as Arc<_>);
    let world = World::new(store, Setup { settings, ..Setup::default() });
    let form = format!("logout_token={}", world.provider.signed(TYP, &good(&world)));
    let told = tell(world.site(), &form).await;
    assert_eq!(told.response.status, StatusCode::NOT_FOUND);
    assert_eq!(told.refusal.unwrap().reason().code, "backchannel_logout_not_supported");
}

/// This also holds just after the keys were fetched: an invented key id must not cause a 5xx.
#[tokio::test]
async fn a_key_id_that_the_provider_does_not_have_is_refused() {
    let world = world();
    let browser = Browser::signed_in(world.site()).await;
    world.clock.advance(1);
    let token = world.provider.signed(TYP, &good(&world));
    let (_, rest) = token.split_once('.').unwrap();
    for kid in ["2", "3", "invented"] {
        let header = json!({ "alg": "EdDSA", "kid": kid, "typ": TYP }).to_string();
        let form = format!("logout_token={}.{rest}", URL_SAFE_NO_PAD.encode(header));
        let (status, code) = refused(&world, &browser, &form).await;
        assert_eq!(status, 400, "{kid} {code}");
    }
}
