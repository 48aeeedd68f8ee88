//! Counts the cost of requests without a valid session: reads and writes of the store, requests to the provider.
#![expect(clippy::unwrap_used, reason = "a test fails when it cannot be set up")]

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use conformance::browser::{Browser, Outcome, location, tell};
use conformance::world::{Setup, World};
use flow::ports::Clock;
use flow::session::memory_store::MemoryStore;
use flow::session::store::Row;
use flow::site::{ReloadSign, Site};
use relying_party::gate::front::Front;
use serde_json::json;
use url::Url;

/// The time after which ids without a tag are no longer looked up: 2027-03-01T00:00:00Z.
const UNTAGGED_UNTIL: i64 = 1_803_859_200;

/// A text with the length of an id that vestibule did not issue.
const INVENTED: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The content of the session cookie.
#[derive(Clone, Copy, Debug)]
enum Credential {
    Absent,
    NotAnId,
    Invented,
    /// Invented, at a time when it may be an id from before tags existed.
    InventedEarly,
    /// Issued by vestibule, but its row is gone.
    Ended,
}

const CREDENTIALS: [Credential; 5] = [
    Credential::Absent,
    Credential::NotAnId,
    Credential::Invented,
    Credential::InventedEarly,
    Credential::Ended,
];

#[derive(Clone, Copy, Debug)]
enum Visit {
    Page(Front),
    /// With a `state` that vestibule issued, but without its attempt.
    StrayCallback,
    Go(&'static str),
    Follow(&'static str),
    Post(&'static str),
}

const VISITS: &[Visit] = &[
    Visit::Page(Front::Rest),
    Visit::Page(Front::Other),
    Visit::Page(Front::Proxy),
    Visit::Go("/oauth2/login"),
    Visit::StrayCallback,
    Visit::Go("/oauth2/session"),
    Visit::Go("/oauth2/refresh"),
    Visit::Post("/oauth2/refresh"),
    Visit::Go("/oauth2/logout"),
    Visit::Follow("/oauth2/logout"),
    Visit::Go("/oauth2/logout?everywhere=true"),
    Visit::Post("/oauth2/logout"),
    Visit::Post("/oauth2/logout?everywhere=true"),
    Visit::Go("/oauth2/signed-out"),
    Visit::Go("/oauth2/error?reason=group_missing"),
    Visit::Go("/oauth2/error?reason=session_store_unavailable"),
    Visit::Go("/oauth2/health"),
];

async fn world_at(time: i64) -> (World, Browser) {
    let world = World::new(Some(Arc::new(MemoryStore::default())), Setup::default());
    world.clock.advance(time - world.clock.now().unix());
    let browser = Browser::signed_in(world.site()).await;
    (world, browser)
}

async fn presenting(credential: Credential) -> (World, Browser) {
    let early = matches!(credential, Credential::InventedEarly);
    let (world, mut browser) = world_at(if early { UNTAGGED_UNTIL - 100 } else { UNTAGGED_UNTIL }).await;
    match credential {
        Credential::Absent => browser = Browser::default(),
        Credential::NotAnId => browser.set_session("x"),
        Credential::Invented | Credential::InventedEarly => browser.set_session(INVENTED),
        Credential::Ended => world.store().delete(&browser.row_key()).await.unwrap(),
    }
    (world, browser)
}

async fn begun(site: &Site, browser: &mut Browser) -> String {
    let to_provider = browser.go(site, "/oauth2/login").await;
    let asked = Url::parse(location(&to_provider)).unwrap();
    asked.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned()
}

async fn state_of_another(site: &Site) -> String {
    begun(site, &mut Browser::default()).await
}

async fn visited(world: &World, browser: &mut Browser, visit: Visit) -> [usize; 3] {
    let site = world.site();
    let back = format!("/oauth2/callback?code=invented&state={}", state_of_another(site).await);
    let before = world.fault_injector().costs();
    match visit {
        Visit::StrayCallback => drop(browser.go(site, &back).await),
        Visit::Page(front) => assert!(!browser.open_behind(site, front).await.passed()),
        Visit::Go(target) => drop(browser.go(site, target).await),
        Visit::Follow(target) => drop(browser.follow(site, target).await),
        Visit::Post(target) => drop(browser.post(site, target).await),
    }
    let after = world.fault_injector().costs();
    std::array::from_fn(|kind| after.get(kind).unwrap() - before.get(kind).unwrap())
}

#[tokio::test(start_paused = true)]
async fn an_invented_credential_costs_nothing_and_an_ended_one_a_read_at_most() {
    let mut wrong = Vec::new();
    for credential in CREDENTIALS {
        for visit in VISITS {
            let (world, mut browser) = presenting(credential).await;
            let costs = visited(&world, &mut browser, *visit).await;
            let looks = match visit {
                Visit::Go(
                    "/oauth2/error?reason=session_store_unavailable"
                    | "/oauth2/health"
                    | "/oauth2/logout?everywhere=true",
                )
                | Visit::Follow(_) => false,
                _ => matches!(credential, Credential::InventedEarly | Credential::Ended),
            };
            if costs != [usize::from(looks), 0, 0] {
                wrong.push(format!("{credential:?} {visit:?}: {costs:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_session_of_before_there_were_tags_goes_on_until_the_date_and_no_longer() {
    let (world, mut browser) = world_at(UNTAGGED_UNTIL - 100).await;
    let ring = &world.site().relying_party.ring;
    let row = world.store().read(&browser.row_key()).await.unwrap().unwrap();
    let id = URL_SAFE_NO_PAD.decode(browser.session().unwrap()).unwrap().try_into().unwrap();
    let content = ring.open_stored(&id, &row.content).unwrap();
    browser.set_session(INVENTED);
    assert_eq!(browser.open(world.site()).await, Outcome::SignIn("session_not_stored"));
    let row = Row { content: ring.seal_stored(&[0; 32], &content, [1; 24]), ..row };
    world.store().create(&browser.row_key(), row).await.unwrap();
    assert!(browser.open(world.site()).await.passed());
    world.clock.advance(100);
    assert_eq!(browser.open(world.site()).await, Outcome::SignIn("seal_unknown_key"));
}

/// The tag is under a key that is still in the ring, and under a key that this process has not read yet.
#[tokio::test(start_paused = true)]
async fn a_rotation_of_the_ring_keeps_ids_good_and_an_unread_key_expires_no_cookie() {
    let (mut world, browser) = world_at(UNTAGGED_UNTIL).await;
    let ring = |texts: &[&str]| json!(texts).to_string();
    let old = "a text of at least thirty-two bytes";
    let new = "another text of thirty-two bytes or more";
    for (number, texts) in [[new, old], [old, new]].iter().enumerate() {
        let site = world.add_site(&[("session_secret", &ring(texts))]);
        assert!(browser.open(world.sites.get(site).unwrap()).await.passed(), "{number}");
    }
    let mut newer = browser.clone();
    let without = world.add_site(&[("session_secret", new)]);
    let site = world.sites.get(without).unwrap();
    assert_eq!(browser.open(site).await, Outcome::SignIn("seal_unknown_key"));
    assert_eq!(site.take_reload_sign(), Some(ReloadSign::Repeatable));
    newer.go(site, "/oauth2/session").await;
    assert!(newer.open(world.site()).await.passed());
}

#[tokio::test(start_paused = true)]
async fn an_attempt_redeems_three_refused_codes_and_no_more() {
    let (world, _) = world_at(UNTAGGED_UNTIL).await;
    // More attempts than a process caches do not lift the limit for a later one.
    for _ in 0..256 {
        let mut other = Browser::default();
        let state = begun(world.site(), &mut other).await;
        other.go(world.site(), &format!("/oauth2/callback?code=bogus&state={state}")).await;
    }
    let mut browser = Browser::default();
    let state = begun(world.site(), &mut browser).await;
    let [reads, writes, requests] = world.fault_injector().costs();
    for number in 0..30 {
        let back = format!("/oauth2/callback?code=bogus-{number}&state={state}");
        let refused = browser.clone().go(world.site(), &back).await;
        assert!(refused.response.status.is_client_error(), "{:?}", refused.refusal);
    }
    assert_eq!(world.fault_injector().costs(), [reads, writes, requests + 3]);
    // The limit does not apply to another attempt.
    browser.sign_in(world.site()).await;
    assert!(browser.open(world.site()).await.passed());
}

/// A logout token's signature is verified before the store is read.
#[tokio::test(start_paused = true)]
async fn an_invented_logout_token_costs_no_read() {
    let (world, browser) = world_at(UNTAGGED_UNTIL).await;
    let mut claims = world.provider.logout_claims("invented");
    claims.as_object_mut().unwrap().insert("sid".to_owned(), json!("invented"));
    let token = world.provider.signed("logout+jwt", &claims);
    let (signed, _) = token.rsplit_once('.').unwrap();
    let before = world.fault_injector().costs();
    for form in [format!("logout_token={signed}.AAAA"), "logout_token=x".to_owned(), String::new()] {
        assert!(tell(world.site(), &form).await.response.status.is_client_error(), "{form}");
    }
    assert_eq!(world.fault_injector().costs(), before);
    assert!(browser.open(world.site()).await.passed());
}
