//! Runs the whole stack on loopback: the Cognito stand-in, the upstream, the functions, and the fronts before them.

mod choices;
mod front_address;
mod own_upstream;
mod pool;
mod port;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::sync::Arc;

use flow::ports::Clock as _;
use flow::session::memory_store::MemoryStore;
use flow::session::store::SessionStore;
use flow::site::{Ports, Site};
use flow::system_ports::{SystemClock, SystemEntropy};
use lambda::Function;
use lambda::authorizer_function::AuthorizerFunction;
use lambda::http_function::HttpFunction;
use lambda::proxy_function::ProxyFunction;
use outbound::https::Roots;
use outbound::provider::{self, HttpsProvider};
use outbound::upstream::{self, HttpUpstream};
use relying_party::configuration::{
    CONFIG_VARIABLE, Configuration, Fault, Faults, Role, SECRET_ID_VARIABLE, SessionStorage, Sources,
};
use relying_party::http::endpoint::Endpoint;
use relying_party::relying_party::RelyingParty;
use tokio::net::TcpListener;
use tokio::sync::watch;

use self::front_address::{addresses_behind, callbacks};
use self::port::{given_twice, listen, listen_unless_0};
use crate::alb::{LoadBalancer, Rules};
use crate::api_gateway::{Backends, Behaviour, Endpoint as GatewayEndpoint, Functions, RestApi};
use crate::cognito::{NewUser, StandIn};
use crate::http_api::{Deployed, HttpApi};
use crate::template::Inputs;
use crate::terminal::Terminal;
use crate::upstream::Upstream;

pub use self::choices::Choices;
pub use self::pool::configuration_of;
pub use offline::document::OwnDocument;

/// The templates that are deployed, as they were when this was built.
const TEMPLATE: &str = include_str!("../../../infra/template.yaml");
const HTTP_API: &str = include_str!("../../../infra/http-api.yaml");
const FUNCTION_URL: &str = include_str!("../../../infra/function-url.yaml");
const ALB: &str = include_str!("../../../infra/alb.yaml");

/// Where fronts and the stand-in say what they do by themselves.
type Journal = Arc<dyn Fn(&str) + Send + Sync>;

/// Why the stack does not start.
#[derive(Debug)]
pub struct StartFault(String);

/// A stack whose ports are bound.
pub struct Stack {
    listeners: Listeners,
    rest_api: RestApi,
    functions: Functions,
    journal: Journal,
    http_api: Option<HttpApi>,
    load_balancer: Option<LoadBalancer>,
    stand_in: Option<StandIn>,
    addresses: Addresses,
    /// Addresses to register as callbacks at a provider of the user's own.
    callbacks: Vec<String>,
    warnings: Vec<String>,
}

/// Where everything is.
#[derive(Clone, Debug)]
pub struct Addresses {
    /// The REST API, as browsers see it.
    pub api_gateway: String,
    /// The HTTP API, as browsers see it.
    pub http_api: Option<String>,
    /// The load balancer, as browsers see it.
    pub load_balancer: Option<String>,
    /// The Cognito stand-in; `None` in front of the user's own provider.
    pub cognito: Option<String>,
    /// The upstream.
    pub upstream: String,
}

struct Listeners {
    api_gateway: TcpListener,
    http_api: Option<TcpListener>,
    load_balancer: Option<TcpListener>,
    cognito: Option<TcpListener>,
    upstream: Option<TcpListener>,
}

