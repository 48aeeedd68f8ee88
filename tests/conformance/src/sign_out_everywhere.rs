//! Ends sessions from elsewhere. [`sign_out_everywhere_contract`](crate::sign_out_everywhere_contract) makes a test of
//! every clause.
#![expect(clippy::indexing_slicing, reason = "a missing member fails the clause")]

use flow::logged_response::LoggedResponse;
use flow::ports::Clock;
use flow::session::store::{List, StoreFault};
use http::StatusCode;
use relying_party::session::index::Indexed;
use relying_party::session::store_outage::StoreOutage;
use serde_json::{Value, json};

use crate::browser::{Browser, Outcome, call, location, tell};
use crate::fault_injection::{Failure, Operation};
use crate::provider::{ISSUER, Mood};
use crate::world::{Setup, Store, World};

/// Makes tests of all clauses. `$store` is an async expression that creates the [`Store`].
#[macro_export]
macro_rules! sign_out_everywhere_contract {
    ($store:expr) => {
        $crate::sign_out_everywhere_contract!($store;
            everywhere_ends_every_session_and_token_of_the_user_alone
            a_sign_in_after_everywhere_is_let_in
            a_session_that_no_list_shows_is_ended_everywhere
            a_session_that_is_remembered_ends_with_its_seconds
            a_session_ends_whatever_key_of_the_ring_it_was_under
            everywhere_ends_what_the_provider_has_and_says_whether_it_did
            everywhere_without_a_session_does_nothing
            everywhere_fails_whole_when_the_store_does
            a_link_to_everywhere_asks_first
            a_form_of_another_site_ends_nothing
            the_page_that_asks_offers_everywhere
            a_browser_is_sent_to_the_provider_after_everywhere
            the_provider_asks_for_a_password_after_everywhere
            a_token_is_refused_while_the_revocation_cannot_be_read
            a_revocation_is_read_once_in_its_seconds
            the_provider_ends_one_session_by_sid
            sessions_without_sid_end_with_any_session_of_their_user
            a_session_ends_by_sid_though_the_provider_s_clock_is_behind
            the_provider_may_end_what_is_ended_already
            the_provider_ends_all_sessions_of_a_user_and_no_token
            a_session_that_no_list_shows_is_ended_by_the_provider
            a_logout_token_is_taken_once
            a_logout_token_is_taken_again_after_an_outage
        );
    };
    ($store:expr; $($clause:ident)*) => {
        $(
            #[tokio::test]
            async fn $clause() {
                $crate::sign_out_everywhere::$clause($store.await).await;
            }
        )*
    };
}

const EVERYWHERE: &str = "/oauth2/logout?everywhere=true";

/// Signs a user in at two browsers. Every world has its own user, so that worlds can share one store.
async fn two_browsers(store: Store, subject: &str) -> (World, Browser, Browser) {
    let world = World::new(store, Setup { sites: 2, ..Setup::default() });
    world.provider.set_subject(subject);
    let one = Browser::signed_in(world.site()).await;
    let other = Browser::signed_in(world.site()).await;
    world.clock.advance(10);
    (world, one, other)
}

fn reason(logged: &LoggedResponse) -> &'static str {
    logged.refusal.as_ref().unwrap().reason().code
}

fn members(logged: &LoggedResponse) -> Value {
    serde_json::from_str(&logged.response.body).unwrap()
}

async fn listed(world: &World, subject: &str) -> usize {
    let hash = Indexed::User { issuer: ISSUER, subject }.hash(&world.site().relying_party.ring);
    world.store().rows(List::User, &hash).await.unwrap().len()
}

fn logout_token(world: &World, jti: &str, names: &Value) -> String {
    let mut claims = world.provider.logout_claims(jti);
    claims.as_object_mut().unwrap().extend(names.as_object().unwrap().clone());
    format!("logout_token={}", world.provider.signed("logout+jwt", &claims))
}

