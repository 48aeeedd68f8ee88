#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use flow::ports::{Clock, Entropy, EntropyFault, Provider};
use flow::site::Ports;
use http::Method;
use relying_party::configuration::{Configuration, Role, Sources};
use relying_party::http::endpoint::Endpoint;
use relying_party::http::request::{Headers, Request};
use relying_party::provider::call::{ProviderFault, ProviderRequest, ProviderResponse};
use relying_party::relying_party::RelyingParty;
use relying_party::session::Session;
use serde_json::json;

use super::*;

const OLD: &str = "the key that everybody has had so far";
const NEW: &str = "the key that was put first just a moment ago";

struct Nobody;

#[async_trait]
impl Provider for Nobody {
    async fn send(&self, _: &ProviderRequest) -> Result<ProviderResponse, ProviderFault> {
        Err(ProviderFault::NotSent)
    }
}

impl Entropy for Nobody {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyFault> {
        bytes.fill(7);
        Ok(())
    }
}

#[derive(Default)]
struct Hand(AtomicI64);

#[async_trait]
impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(1_800_000_000 + self.0.load(Ordering::SeqCst))
    }

    async fn sleep(&self, _: u64) {}
}

/// The suffix of an event after whose response the function fails.
const FAILS: &str = "; fails=";

/// Answers an event, which is a session cookie in these tests, with the status of `/oauth2/session`.
struct Report {
    site: Arc<Site>,
    calls: Arc<AtomicUsize>,
}

#[async_trait]
impl Function for Report {
    async fn call(&self, event: &[u8], _: Instant) -> Result<FunctionResponse, FunctionError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let name = self.site.relying_party.cookie_names.session();
        let cookie = format!("{name}={}", String::from_utf8_lossy(event));
        let fails = cookie.ends_with(FAILS);
        let request = Request {
            extended_request_id: String::new(),
            method: Method::GET,
            path: "/oauth2/session".to_owned(),
            query: String::new(),
            headers: Headers::new(vec![("cookie".to_owned(), cookie)]),
            body: Vec::new(),
            source_ip: None,
            request_id: String::new(),
        };
        let logged = self.site.answer(&request, &[Endpoint::Session]).await;
        assert!(!fails, "as a defect would have it");
        Ok(FunctionResponse::Whole(logged.response.status.as_str().as_bytes().to_vec()))
    }
}

struct Deployment {
    clock: Arc<Hand>,
    readings: Arc<AtomicUsize>,
    calls: Arc<AtomicUsize>,
    function: Arc<Reloading<Report>>,
}

fn relying_party(secrets: &[&str]) -> RelyingParty {
    let document = json!({
        "issuer": "https://id.example.com",
        "client_id": "app",
        "client_secret": "secret",
        "public_url": "https://app.example.com",
        "session_secret": secrets,
    })
    .to_string();
    let sources = Sources { document: Some(&document), ..Sources::default() };
    RelyingParty::new(Configuration::from_sources(&sources, Role::Session).unwrap()).unwrap()
}

/// A function that started with the old key, and whose secret has become `secrets`.
fn deployment(secrets: Option<&'static [&'static str]>) -> Deployment {
    deployment_of(Arc::new(std::sync::Mutex::new(secrets)))
}

/// A secret; `None` if it cannot be read.
type Kept = Arc<std::sync::Mutex<Option<&'static [&'static str]>>>;

/// A function that started with the old key, and whose secret is the current content of `secrets`.
fn deployment_of(secrets: Kept) -> Deployment {
    let (clock, readings) = (Arc::new(Hand::default()), Arc::new(AtomicUsize::new(0)));
    let ports = Ports {
        provider: Arc::new(Nobody),
        clock: Arc::<Hand>::clone(&clock),
        entropy: Arc::new(Nobody),
        sessions: None,
        client_secret: None,
        user_sign_out: None,
    };
    let site = Arc::new(Site::new(relying_party(&[OLD]), ports.clone()));
    let calls = Arc::<AtomicUsize>::default();
    let (counted, called) = (Arc::clone(&readings), Arc::clone(&calls));
    let in_use = std::sync::Mutex::new(vec![OLD]);
    let read: Read<Report> = Box::new(move |site, _| {
        counted.fetch_add(1, Ordering::SeqCst);
        let Some(read) = *secrets.lock().unwrap() else {
            return Box::pin(async { Err(Faults(Vec::new())) });
        };
        let is_same = std::mem::replace(&mut *in_use.lock().unwrap(), read.to_vec()) == read;
        let site = Arc::new(site.reconfigured(relying_party(read), ports.clone()));
        let function = Report { site: Arc::clone(&site), calls: Arc::clone(&called) };
        Box::pin(async move { Ok((!is_same).then_some((site, function))) })
    });
    let function = Report { site: Arc::clone(&site), calls: Arc::clone(&calls) };
    let function = Arc::new(Reloading::new("session", site, function, read));
    Deployment { clock, readings, calls, function }
}

