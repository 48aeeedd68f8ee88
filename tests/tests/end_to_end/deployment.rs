//! Runs vestibule as deployed, on free ports: the template's REST API, the functions, and an upstream that
//! echoes requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use flow::ports::Clock;
use flow::session::memory_store::MemoryStore;
use flow::site::{Ports, Site};
use flow::system_ports::{SystemClock, SystemEntropy};
use local::api_gateway::Behaviour;
use local::cognito::{AppClient, Options, StandIn};
use local::upstream;
use outbound::https::Roots;
use outbound::provider::{HttpsProvider, Limits};
use relying_party::configuration::{Configuration, Role, SessionStorage, Sources};
use relying_party::relying_party::RelyingParty;
use relying_party::time::Timestamp;
use serde_json::{Value, json};
use tests::browser::Browser;
use tokio::net::TcpListener;

use crate::network::Loopback;

/// Bound ports, before the configuration exists.
pub(crate) struct Ground {
    /// `public_url`.
    pub(crate) url: String,
    api: TcpListener,
    upstream: TcpListener,
}

/// A deployment that serves until its test's runtime ends.
pub(crate) struct Deployment {
    /// `public_url`.
    pub(crate) url: String,
    /// The functions' clock.
    pub(crate) clock: Arc<MovableClock>,
}

/// This machine's clock plus an offset in seconds.
#[derive(Default)]
pub(crate) struct MovableClock {
    ahead: AtomicI64,
}

impl MovableClock {
    pub(crate) fn forward(&self, seconds: i64) {
        self.ahead.fetch_add(seconds, Ordering::Relaxed);
    }
}

#[async_trait]
impl Clock for MovableClock {
    fn now(&self) -> Timestamp {
        SystemClock.now().plus(self.ahead.load(Ordering::Relaxed))
    }

    async fn sleep(&self, milliseconds: u64) {
        SystemClock.sleep(milliseconds).await;
    }
}

impl Ground {
    pub(crate) async fn bind() -> Self {
        let api = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let upstream = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://localhost:{}", api.local_addr().unwrap().port());
        Self { url, api, upstream }
    }

    /// Serves with `settings` added to the common settings.
    pub(crate) fn serve(self, settings: Value) -> Deployment {
        let mut document = json!({
            "public_url": self.url,
            "session_secret": "for the tests on loopback and nothing else",
            "log_level": "error",
        });
        let Value::Object(settings) = settings else { panic!("settings are an object") };
        document.as_object_mut().unwrap().extend(settings);
        let clock = Arc::new(MovableClock::default());
        let site = site(&document, Arc::clone(&clock));
        let upstream = format!("http://{}", self.upstream.local_addr().unwrap());
        let api = local::stack::rest_api(&upstream, Behaviour::default()).unwrap();
        let functions = local::stack::functions_of(&site);
        tokio::spawn(async move { api.serve(self.api, functions, std::future::pending()).await.unwrap() });
        tokio::spawn(async move {
            upstream::serve(self.upstream, std::future::pending()).await.unwrap();
        });
        Deployment { url: self.url, clock }
    }
}

impl Deployment {
    /// A simple browser that uses this deployment's clock.
    pub(crate) fn browser(&self) -> Browser {
        let clock = Arc::clone(&self.clock);
        Browser::new(Arc::new(Loopback::new()), Arc::new(move || clock.now().unix()))
    }

    /// The absolute URL of a path.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }
}

fn site(document: &Value, clock: Arc<MovableClock>) -> Arc<Site> {
    let text = document.to_string();
    let sources = Sources { document: Some(&text), ..Sources::default() };
    let configuration =
        Configuration::from_sources(&sources, Role::Callback).unwrap_or_else(|faults| panic!("{faults}"));
    let stored = configuration.session.storage == SessionStorage::Memory;
    let ports = Ports {
        provider: Arc::new(HttpsProvider::new(Roots::built_in(), Limits::default())),
        clock,
        entropy: Arc::new(SystemEntropy),
        sessions: stored.then(|| Arc::new(MemoryStore::default()) as _),
        client_secret: None,
        user_sign_out: None,
    };
    Arc::new(Site::new(RelyingParty::new(configuration).unwrap(), ports))
}

/// The Cognito stand-in on a free port, with a client for the deployment at `public_url`.
pub(crate) async fn cognito(public_url: &str) -> StandIn {
    cognito_pool(public_url, "us-east-1_LocalPool", AppClient::local()).await
}

/// The same with a different pool and client.
pub(crate) async fn cognito_pool(public_url: &str, pool_id: &str, client: AppClient) -> StandIn {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let client = AppClient {
        callback_urls: vec![format!("{public_url}/oauth2/callback")],
        logout_urls: vec![format!("{public_url}/oauth2/signed-out")],
        ..client
    };
    let clock = || SystemClock.now().unix();
    let entropy = |bytes: &mut [u8]| flow::ports::Entropy::fill(&SystemEntropy, bytes).unwrap();
    let options = Options {
        base_url: format!("http://{}", listener.local_addr().unwrap()),
        pool_id: pool_id.to_owned(),
        clients: vec![client],
        ..Options::local(Arc::new(clock), Arc::new(entropy), Arc::new(|_| {}))
    };
    let stand_in = StandIn::new(options).unwrap();
    let served = stand_in.clone();
    tokio::spawn(async move { served.serve(listener, std::future::pending()).await.unwrap() });
    stand_in
}

/// The settings of a deployment that uses `stand_in`.
pub(crate) fn before(stand_in: &StandIn, public_url: &str) -> Value {
    serde_json::from_str(&local::stack::configuration_of(stand_in, public_url)).unwrap()
}