pub async fn everywhere_ends_every_session_and_token_of_the_user_alone(store: Store) {
    let (world, mut one, other) = two_browsers(store, "everywhere").await;
    let token = world.provider.access_token(10);
    world.provider.set_subject("everywhere else");
    let ben = Browser::signed_in(world.site()).await;
    let bens_token = world.provider.access_token(10);
    assert_eq!(listed(&world, "everywhere").await, 2);
    let thief = one.clone();
    let out = one.post(world.site(), EVERYWHERE).await;
    assert_eq!(out.response.status, StatusCode::OK, "{:?}", out.refusal);
    let told = members(&out);
    assert_eq!((&told["everywhere"], &told["provider"]), (&json!(true), &json!("not_asked")));
    assert_eq!(one.session(), None);
    assert!(world.provider.is_revoked());
    assert_eq!(listed(&world, "everywhere").await, 0);
    for gone in [thief, other] {
        assert_eq!(gone.open(world.site()).await, Outcome::SignIn("session_not_stored"));
    }
    assert_eq!(call(world.site(), &token).await, Outcome::Refused("bearer_ended_everywhere"));
    assert!(ben.open(world.site()).await.passed());
    assert!(call(world.site(), &bens_token).await.passed());
}

pub async fn a_sign_in_after_everywhere_is_let_in(store: Store) {
    let (world, mut one, _) = two_browsers(store, "signs in after").await;
    one.post(world.site(), EVERYWHERE).await;
    world.clock.advance(1);
    one.sign_in(world.site()).await;
    assert!(one.open(world.site()).await.passed());
    assert!(call(world.site(), &world.provider.access_token(0)).await.passed());
}

/// The index is not up to date.
pub async fn a_session_that_no_list_shows_is_ended_everywhere(store: Store) {
    let (world, mut one, other) = two_browsers(store, "not listed").await;
    world.fault_injector().fail(Operation::Rows, Some(Failure::Lost));
    one.post(world.site(), EVERYWHERE).await;
    assert!(world.store().read(&other.row_key()).await.unwrap().is_some());
    for site in &world.sites {
        assert_eq!(other.open(site).await, Outcome::SignIn("session_ended_everywhere"));
        assert_eq!(other.fetch(site).await, Outcome::Refused("session_ended_everywhere"));
    }
}

pub async fn a_session_that_is_remembered_ends_with_its_seconds(store: Store) {
    let settings = &[("session_cache_seconds", "5")];
    let world = World::new(store, Setup { sites: 2, settings, ..Setup::default() });
    let [here, elsewhere] = world.sites.as_slice() else { panic!("two sites") };
    world.provider.set_subject("remembered");
    let mut one = Browser::signed_in(elsewhere).await;
    let other = Browser::signed_in(here).await;
    world.clock.advance(10);
    assert!(other.open(here).await.passed());
    world.fault_injectors.get(1).unwrap().fail(Operation::Rows, Some(Failure::Lost));
    one.post(elsewhere, EVERYWHERE).await;
    assert!(other.open(here).await.passed());
    world.clock.advance(5);
    assert_eq!(other.open(here).await, Outcome::SignIn("session_ended_everywhere"));
}

/// A rotation appends a key, then promotes it. A revocation under one first key applies under the other, and rows
/// under both are found.
pub async fn a_session_ends_whatever_key_of_the_ring_it_was_under(store: Store) {
    const OLD: &str = "the old text of at least thirty-two bytes";
    const NEW: &str = "the new text of at least thirty-two bytes";
    let ring = |first: &str, second: &str| json!([first, second]).to_string();
    for (number, (before, after)) in
        [(OLD.to_owned(), ring(OLD, NEW)), (ring(OLD, NEW), ring(NEW, OLD)), (ring(NEW, OLD), ring(OLD, NEW))]
            .into_iter()
            .enumerate()
    {
        for lags in [false, true] {
            let subject = format!("rotated {number} {lags}");
            let settings = [("session_secret", before.as_str())];
            let mut world = World::new(store.clone(), Setup { settings: &settings, ..Setup::default() });
            let later = world.add_site(&[("session_secret", after.as_str())]);
            let later = std::sync::Arc::clone(world.sites.get(later).unwrap());
            world.provider.set_subject(&subject);
            let earlier_session = Browser::signed_in(world.site()).await;
            let mut later_session = Browser::signed_in(&later).await;
            world.clock.advance(10);
            if lags {
                world.fault_injectors.iter().for_each(|way| way.fail(Operation::Rows, Some(Failure::Lost)));
            }
            let copy = later_session.clone();
            let out = later_session.post(&later, EVERYWHERE).await;
            assert_eq!(out.response.status, StatusCode::OK, "{subject}: {:?}", out.refusal);
            let expected = if lags { "session_ended_everywhere" } else { "session_not_stored" };
            for browser in [&earlier_session, &copy] {
                for site in [world.site(), &later] {
                    assert_eq!(browser.open(site).await, Outcome::SignIn(expected), "{subject}");
                }
            }
            let token = world.provider.access_token(10);
            assert_eq!(call(&later, &token).await, Outcome::Refused("bearer_ended_everywhere"), "{subject}");
        }
    }
}