impl Deployment {
    async fn status(&self, cookie: &str) -> String {
        let response = self.function.call(cookie.as_bytes(), Instant::now()).await;
        String::from_utf8(response.unwrap().whole().unwrap()).unwrap()
    }

    fn advance(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds, Ordering::SeqCst);
    }

    fn readings(&self) -> usize {
        self.readings.load(Ordering::SeqCst)
    }

    /// The number of times that the function is called for one event.
    async fn calls_for(&self, cookie: &str) -> usize {
        let before = self.calls.load(Ordering::SeqCst);
        assert_eq!(self.status(cookie).await, "200");
        self.calls.load(Ordering::SeqCst) - before
    }
}

fn cookie(secret: &str) -> String {
    let relying_party = relying_party(&[secret]);
    let now = Timestamp::from_unix(1_800_000_000);
    let session = Session::bare("https://id.example.com", "ada", now);
    session.seal(&relying_party.cookie_names, &relying_party.ring, [1; 24])
}

#[tokio::test]
async fn a_cookie_under_a_new_key_opens_in_the_very_request_that_shows_it() {
    let deployment = deployment(Some(&[NEW, OLD]));
    deployment.advance(COOL_DOWN_SECONDS);
    assert_eq!(deployment.status(&cookie(NEW)).await, "200");
    assert_eq!(deployment.status(&cookie(OLD)).await, "200");
    assert_eq!(deployment.readings(), 1);
}

#[tokio::test]
async fn invented_key_ids_read_the_secret_once_in_a_cool_down() {
    let deployment = deployment(None);
    deployment.advance(COOL_DOWN_SECONDS);
    for _ in 0..100 {
        assert_eq!(deployment.status(&cookie("nobody has this key, and it is long enough")).await, "401");
    }
    assert_eq!(deployment.readings(), 1);
    deployment.advance(COOL_DOWN_SECONDS);
    assert_eq!(deployment.status(&cookie("nobody has this key, and it is long enough")).await, "401");
    assert_eq!(deployment.readings(), 2);
}

#[tokio::test]
async fn the_secret_is_read_again_by_time_alone() {
    let deployment = deployment(Some(&[NEW, OLD]));
    assert_eq!(deployment.status(&cookie(OLD)).await, "200");
    assert_eq!(deployment.readings(), 0);
    deployment.advance(READ_EVERY_SECONDS);
    assert_eq!(deployment.status(&cookie(OLD)).await, "200");
    assert_eq!(deployment.readings(), 1);
}

#[tokio::test]
async fn a_reading_that_does_not_end_holds_up_no_answer_beyond_the_invocation() {
    let by_time = READ_EVERY_SECONDS;
    for (age, presented, status) in
        [(COOL_DOWN_SECONDS, FORGED, "401"), (by_time, FORGED, "401"), (by_time, OLD, "200")]
    {
        let deployment = deployment(Some(&[OLD]));
        let (site, _) = deployment.function.current().await;
        let report = Report { site: Arc::clone(&site), calls: Arc::default() };
        let endless: Read<Report> = Box::new(|_, _| Box::pin(std::future::pending()));
        let function = Reloading::new("session", site, report, endless);
        deployment.advance(age);
        let event = cookie(presented);
        let call = function.call(event.as_bytes(), Instant::now());
        let response = tokio::time::timeout(Duration::from_secs(5), call).await.unwrap();
        assert_eq!(response.unwrap().whole().unwrap(), status.as_bytes(), "{age}");
    }
}

