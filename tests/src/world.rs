//! Builds one deployment in process: a front, the functions, the Cognito stand-in and an upstream, with one clock and
//! one seed. It opens no socket and never sleeps.

mod front;
mod network;
mod ports;
mod response;
mod setup;
mod upstream;

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, LazyLock, Mutex};

use conformance::fault_injection::FaultInjector;
use flow::session::memory_store::MemoryStore;
use flow::session::store::SessionStore;
use flow::site::{Ports, Site};
use http::Method;
use lambda::Function;
use lambda::proxy_function::ProxyFunction;
use local::alb::{LoadBalancer, Rules};
use local::api_gateway::{Backends, Behaviour, Functions, RestApi};
use local::cognito::{Endpoint, NewUser, Options, StandIn};
use local::http_api::HttpApi;
use local::stack;
use relying_party::configuration::{Configuration, Role, SessionStorage, Sources};
use relying_party::relying_party::RelyingParty;

use crate::browser::{Browser, Page};

pub use self::front::{StoryFront, on_front};
pub use self::network::{APPLICATION, PROVIDER, Spelling};
pub use self::ports::{InProcessProvider, LOAD_BALANCER_KEYS, START, SeededEntropy, StoryClock};
pub use self::response::FrontResponse;
pub use self::setup::Setup;
pub use self::upstream::{Received, RecordingUpstream};

use self::network::{FrontEmulation, LocalNetwork};

/// The address of the upstream, as the template gets it.
const UPSTREAM: &str = "http://127.0.0.1:8420";

pub struct World {
    /// The address that clients reach.
    pub front: StoryFront,
    pub clock: StoryClock,
    pub stand_in: StandIn,
    pub provider: InProcessProvider,
    /// The access to the session store, unless sessions are in cookies.
    pub store: Arc<FaultInjector>,
    pub upstream: RecordingUpstream,
    /// The configuration document of the first process.
    pub document: String,
    public_url: String,
    sites: Vec<Arc<Site>>,
    network: Arc<LocalNetwork>,
}

impl World {
    /// A deployment with every default: sessions in cookies, no route rules.
    pub fn new() -> Self {
        Setup::default().build()
    }

    pub fn with_stored_sessions() -> Self {
        Setup::default().set("session_storage", "memory").build()
    }

    pub(crate) fn of(setup: &Setup) -> Self {
        let front = setup.front;
        let clock = StoryClock::default();
        let stand_in = stand_in(setup, &clock);
        let provider = InProcessProvider::new(stand_in.clone());
        let upstream = RecordingUpstream::default();
        let store =
            Arc::new(FaultInjector::new(Some(Arc::new(MemoryStore::default())), Arc::new(provider.clone())));
        let entropy = Arc::new(SeededEntropy::new(1));
        let site = |process: &setup::Process| {
            let relying_party = relying_party(setup, process, &stand_in);
            let stored = relying_party.configuration.session.storage == SessionStorage::Memory;
            let ports = Ports {
                provider: Arc::new(provider.clone()),
                clock: Arc::new(clock.clone()),
                entropy: entropy.clone(),
                sessions: stored.then(|| Arc::clone(&store) as Arc<dyn SessionStore>),
                client_secret: None,
                user_sign_out: None,
            };
            Arc::new(Site::new(relying_party, ports))
        };
        let sites: Vec<Arc<Site>> = setup.processes.iter().map(site).collect();
        let gate = |site: &Arc<Site>| front_emulation(setup, site, &upstream, &clock);
        let document = document(setup, &setup.processes[0], &stand_in);
        let network = Arc::new(LocalNetwork {
            processes: sites.iter().map(gate).collect(),
            answering: 0.into(),
            stand_in: stand_in.clone(),
            spelling: setup.spelling,
            most_answer_bytes: front.most_answer_bytes(),
        });
        Self {
            front,
            clock,
            stand_in,
            provider,
            store,
            upstream,
            document,
            public_url: setup.public_url(),
            sites,
            network,
        }
    }

