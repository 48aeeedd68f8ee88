//! Runs the whole stack on loopback: the Cognito stand-in, the upstream, the functions, and their fronts.

mod choices;
mod deployed_fronts;
mod deployment;
mod front_address;
mod own_upstream;
mod pool;
mod port;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::sync::Arc;

use flow::ports::Clock as _;
use flow::site::Site;
use flow::system_ports::SystemClock;
use relying_party::configuration::{CONFIG_VARIABLE, Role, SECRET_ID_VARIABLE};
use tokio::net::TcpListener;
use tokio::sync::watch;

use self::deployment::{Deployment, functions_logging};
use self::front_address::{callbacks, signed_out_pages};
use self::port::{given_twice, listen, listen_unless_0};
use crate::alb::LoadBalancer;
use crate::api_gateway::{Backends, Endpoint, Functions, RestApi};
use crate::cognito::{NewUser, StandIn};
use crate::http_api::HttpApi;
use crate::terminal::Terminal;
use crate::upstream;

pub use self::choices::Choices;
pub use self::deployed_fronts::{http_api, load_balancer_rules, rest_api};
pub use self::deployment::{functions, functions_of};
pub use self::pool::configuration_of;
pub use offline::document::OwnDocument;

/// Receives a line for each response that a front or the stand-in gives by itself.
type Log = Arc<dyn Fn(&str) + Send + Sync>;

/// The reason why the stack does not start.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct StartFault(String);

/// A stack whose ports are bound.
pub struct Stack {
    listeners: Listeners,
    rest_api: RestApi,
    functions: Functions,
    log: Log,
    http_api: Option<HttpApi>,
    load_balancer: Option<LoadBalancer>,
    stand_in: Option<StandIn>,
    addresses: Addresses,
    /// The callback addresses to register at the user's own provider.
    callbacks: Vec<String>,
    signed_out_pages: Vec<String>,
    warnings: Vec<String>,
}

/// The addresses of all parts.
#[derive(Clone, Debug)]
pub struct Addresses {
    /// The REST API's address for browsers.
    pub api_gateway: String,
    /// The HTTP API's address for browsers.
    pub http_api: Option<String>,
    /// The load balancer's address for browsers.
    pub load_balancer: Option<String>,
    /// The Cognito stand-in; `None` with the user's own provider.
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

impl Addresses {
    fn of(choices: &Choices) -> Result<Self, StartFault> {
        let upstream = match &choices.upstream {
            Some(upstream) => own_upstream::read(upstream, choices).map_err(StartFault)?,
            None => format!("http://127.0.0.1:{}", choices.upstream_port),
        };
        let stage_path = match choices.behaviour.endpoint {
            Endpoint::CustomDomain => String::new(),
            Endpoint::ExecuteApi => {
                format!("/{}", rest_api("http://127.0.0.1", choices.behaviour.clone())?.stage())
            }
        };
        let has_stand_in = choices.configuration.is_none();
        Ok(Self {
            api_gateway: format!("http://localhost:{}{stage_path}", choices.api_gateway_port),
            http_api: origin(choices.http_api_port),
            load_balancer: origin(choices.load_balancer_port),
            cognito: has_stand_in.then(|| format!("http://127.0.0.1:{}", choices.cognito_port)),
            upstream,
        })
    }
}

impl Listeners {
    async fn bind(choices: &Choices) -> Result<Self, StartFault> {
        Ok(Self {
            api_gateway: listen("--api-gateway-port", choices.api_gateway_port).await?,
            http_api: listen_unless_0("--http-api-port", choices.http_api_port).await?,
            load_balancer: listen_unless_0("--load-balancer-port", choices.load_balancer_port).await?,
            cognito: match choices.configuration {
                Some(_) => None,
                None => Some(listen("--cognito-port", choices.cognito_port).await?),
            },
            upstream: match choices.upstream {
                Some(_) => None,
                None => Some(listen("--upstream-port", choices.upstream_port).await?),
            },
        })
    }
}

/// The configuration: the user's own, or the one made for the stand-in.
fn document(
    choices: &Choices,
    addresses: &Addresses,
    stand_in: Option<&StandIn>,
) -> Result<OwnDocument, StartFault> {
    match (&choices.configuration, stand_in) {
        (Some(document), _) => Ok(document.clone()),
        (None, Some(stand_in)) => Ok(OwnDocument {
            name: "the local stack".to_owned(),
            text: pool::chosen(stand_in, &addresses.api_gateway, choices),
        }),
        (None, None) => Err(StartFault("no provider is configured".to_owned())),
    }
}

/// The fronts besides the REST API, with the same deployment.
struct OtherFronts<'a> {
    deployment: &'a Deployment,
    first: &'a Site,
    addresses: &'a Addresses,
}

