//! The functions as they are deployed: a site that the environment and secrets configure, before the real provider.

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
use aws::client_secret::AppClientSecret;
use aws::secrets::Secrets;
use aws::session_table::SessionTable;
use aws::sources::Texts;
use aws::user_pool::{PoolSignOut, UserPools};
use flow::ports::{ClientSecretSource, Upstream, UserSignOut};
use flow::session::memory_store::MemoryStore;
use flow::session::store::SessionStore;
use flow::site::{Ports, Site};
use flow::system_ports::{SystemClock, SystemEntropy};
use lambda::Function;
use lambda::runtime::{main_with, warn_at_start};
use outbound::https::Roots;
use outbound::provider::{self, HttpsProvider};
use outbound::upstream::{self, HttpUpstream};
use relying_party::configuration::{
    Configuration, Fault, Faults, Platform, ProviderKind, Role, SecretSource, SessionStorage, Sources,
};
use relying_party::relying_party::RelyingParty;
use relying_party::secret::Secret;
use tokio::sync::Mutex;

use crate::reload::{Read, Reloading};

/// Runs the function `name`: its site from the environment, then events until Lambda ends the process.
pub fn run<F: Function + 'static>(
    name: &'static str,
    role: Role,
    build: impl Fn(Arc<Site>) -> F + Send + Sync + 'static,
) -> ExitCode {
    main_with(name, || async {
        let start = Start::new(role)?;
        let (site, texts) = start.site().await?;
        warn(name, &site);
        Ok::<_, Faults>(Reloading::new(site, build, reread(start, texts)))
    })
}

/// Runs the function `name` before the upstream that the configuration names.
pub fn run_before_upstream<F: Function + 'static>(
    name: &'static str,
    build: impl Fn(Arc<Site>, Arc<dyn Upstream>) -> F + Send + Sync + 'static,
) -> ExitCode {
    main_with(name, || async {
        let start = Start::new(Role::Proxy)?;
        let (site, texts) = start.site().await?;
        warn(name, &site);
        let upstream = upstream(&site.relying_party.configuration, start.roots.clone())?;
        let build = move |site| build(site, Arc::clone(&upstream));
        Ok::<_, Faults>(Reloading::new(site, build, reread(start, texts)))
    })
}

fn warn(name: &str, site: &Site) {
    let configuration = &site.relying_party.configuration;
    warn_at_start(name, configuration.log_level.into(), &configuration.warnings);
}

/// The client for the upstream; it connects with the first request.
fn upstream(configuration: &Configuration, roots: Roots) -> Result<Arc<dyn Upstream>, Faults> {
    let roots = match &configuration.upstream.ca_bundle {
        Some(path) => Roots::from_file_or_built_in(Some(Path::new(path)))
            .map_err(|fault| faults("upstream_ca_bundle", &fault.problem()))?,
        None => roots,
    };
    Ok(Arc::new(HttpUpstream::new(roots, upstream::Limits::default())))
}

/// What a site is made from.
struct Start {
    role: Role,
    roots: Roots,
    sdk: Arc<Sdk>,
    environment: Vec<(String, String)>,
}

impl Start {
    fn new(role: Role) -> Result<Self, Faults> {
        let ssl_cert_file = env::var_os("SSL_CERT_FILE");
        let roots = Roots::from_file_or_built_in(ssl_cert_file.as_deref().map(AsRef::as_ref))
            .map_err(|fault| faults("SSL_CERT_FILE", &fault))?;
        let sdk = Sdk::from_environment(roots.clone());
        Ok(Self { role, roots, sdk, environment: environment()? })
    }

    /// The site. Calls AWS only when the configuration is in a secret; builds no client of any kind otherwise.
    async fn site(&self) -> Result<(Arc<Site>, Texts), Faults> {
        let texts = self.texts().await?;
        let configuration = self.configuration(&texts)?;
        let ports = Ports {
            provider: Arc::new(HttpsProvider::new(self.roots.clone(), provider::Limits::default())),
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            sessions: session_store(&configuration, &self.sdk),
            client_secret: client_secret(&configuration, &self.sdk),
            user_sign_out: user_sign_out(&configuration, &self.sdk),
        };
        Ok((Arc::new(Site::new(RelyingParty::new(configuration)?, ports)), texts))
    }

    async fn texts(&self) -> Result<Texts, Faults> {
        Texts::read(&self.environment, &Secrets::new(Arc::clone(&self.sdk))).await
    }

    fn configuration(&self, texts: &Texts) -> Result<Configuration, Faults> {
        let sources = Sources {
            document: texts.document.as_ref().map(Secret::expose),
            secret_document: texts.secret_document.as_ref().map(Secret::expose),
            environment: &self.environment,
        };
        Configuration::from_sources(&sources, self.role)?.on(platform())
    }

    /// The key ring anew, from the secret of `VESTIBULE_SECRET_ID`; the rest of the configuration is that of the
    /// start. `None` when nothing changed, or when what came is of no use: the ring in use goes on.
    async fn rering(&self, texts: &Mutex<Texts>) -> Option<RelyingParty> {
        let mut texts = texts.lock().await;
        let before = texts.secret_document.as_ref()?;
        let secret_document =
            Texts::read_secret(&self.environment, &Secrets::new(Arc::clone(&self.sdk))).await.ok()??;
        if secret_document.expose() == before.expose() {
            return None;
        }
        let next = Texts { secret_document: Some(secret_document), document: texts.document.clone() };
        let relying_party = RelyingParty::new(self.configuration(&next).ok()?).ok()?;
        *texts = next;
        Some(relying_party)
    }
}

fn reread(start: Start, texts: Texts) -> Read {
    let shared = Arc::new((start, Mutex::new(texts)));
    Box::new(move || {
        let shared = Arc::clone(&shared);
        Box::pin(async move { shared.0.rering(&shared.1).await })
    })
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

fn client_secret(configuration: &Configuration, sdk: &Arc<Sdk>) -> Option<Arc<dyn ClientSecretSource>> {
    match (&configuration.provider, configuration.client.secret_source) {
        (ProviderKind::Cognito(pool), SecretSource::Cognito) => {
            let user_pools = Arc::new(UserPools::new(Arc::clone(sdk)));
            let client_id = configuration.client.id.clone();
            Some(Arc::new(AppClientSecret::new(user_pools, pool.user_pool_id.clone(), client_id)))
        }
        _ => None,
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

/// Every variable of ours. A name or value that is no text is a fault, not a variable that is overlooked.
fn environment() -> Result<Vec<(String, String)>, Faults> {
    env::vars_os()
        .filter(|(name, _)| name.to_string_lossy().starts_with("VESTIBULE_"))
        .map(|(name, value)| match (name.into_string(), value.into_string()) {
            (Ok(name), Ok(value)) => Ok((name, value)),
            (Ok(name), Err(_)) => Err(faults(&name, &"is no text")),
            (Err(name), _) => Err(faults(&name.to_string_lossy(), &"has a name that is no text")),
        })
        .collect()
}

/// By a variable that Lambda reserves ("Defined runtime environment variables").
fn platform() -> Platform {
    match env::var_os("AWS_LAMBDA_FUNCTION_NAME") {
        Some(_) => Platform::Lambda,
        None => Platform::Process,
    }
}

fn faults(key: &str, problem: &dyn fmt::Display) -> Faults {
    Faults(vec![Fault { key: key.to_owned(), problem: problem.to_string() }])
}