    pub fn browser(&self) -> Browser {
        let clock = self.clock.clone();
        Browser::new(Arc::new(Arc::clone(&self.network)), Arc::new(move || clock.unix()))
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.public_url)
    }

    /// Advances the clock by this many seconds.
    pub fn advance(&self, seconds: i64) {
        self.clock.advance(seconds);
    }

    /// Sends later requests to this process of the deployment.
    pub fn answer_by(&self, process: usize) {
        self.network.answering.store(process, Ordering::SeqCst);
    }

    /// The requests that the upstream received, oldest first.
    pub fn received(&self) -> Vec<Received> {
        self.upstream.received()
    }

    /// The last request that the upstream received.
    pub fn last_received(&self) -> Received {
        self.received().pop().expect("the upstream received nothing")
    }

    /// The number of requests of one kind to the stand-in.
    pub fn requests(&self, endpoint: Endpoint) -> u64 {
        self.stand_in.requests(endpoint)
    }

    pub fn session_cookie(&self) -> String {
        self.site().relying_party.cookie_names.session().to_owned()
    }

    /// The first process's site, whose ring seals cookies.
    pub fn site(&self) -> &Site {
        &self.sites[0]
    }

    pub fn shared_site(&self) -> Arc<Site> {
        Arc::clone(&self.sites[0])
    }

    pub fn functions(&self) -> Functions {
        match self.front {
            StoryFront::Rest => stack::functions_of(&self.sites[0]),
            _ => Functions::from([("ProxyFunction".to_owned(), proxy(&self.sites[0], &self.upstream))]),
        }
    }

    pub fn client_id(&self) -> String {
        self.stand_in.options().clients[0].client_id.clone()
    }

    pub fn access_token(&self, user: &NewUser) -> String {
        self.stand_in.issue(&self.client_id(), &user.email).unwrap().access_token
    }

    /// Opens `path` and signs in as the seeded administrator when asked.
    pub async fn sign_in(&self, browser: &Browser, path: &str) -> Page {
        self.sign_in_as(browser, path, &NewUser::local_admin()).await
    }

    /// Opens `path` and signs in when asked.
    pub async fn sign_in_as(&self, browser: &Browser, path: &str, user: &NewUser) -> Page {
        let form = browser.open(&self.url(path)).await;
        self.fill_in(browser, &form, user).await
    }

    /// Fills in the sign-in page.
    pub async fn fill_in(&self, browser: &Browser, form: &Page, user: &NewUser) -> Page {
        let fields = [("username", user.email.as_str()), ("password", user.password.as_str())];
        browser.submit(form, "/login", &fields).await
    }

    pub async fn fetch(&self, browser: &Browser, path: &str) -> Page {
        browser.fetch(APPLICATION, Method::GET, &self.url(path), &[]).await
    }

    /// Follows a script's redirect to the page that names the reason: an authorizer can refuse it only in
    /// that way.
    pub async fn reading_why(&self, browser: &Browser, refused: Page) -> Page {
        match refused.header("location") {
            Some(location) if !self.front.is_proxy() => {
                browser.fetch(APPLICATION, Method::GET, location, &[]).await
            }
            _ => refused,
        }
    }

    /// Asserts that a header which only vestibule may set is not trusted when a client sends it. An authorizer cannot
    /// remove a header, so it refuses the request; the proxy removes the header.
    pub async fn assert_not_believed(&self, method: &str, path: &str, headers: &[(&str, &str)], name: &str) {
        const CLAIMED: &str = "claimed-by-the-client";
        self.upstream.forget();
        let headers: Vec<_> = headers.iter().copied().chain([(name, CLAIMED)]).collect();
        let response = self.send(method, path, &headers).await;
        if !self.front.is_proxy() {
            self.front.assert_refused(&response, "reserved_header", name);
            assert!(self.received().is_empty(), "{name}");
            return;
        }
        assert_eq!(response.status, 200, "{name}: {response:?}");
        let received = self.last_received().headers;
        assert!(received.iter().all(|(_, value)| !value.contains(CLAIMED)), "{name}: {received:?}");
    }

    /// Whether the cookie contains the session itself.
    pub fn session_storage_is_cookie(&self) -> bool {
        self.site().relying_party.configuration.session.storage == SessionStorage::Cookie
    }

    /// Sends one request on the wire, with header names in exactly this spelling.
    pub async fn send(&self, method: &str, target: &str, headers: &[(&str, &str)]) -> FrontResponse {
        let headers =
            headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect();
        self.send_bytes(method, target, headers).await
    }

    /// The same with values that are not text.
    pub async fn send_bytes(
        &self,
        method: &str,
        target: &str,
        headers: Vec<(String, Vec<u8>)>,
    ) -> FrontResponse {
        let request = network::raw_request(method, target, headers, Vec::new());
        FrontResponse::of(&self.network.to_gate(&request).await)
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

fn front_emulation(
    setup: &Setup,
    site: &Arc<Site>,
    upstream: &RecordingUpstream,
    clock: &StoryClock,
) -> FrontEmulation {
    let clock = Arc::new(clock.clone());
    let log = Arc::new(|_: &str| ());
    let proxy = || proxy(site, upstream);
    match setup.front {
        StoryFront::Rest => {
            let api = rest_api(&setup.behaviour);
            let backends = Backends {
                upstream: Arc::new(upstream.clone()),
                clock,
                ..Backends::new(stack::functions_of(site))
            };
            FrontEmulation::Rest(Box::new(api.with(backends).unwrap()))
        }
        StoryFront::HttpApi => FrontEmulation::HttpApi(HttpApi::new(proxy(), log).with_clock(clock)),
        StoryFront::FunctionUrl => {
            FrontEmulation::HttpApi(HttpApi::function_url(proxy(), log).with_clock(clock))
        }
        StoryFront::Alb | StoryFront::AlbSingleValue => {
            let mut functions = stack::functions_of(site);
            functions.insert("ProxyFunction".to_owned(), proxy());
            let mut rules = LOAD_BALANCER_RULES.clone();
            if setup.front == StoryFront::AlbSingleValue {
                rules = rules.without_multi_value_headers();
            }
            FrontEmulation::Alb(LoadBalancer::with(rules, functions, log).unwrap().with_clock(clock))
        }
    }
}

/// Reading a template takes longer than a whole sign-in, so each is read once.
static LOAD_BALANCER_RULES: LazyLock<Rules> = LazyLock::new(|| stack::load_balancer_rules(UPSTREAM).unwrap());

fn rest_api(behaviour: &Behaviour) -> RestApi {
    static READ: LazyLock<Mutex<BTreeMap<String, RestApi>>> = LazyLock::new(Mutex::default);
    let read = || stack::rest_api(UPSTREAM, behaviour.clone()).unwrap();
    READ.lock().unwrap().entry(format!("{behaviour:?}")).or_insert_with(read).clone()
}

fn proxy(site: &Arc<Site>, upstream: &RecordingUpstream) -> Arc<dyn Function> {
    Arc::new(ProxyFunction::new(Arc::clone(site), Arc::new(upstream.clone())))
}

fn stand_in(setup: &Setup, clock: &StoryClock) -> StandIn {
    let (now, skew, entropy) = (clock.clone(), setup.skew, SeededEntropy::new(2));
    let mut options = Options::local(
        Arc::new(move || now.unix() + skew),
        Arc::new(move |bytes| entropy.fill_with(bytes)),
        Arc::new(|_| {}),
    );
    for client in &mut options.clients {
        client.callback_urls.push(format!("{}/oauth2/callback", setup.public_url()));
        client.logout_urls.push(format!("{}/oauth2/signed-out", setup.public_url()));
    }
    for change in &setup.provider {
        change(&mut options);
    }
    StandIn::new(options).unwrap()
}

fn document(setup: &Setup, process: &setup::Process, stand_in: &StandIn) -> String {
    let document = stack::configuration_of(stand_in, &setup.public_url());
    let mut document: serde_json::Map<_, _> = serde_json::from_str(&document).unwrap();
    document.insert("log_level".to_owned(), "error".into());
    if setup.front.is_proxy() {
        document.insert("upstream_url".to_owned(), UPSTREAM.into());
        document.insert("response_streaming".to_owned(), (setup.front == StoryFront::FunctionUrl).into());
    }
    for (key, value) in setup.configuration.iter().chain(&process.configuration) {
        document.insert(key.clone(), value.clone());
    }
    document.retain(|_, value| !value.is_null());
    serde_json::Value::Object(document).to_string()
}

fn relying_party(setup: &Setup, process: &setup::Process, stand_in: &StandIn) -> RelyingParty {
    let text = document(setup, process, stand_in);
    let sources = Sources { document: Some(&text), ..Sources::default() };
    let role = if setup.front.is_proxy() { Role::Proxy } else { Role::Callback };
    let configuration =
        Configuration::from_sources(&sources, role).unwrap_or_else(|faults| panic!("{faults}"));
    let relying_party = RelyingParty::new(configuration).unwrap();
    match process.format {
        Some(format) => {
            let ring = Arc::into_inner(relying_party.ring).unwrap();
            RelyingParty { ring: Arc::new(ring.writing(format)), ..relying_party }
        }
        None => relying_party,
    }
}
