//! Takes over a changed configuration while a function is warm, so that an update signs nobody out and needs no start.
//!
//! All texts are read again every few minutes, and at once when something shows that they may be old. Anybody can invent a
//! request that does, so that has a cool-down; reading by time goes on beside it, so that invented ones cannot hold off a real
//! change. The provider, which refuses our client, has a cool-down of its own: nobody uses it up.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use flow::site::{Outdated, Site};
use lambda::runtime::{keep_configuration, take_configuration};
use lambda::{Function, FunctionError, FunctionResponse};
use relying_party::configuration::Faults;
use relying_party::sealing::rotation::READ_EVERY_SECONDS;
use relying_party::time::Timestamp;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};

use crate::warn;

/// After a reading, another one for a request that looks as if the configuration were old has to wait this long, seconds; and
/// after one for what the provider said, another one for that.
pub(crate) const COOL_DOWN_SECONDS: i64 = 10;

/// So long before the end of its invocation an answer is on its way.
const ANSWER_RESERVE: Duration = Duration::from_millis(500);

/// Tells the source of a sign that the configuration is old.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// Time, or a request as anybody can invent it.
    ByAnybody,
    /// The provider, which refused our client.
    ByProvider,
}

/// When the texts were read last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LastRead {
    /// For whatever reason.
    at: Timestamp,
    /// Because the provider refused our client.
    by_provider: Option<Timestamp>,
}

impl LastRead {
    /// Read at the start.
    pub(crate) const fn at(at: Timestamp) -> Self {
        Self { at, by_provider: None }
    }

    /// Tells whether the last reading that counts for the source `said` is at least `age` seconds old.
    pub(crate) fn is_older(self, age: i64, said: Said, now: Timestamp) -> bool {
        let counts = match said {
            Said::ByAnybody => Some(self.at),
            Said::ByProvider => self.by_provider,
        };
        counts.is_none_or(|at| now.since(at) >= age)
    }

    /// Read once more.
    pub(crate) const fn again(self, said: Said, now: Timestamp) -> Self {
        match said {
            Said::ByAnybody => Self { at: now, ..self },
            Said::ByProvider => Self { at: now, by_provider: Some(now) },
        }
    }
}

/// Reads the configuration anew for a site: the site and the function that it makes, and `None` when it has not changed.
pub(crate) type Read<F> = Box<dyn Fn(Arc<Site>, Said) -> Reading<F> + Send + Sync>;

pub(crate) type Reading<F> = Pin<Box<dyn Future<Output = Result<Option<(Arc<Site>, F)>, Faults>> + Send>>;

/// A function that is replaced, with its site, when its configuration changes.
pub(crate) struct Reloading<F> {
    name: &'static str,
    read: Read<F>,
    state: Mutex<State<F>>,
}

struct State<F> {
    site: Arc<Site>,
    function: Arc<F>,
    last_read: LastRead,
}

impl<F: Function> Reloading<F> {
    /// `function` of `site`, until `read` has something new.
    pub(crate) fn new(name: &'static str, site: Arc<Site>, function: F, read: Read<F>) -> Self {
        let (function, last_read) = (Arc::new(function), LastRead::at(site.now()));
        Self { name, read, state: Mutex::new(State { site, function, last_read }) }
    }

    async fn current(&self) -> (Arc<Site>, Arc<F>) {
        let state = self.state.lock().await;
        (Arc::clone(&state.site), Arc::clone(&state.function))
    }

    /// Reads anew if the last reading for the source `said` is at least `age` seconds old, and tells whether something changed. A
    /// text that cannot be read, or used, changes nothing and is logged each time.
    async fn reload(&self, age: i64, said: Said) -> bool {
        let mut state = self.state.lock().await;
        let now = state.site.now();
        if !state.last_read.is_older(age, said, now) {
            return false;
        }
        state.last_read = state.last_read.again(said, now);
        let level = state.site.relying_party.configuration.log_level.into();
        match (self.read)(Arc::clone(&state.site), said).await {
            Ok(Some((site, function))) => {
                take_configuration(self.name, level);
                warn(self.name, &site);
                state.site = site;
                state.function = Arc::new(function);
                true
            }
            Ok(None) => false,
            Err(faults) => {
                keep_configuration(self.name, level, &faults);
                false
            }
        }
    }

