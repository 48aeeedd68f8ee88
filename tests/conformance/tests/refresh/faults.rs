//! Tests the effect that each fault of the store and the provider has on the user.

use std::sync::Arc;

use conformance::browser::{Browser, Outcome};
use conformance::fault_injection::{Failure, Operation};
use conformance::provider::{Mood, RefreshTokenRotation, TOKEN_SECONDS};
use conformance::world::{Setup, World};
use flow::session::memory_store::MemoryStore;
use flow::session::store::StoreFault;
use http::StatusCode;
use relying_party::session::store_outage::StoreOutage;

use super::{elsewhere, two_sites};

const DOWN: Failure = Failure::NotDone(StoreFault::Unavailable(StoreOutage::Unanswered));

/// Seconds from sign-in: nothing is due; the token is in its lead; the token has expired.
const FRESH: i64 = 0;
const LEAD: i64 = TOKEN_SECONDS - 30;
const EXPIRED: i64 = TOKEN_SECONDS + 1;

async fn at(seconds: i64) -> (World, Browser) {
    let (world, browser) = two_sites(RefreshTokenRotation::On { grace: 60 }).await;
    world.clock.advance(seconds);
    (world, browser)
}

async fn opened_with(operation: Operation, failure: Failure, seconds: i64) -> (Outcome, World, Browser) {
    let (world, browser) = at(seconds).await;
    world.fault_injector().fail(operation, Some(failure));
    (browser.open(world.site()).await, world, browser)
}

#[tokio::test(start_paused = true)]
async fn a_store_that_cannot_be_read_lets_nobody_in_and_sends_nobody_to_sign_in() {
    for seconds in [FRESH, LEAD, EXPIRED] {
        let (outcome, world, browser) = opened_with(Operation::Read, DOWN, seconds).await;
        assert_eq!(outcome, Outcome::Refused("session_store_unavailable"));
        assert_eq!(browser.fetch(world.site()).await, Outcome::Refused("session_store_unavailable"));
        world.fault_injector().fail(Operation::Read, None);
        assert!(browser.open(world.site()).await.passed());
    }
}