pub async fn everywhere_ends_what_the_provider_has_and_says_whether_it_did(store: Store) {
    let settings = &[
        ("provider", "cognito"),
        ("user_pool_id", "eu-west-1_AbCdEfGhI"),
        ("logout_everywhere_at_provider", "true"),
    ];
    for (down, script) in [(false, true), (false, false), (true, true), (true, false)] {
        let world = World::new(store.clone(), Setup { settings, ..Setup::default() });
        world.provider.set_subject(&format!("at provider {down} {script}"));
        world.provider.set_claim("token_use", json!("id"));
        let mut browser = Browser::signed_in(world.site()).await;
        world.clock.advance(1);
        world.provider.set_mood(if down { Mood::Down } else { Mood::Well });
        let out = if script {
            browser.post(world.site(), EVERYWHERE).await
        } else {
            browser.submit(world.site(), "/oauth2/logout", "everywhere=true").await
        };
        assert_eq!(browser.session(), None);
        assert_eq!(
            out.refusal.as_ref().map(|refusal| refusal.reason().code),
            down.then_some("provider_sign_out_failed")
        );
        match (script, down) {
            (true, _) => assert_eq!(members(&out)["provider"], if down { "failed" } else { "ended" }),
            (false, false) => assert_eq!(out.response.status, StatusCode::FOUND),
            (false, true) => {
                assert_eq!(out.response.status, StatusCode::OK);
                let body = &out.response.body;
                assert!(body.contains("The sign-in service did not confirm the sign-out."), "{body}");
                assert!(body.contains("href=\"https://login.example.com/logout?"), "{body}");
            }
        }
    }
}

pub async fn everywhere_without_a_session_does_nothing(store: Store) {
    let (world, one, _) = two_browsers(store, "no session").await;
    let out = Browser::default().post(world.site(), EVERYWHERE).await;
    assert_eq!((out.response.status, reason(&out)), (StatusCode::UNAUTHORIZED, "session_missing"));
    assert!(one.open(world.site()).await.passed());
}

/// No response says that it succeeded.
pub async fn everywhere_fails_whole_when_the_store_does(store: Store) {
    let (world, mut one, other) = two_browsers(store, "store fails").await;
    let down = Some(Failure::NotDone(StoreFault::Unavailable(StoreOutage::Unanswered)));
    world.fault_injector().fail(Operation::MoveRevocation, down);
    let out = one.post(world.site(), EVERYWHERE).await;
    assert_eq!(
        (out.response.status, reason(&out)),
        (StatusCode::SERVICE_UNAVAILABLE, "session_store_unavailable")
    );
    assert!(one.open(world.site()).await.passed() && other.open(world.site()).await.passed());
    // Once the revocation is stored, lists and rows may fail, but every session is refused.
    world.fault_injector().fail(Operation::MoveRevocation, None);
    world.fault_injector().fail(Operation::Rows, down);
    let copy = one.clone();
    assert_eq!(one.post(world.site(), EVERYWHERE).await.response.status, StatusCode::OK);
    for browser in [copy, other] {
        assert_eq!(browser.open(world.site()).await, Outcome::SignIn("session_ended_everywhere"));
    }
}