#[tokio::test]
async fn a_secret_that_cannot_be_read_signs_nobody_out() {
    let deployment = deployment(None);
    deployment.advance(READ_EVERY_SECONDS);
    assert_eq!(deployment.status(&cookie(OLD)).await, "200");
    assert_eq!(deployment.readings(), 1);
}

#[tokio::test]
async fn an_answer_is_given_anew_for_a_sign_of_its_own_request_alone() {
    let fails = format!("{}{FAILS}", cookie(FORGED));
    for (before, reads) in [(cookie(FORGED), 1), (fails, 0)] {
        let secrets = Kept::default();
        *secrets.lock().unwrap() = Some(&[NEW, OLD]);
        let deployment = deployment_of(Arc::clone(&secrets));
        deployment.advance(COOL_DOWN_SECONDS);
        let function = Arc::clone(&deployment.function);
        let called = tokio::spawn(async move { function.call(before.as_bytes(), Instant::now()).await });
        assert_eq!(called.await.is_err(), reads == 0);
        assert_eq!(deployment.readings(), reads);
        *secrets.lock().unwrap() = Some(&[OLD]);
        deployment.advance(COOL_DOWN_SECONDS);
        assert_eq!(deployment.calls_for(&cookie(OLD)).await, 1);
        assert_eq!(deployment.readings(), reads);
    }
}

const FORGED: &str = "nobody has this key, and it is long enough";

#[tokio::test]
async fn a_flood_of_invented_key_ids_neither_holds_off_a_rotation_nor_signs_anybody_out() {
    let secrets = Kept::default();
    *secrets.lock().unwrap() = Some(&[OLD]);
    let deployment = deployment_of(Arc::clone(&secrets));
    let (old, new) = (cookie(OLD), cookie(NEW));
    for second in 0..2 * READ_EVERY_SECONDS {
        // The key is appended in the middle of a cool-down, and promoted when every function must have read
        // it.
        if second == 13 {
            *secrets.lock().unwrap() = Some(&[OLD, NEW]);
        }
        if second == 13 + READ_EVERY_SECONDS {
            *secrets.lock().unwrap() = Some(&[NEW, OLD]);
        }
        for _ in 0..5 {
            assert_eq!(deployment.status(&cookie(FORGED)).await, "401", "{second}");
        }
        assert_eq!(deployment.status(&old).await, "200", "{second}");
        if second >= 13 + READ_EVERY_SECONDS {
            assert_eq!(deployment.status(&new).await, "200", "{second}");
        }
        deployment.advance(1);
    }
    let most = usize::try_from(2 * READ_EVERY_SECONDS / COOL_DOWN_SECONDS).unwrap();
    assert!((1..=most).contains(&deployment.readings()), "{}", deployment.readings());
}

#[tokio::test]
async fn an_invented_key_id_at_any_second_before_does_not_make_a_function_miss_the_reading_by_time() {
    for second in 0..READ_EVERY_SECONDS {
        let secrets = Kept::default();
        let deployment = deployment_of(Arc::clone(&secrets));
        deployment.advance(second);
        deployment.status(&cookie(FORGED)).await;
        // It does not matter whether this caused a reading: the new key is there from now on.
        *secrets.lock().unwrap() = Some(&[OLD, NEW]);
        deployment.advance(READ_EVERY_SECONDS);
        assert_eq!(deployment.status(&cookie(OLD)).await, "200", "{second}");
        let (site, _) = deployment.function.current().await;
        assert_eq!(site.relying_party.configuration.session.secrets.len(), 2, "{second}");
    }
}

#[tokio::test]
async fn a_cool_down_that_an_invented_key_id_began_ends_and_the_new_key_opens() {
    let secrets = Kept::default();
    let deployment = deployment_of(Arc::clone(&secrets));
    deployment.advance(COOL_DOWN_SECONDS);
    assert_eq!(deployment.status(&cookie(FORGED)).await, "401");
    *secrets.lock().unwrap() = Some(&[NEW, OLD]);
    deployment.advance(COOL_DOWN_SECONDS - 1);
    assert_eq!(deployment.status(&cookie(NEW)).await, "401");
    deployment.advance(1);
    assert_eq!(deployment.status(&cookie(NEW)).await, "200");
}