    /// The same by time. Half of what the invocation has left is for the request itself. A reading that is cut off counts.
    async fn reload_by_time(&self, deadline: Instant) {
        let now = Instant::now();
        let until = now + deadline.saturating_duration_since(now) / 2;
        drop(timeout_at(until, self.reload(READ_EVERY_SECONDS, Said::ByAnybody)).await);
    }

    /// The same after a sign, as far as the invocation that ends at `deadline` leaves time for it.
    async fn reload_at_sign(&self, said: Said, deadline: Instant) -> bool {
        let until = deadline.checked_sub(ANSWER_RESERVE).unwrap_or(deadline);
        timeout_at(until, self.reload(COOL_DOWN_SECONDS, said)).await.unwrap_or(false)
    }
}

#[async_trait]
impl<F: Function> Function for Reloading<F> {
    async fn call(&self, event: &[u8], deadline: Instant) -> Result<FunctionResponse, FunctionError> {
        self.reload_by_time(deadline).await;
        let (site, function) = self.current().await;
        // A sign that an answer given anew has left, or a call that panicked, is none of this request.
        let _ = site.took_outdated();
        let reply = function.call(event, deadline).await;
        match site.took_outdated() {
            Some(Outdated::Repeatable) if self.reload_at_sign(Said::ByAnybody, deadline).await => {
                self.current().await.1.call(event, deadline).await
            }
            Some(Outdated::Answered) => {
                self.reload_at_sign(Said::ByAnybody, deadline).await;
                reply
            }
            Some(Outdated::ClientRefused) => {
                self.reload_at_sign(Said::ByProvider, deadline).await;
                reply
            }
            Some(Outdated::Repeatable) | None => reply,
        }
    }
}

#[cfg(test)]
mod tests {
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

    /// An event after whose answer the function fails.
    const FAILS: &str = "; fails=";

    /// Answers an event, which is a session cookie here, with the status of `/oauth2/session`.
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
            let handled = self.site.answer(&request, &[Endpoint::Session]).await;
            assert!(!fails, "as a defect would have it");
            Ok(FunctionResponse::Whole(handled.response.status.as_str().as_bytes().to_vec()))
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

    /// A function that started with the old key, whose secret is `secrets` by now.
    fn deployment(secrets: Option<&'static [&'static str]>) -> Deployment {
        deployment_of(Arc::new(std::sync::Mutex::new(secrets)))
    }

    /// A secret; `None` when it cannot be read.
    type Kept = Arc<std::sync::Mutex<Option<&'static [&'static str]>>>;

    /// A function that started with the old key, whose secret is what `secrets` holds at the time.
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

        /// How often the function is called for one event.
        async fn calls_for(&self, cookie: &str) -> usize {
            let before = self.calls.load(Ordering::SeqCst);
            assert_eq!(self.status(cookie).await, "200");
            self.calls.load(Ordering::SeqCst) - before
        }
    }

    fn cookie(secret: &str) -> String {
        let relying_party = relying_party(&[secret]);
        let now = Timestamp::from_unix(1_800_000_000);
        let session = Session {
            issuer: "https://id.example.com".to_owned(),
            subject: "ada".to_owned(),
            username: None,
            email: None,
            groups: Vec::new(),
            scope: None,
            claims: serde_json::Map::new(),
            access_token: None,
            access_token_expires_at: None,
            refresh_token: None,
            refresh_refused: false,
            id_token: None,
            nonce: None,
            sid: None,
            auth_time: None,
            remembered: false,
            signed_in_at: now,
            renewed_at: now,
            seen_at: now,
        };
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
            let reply = tokio::time::timeout(Duration::from_secs(5), call).await.unwrap();
            assert_eq!(reply.unwrap().whole().unwrap(), status.as_bytes(), "{age}");
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
            // Appended in the middle of a cool-down, promoted when everybody must have read it.
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
            // It does not matter whether that read anything: the new key is there from now on.
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
}