impl Stack {
    /// Binds the ports and reads configuration and template.
    ///
    /// # Errors
    ///
    /// A fault in either, or a port that is taken.
    pub async fn bind(choices: Choices) -> Result<Self, StartFault> {
        given_twice(&choices)?;
        let upstream = match &choices.upstream {
            Some(upstream) => own_upstream::read(upstream, &choices).map_err(StartFault)?,
            None => format!("http://127.0.0.1:{}", choices.upstream_port),
        };
        let stage_path = match choices.behaviour.endpoint {
            GatewayEndpoint::CustomDomain => String::new(),
            GatewayEndpoint::ExecuteApi => {
                format!("/{}", rest_api("http://127.0.0.1", choices.behaviour.clone())?.stage())
            }
        };
        let addresses = Addresses {
            api_gateway: format!("http://localhost:{}{stage_path}", choices.api_gateway_port),
            http_api: origin(choices.http_api_port),
            load_balancer: origin(choices.load_balancer_port),
            cognito: choices
                .configuration
                .is_none()
                .then(|| format!("http://127.0.0.1:{}", choices.cognito_port)),
            upstream,
        };
        let stand_in = match &addresses.cognito {
            Some(base_url) => Some(pool::stand_in(base_url, &addresses, choices.terminal)?),
            None => None,
        };
        let document = match (&choices.configuration, &stand_in) {
            (Some(document), _) => document.clone(),
            (None, Some(stand_in)) => OwnDocument {
                name: "the local stack".to_owned(),
                text: pool::chosen(stand_in, &addresses.api_gateway, &choices),
            },
            (None, None) => return Err(StartFault("there is no provider".to_owned())),
        };
        let rest_api = rest_api(&addresses.upstream, choices.behaviour)?;
        let deployment =
            Deployment { terminal: choices.terminal, ..Deployment::new(document, choices.environment)? };
        let first = deployment.site(Role::Callback, &[])?;
        let journal = journal(choices.terminal);
        let front = |flag: &str, public_url: &String, streams| {
            deployment.functions_of_front(&first, public_url, &addresses.upstream, streams).map_err(|fault| {
                StartFault(format!("{fault}\nThat is said of {public_url}; `{flag} 0` starts without it."))
            })
        };
        let http_api = match &addresses.http_api {
            None => None,
            Some(public_url) => {
                let deployed = http_api(&addresses.upstream, choices.response_streaming)?;
                let functions = front("--http-api-port", public_url, deployed.streams())?;
                Some(HttpApi::with(deployed, &functions, Arc::clone(&journal)).map_err(fault)?)
            }
        };
        let load_balancer = match &addresses.load_balancer {
            None => None,
            Some(public_url) => {
                let rules = load_balancer_rules(&addresses.upstream)?;
                let functions = front("--load-balancer-port", public_url, false)?;
                Some(LoadBalancer::with(rules, functions, Arc::clone(&journal)).map_err(fault)?)
            }
        };
        let callbacks = match stand_in {
            Some(_) => Vec::new(),
            None => callbacks(&first.relying_party.configuration, &addresses),
        };
        let mut warnings = warnings(&first, &addresses, &deployment.environment);
        warnings.extend(deployment.without_effect(&first));
        Ok(Self {
            listeners: Listeners {
                api_gateway: listen("--api-gateway-port", choices.api_gateway_port).await?,
                http_api: listen_unless_0("--http-api-port", choices.http_api_port).await?,
                load_balancer: listen_unless_0("--load-balancer-port", choices.load_balancer_port).await?,
                cognito: match stand_in {
                    Some(_) => Some(listen("--cognito-port", choices.cognito_port).await?),
                    None => None,
                },
                upstream: match choices.upstream {
                    Some(_) => None,
                    None => Some(listen("--upstream-port", choices.upstream_port).await?),
                },
            },
            rest_api,
            functions: functions_logging(&first, choices.terminal),
            journal,
            http_api,
            load_balancer,
            stand_in,
            addresses,
            callbacks,
            warnings,
        })
    }

    /// Where everything is.
    pub const fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// The callbacks that a provider of the user's own has to know; none with the stand-in.
    pub fn callbacks(&self) -> &[String] {
        &self.callbacks
    }

    /// Warnings about settings that start and probably do not do what is meant.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Serves until `shutdown` is done.
    ///
    /// # Errors
    ///
    /// A function that the template names and that is not there, or a listener that fails.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) -> Result<(), StartFault> {
        let (stop, stopped) = watch::channel(false);
        let until = || {
            let mut stopped = stopped.clone();
            async move {
                let _ = stopped.wait_for(|stopped| *stopped).await;
            }
        };
        let backends = Backends { journal: self.journal, ..Backends::new(self.functions) };
        let gateway = self.rest_api.with(backends).map_err(fault)?;
        let cognito = async {
            match (self.stand_in, self.listeners.cognito) {
                (Some(stand_in), Some(listener)) => stand_in.serve(listener, until()).await,
                _ => Ok(()),
            }
        };
        let upstream = async {
            match self.listeners.upstream {
                Some(listener) => Upstream::new().serve(listener, until()).await,
                None => Ok(()),
            }
        };
        let fronts = gateway.serve(self.listeners.api_gateway, until());
        let http_api = async {
            if let (Some(http_api), Some(listener)) = (self.http_api, self.listeners.http_api) {
                http_api.serve(listener, until()).await;
            }
        };
        let load_balancer = async {
            if let (Some(load_balancer), Some(listener)) = (self.load_balancer, self.listeners.load_balancer)
            {
                load_balancer.serve(listener, until()).await;
            }
        };
        let fronts = async { tokio::join!(fronts, http_api, load_balancer) };
        let stopping = async {
            shutdown.await;
            let _ = stop.send(true);
        };
        let (_, cognito, upstream, ()) = tokio::join!(fronts, cognito, upstream, stopping);
        cognito.and(upstream).map_err(fault)
    }
}

/// The functions by their names in the template, all on one deployment behind `public_url` and before `upstream`.
///
/// # Errors
///
/// Every fault of the configuration.
pub fn functions(document: &str, public_url: &str, upstream: &str) -> Result<Functions, StartFault> {
    let document = OwnDocument { name: "the document".to_owned(), text: document.to_owned() };
    Deployment::new(document, Vec::new())?.functions_before(public_url, upstream, false, &[])
}

/// One configuration behind several fronts, each with the address that browsers see it under.
struct Deployment {
    document: OwnDocument,
    environment: Vec<(String, String)>,
    terminal: Terminal,
    roots: Roots,
    sessions: Arc<MemoryStore>,
}

