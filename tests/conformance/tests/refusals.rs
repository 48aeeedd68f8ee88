//! Tests refusals that need their own deployment: a case that succeeds elsewhere, with one thing changed.
#![expect(clippy::unwrap_used, reason = "a test fails when it cannot be set up")]

use std::sync::Arc;

use async_trait::async_trait;
use conformance::browser::{Browser, Outcome, call, location};
use conformance::fault_injection::{Failure, Operation};
use conformance::provider::TOKEN_SECONDS;
use conformance::world::{Setup, World};
use flow::ports::{ClientSecretFault, ClientSecretSource, Clock};
use flow::session::memory_store::MemoryStore;
use flow::site::{Ports, ReloadSign, Site};
use flow::system_ports::SystemEntropy;
use http::{Method, StatusCode};
use relying_party::gate::Verdict;
use relying_party::gate::front::Front;
use relying_party::http::endpoint::Endpoint;
use relying_party::http::request::{Headers, Request};
use relying_party::relying_party::RelyingParty;
use relying_party::secret::Secret;
use relying_party::sign_in::SignInEntropy;
use serde_json::json;
use url::Url;

fn with(settings: &[(&str, &str)]) -> World {
    World::new(Some(Arc::new(MemoryStore::default())), Setup { settings, ..Setup::default() })
}