#[tokio::test(start_paused = true)]
async fn our_own_pages_say_503_and_when_to_come_back() {
    let (world, mut browser) = at(FRESH).await;
    world.fault_injector().fail(Operation::Read, Some(DOWN));
    for target in ["/oauth2/session", "/oauth2/refresh?rd=/page", "/oauth2/logout"] {
        let logged = browser.go(world.site(), target).await;
        assert_eq!(logged.response.status, StatusCode::SERVICE_UNAVAILABLE, "{target}");
        assert_eq!(logged.refusal.unwrap().reason().code, "session_store_unavailable", "{target}");
        let retry_after = ("retry-after", "5".to_owned());
        assert!(logged.response.headers.contains(&retry_after), "{target}");
        assert!(browser.session().is_some(), "{target}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_row_that_cannot_be_read_is_no_session() {
    for (fault, reason) in
        [(StoreFault::Malformed, "session_malformed"), (StoreFault::UnknownFormat, "session_unknown_version")]
    {
        let (outcome, world, browser) = opened_with(Operation::Read, Failure::NotDone(fault), FRESH).await;
        assert_eq!(outcome, Outcome::SignIn(reason));
        assert_eq!(browser.fetch(world.site()).await, Outcome::Refused(reason));
    }
}

#[tokio::test(start_paused = true)]
async fn a_use_that_cannot_be_recorded_is_not_felt() {
    for failure in [DOWN, Failure::Unheard, Failure::Lost] {
        let (world, mut browser) = at(FRESH).await;
        world.clock.advance(LEAD);
        assert!(browser.open(world.site()).await.passed());
        world.clock.advance(200);
        world.fault_injector().fail(Operation::RecordUse, Some(failure));
        assert!(browser.open(world.site()).await.passed(), "{failure:?}");
        let logged = browser.post(world.site(), "/oauth2/refresh").await;
        assert_eq!(logged.response.status, StatusCode::OK, "{failure:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_cannot_be_taken_matters_only_when_the_token_has_run_out() {
    for failure in [DOWN, Failure::Unheard] {
        let (outcome, ..) = opened_with(Operation::Lease, failure, LEAD).await;
        assert!(outcome.passed(), "{failure:?}");
        let (outcome, world, _) = opened_with(Operation::Lease, failure, EXPIRED).await;
        assert_eq!(outcome, Outcome::Refused("session_store_unavailable"), "{failure:?}");
        assert_eq!(world.provider.refresh_requests(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn tokens_that_cannot_be_written_are_got_again_within_the_grace_period() {
    let (outcome, world, browser) = opened_with(Operation::Replace, DOWN, LEAD).await;
    assert_eq!(outcome.access_token(), Some("access-2"));
    assert_eq!(world.fault_injector().count(Operation::Replace), 2);
    world.fault_injector().fail(Operation::Replace, None);
    world.clock.advance(20);
    assert_eq!(browser.open(world.site()).await.access_token(), Some("access-4"));

    let (outcome, ..) = opened_with(Operation::Replace, DOWN, EXPIRED).await;
    assert_eq!(outcome, Outcome::Refused("session_store_unavailable"));
}

#[tokio::test(start_paused = true)]
async fn tokens_that_were_written_without_an_answer_are_found_written() {
    let (outcome, world, browser) = opened_with(Operation::Replace, Failure::Unheard, LEAD).await;
    assert!(outcome.passed());
    assert_eq!(browser.open(elsewhere(&world)).await.access_token(), Some("access-3"));
    assert_eq!(world.provider.refresh_requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_cannot_be_given_up_runs_out() {
    // The lease would outlast the token, so the site tries to release it.
    let (world, browser) = at(TOKEN_SECONDS - 10).await;
    world.fault_injector().fail(Operation::Release, Some(DOWN));
    world.provider.set_mood(Mood::Down);
    assert!(browser.open(world.site()).await.passed());
    world.provider.set_mood(Mood::Well);
    assert_eq!(browser.open(world.site()).await.access_token(), Some("access-2"));
    world.clock.advance(20);
    assert_eq!(browser.open(world.site()).await.access_token(), Some("access-3"));
}

#[tokio::test(start_paused = true)]
async fn a_session_that_cannot_be_ended_is_refused_all_the_same() {
    let (world, browser) = at(EXPIRED).await;
    world.provider.revoke_all();
    world.fault_injector().fail(Operation::End, Some(DOWN));
    assert_eq!(browser.open(world.site()).await, Outcome::Refused("session_store_unavailable"));
}

#[tokio::test(start_paused = true)]
async fn a_session_that_cannot_be_deleted_is_not_said_to_be_signed_out() {
    let (world, mut browser) = at(FRESH).await;
    world.fault_injector().fail(Operation::Delete, Some(DOWN));
    let logged = browser.go(world.site(), "/oauth2/logout").await;
    assert_eq!(logged.refusal.unwrap().reason().code, "session_store_unavailable");
    assert!(browser.session().is_some());
    assert!(!world.provider.is_revoked());
}

#[tokio::test(start_paused = true)]
async fn a_session_that_cannot_be_created_is_not_said_to_be_signed_in() {
    let (world, _) = at(FRESH).await;
    world.fault_injector().fail(Operation::Create, Some(DOWN));
    let mut browser = Browser::default();
    // No session holds its refresh token, so the token is revoked if the provider can be reached.
    for (mood, decision, revoked) in [(Mood::Down, "refuse_unrevoked", 0), (Mood::Well, "refuse", 1)] {
        world.provider.set_mood(mood);
        let landed = browser.land(world.site()).await;
        assert_eq!(landed.refusal.unwrap().reason().code, "session_store_unavailable");
        assert_eq!((landed.decision, world.provider.revoked()), (decision, revoked));
        assert_eq!(browser.session(), None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_is_down_is_felt_when_the_token_has_run_out() {
    for (mood, reason) in [
        (Mood::Down, "provider_unreachable"),
        (Mood::Failing, "token_endpoint_unavailable"),
        (Mood::Mute, "provider_timed_out"),
    ] {
        let (world, mut browser) = at(LEAD).await;
        world.provider.set_mood(mood);
        assert_eq!(browser.open(world.site()).await.access_token(), Some("access-2"), "{mood:?}");
        world.clock.advance(EXPIRED - LEAD);
        assert_eq!(browser.open(world.site()).await, Outcome::Refused(reason), "{mood:?}");
        let logged = browser.go(world.site(), "/oauth2/refresh?rd=/page").await;
        assert_eq!(logged.response.status, StatusCode::SERVICE_UNAVAILABLE, "{mood:?}");
        assert_eq!(world.provider.refresh_requests(), 2, "{mood:?}");
        world.provider.set_mood(Mood::Well);
        // A refresh that was just refused is not requested again at once.
        world.clock.advance(5);
        assert!(browser.open(world.site()).await.passed(), "{mood:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn while_tokens_hold_a_provider_in_trouble_is_asked_once_a_lease() {
    for mood in [Mood::Down, Mood::Failing, Mood::Mute] {
        let (world, browser) = at(LEAD).await;
        world.provider.set_mood(mood);
        for _ in 0..40 {
            assert!(browser.open(world.site()).await.passed(), "{mood:?}");
            assert!(browser.fetch(elsewhere(&world)).await.passed(), "{mood:?}");
        }
        assert_eq!(world.provider.refresh_requests(), 1, "{mood:?}");
        world.clock.advance(20);
        world.provider.set_mood(Mood::Well);
        assert_ne!(browser.open(world.site()).await.access_token(), Some("access-2"), "{mood:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_was_lost_without_grace_ends_the_session_with_its_access_token() {
    let (world, browser) = two_sites(RefreshTokenRotation::On { grace: 0 }).await;
    world.clock.advance(LEAD);
    world.provider.set_mood(Mood::Mute);
    assert!(browser.open(world.site()).await.passed());
    world.provider.set_mood(Mood::Well);
    world.clock.advance(20);
    assert_eq!(browser.open(world.site()).await.access_token(), Some("access-2"));
    world.clock.advance(10);
    assert_eq!(browser.open(world.site()).await, Outcome::SignIn("session_token_expired"));
}

#[tokio::test(start_paused = true)]
async fn a_session_that_was_ended_at_the_provider_ends_at_once() {
    let (world, browser) = at(LEAD).await;
    world.provider.revoke_all();
    assert_eq!(browser.open(world.site()).await, Outcome::SignIn("refresh_refused"));
    assert_eq!(world.store().read(&browser.row_key()).await, Ok(None));
}

#[tokio::test(start_paused = true)]
async fn others_do_not_wait_for_a_provider_that_is_down() {
    let (world, browser) = at(EXPIRED).await;
    world.provider.set_mood(Mood::Down);
    let (first, second) = tokio::join!(browser.open(world.site()), browser.open(elsewhere(&world)));
    assert_eq!(first, Outcome::Refused("provider_unreachable"));
    assert_eq!(second, Outcome::Refused("refresh_in_progress"));
    assert_eq!(world.provider.refresh_requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_spent_refresh_token_is_replaced_though_the_keys_cannot_be_had() {
    let (mut world, browser) = two_sites(RefreshTokenRotation::On { grace: 0 }).await;
    // A site that has not fetched the keys.
    let number = world.add_site(&[]);
    let cold = world.sites.get(number).unwrap();
    world.clock.advance(LEAD);
    world.provider.set_keys_down(true);
    assert_eq!(browser.open(cold).await.access_token(), Some("access-2"));
    assert_eq!(world.provider.refresh_requests(), 1);
    world.provider.set_keys_down(false);
    assert_eq!(browser.open(world.site()).await.access_token(), Some("access-4"));
}

#[tokio::test(start_paused = true)]
async fn tokens_of_somebody_else_are_not_taken_over() {
    let (world, browser) = at(LEAD).await;
    world.provider.set_subject("ben");
    assert_eq!(browser.open(world.site()).await.access_token(), Some("access-2"));
    let note = world.site().take_notes().unwrap();
    assert!(note.starts_with("refresh: refreshed_subject_changed: "), "{note}");
    assert_eq!(browser.open(elsewhere(&world)).await.access_token(), Some("access-2"));
    assert_eq!(world.provider.refresh_requests(), 1);
    world.clock.advance(EXPIRED - LEAD);
    assert_eq!(browser.open(world.site()).await, Outcome::SignIn("session_token_expired"));

    let (world, browser) = at(EXPIRED).await;
    world.provider.set_subject("ben");
    assert_eq!(browser.open(world.site()).await, Outcome::SignIn("refresh_refused"));
    assert_eq!(world.store().read(&browser.row_key()).await, Ok(None));
}

/// In cookies, where an earlier copy of the cookie stays readable.
#[tokio::test(start_paused = true)]
async fn a_copy_of_an_earlier_cookie_does_not_decide_about_the_session() {
    let setup = Setup { rotation: RefreshTokenRotation::On { grace: 0 }, ..Setup::default() };
    let world = World::new(None, setup);
    let mut browser = Browser::signed_in(world.site()).await;
    let mut copy = browser.clone();
    world.clock.advance(LEAD);
    assert_eq!(browser.post(world.site(), "/oauth2/refresh").await.response.status, StatusCode::OK);
    world.clock.advance(LEAD);
    let refused = copy.post(world.site(), "/oauth2/refresh").await;
    assert_eq!(refused.refusal.unwrap().reason().code, "refresh_refused");
    assert_eq!(browser.post(world.site(), "/oauth2/refresh").await.response.status, StatusCode::OK);
    assert_eq!(world.provider.refresh_requests(), 3);
    assert!(browser.open(world.site()).await.passed());
}

const INVALID_CLIENT: &str = r#"{"error":"invalid_client"}"#;

/// The provider may still accept a refresh token that was refused once, so sign-out revokes it.
#[tokio::test(start_paused = true)]
async fn a_refused_refresh_token_is_revoked_at_sign_out() {
    for stored in [false, true] {
        let store = stored.then(|| Arc::new(MemoryStore::default()) as _);
        let world = World::new(store, Setup { rotation: RefreshTokenRotation::Off, ..Setup::default() });
        let mut browser = Browser::signed_in(world.site()).await;
        let mut copy = browser.clone();
        world.clock.advance(LEAD);
        world.provider.refuse_refresh(401, "application/json", INVALID_CLIENT);
        assert_eq!(browser.post(world.site(), "/oauth2/refresh").await.response.status, StatusCode::OK);
        assert!(world.site().take_warning());
        world.provider.refuse_no_refresh();
        browser.go(world.site(), "/oauth2/logout").await;
        assert!(world.provider.is_revoked(), "{stored}");
        world.clock.advance(5);
        assert!(copy.post(world.site(), "/oauth2/refresh").await.refusal.is_some(), "{stored}");
    }
}

/// No session holds the refresh token any more.
#[tokio::test(start_paused = true)]
async fn the_refresh_token_of_a_session_that_ends_by_a_refusal_is_revoked() {
    for stored in [false, true] {
        let store = stored.then(|| Arc::new(MemoryStore::default()) as _);
        let world = World::new(store, Setup { rotation: RefreshTokenRotation::Off, ..Setup::default() });
        let mut browser = Browser::signed_in(world.site()).await;
        world.clock.advance(EXPIRED);
        world.provider.refuse_refresh(400, "application/json", r#"{"error":"interaction_required"}"#);
        let refused = browser.post(world.site(), "/oauth2/refresh").await;
        assert_eq!(refused.refusal.unwrap().reason().code, "refresh_refused");
        assert!(world.provider.is_revoked(), "{stored}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_refresh_token_beside_a_token_that_is_born_inside_its_lead_is_kept() {
    let (world, browser) = two_sites(RefreshTokenRotation::On { grace: 0 }).await;
    world.clock.advance(LEAD);
    world.provider.set_token_seconds(30);
    assert_eq!(browser.open(world.site()).await, Outcome::Refused("refresh_loop"));
    assert_eq!(browser.open(world.site()).await, Outcome::Refused("refresh_loop"));
    assert_eq!(world.provider.refresh_requests(), 1);
    world.provider.set_token_seconds(TOKEN_SECONDS);
    world.clock.advance(5);
    assert!(browser.open(world.site()).await.passed());
}

/// In cookies, where both reasons send the page to the refresh endpoint: the refused token is not the only
/// one.
#[tokio::test(start_paused = true)]
async fn a_refused_refresh_beside_a_due_renewal_is_no_loop() {
    let settings = &[("session_rolling_timeout", "320")];
    let world = World::new(None, Setup { settings, ..Setup::default() });
    let mut browser = Browser::signed_in(world.site()).await;
    world.clock.advance(LEAD);
    world.provider.refuse_refresh(401, "application/json", INVALID_CLIENT);
    assert_eq!(browser.open(world.site()).await, Outcome::Refresh("session_renewal_due"));
    let back = browser.go(world.site(), "/oauth2/refresh?rd=/page").await;
    assert_eq!(back.response.status, StatusCode::SEE_OTHER);
    assert!(browser.open(world.site()).await.passed());
}
