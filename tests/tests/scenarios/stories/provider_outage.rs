//! Tests outages of the provider, and changes of its keys or its clock.

use fronts::fronts;
use local::cognito::{Endpoint, Fault, NewUser};
use tests::world::{Setup, World};

use super::{assert_upstream, both_storages, our_cookies};

#[fronts(every_front)]
async fn the_first_visit_needs_no_answer_of_cognito() {
    let world = World::new();
    world.provider.set_down(true);
    let form = world.browser().open(&world.url("/get")).await;
    assert_eq!(form.url.path(), "/login");
    assert!(world.provider.calls().is_empty());
}

#[fronts(every_front)]
async fn a_provider_that_must_be_discovered_first_is_503_and_then_works() {
    let world =
        Setup::default().set("provider", "oidc").without("user_pool_domain").without("user_pool_id").build();
    world.provider.set_down(true);
    let browser = world.browser();
    let page = browser.open(&world.url("/get")).await;
    assert_eq!((page.status.as_u16(), page.reason().as_deref()), (503, Some("provider_unreachable")));
    world.provider.set_down(false);
    assert_upstream(&world.sign_in(&browser, "/get").await, "http://localhost:8400/get");
    assert_eq!(world.requests(Endpoint::Discovery), 1);
}

#[fronts(every_front)]
async fn down_at_the_callback_is_503_and_reloading_finishes() {
    for world in both_storages() {
        let browser = world.browser();
        let form = browser.open(&world.url("/get")).await;
        world.provider.set_down(true);
        let page = world.fill_in(&browser, &form, &NewUser::local_admin()).await;
        assert_eq!((page.status.as_u16(), page.reason().as_deref()), (503, Some("provider_unreachable")));
        assert_eq!(page.url.path(), "/oauth2/callback");
        assert!(our_cookies(&browser)[0].starts_with("__Host-attempt-"), "the attempt is not over");
        world.provider.set_down(false);
        let page = browser.open(page.url.as_str()).await;
        assert_upstream(&page, "http://localhost:8400/get");
    }
}

#[fronts(every_front)]
async fn bent_answers_at_the_callback_open_no_session() {
    let bent = [
        (Endpoint::Token, Fault::Expired, 502, "id_token_expired"),
        (Endpoint::Token, Fault::NoIdToken, 400, "id_token_missing"),
        (Endpoint::Token, Fault::WrongAudience, 502, "id_token_audience"),
        (Endpoint::Token, Fault::WrongIssuer, 502, "id_token_issuer"),
        (Endpoint::Token, Fault::WrongNonce, 400, "nonce_mismatch"),
        (Endpoint::Token, Fault::WrongSigningKey, 502, "id_token_unverified"),
        (Endpoint::Token, Fault::InvalidJson, 502, "token_response_malformed"),
        (Endpoint::Token, Fault::Status { status: 500 }, 503, "token_endpoint_unavailable"),
        (Endpoint::Token, Fault::Status { status: 403 }, 400, "token_request_refused"),
        (Endpoint::Token, Fault::Error { error: "invalid_code".into() }, 400, "token_request_refused"),
        (Endpoint::Token, Fault::Error { error: "invalid_grant".into() }, 400, "invalid_grant"),
        (Endpoint::Token, Fault::Error { error: "invalid_client".into() }, 500, "invalid_client"),
        (Endpoint::Token, Fault::Oversized { bytes: 8_000_000 }, 502, "provider_answer_too_large"),
        (Endpoint::Jwks, Fault::InvalidJson, 502, "jwks_malformed"),
        (Endpoint::Jwks, Fault::Status { status: 500 }, 503, "jwks_unavailable"),
        (Endpoint::Jwks, Fault::Oversized { bytes: 8_000_000 }, 502, "provider_answer_too_large"),
    ];
    for (endpoint, fault, status, reason) in bent {
        for world in both_storages() {
            let browser = world.browser();
            let form = browser.open(&world.url("/get")).await;
            world.stand_in.set_fault(endpoint, fault.clone());
            let page = world.fill_in(&browser, &form, &NewUser::local_admin()).await;
            assert_eq!((page.status.as_u16(), page.reason()), (status, Some(reason.to_owned())), "{fault:?}");
            assert!(!our_cookies(&browser).contains(&world.session_cookie()), "{fault:?}");
            assert!(world.received().is_empty());
        }
    }
}

