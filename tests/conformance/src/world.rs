//! Builds one deployment in process: several sites, as Lambda would start them, with one store and one
//! provider.

use std::sync::Arc;

use flow::ports::Provider;
use flow::session::store::SessionStore;
use flow::site::{Ports, Site};
use flow::system_ports::SystemEntropy;
use relying_party::configuration::{Configuration, Role, Sources};
use relying_party::relying_party::RelyingParty;
use serde_json::{Map, Value, json};

use crate::clock::TestClock;
use crate::fault_injection::FaultInjector;
use crate::provider::{CLIENT_ID, ISSUER, RefreshTokenRotation, TestProvider};

pub const PUBLIC_URL: &str = "https://app.example.com";

/// The store of a test; `None` keeps sessions in cookies.
pub type Store = Option<Arc<dyn SessionStore>>;

pub struct World {
    pub clock: Arc<TestClock>,
    pub provider: Arc<TestProvider>,
    /// Each site has its own memory and connections.
    pub sites: Vec<Arc<Site>>,
    /// The access of each site to the store and the provider, in the order of `sites`.
    pub fault_injectors: Vec<Arc<FaultInjector>>,
    pub store: Store,
}

/// The differences from the simplest deployment.
#[derive(Clone, Copy)]
pub struct Setup<'a> {
    pub sites: usize,
    /// The provider's treatment of refresh tokens.
    pub rotation: RefreshTokenRotation,
    /// Configuration keys and their values; a value that begins with `{` or `[` is JSON, and an empty value
    /// removes the key. Nothing is answered from memory unless `session_cache_seconds` is set.
    pub settings: &'a [(&'a str, &'a str)],
}

impl Default for Setup<'_> {
    fn default() -> Self {
        Self { sites: 1, rotation: RefreshTokenRotation::On { grace: 60 }, settings: &[] }
    }
}

impl World {
    pub fn new(store: Store, setup: Setup<'_>) -> Self {
        let clock = Arc::new(TestClock::start());
        let provider = Arc::new(TestProvider::new(Arc::clone(&clock), setup.rotation));
        let mut world = Self { clock, provider, sites: Vec::new(), fault_injectors: Vec::new(), store };
        for _ in 0..setup.sites {
            world.add_site(setup.settings);
        }
        world
    }

    /// Starts another site and returns its number.
    pub fn add_site(&mut self, settings: &[(&str, &str)]) -> usize {
        let provider: Arc<dyn Provider> = Arc::clone(&self.provider) as Arc<dyn Provider>;
        let fault_injector = Arc::new(FaultInjector::new(self.store.clone(), provider));
        let sessions = self.store.is_some().then(|| Arc::clone(&fault_injector) as Arc<dyn SessionStore>);
        let relying_party = RelyingParty::new(configuration(self.store.is_some(), settings)).unwrap();
        let ports = Ports {
            provider: Arc::clone(&fault_injector) as Arc<dyn Provider>,
            clock: Arc::clone(&self.clock) as Arc<dyn flow::ports::Clock>,
            entropy: Arc::new(SystemEntropy),
            sessions,
            client_secret: None,
            user_sign_out: relying_party
                .configuration
                .logout_everywhere_at_provider
                .then(|| Arc::clone(&self.provider) as Arc<dyn flow::ports::UserSignOut>),
        };
        self.sites.push(Arc::new(Site::new(relying_party, ports)));
        self.fault_injectors.push(fault_injector);
        self.sites.len() - 1
    }

    pub fn site(&self) -> &Site {
        self.sites.first().unwrap()
    }

    pub fn fault_injector(&self) -> &FaultInjector {
        self.fault_injectors.first().unwrap()
    }

    pub fn store(&self) -> &dyn SessionStore {
        self.store.as_deref().unwrap()
    }
}

fn configuration(stored: bool, settings: &[(&str, &str)]) -> Configuration {
    let Value::Object(mut document) = json!({
        "provider": "oidc",
        "issuer": ISSUER,
        "client_id": CLIENT_ID,
        "client_secret": "not-a-secret",
        "public_url": PUBLIC_URL,
        "authorization_endpoint": format!("{ISSUER}/authorize"),
        "token_endpoint": format!("{ISSUER}/token"),
        "jwks_endpoint": format!("{ISSUER}/keys"),
        "revocation_endpoint": format!("{ISSUER}/revoke"),
        "end_session_endpoint": format!("{ISSUER}/logout"),
        // A user pool signs with the first algorithm, and this provider with the second.
        "signing_algorithms": ["RS256", "EdDSA"],
        "groups_claim": "groups",
        "session_storage": if stored { "memory" } else { "cookie" },
        "session_secret": "a text of at least thirty-two bytes",
        "session_cache_seconds": "0",
        "upstream_url": "http://127.0.0.1:1",
    }) else {
        panic!("a document is an object")
    };
    let settings: Map<String, Value> =
        settings.iter().map(|(key, value)| ((*key).to_owned(), setting(value))).collect();
    document.extend(settings);
    document.retain(|_, value| *value != "");
    let document = Value::Object(document).to_string();
    let sources = Sources { document: Some(&document), ..Sources::default() };
    Configuration::from_sources(&sources, Role::Proxy).unwrap()
}

fn setting(text: &str) -> Value {
    let is_json = text.starts_with(['{', '[']);
    if is_json { serde_json::from_str(text).unwrap() } else { json!(text) }
}
