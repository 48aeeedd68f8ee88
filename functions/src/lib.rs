//! Assembles the functions as they are deployed: a site configured by the environment and secrets, with the
//! real provider.

#[cfg(test)]
mod changed_configuration_tests;
mod check;
mod client_secret;
mod reload;
#[cfg(test)]
mod rotation_tests;
#[cfg(test)]
mod upstream_trust_tests;

use std::env;
use std::fmt;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use aws::Sdk;
use aws::client_secret::{AppClientSecret, KeptClientSecret};
use aws::secrets::Secrets;
use aws::session_table::SessionTable;
use aws::sources::ConfigurationTexts;
use aws::user_pool::{PoolSignOut, UserPools};
use flow::ports::{ClientSecretSource, Clock, Entropy, Provider, Upstream, UserSignOut};
use flow::session::memory_store::MemoryStore;
use flow::session::store::SessionStore;
use flow::site::{Ports, Site};
use flow::system_ports::{SystemClock, SystemEntropy};
use lambda::Function;
use lambda::runtime::{log_warnings, main_with};
use outbound::https::Roots;
use outbound::provider::{self, HttpsProvider};
use outbound::upstream::{self, HttpUpstream};
use relying_party::configuration::{
    Configuration, Fault, Faults, Platform, ProviderKind, Role, SecretSource, SessionStorage,
};
use relying_party::relying_party::RelyingParty;
use tokio::sync::Mutex;

pub use crate::check::check;
use crate::client_secret::ConfiguredClientSecret;
use crate::reload::{COOL_DOWN_SECONDS, LastRead, Read, ReloadTrigger, Reloading};

/// Runs the function `name`: builds its site from the environment, then answers events until Lambda ends the
/// process.
pub fn run<F: Function + 'static>(
    name: &'static str,
    role: Role,
    build: impl Fn(Arc<Site>) -> F + Send + Sync + 'static,
) -> ExitCode {
    main_with(name, || deploy(name, role, move |_, site| Ok(build(site))))
}

/// Runs the function `name` with the upstream that the configuration names.
pub fn run_before_upstream<F: Function + 'static>(
    name: &'static str,
    build: impl Fn(Arc<Site>, Arc<dyn Upstream>) -> F + Send + Sync + 'static,
) -> ExitCode {
    main_with(name, || {
        deploy(name, Role::Proxy, move |start, site| {
            let upstream = upstream(&site.relying_party.configuration, start.roots.clone())?;
            Ok(build(site, upstream))
        })
    })
}

async fn deploy<F: Function + 'static>(
    name: &'static str,
    role: Role,
    build: impl Fn(&Start, Arc<Site>) -> Result<F, Faults> + Send + Sync + 'static,
) -> Result<Reloading<F>, Faults> {
    let start = Arc::new(Start::new(role)?);
    let texts = start.texts(ReloadTrigger::TimeOrClient).await?;
    let (relying_party, ports) = start.parts(&texts)?;
    let site = Arc::new(Site::new(relying_party, ports));
    let function = build(&start, Arc::clone(&site))?;
    warn(name, &site);
    Ok(Reloading::new(name, site, function, reread(start, texts, build)))
}

/// Rereads the configuration of a site that was built from `texts`.
fn reread<F: 'static>(
    start: Arc<Start>,
    texts: ConfigurationTexts,
    build: impl Fn(&Start, Arc<Site>) -> Result<F, Faults> + Send + Sync + 'static,
) -> Read<F> {
    let shared = Arc::new((start, Mutex::new(texts), build));
    Box::new(move |site, trigger| {
        let shared = Arc::clone(&shared);
        Box::pin(async move {
            let (start, texts, build) = &*shared;
            start.read_anew(texts, (&site, trigger), build).await
        })
    })
}

pub(crate) fn warn(name: &str, site: &Site) {
    let configuration = &site.relying_party.configuration;
    log_warnings(name, configuration.log_level, &configuration.warnings);
}

/// Makes the client for the upstream; it connects on the first request.
fn upstream(configuration: &Configuration, roots: Roots) -> Result<Arc<dyn Upstream>, Faults> {
    let roots = match &configuration.upstream.ca_bundle {
        Some(path) => Roots::from_file_or_built_in(Some(Path::new(path)))
            .map_err(|fault| faults("upstream_ca_bundle", &fault.problem()))?,
        None => roots,
    };
    Ok(Arc::new(HttpUpstream::new(roots, upstream::Limits::default())))
}

/// The parts from which a site is built.
struct Start {
    role: Role,
    roots: Roots,
    sdk: Arc<Sdk>,
    environment: Vec<(String, String)>,
    /// The ports that do not depend on the configuration. They are kept, so connections to the provider stay
    /// open.
    provider: Arc<dyn Provider>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    /// The last reading of the texts, and its time.
    last_reading: Mutex<Option<(LastRead, Result<ConfigurationTexts, Faults>)>>,
}

impl Start {
    fn new(role: Role) -> Result<Self, Faults> {
        let roots = roots()?;
        Ok(Self {
            role,
            sdk: Sdk::from_environment(roots.clone()),
            environment: environment()?,
            provider: Arc::new(HttpsProvider::new(roots.clone(), provider::Limits::default())),
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            last_reading: Mutex::default(),
            roots,
        })
    }