impl OtherFronts<'_> {
    fn http_api(&self, streams: bool, log: &Log) -> Result<Option<HttpApi>, StartFault> {
        let Some(public_url) = &self.addresses.http_api else { return Ok(None) };
        let deployed = http_api(&self.addresses.upstream, streams)?;
        let functions = self.functions("--http-api-port", public_url, deployed.streams())?;
        HttpApi::with(deployed, &functions, Arc::clone(log)).map(Some).map_err(fault)
    }

    fn load_balancer(&self, log: &Log) -> Result<Option<LoadBalancer>, StartFault> {
        let Some(public_url) = &self.addresses.load_balancer else { return Ok(None) };
        let rules = load_balancer_rules(&self.addresses.upstream)?;
        let functions = self.functions("--load-balancer-port", public_url, false)?;
        LoadBalancer::with(rules, functions, Arc::clone(log)).map(Some).map_err(fault)
    }

    fn functions(&self, flag: &str, public_url: &str, streams: bool) -> Result<Functions, StartFault> {
        let upstream = &self.addresses.upstream;
        self.deployment.functions_of_front(self.first, public_url, upstream, streams).map_err(|fault| {
            StartFault(format!("{fault}\nThis concerns {public_url}; `{flag} 0` starts without that front."))
        })
    }
}

impl Stack {
    /// Binds the ports and reads configuration and template.
    ///
    /// # Errors
    ///
    /// A fault in either, or a port that is in use.
    pub async fn bind(choices: Choices) -> Result<Self, StartFault> {
        given_twice(&choices)?;
        let addresses = Addresses::of(&choices)?;
        let stand_in = match &addresses.cognito {
            Some(base_url) => Some(pool::stand_in(base_url, &addresses, choices.terminal)?),
            None => None,
        };
        let document = document(&choices, &addresses, stand_in.as_ref())?;
        let rest_api = rest_api(&addresses.upstream, choices.behaviour.clone())?;
        let deployment = Deployment::new(document, choices.environment.clone(), choices.terminal)?;
        let first = deployment.site(Role::Callback, &[])?;
        let log = log(choices.terminal);
        let others = OtherFronts { deployment: &deployment, first: &first, addresses: &addresses };
        let http_api = others.http_api(choices.response_streaming, &log)?;
        let load_balancer = others.load_balancer(&log)?;
        let first_configuration = &first.relying_party.configuration;
        let (callbacks, signed_out_pages) = match stand_in {
            Some(_) => (Vec::new(), Vec::new()),
            None => (
                callbacks(first_configuration, &addresses),
                signed_out_pages(first_configuration, &addresses),
            ),
        };
        let mut warnings = warnings(&first, &addresses, &deployment.environment);
        warnings.extend(deployment.without_effect(&first));
        Ok(Self {
            listeners: Listeners::bind(&choices).await?,
            rest_api,
            functions: functions_logging(&first, choices.terminal),
            log,
            http_api,
            load_balancer,
            stand_in,
            addresses,
            callbacks,
            signed_out_pages,
            warnings,
        })
    }

    /// The addresses of all parts.
    pub const fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// The callbacks that the user's own provider has to know; none with the stand-in.
    pub fn callbacks(&self) -> &[String] {
        &self.callbacks
    }

    /// The addresses after sign-out that the user's own provider has to know; none with the stand-in.
    pub fn signed_out_pages(&self) -> &[String] {
        &self.signed_out_pages
    }

    /// Warnings about settings that the stack accepts but that probably do not do what the user intends.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Serves until `shutdown` completes.
    ///
    /// # Errors
    ///
    /// A function that the template names is missing, or a listener fails.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) -> Result<(), StartFault> {
        let (stop, stopped) = watch::channel(false);
        let until = || {
            let mut stopped = stopped.clone();
            async move {
                let _ = stopped.wait_for(|stopped| *stopped).await;
            }
        };
        let backends = Backends { log: self.log, ..Backends::new(self.functions) };
        let gateway = self.rest_api.with(backends).map_err(fault)?;
        let cognito = async {
            match (self.stand_in, self.listeners.cognito) {
                (Some(stand_in), Some(listener)) => stand_in.serve(listener, until()).await,
                _ => Ok(()),
            }
        };
        let upstream = async {
            match self.listeners.upstream {
                Some(listener) => upstream::serve(listener, until()).await,
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
        CONFIG_VARIABLE => Some(format!("{CONFIG_VARIABLE} is ignored here: give the file with --config")),
        SECRET_ID_VARIABLE => {
            Some(format!("{SECRET_ID_VARIABLE} is ignored here: the local stack does not use AWS"))
        }
        _ => None,
    });
    elsewhere.into_iter().chain(unread).collect()
}

fn log(terminal: Terminal) -> Log {
    Arc::new(move |line: &str| terminal.say(SystemClock.now(), line))
}

fn fault(error: impl std::fmt::Display) -> StartFault {
    StartFault(error.to_string())
}