#[tokio::test]
async fn a_bearer_token_where_none_is_taken() {
    let taken = with(&[]);
    assert!(call(taken.site(), &taken.provider.access_token(10)).await.passed());
    let world = with(&[("auth_methods", r#"["session", "authorization_code"]"#)]);
    let outcome = call(world.site(), &world.provider.access_token(10)).await;
    assert_eq!(outcome, Outcome::Refused("bearer_not_accepted"));
}

#[tokio::test]
async fn sign_in_where_only_bearer_tokens_are_taken() {
    let world = with(&[("auth_methods", "bearer")]);
    let refused = Browser::default().go(world.site(), "/oauth2/login").await;
    assert_eq!(refused.response.status, StatusCode::NOT_FOUND);
    assert_eq!(refused.refusal.unwrap().reason().code, "sign_in_not_accepted");
}

#[tokio::test]
async fn a_page_whose_session_in_a_cookie_is_due_for_renewal() {
    let world = World::new(None, Setup::default());
    let browser = Browser::signed_in(world.site()).await;
    world.clock.advance(TOKEN_SECONDS - 30);
    assert_eq!(browser.open(world.site()).await, Outcome::Refresh("session_renewal_due"));
}

/// A provider may not know `max_age`, and a person can remove it at the provider's address.
#[tokio::test]
async fn a_sign_in_older_than_max_age_is_asked_for_once_more_and_then_refused() {
    let world = with(&[("max_age", "300")]);
    let site = world.site();
    let long_ago = json!(world.clock.now().unix() - 1_000);
    for auth_time in [Some(long_ago), None, Some(json!("yesterday"))] {
        match auth_time.clone() {
            Some(auth_time) => world.provider.set_claim("auth_time", auth_time),
            None => world.provider.remove_claim("auth_time"),
        }
        let before = world.provider.revoked();
        let mut browser = Browser::default();
        let again = browser.land(site).await;
        assert_eq!(again.response.status, StatusCode::FOUND, "{auth_time:?} {:?}", again.refusal);
        assert!(location(&again).contains("prompt=login") && location(&again).contains("max_age=300"));
        assert_eq!((world.provider.revoked(), browser.session()), (before + 1, None));
        let refused = browser.land_from(site, &again).await;
        assert_eq!(refused.response.status, StatusCode::BAD_REQUEST);
        assert_eq!(refused.refusal.unwrap().reason().code, "auth_time_too_old");
        assert_eq!((world.provider.revoked(), browser.session()), (before + 2, None));
        assert_eq!(browser.attempts(), 0);
    }
    world.provider.set_claim("auth_time", json!(world.clock.now().unix() - 300));
    assert!(Browser::signed_in(site).await.open(site).await.passed());
}

/// RFC 9207 section 2.4. The refusal comes before the code is redeemed.
#[tokio::test]
async fn a_callback_without_the_issuer_that_the_provider_promises() {
    let discovered = [("authorization_endpoint", ""), ("token_endpoint", ""), ("jwks_endpoint", "")];
    for (promised, named, expected) in
        [(false, false, None), (true, true, None), (true, false, Some("issuer_missing"))]
    {
        let world = with(&discovered);
        world.provider.set_metadata(&json!({ "authorization_response_iss_parameter_supported": promised }));
        let mut browser = Browser::default();
        let to_provider = browser.go(world.site(), "/oauth2/login").await;
        let asked = Url::parse(location(&to_provider)).unwrap();
        let value = |name: &str| {
            asked.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap()
        };
        let issuer = if named { "&iss=https://login.example.com" } else { "" };
        let back = format!("/oauth2/callback?code={}&state={}{issuer}", value("nonce"), value("state"));
        let landed = browser.go(world.site(), &back).await;
        assert_eq!(landed.refusal.map(|refusal| refusal.reason().code), expected, "{promised} {named}");
        assert_eq!(browser.session().is_some(), expected.is_none());
    }
}

/// Two equal ids of 128 random bits: the store already has a row under the new one.
#[tokio::test]
async fn a_new_id_that_is_there_already() {
    let world = with(&[]);
    world.fault_injector().fail(Operation::Create, Some(Failure::Lost));
    let mut browser = Browser::default();
    assert_eq!(browser.come_back(world.site()).await, "internal_error");
    assert_eq!(browser.session(), None);
}

struct Unreadable;

#[async_trait]
impl ClientSecretSource for Unreadable {
    async fn read(&self) -> Result<Secret, ClientSecretFault> {
        Err(ClientSecretFault)
    }
}

#[tokio::test]
async fn a_client_secret_that_cannot_be_read_and_one_that_is_not_there() {
    for (source, code) in [
        (Some(Arc::new(Unreadable) as Arc<dyn ClientSecretSource>), "client_secret_unavailable"),
        (None, "client_secret_missing"),
    ] {
        let world = with(&[]);
        let mut configuration = world.site().relying_party.configuration.clone();
        configuration.client.secret = None;
        let ports = Ports {
            provider: Arc::clone(&world.provider) as Arc<_>,
            clock: Arc::clone(&world.clock) as Arc<dyn Clock>,
            entropy: Arc::new(SystemEntropy),
            sessions: world.store.clone(),
            client_secret: source,
            user_sign_out: None,
        };
        let site = Site::new(RelyingParty::new(configuration).unwrap(), ports);
        let mut browser = Browser::default();
        assert_eq!(browser.come_back(&site).await, code);
        assert_eq!(browser.session(), None);
    }
}

fn page_load(target: &str) -> Request {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let accept = ("accept".to_owned(), "text/html".to_owned());
    Request {
        extended_request_id: String::new(),
        method: Method::GET,
        path: path.to_owned(),
        query: query.to_owned(),
        headers: Headers::new(vec![accept]),
        body: Vec::new(),
        source_ip: None,
        request_id: "request".to_owned(),
    }
}

#[test]
fn an_authorization_endpoint_that_is_no_address() {
    let world = with(&[]);
    let relying_party = &world.site().relying_party;
    let request = page_load("/oauth2/login");
    for (endpoint, expected) in
        [("https://login.example.com/authorize", None), ("authorize", Some("endpoint_unusable"))]
    {
        let sign_in = relying_party.sign_in(&request, Front::Rest).unwrap();
        let entropy = SignInEntropy { seed: [1; 32], nonce: [2; 24], return_target_nonce: [3; 24] };
        let from = (&request, Front::Rest);
        let begun = relying_party.redirect_to_provider(sign_in, from, endpoint, &entropy, world.clock.now());
        assert_eq!(begun.err().map(|refusal| refusal.reason().code), expected);
    }
}

/// Sign-in then ends at `login_redirect_uri`, so the log has to say why.
#[tokio::test]
async fn a_page_whose_address_is_too_long_to_return_to_is_noted() {
    let too_long = Some("the address of the page is too long to return to".to_owned());
    let world = with(&[]);
    for (bytes, forgotten) in [(100, false), (900, false), (1_100, true), (4_000, true)] {
        let page = format!("/{}", "a".repeat(bytes));
        let decision = world.site().authorize(&page_load(&page), Front::Rest).await;
        let Verdict::Redirect { location, .. } = decision.verdict else { unreachable!("{bytes}") };
        let noted = world.site().take_notes();
        let login = page_load(location.strip_prefix("https://app.example.com").unwrap());
        let logged = world.site().answer_behind(Front::Rest, &login, &Endpoint::ALL).await;
        assert_eq!(logged.response.status, StatusCode::FOUND, "{bytes}");
        let noted = noted.or(world.site().take_notes());
        assert_eq!(noted, too_long.clone().filter(|_| forgotten), "{bytes}");
    }
}

/// Behind any other front the address may be longer, if the browser's other cookies leave room for it.
#[tokio::test]
async fn an_address_that_does_not_fit_beside_other_cookies_is_noted() {
    let too_long = Some("the address of the page is too long to return to");
    let does_not_fit =
        Some("the address of the page does not fit what browser and front carry, beside the other cookies");
    let world = with(&[]);
    for (front, bytes, cookie, expected) in [
        (Front::Proxy, 1_100, 0, None),
        (Front::Proxy, 8_192, 0, None),
        (Front::Proxy, 8_193, 0, too_long),
        (Front::Rest, 1_100, 0, too_long),
        (Front::Proxy, 1_100, 7_000, None),
        (Front::Proxy, 1_100, 8_000, does_not_fit),
        (Front::Other, 1_100, 8_000, does_not_fit),
        (Front::FunctionUrl, 1_100, 8_000, None),
        (Front::LoadBalancer, 1_100, 8_000, None),
        (Front::Proxy, 1_024, 8_000, None),
    ] {
        let start = "https://app.example.com/";
        let mut login = page_load(&format!("/oauth2/login?rd={start}{}", "a".repeat(bytes - start.len())));
        let mut fields: Vec<(String, String)> =
            login.headers.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        fields.push(("cookie".to_owned(), format!("theme={}", "x".repeat(cookie))));
        login.headers = Headers::new(fields);
        let logged = world.site().answer_behind(front, &login, &Endpoint::ALL).await;
        assert_eq!(logged.response.status, StatusCode::FOUND);
        assert_eq!(world.site().take_notes().as_deref(), expected, "{front:?} {bytes} beside {cookie}");
    }
}

/// An authorizer cannot end a session: it redirects such a request to the logout endpoint, without the request's
/// own query.
#[tokio::test]
async fn a_request_for_sign_out_on_a_path_goes_to_where_sessions_are_ended() {
    let world = with(&[("logout_query_arg", "bye"), ("logout_methods", "GET")]);
    let relying_party = &world.site().relying_party;
    let (location, cause) =
        relying_party.logout_on_application_path(&page_load("/a?bye&rd=https://evil.example")).unwrap();
    assert_eq!(location, "https://app.example.com/oauth2/logout");
    assert_eq!(relying_party::refusal::Refusal::from(cause).reason().code, "logout_elsewhere");
    for other in
        ["/a", "/a?x=bye", "/oauth2/logout", "/oauth2/logout?bye", "/oauth2/nothing?bye", "/OAUTH2/a?bye"]
    {
        assert_eq!(relying_party.logout_on_application_path(&page_load(other)), None, "{other}");
    }
}

/// An API with fixed routes sends `redirect_uri` to the authorizer. A request at that path that answers no
/// attempt belongs to the application.
#[tokio::test]
async fn a_callback_at_another_path_of_ours_goes_on_with_all_that_it_says() {
    let world = with(&[("redirect_uri", "https://app.example.com/signed/in")]);
    let relying_party = &world.site().relying_party;
    let begun = world.site().answer_behind(Front::Rest, &page_load("/oauth2/login"), &Endpoint::ALL).await;
    let (attempt, _) = begun.response.set_cookies.first().unwrap().split_once(';').unwrap();
    let (_, location) = begun.response.headers.iter().find(|(name, _)| *name == "location").unwrap();
    let state =
        Url::parse(location).unwrap().query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let with_attempt = |target: &str| {
        let mut request = page_load(target);
        let fields = request.headers.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        request.headers = Headers::new(fields.chain([("cookie".to_owned(), attempt.to_owned())]).collect());
        request
    };
    let query = format!("code=a&state={state}");
    let answer = with_attempt(&format!("/signed/in?{query}"));
    let (location, cause) = relying_party.callback_on_application_path(&answer).unwrap();
    assert_eq!(location, format!("https://app.example.com/oauth2/callback?{query}"));
    assert_eq!(relying_party::refusal::Refusal::from(cause).reason().code, "callback_elsewhere");
    for other in [
        with_attempt("/oauth2/callback?code=a"),
        with_attempt("/signed"),
        with_attempt("/"),
        with_attempt("/signed/in"),
        with_attempt("/signed/in?code=a"),
        with_attempt(&format!("/signed/in?{query}&state=b")),
        page_load(&format!("/signed/in?{query}")),
    ] {
        assert_eq!(
            relying_party.callback_on_application_path(&other),
            None,
            "{}?{}",
            other.path,
            other.query
        );
    }
    // A request that cannot be redirected does not reach the application: a script's, or one whose address is
    // too long.
    let script =
        Request { headers: Headers::new(vec![("cookie".to_owned(), attempt.to_owned())]), ..answer.clone() };
    let long = with_attempt(&format!("/signed/in?{query}{}", "a".repeat(2_000)));
    let long_code = with_attempt(&format!("/signed/in?state={state}&code={}", "a".repeat(2_000)));
    for (request, code) in [(script, Some("not_found")), (long_code, Some("not_found")), (long, None)] {
        assert_eq!(relying_party.callback_on_application_path(&request), None);
        let refusal = relying_party.admit(&request, Front::Rest).err();
        assert_eq!(refusal.map(|refusal| refusal.reason().code), code);
    }
}

/// The browser's other session is under a key that the process does not know yet, which indicates an old configuration.
/// The code has already been redeemed at that point.
#[tokio::test]
async fn a_code_that_is_spent_is_not_answered_anew_under_a_newer_ring() {
    let mut world = with(&[]);
    let ring = json!(["another text of at least thirty-two bytes", "a text of at least thirty-two bytes"]);
    let newer = world.add_site(&[("session_secret", &ring.to_string())]);
    let newer = Arc::clone(world.sites.get(newer).unwrap());
    let mut browser = Browser::signed_in(world.site()).await;
    let begun = world.clock.now().unix();
    world.clock.advance(10);
    browser.post(world.site(), "/oauth2/logout?everywhere=true").await;
    world.clock.advance(60);
    browser.sign_in(&newer).await;
    world.provider.set_claim("auth_time", json!(begun));
    let _ = world.site().take_reload_sign();
    let to_provider = browser.go(world.site(), "/oauth2/login").await;
    assert_eq!(world.site().take_reload_sign(), Some(ReloadSign::Repeatable));
    let again = browser.land_from(world.site(), &to_provider).await;
    assert!(location(&again).contains("prompt=login"), "{:?}", again.refusal);
    assert_eq!(world.site().take_reload_sign(), Some(ReloadSign::Answered));
}

/// The row has already been deleted when the old configuration is noticed: a second answer would find no session
/// to end at the provider.
#[tokio::test]
async fn a_sign_out_that_deleted_a_row_is_not_answered_anew_under_a_newer_ring() {
    let mut world = with(&[]);
    let ring = json!(["another text of at least thirty-two bytes", "a text of at least thirty-two bytes"]);
    let newer = world.add_site(&[("session_secret", &ring.to_string())]);
    let mut browser = Browser::signed_in(world.sites.get(newer).unwrap()).await;
    browser.post(world.site(), "/oauth2/logout").await;
    assert_eq!(world.site().take_reload_sign(), Some(ReloadSign::Answered));
    let mut world = World::new(None, Setup::default());
    let newer = world.add_site(&[("session_secret", &ring.to_string())]);
    let mut browser = Browser::signed_in(world.sites.get(newer).unwrap()).await;
    browser.post(world.site(), "/oauth2/logout").await;
    assert_eq!(world.site().take_reload_sign(), Some(ReloadSign::Repeatable), "nothing was done");
}

/// The configuration changed during the sign-in: the current one decides about the return target.
#[tokio::test]
async fn the_page_to_return_to_is_judged_again_at_the_callback() {
    let long = "a".repeat(1_200);
    let elsewhere = &[("login_redirect_uri", "https://start.example.com/")][..];
    let (page, unknown) = ("/page?q={}", "/oauth2/no?q={}");
    for (before, after, begun_for, ends_at) in [
        (&[][..], &[("leeway", "90")][..], page, "https://app.example.com/page?q={}"),
        (&[], &[("public_url", "https://new.example.com")], page, "https://new.example.com/"),
        (&[], &[("public_url", "https://app.example.com/app")], page, "https://app.example.com/app/"),
        (&[], &[("auth_prefix", "/page")], "/page/logout?q={}", "https://app.example.com/"),
        (elsewhere, elsewhere, unknown, "https://start.example.com/"),
        (elsewhere, &[("leeway", "90")], unknown, "https://app.example.com/"),
    ] {
        for rest in ["", &long] {
            let mut world = with(before);
            let changed = world.add_site(after);
            let changed = Arc::clone(world.sites.get(changed).unwrap());
            let prefix = changed.relying_party.configuration.auth_prefix.clone();
            let mut browser = Browser::default();
            let rd = begun_for.replace("{}", rest);
            let to_provider = browser.go(world.site(), &format!("/oauth2/login?rd={rd}")).await;
            let landed = browser.land_at(&changed, &to_provider, &format!("{prefix}/callback")).await;
            assert_eq!(location(&landed), ends_at.replace("{}", rest), "{after:?} {:?}", landed.refusal);
        }
    }
}

/// The client's id and the ring are unchanged. The refresh token must not be sent to the new provider.
#[tokio::test]
async fn a_session_of_another_issuer_is_none() {
    let elsewhere = [
        ("issuer", "https://id.example.com"),
        ("token_endpoint", "https://id.example.com/token"),
        ("revocation_endpoint", "https://id.example.com/revoke"),
    ];
    for store in [None, Some(Arc::new(MemoryStore::default()))] {
        let mut world = World::new(store.map(|store| store as Arc<_>), Setup::default());
        let moved = world.add_site(&elsewhere);
        let stays = world.add_site(&[("leeway", "90")]);
        let site = |number: usize| Arc::clone(world.sites.get(number).unwrap());
        let mut browser = Browser::signed_in(world.site()).await;
        assert!(browser.open(&site(stays)).await.passed());
        world.clock.advance(TOKEN_SECONDS - 30);
        for _ in 0..2 {
            assert_eq!(browser.open(&site(moved)).await, Outcome::SignIn("session_other_issuer"));
        }
        let mut leaving = browser.clone();
        browser.go(&site(moved), "/oauth2/login").await;
        assert_eq!(browser.session(), None, "it is expired");
        leaving.post(&site(moved), "/oauth2/logout").await;
        assert_eq!(leaving.session(), None);
        let [.., requests] = world.fault_injectors.get(moved).unwrap().costs();
        assert_eq!(requests, 0, "nothing was shown to the new provider");
    }
}