pub async fn a_link_to_everywhere_asks_first(store: Store) {
    let (world, mut one, other) = two_browsers(store, "link").await;
    for cross_site in [false, true] {
        let asked = if cross_site {
            one.follow(world.site(), EVERYWHERE).await
        } else {
            one.go(world.site(), EVERYWHERE).await
        };
        assert_eq!((asked.decision, asked.response.set_cookies.len()), ("confirm", 0), "{cross_site}");
        assert!(
            asked.response.body.contains("name=\"everywhere\" value=\"true\""),
            "{}",
            asked.response.body
        );
        assert!(other.open(world.site()).await.passed() && one.open(world.site()).await.passed());
    }
}

/// Neither `Sec-Fetch-Site` nor `Origin` names this site.
pub async fn a_form_of_another_site_ends_nothing(store: Store) {
    let (world, one, other) = two_browsers(store, "other site").await;
    let asked = one.submit_from_elsewhere(world.site(), "/oauth2/logout", "everywhere=true").await;
    assert_eq!((asked.decision, asked.response.set_cookies.len()), ("confirm", 0));
    assert!(one.open(world.site()).await.passed() && other.open(world.site()).await.passed());
}

pub async fn the_page_that_asks_offers_everywhere(store: Store) {
    let (world, mut one, other) = two_browsers(store, "offered").await;
    let asked = one.follow(world.site(), "/oauth2/logout").await;
    assert!(asked.response.body.contains("Sign out on all devices</button>"), "{}", asked.response.body);
    assert!(other.open(world.site()).await.passed());
}

pub async fn a_browser_is_sent_to_the_provider_after_everywhere(store: Store) {
    let (world, mut one, other) = two_browsers(store, "sent on").await;
    let out = one.submit(world.site(), "/oauth2/logout", "everywhere=true").await;
    assert_eq!((out.response.status, out.decision), (StatusCode::FOUND, "signed_out_everywhere"));
    assert!(location(&out).starts_with("https://login.example.com/logout?"), "{}", location(&out));
    assert_eq!(one.session(), None);
    assert_eq!(other.open(world.site()).await, Outcome::SignIn("session_not_stored"));
}

/// The provider relies on an earlier sign-in. It is asked once to authenticate the user again; then its
/// answer is accepted or refused.
pub async fn the_provider_asks_for_a_password_after_everywhere(store: Store) {
    let (world, mut one, mut other) = two_browsers(store, "password").await;
    let begun = world.clock.now().unix();
    one.post(world.site(), EVERYWHERE).await;
    world.clock.advance(60);
    world.provider.set_claim("auth_time", json!(begun));
    let revoked = world.provider.revoked();
    let again = other.land(world.site()).await;
    assert_eq!((again.response.status, reason(&again)), (StatusCode::FOUND, "session_ended_everywhere"));
    // No session holds the tokens of this sign-in.
    assert_eq!(world.provider.revoked(), revoked + 1);
    assert!(location(&again).contains("prompt=login"), "{}", location(&again));
    let mut stubborn = other.clone();
    let refused = stubborn.land_from(world.site(), &again).await;
    assert_eq!(
        (refused.response.status, reason(&refused)),
        (StatusCode::UNAUTHORIZED, "session_ended_everywhere")
    );
    world.provider.set_claim("auth_time", json!(begun + 61));
    let landed = other.land_from(world.site(), &again).await;
    assert_eq!(landed.response.status, StatusCode::SEE_OTHER, "{:?}", landed.refusal);
    world.clock.advance(1);
    assert!(other.open(world.site()).await.passed());
}

/// Without the revocation no session is accepted either.
pub async fn a_token_is_refused_while_the_revocation_cannot_be_read(store: Store) {
    let (world, one, _) = two_browsers(store, "cannot be read").await;
    let token = world.provider.access_token(10);
    assert!(call(world.site(), &token).await.passed());
    world.fault_injector().fail(
        Operation::Revocation,
        Some(Failure::NotDone(StoreFault::Unavailable(StoreOutage::Unanswered))),
    );
    assert_eq!(call(world.site(), &token).await, Outcome::Refused("session_store_unavailable"));
    assert_eq!(one.open(world.site()).await, Outcome::Refused("session_store_unavailable"));
    assert_eq!(one.fetch(world.site()).await, Outcome::Refused("session_store_unavailable"));
}

