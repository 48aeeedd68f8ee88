//! Builds all functions from one configuration, with the real ports except those to AWS.

use std::collections::BTreeMap;
use std::sync::Arc;

use flow::session::memory_store::MemoryStore;
use flow::session::store::SessionStore;
use flow::site::{Ports, Site};
use flow::system_ports::{SystemClock, SystemEntropy};
use lambda::Function;
use lambda::authorizer_function::AuthorizerFunction;
use lambda::http_function::HttpFunction;
use lambda::proxy_function::ProxyFunction;
use offline::document::OwnDocument;
use outbound::https::Roots;
use outbound::provider::{self, HttpsProvider};
use outbound::upstream::{self, HttpUpstream};
use relying_party::configuration::{Configuration, Fault, Faults, Role, SessionStorage, Sources};
use relying_party::http::endpoint::Endpoint;
use relying_party::relying_party::RelyingParty;

use super::front_address::addresses_behind;
use super::{StartFault, fault};
use crate::api_gateway::Functions;
use crate::terminal::Terminal;

/// The functions by their names in the template, all of one deployment with this `public_url` and `upstream`.
///
/// # Errors
///
/// Every fault of the configuration.
pub fn functions(document: &str, public_url: &str, upstream: &str) -> Result<Functions, StartFault> {
    let document = OwnDocument { name: "the document".to_owned(), text: document.to_owned() };
    Deployment::new(document, Vec::new(), Terminal::default())?.functions_before(
        public_url,
        upstream,
        false,
        &[],
    )
}

/// One configuration for several fronts, each with its own address for browsers.
pub(super) struct Deployment {
    document: OwnDocument,
    pub(super) environment: Vec<(String, String)>,
    terminal: Terminal,
    roots: Roots,
    sessions: Arc<MemoryStore>,
}

impl Deployment {
    pub(super) fn new(
        document: OwnDocument,
        environment: Vec<(String, String)>,
        terminal: Terminal,
    ) -> Result<Self, StartFault> {
        let file = std::env::var_os("SSL_CERT_FILE");
        let roots = Roots::from_file_or_built_in(file.as_deref().map(AsRef::as_ref)).map_err(fault)?;
        Ok(Self { document, environment, terminal, roots, sessions: Arc::default() })
    }

    /// Warnings about settings that have no effect, in the form of faults.
    pub(super) fn without_effect(&self, site: &Site) -> Vec<String> {
        let configuration = &site.relying_party.configuration;
        let upstream = configuration.upstream.url.as_ref().map(|_| Fault {
            key: "upstream_url".to_owned(),
            problem: "is ignored here: name the application by --upstream".to_owned(),
        });
        let warnings = configuration.warnings.iter();
        let faults =
            warnings.map(|warning| Fault { key: warning.key.into(), problem: warning.problem.into() });
        let text = self.document.explain(&Faults(faults.chain(upstream).collect()), &self.environment);
        text.lines().map(str::to_owned).collect()
    }

    /// All functions for a front other than the first.
    pub(super) fn functions_of_front(
        &self,
        first: &Site,
        public_url: &str,
        upstream: &str,
        streams: bool,
    ) -> Result<Functions, StartFault> {
        let addresses = addresses_behind(public_url, &first.relying_party.configuration);
        self.functions_before(public_url, upstream, streams, &addresses)
    }

    /// All functions for `public_url`, including the proxy.
    fn functions_before(
        &self,
        public_url: &str,
        upstream: &str,
        streams: bool,
        addresses: &[(&str, String)],
    ) -> Result<Functions, StartFault> {
        let own = [
            ("VESTIBULE_PUBLIC_URL", public_url.to_owned()),
            ("VESTIBULE_UPSTREAM_URL", upstream.to_owned()),
            ("VESTIBULE_RESPONSE_STREAMING", streams.to_string()),
        ];
        let overridden: Vec<(String, String)> =
            own.iter().chain(addresses).map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let site = self.site(Role::Proxy, &overridden)?;
        let upstream = HttpUpstream::new(self.roots.clone(), upstream::Limits::default());
        let mut functions = functions_logging(&site, self.terminal);
        let proxy = ProxyFunction::new(site, Arc::new(upstream)).logging(self.terminal.format());
        let proxy: Arc<dyn Function> = Arc::new(proxy);
        functions.insert("ProxyFunction".to_owned(), proxy);
        Ok(functions)
    }

    pub(super) fn site(&self, role: Role, overridden: &[(String, String)]) -> Result<Arc<Site>, StartFault> {
        let mut environment = self.environment.clone();
        environment.retain(|(name, _)| !overridden.iter().any(|(other, _)| other == name));
        environment.extend_from_slice(overridden);
        let sources =
            Sources { document: Some(&self.document.text), environment: &environment, ..Sources::default() };
        let configuration = Configuration::from_sources(&sources, role)
            .map_err(|faults| StartFault(self.document.explain(&faults, &environment)))?;
        let sessions: Option<Arc<dyn SessionStore>> = match configuration.session.storage {
            SessionStorage::Cookie => None,
            SessionStorage::Memory => Some(Arc::<MemoryStore>::clone(&self.sessions)),
            SessionStorage::DynamoDb { .. } => {
                return Err(StartFault(
                    "session_storage: the local stack keeps sessions in `cookie` or `memory`".into(),
                ));
            }
        };
        let relying_party = RelyingParty::new(configuration).map_err(fault)?;
        let ports = Ports {
            provider: Arc::new(HttpsProvider::new(self.roots.clone(), provider::Limits::default())),
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            sessions,
            client_secret: None,
            user_sign_out: None,
        };
        Ok(Arc::new(Site::new(relying_party, ports)))
    }
}

/// The functions of one deployment, by their names in the template.
pub fn functions_of(site: &Arc<Site>) -> Functions {
    functions_logging(site, Terminal::default())
}

pub(super) fn functions_logging(site: &Arc<Site>, terminal: Terminal) -> Functions {
    let format = terminal.format();
    let http = |name, served| -> Arc<dyn Function> {
        Arc::new(HttpFunction::new(name, Arc::clone(site), served).logging(format))
    };
    let authorizer: Arc<dyn Function> = Arc::new(AuthorizerFunction::new(Arc::clone(site)).logging(format));
    BTreeMap::from([
        ("AuthorizerFunction".to_owned(), authorizer),
        ("CallbackFunction".to_owned(), http("callback", &[Endpoint::Callback])),
        ("LoginFunction".to_owned(), http("login", &[Endpoint::Login])),
        ("LogoutFunction".to_owned(), http("logout", Endpoint::SERVED_BY_LOGOUT)),
        ("SessionFunction".to_owned(), http("session", Endpoint::SERVED_BY_SESSION)),
    ])
}
