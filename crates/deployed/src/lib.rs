//! A site as it is deployed: configured by the environment and by secrets, before the real provider.

use std::env;
use std::fmt;
use std::process::ExitCode;
use std::sync::Arc;

use aws::Sdk;
use aws::client_secret::AppClientSecret;
use aws::secrets::Secrets;
use aws::sources::Texts;
use aws::user_pool::UserPools;
use flow::memory_store::MemoryStore;
use flow::port::ClientSecretSource;
use flow::session_store::SessionStore;
use flow::site::{Ports, Site};
use flow::system::{SystemClock, SystemEntropy};
use https::Roots;
use lambda::Function;
use lambda::runtime::main_with;
use provider::{HttpsProvider, Limits};
use relying_party::configuration::{
    Configuration, Fault, Faults, ProviderKind, Role, SecretSource, SessionStorage, Sources,
};
use relying_party::relying_party::RelyingParty;

/// Runs the function `name`: its site from the environment, then events until Lambda ends the process.
pub fn run<F: Function + 'static>(
    name: &'static str,
    role: Role,
    build: impl FnOnce(Arc<Site>) -> F,
) -> ExitCode {
    main_with(name, || async { site(role).await.map(build) })
}

/// The site of a function in `role`. Calls AWS only when the configuration is in a secret; builds no client of
/// any kind otherwise.
///
/// # Errors
///
/// Every fault of the configuration.
pub async fn site(role: Role) -> Result<Arc<Site>, Faults> {
    let ssl_cert_file = env::var_os("SSL_CERT_FILE");
    let roots = Roots::from_file_or_built_in(ssl_cert_file.as_deref().map(AsRef::as_ref))
        .map_err(|fault| faults("SSL_CERT_FILE", &fault))?;
    let sdk = Sdk::from_environment(roots.clone());
    let environment = environment()?;
    let texts = Texts::read(&environment, &Secrets::new(Arc::clone(&sdk))).await?;
    let sources = Sources {
        document: texts.document.as_ref().map(relying_party::secret::Secret::expose),
        secret_document: texts.secret_document.as_ref().map(relying_party::secret::Secret::expose),
        environment: &environment,
    };
    let configuration = Configuration::from_sources(&sources, role)?;
    let ports = Ports {
        provider: Arc::new(HttpsProvider::new(roots, Limits::default())),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        sessions: session_store(&configuration)?,
        client_secret: client_secret(&configuration, &sdk),
    };
    Ok(Arc::new(Site::new(RelyingParty::new(configuration)?, ports)))
}

fn session_store(configuration: &Configuration) -> Result<Option<Arc<dyn SessionStore>>, Faults> {
    match &configuration.session.storage {
        SessionStorage::Cookie => Ok(None),
        SessionStorage::Memory => Ok(Some(Arc::new(MemoryStore::default()))),
        SessionStorage::DynamoDb { .. } => {
            Err(faults("session_storage", &"this release keeps sessions in `cookie` or `memory`"))
        }
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

fn faults(key: &str, problem: &dyn fmt::Display) -> Faults {
    Faults(vec![Fault { key: key.to_owned(), problem: problem.to_string() }])
}