pub async fn a_revocation_is_read_once_in_its_seconds(store: Store) {
    let settings = &[("session_cache_seconds", "5")];
    let world = World::new(store, Setup { settings, ..Setup::default() });
    world.provider.set_subject("read once");
    let token = world.provider.access_token(10);
    for _ in 0..40 {
        assert!(call(world.site(), &token).await.passed());
    }
    assert_eq!(world.fault_injector().count(Operation::Revocation), 1);
    world.clock.advance(5);
    assert!(call(world.site(), &token).await.passed());
    assert_eq!(world.fault_injector().count(Operation::Revocation), 2);
}

pub async fn the_provider_ends_one_session_by_sid(store: Store) {
    let world = World::new(store, Setup { sites: 2, ..Setup::default() });
    world.provider.set_subject("by sid");
    world.provider.set_claim("sid", json!("sid one"));
    let one = Browser::signed_in(world.site()).await;
    world.provider.set_claim("sid", json!("sid other"));
    let other = Browser::signed_in(world.site()).await;
    world.clock.advance(10);
    let body = logout_token(&world, "by sid", &json!({ "sid": "sid one", "sub": "by sid" }));
    let told = tell(world.site(), &body).await;
    assert_eq!(told.response.status, StatusCode::OK, "{:?}", told.refusal);
    assert!(told.response.headers.contains(&("cache-control", "no-store".to_owned())));
    assert_eq!(one.open(world.site()).await, Outcome::SignIn("session_not_stored"));
    assert!(other.open(world.site()).await.passed());
    assert_eq!(listed(&world, "by sid").await, 1);
}

/// They could belong to the session that has ended.
pub async fn sessions_without_sid_end_with_any_session_of_their_user(store: Store) {
    let world = World::new(store, Setup { sites: 2, ..Setup::default() });
    world.provider.set_subject("without sid");
    let without = Browser::signed_in(world.site()).await;
    world.provider.set_claim("sid", json!("sid of another"));
    let with = Browser::signed_in(world.site()).await;
    world.provider.set_subject("without sid either");
    world.provider.remove_claim("sid");
    let ben = Browser::signed_in(world.site()).await;
    world.clock.advance(10);
    let names = json!({ "sid": "sid of none", "sub": "without sid" });
    let told = tell(world.site(), &logout_token(&world, "without sid", &names)).await;
    assert_eq!(told.response.status, StatusCode::OK, "{:?}", told.refusal);
    for site in &world.sites {
        assert_eq!(without.open(site).await, Outcome::SignIn("session_ended_at_provider"));
        assert!(with.open(site).await.passed());
        assert!(ben.open(site).await.passed());
    }
    // A user who signs in later stays signed in, and a token without `sub` affects no other user.
    world.provider.set_subject("without sid");
    world.clock.advance(1);
    let later = Browser::signed_in(world.site()).await;
    let told = tell(world.site(), &logout_token(&world, "sid alone", &json!({ "sid": "sid of none" }))).await;
    assert_eq!(told.response.status, StatusCode::OK, "{:?}", told.refusal);
    assert!(later.open(world.site()).await.passed());
}

/// The browser signs in and out within the difference between the clocks.
pub async fn a_session_ends_by_sid_though_the_provider_s_clock_is_behind(store: Store) {
    for lags in [false, true] {
        let world = World::new(store.clone(), Setup::default());
        let sid = format!("clock behind {lags}");
        world.provider.set_claim("sid", json!(sid));
        let browser = Browser::signed_in(world.site()).await;
        if lags {
            world.fault_injector().fail(Operation::Rows, Some(Failure::Lost));
        }
        world.clock.advance(1);
        let earlier = world.clock.now().unix() - 30;
        let body = logout_token(&world, &sid, &json!({ "sid": sid, "iat": earlier }));
        let told = tell(world.site(), &body).await;
        assert_eq!(told.response.status, StatusCode::OK, "{:?}", told.refusal);
        let expected = if lags { "session_ended_at_provider" } else { "session_not_stored" };
        assert_eq!(browser.open(world.site()).await, Outcome::SignIn(expected));
    }
}