impl Deployment {
    fn new(document: OwnDocument, environment: Vec<(String, String)>) -> Result<Self, StartFault> {
        let file = std::env::var_os("SSL_CERT_FILE");
        let roots = Roots::from_file_or_built_in(file.as_deref().map(AsRef::as_ref)).map_err(fault)?;
        Ok(Self { document, environment, terminal: Terminal::default(), roots, sessions: Arc::default() })
    }

    /// Settings that do nothing, told as faults are.
    fn without_effect(&self, site: &Site) -> Vec<String> {
        let warnings = site.relying_party.configuration.warnings.iter();
        let told = warnings.map(|warning| Fault { key: warning.key.into(), problem: warning.problem.into() });
        let told = self.document.explain(&Faults(told.collect()), &self.environment);
        told.lines().map(str::to_owned).collect()
    }

    /// All functions behind another front than the first.
    fn functions_of_front(
        &self,
        first: &Site,
        public_url: &str,
        upstream: &str,
        streams: bool,
    ) -> Result<Functions, StartFault> {
        let addresses = addresses_behind(public_url, &first.relying_party.configuration);
        self.functions_before(public_url, upstream, streams, &addresses)
    }

    /// All functions behind `public_url`, the proxy among them.
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

    fn site(&self, role: Role, overridden: &[(String, String)]) -> Result<Arc<Site>, StartFault> {
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

fn functions_logging(site: &Arc<Site>, terminal: Terminal) -> Functions {
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

/// The REST API of the deployed template before `upstream`.
///
/// # Errors
///
/// Every fault of the template with its line.
pub fn rest_api(upstream: &str, behaviour: Behaviour) -> Result<RestApi, StartFault> {
    let mut inputs = Inputs::default();
    let mut set = |name: &str, value: &str| inputs.parameters.insert(name.to_owned(), value.to_owned());
    set("UpstreamUrl", upstream);
    set("Domain", "local");
    if behaviour.endpoint == GatewayEndpoint::CustomDomain {
        set("CustomDomainName", &behaviour.domain_name);
        set("CertificateArn", "arn:aws:acm:eu-central-1:123456789012:certificate/local");
    }
    let rest_api = RestApi::from_template(TEMPLATE, &inputs, behaviour).map_err(fault)?;
    if let Some(secure) = rest_api.secure_upstreams().first() {
        return Err(StartFault(format!(
            "{secure}: the local API Gateway reaches an upstream over http only"
        )));
    }
    Ok(rest_api)
}

/// The HTTP API of the deployed template before `upstream`, or with `url` the function URL of the other one.
///
/// # Errors
///
/// The fault in the template, with its line.
pub fn http_api(upstream: &str, url: bool) -> Result<Deployed, StartFault> {
    let inputs = front_inputs(upstream);
    let deployed = if url {
        Deployed::function_url(FUNCTION_URL, &inputs)
    } else {
        Deployed::http_api(HTTP_API, &inputs)
    };
    deployed.map_err(fault)
}

/// The rules of the deployed load balancer before `upstream`.
///
/// # Errors
///
/// Every fault of the template with its line.
pub fn load_balancer_rules(upstream: &str) -> Result<Rules, StartFault> {
    let mut inputs = front_inputs(upstream);
    inputs.parameters.insert("CustomDomainName".to_owned(), "app.example.com".to_owned());
    Rules::from_template(ALB, &inputs).map_err(fault)
}

fn front_inputs(upstream: &str) -> Inputs {
    let mut inputs = Inputs::default();
    inputs.parameters.insert("UpstreamUrl".to_owned(), upstream.to_owned());
    inputs.parameters.insert("Domain".to_owned(), "local".to_owned());
    inputs
}

/// The users that the stand-in starts with.
pub fn seeded_users() -> [NewUser; 2] {
    [NewUser::local_admin(), NewUser::local_guest()]
}

fn origin(port: u16) -> Option<String> {
    (port != 0).then(|| format!("http://localhost:{port}"))
}

/// The warnings that do not stop the start.
fn warnings(first: &Site, addresses: &Addresses, environment: &[(String, String)]) -> Vec<String> {
    let public_url = first.relying_party.configuration.public_url.join("/");
    let here = format!("{}/", addresses.api_gateway);
    let elsewhere = (public_url != here).then(|| {
        format!(
            "public_url is {public_url}, and this stack answers at {here}: browsers are sent to the former"
        )
    });
    let unread = environment.iter().filter_map(|(name, _)| match name.as_str() {
        CONFIG_VARIABLE => Some(format!("{CONFIG_VARIABLE} is not read here: give the file with --config")),
        SECRET_ID_VARIABLE => Some(format!("{SECRET_ID_VARIABLE} is not read here: there is no AWS")),
        _ => None,
    });
    elsewhere.into_iter().chain(unread).collect()
}

fn journal(terminal: Terminal) -> Journal {
    Arc::new(move |line: &str| terminal.say(SystemClock.now(), line))
}

fn fault(error: impl fmt::Display) -> StartFault {
    StartFault(error.to_string())
}

impl fmt::Display for StartFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for StartFault {}