    /// Reads the texts. Calls AWS only if the configuration is in a secret, and once within a cool-down, plus
    /// once more if the provider caused the reading.
    async fn texts(&self, trigger: ReloadTrigger) -> Result<ConfigurationTexts, Faults> {
        let mut last_reading = self.last_reading.lock().await;
        let now = self.clock.now();
        let last_read = match &*last_reading {
            Some((last_read, texts)) if !last_read.is_older(COOL_DOWN_SECONDS, trigger, now) => {
                return texts.clone();
            }
            Some((last_read, _)) => *last_read,
            None => LastRead::at(now),
        };
        let texts = ConfigurationTexts::read(&self.environment, &Secrets::new(Arc::clone(&self.sdk))).await;
        *last_reading = Some((last_read.again(trigger, now), texts.clone()));
        texts
    }

    /// Returns the decisions and the ports of a site. It connects to nothing.
    fn parts(self: &Arc<Self>, texts: &ConfigurationTexts) -> Result<(RelyingParty, Ports), Faults> {
        let configuration = self.configuration(texts)?;
        let ports = Ports {
            provider: Arc::clone(&self.provider),
            clock: Arc::clone(&self.clock),
            entropy: Arc::clone(&self.entropy),
            sessions: session_store(&configuration, &self.sdk),
            client_secret: self.client_secret(&configuration),
            user_sign_out: user_sign_out(&configuration, &self.sdk),
        };
        Ok((RelyingParty::new(configuration)?, ports))
    }

    fn configuration(&self, texts: &ConfigurationTexts) -> Result<Configuration, Faults> {
        Configuration::from_sources(&texts.sources(&self.environment), self.role)?.on(platform())
    }

    fn client_secret(self: &Arc<Self>, configuration: &Configuration) -> Option<Arc<dyn ClientSecretSource>> {
        match (&configuration.provider, &configuration.client.secret_source, &configuration.client.secret) {
            (_, SecretSource::Secret(id), _) => {
                Some(Arc::new(KeptClientSecret::new(Secrets::new(Arc::clone(&self.sdk)), id.clone())))
            }
            (ProviderKind::Cognito(pool), SecretSource::Cognito, _) => {
                let user_pools = Arc::new(UserPools::new(Arc::clone(&self.sdk)));
                let client_id = configuration.client.id.clone();
                Some(Arc::new(AppClientSecret::new(user_pools, pool.user_pool_id.clone(), client_id)))
            }
            (_, _, Some(_)) => Some(Arc::new(ConfiguredClientSecret {
                start: Arc::clone(self),
                configuration: configuration.clone(),
            })),
            _ => None,
        }
    }

    /// Rebuilds the site from the current texts; returns `None` if they are unchanged. If a text is faulty,
    /// the site in use stays in force.
    async fn read_anew<F>(
        self: &Arc<Self>,
        in_use: &Mutex<ConfigurationTexts>,
        (site, trigger): (&Site, ReloadTrigger),
        build: &(impl Fn(&Self, Arc<Site>) -> Result<F, Faults> + Send + Sync),
    ) -> Result<Option<(Arc<Site>, F)>, Faults> {
        let mut in_use = in_use.lock().await;
        let texts = self.texts(trigger).await?;
        if texts.is_same(&in_use) {
            return Ok(None);
        }
        let (relying_party, ports) = self.parts(&texts)?;
        let site = Arc::new(site.reconfigured(relying_party, ports));
        let function = build(self, Arc::clone(&site))?;
        *in_use = texts;
        Ok(Some((site, function)))
    }
}

fn session_store(configuration: &Configuration, sdk: &Arc<Sdk>) -> Option<Arc<dyn SessionStore>> {
    match &configuration.session.storage {
        SessionStorage::Cookie => None,
        SessionStorage::DynamoDb { table } => {
            Some(Arc::new(SessionTable::new(Arc::clone(sdk), table.clone())))
        }
        SessionStorage::Memory => Some(Arc::new(MemoryStore::default())),
    }
}

fn user_sign_out(configuration: &Configuration, sdk: &Arc<Sdk>) -> Option<Arc<dyn UserSignOut>> {
    match &configuration.provider {
        ProviderKind::Cognito(pool) if configuration.logout_everywhere_at_provider => {
            let user_pools = Arc::new(UserPools::new(Arc::clone(sdk)));
            Some(Arc::new(PoolSignOut::new(user_pools, pool.user_pool_id.clone())))
        }
        _ => None,
    }
}

/// The roots that the environment names.
fn roots() -> Result<Roots, Faults> {
    let ssl_cert_file = env::var_os("SSL_CERT_FILE");
    Roots::from_file_or_built_in(ssl_cert_file.as_deref().map(AsRef::as_ref))
        .map_err(|fault| faults("SSL_CERT_FILE", &fault))
}

/// Returns every variable of vestibule. A name or value that is not UTF-8 is a fault, so that no variable is
/// overlooked.
fn environment() -> Result<Vec<(String, String)>, Faults> {
    env::vars_os()
        .filter(|(name, _)| name.to_string_lossy().starts_with("VESTIBULE_"))
        .map(|(name, value)| match (name.into_string(), value.into_string()) {
            (Ok(name), Ok(value)) => Ok((name, value)),
            (Ok(name), Err(_)) => Err(faults(&name, &"is not UTF-8 text")),
            (Err(name), _) => Err(faults(&name.to_string_lossy(), &"has a name that is not UTF-8 text")),
        })
        .collect()
}

/// Detects the platform by a variable that Lambda reserves ("Defined runtime environment variables").
fn platform() -> Platform {
    match env::var_os("AWS_LAMBDA_FUNCTION_NAME") {
        Some(_) => Platform::Lambda,
        None => Platform::Process,
    }
}

fn faults(key: &str, problem: &dyn fmt::Display) -> Faults {
    Faults(vec![Fault { key: key.to_owned(), problem: problem.to_string() }])
}