/// Section 2.7 calls this a success: the user signed out here, and the provider notifies every relying party.
pub async fn the_provider_may_end_what_is_ended_already(store: Store) {
    for member in ["sid", "sub"] {
        let world = World::new(store.clone(), Setup::default());
        let name = format!("ended already by {member}");
        world.provider.set_subject(&name);
        world.provider.set_claim("sid", json!(name));
        let mut browser = Browser::signed_in(world.site()).await;
        world.clock.advance(10);
        browser.go(world.site(), "/oauth2/logout").await;
        let told = tell(world.site(), &logout_token(&world, &name, &json!({ member: name }))).await;
        assert_eq!(told.response.status, StatusCode::OK, "{:?}", told.refusal);
    }
}

/// Section 2.7 leaves refresh tokens for `offline_access` valid, and therefore the tokens of API clients.
pub async fn the_provider_ends_all_sessions_of_a_user_and_no_token(store: Store) {
    let (world, one, other) = two_browsers(store, "by sub").await;
    let token = world.provider.access_token(10);
    let told = tell(world.site(), &logout_token(&world, "by sub", &json!({ "sub": "by sub" }))).await;
    assert_eq!(told.response.status, StatusCode::OK, "{:?}", told.refusal);
    for browser in [one, other] {
        assert_eq!(browser.open(world.site()).await, Outcome::SignIn("session_not_stored"));
    }
    assert!(call(world.site(), &token).await.passed());
}

/// The index is not up to date. Another client may still use a sign-in at the provider that is older than the
/// logout.
pub async fn a_session_that_no_list_shows_is_ended_by_the_provider(store: Store) {
    for names in [json!({ "sid": "lags by sid" }), json!({ "sub": "lags by sub" })] {
        let name = names.as_object().unwrap().values().next().unwrap().as_str().unwrap();
        let world = World::new(store.clone(), Setup { sites: 2, ..Setup::default() });
        world.provider.set_subject(name);
        world.provider.set_claim("sid", json!(name));
        world.provider.set_claim("auth_time", json!(world.clock.now().unix()));
        let mut browser = Browser::signed_in(world.site()).await;
        world.clock.advance(10);
        world.fault_injector().fail(Operation::Rows, Some(Failure::Lost));
        let told = tell(world.site(), &logout_token(&world, name, &names)).await;
        assert_eq!(told.response.status, StatusCode::OK, "{:?}", told.refusal);
        for site in &world.sites {
            assert_eq!(browser.open(site).await, Outcome::SignIn("session_ended_at_provider"));
        }
        world.clock.advance(1);
        browser.sign_in(world.site()).await;
        assert!(browser.open(world.site()).await.passed());
    }
}

pub async fn a_logout_token_is_taken_once(store: Store) {
    let (world, _, mut other) = two_browsers(store, "once").await;
    let body = logout_token(&world, "once", &json!({ "sub": "once" }));
    assert_eq!(tell(world.site(), &body).await.response.status, StatusCode::OK);
    world.clock.advance(1);
    other.sign_in(world.site()).await;
    for site in &world.sites {
        let again = tell(site, &body).await;
        assert_eq!(
            (again.response.status, reason(&again)),
            (StatusCode::BAD_REQUEST, "logout_token_replayed")
        );
    }
    assert!(other.open(world.site()).await.passed());
}

/// A logout token counts as seen only if it took effect.
pub async fn a_logout_token_is_taken_again_after_an_outage(store: Store) {
    let (world, one, _) = two_browsers(store, "again").await;
    let body = logout_token(&world, "again", &json!({ "sub": "again" }));
    for operation in [Operation::MoveRevocation, Operation::Remember] {
        world
            .fault_injector()
            .fail(operation, Some(Failure::NotDone(StoreFault::Unavailable(StoreOutage::Unanswered))));
        let told = tell(world.site(), &body).await;
        let expected = (StatusCode::SERVICE_UNAVAILABLE, "session_store_unavailable");
        assert_eq!((told.response.status, reason(&told)), expected, "{operation:?}");
        world.fault_injector().fail(operation, None);
    }
    let told = tell(world.site(), &body).await;
    assert_eq!(told.response.status, StatusCode::OK, "{:?}", told.refusal);
    assert_eq!(one.open(world.site()).await, Outcome::SignIn("session_not_stored"));
}