#[fronts(every_front)]
async fn keys_are_rotated_while_somebody_is_signed_in() {
    for world in both_storages() {
        let browser = world.browser();
        world.sign_in(&browser, "/get").await;
        world.stand_in.rotate_keys().unwrap();
        world.stand_in.drop_old_keys();
        // The session does not depend on the key; the refreshed ID token is signed with the new one.
        assert_upstream(&browser.open(&world.url("/get")).await, "http://localhost:8400/get");
        world.advance(3_560);
        assert_upstream(&browser.open(&world.url("/get")).await, "http://localhost:8400/get");
        assert_eq!(world.requests(Endpoint::Jwks), 2);
        // A bearer token signed with the new key is accepted at once.
        let bearer = format!("Bearer {}", world.access_token(&NewUser::local_admin()));
        assert_eq!(world.send("GET", "/get", &[("authorization", &bearer)]).await.status, 200);
    }
}

#[fronts(every_front)]
async fn stale_keys_serve_while_the_provider_is_down() {
    let world = World::new();
    let send = async |world: &World| {
        let bearer = format!("Bearer {}", world.access_token(&NewUser::local_admin()));
        world.send("GET", "/get", &[("authorization", &bearer)]).await.status
    };
    assert_eq!(send(&world).await, 200);
    world.provider.set_down(true);
    for _ in 0..5 {
        world.advance(3_700);
        assert_eq!(send(&world).await, 200);
    }
    // Without any key no token can be verified: this is an outage, not a refusal of the token.
    let cold = World::new();
    cold.provider.set_down(true);
    assert_eq!(send(&cold).await, 503);
}

#[fronts(every_front)]
async fn a_clock_may_be_off_by_the_leeway_and_not_a_second_more() {
    for (ahead, signs_in) in [(60, true), (61, false), (-60, true), (-3_600, true), (-3_660, false)] {
        let world = Setup::default().provider_ahead(ahead).build();
        let page = world.sign_in(&world.browser(), "/get").await;
        assert_eq!(page.status == 200, signs_in, "{ahead}: {:?}", page.reason());
        if !signs_in {
            let reason = if ahead > 0 { "id_token_from_the_future" } else { "id_token_expired" };
            assert_eq!((page.status.as_u16(), page.reason().as_deref()), (502, Some(reason)));
        }
    }
}

#[fronts(every_front)]
async fn a_bearer_token_lives_as_long_as_the_leeway_says() {
    let world = World::new();
    let bearer = format!("Bearer {}", world.access_token(&NewUser::local_admin()));
    for (seconds, status) in [(3_600, 200), (59, 200), (1, 401)] {
        world.advance(seconds);
        assert_eq!(world.send("GET", "/get", &[("authorization", &bearer)]).await.status, status);
    }
}

/// "Try again" requests the page again, not sign-in; a page that does not exist is not requested again.
#[fronts(every_front)]
async fn try_again_leads_to_the_page_that_was_asked_for() {
    let world =
        Setup::default().set("provider", "oidc").without("user_pool_domain").without("user_pool_id").build();
    world.provider.set_down(true);
    let browser = world.browser();
    let page = browser.open(&world.url("/get?a=1")).await;
    let again = "login?rd=http%3A%2F%2Flocalhost%3A8400%2Fget%3Fa%3D1\">Try again</a>";
    assert!(page.body.contains(again), "{}", page.body);
    let missing = browser.open(&world.url("/oauth2/nothing")).await;
    assert!(!missing.body.contains("/oauth2/login"), "{}", missing.body);
    let explained =
        browser.open(&world.url("/oauth2/error?reason=session_store_unavailable&rd=%2Fget%3Fa%3D1")).await;
    assert!(
        explained.body.contains("href=\"http://localhost:8400/get?a=1\">Try again</a>"),
        "{}",
        explained.body
    );
    let elsewhere =
        browser.open(&world.url("/oauth2/error?reason=jwks_unavailable&rd=https%3A%2F%2Fevil.example")).await;
    assert!(!elsewhere.body.contains("evil.example"), "{}", elsewhere.body);
}
