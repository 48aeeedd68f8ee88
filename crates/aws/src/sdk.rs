//! Builds the part that every SDK client shares: credentials, region, endpoint, limits, connections.

use std::{sync::Arc, time::Duration};

use aws_config::{
    BehaviorVersion, ConfigLoader, Region, SdkConfig,
    ecs::EcsCredentialsProvider,
    environment::{EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider},
    meta::credentials::CredentialsProviderChain,
    provider_config::ProviderConfig,
    retry::RetryConfig,
    timeout::TimeoutConfig,
};
use aws_credential_types::Credentials;
use outbound::https::Roots;
use tokio::sync::OnceCell;

use crate::{connector, error_kind::ErrorKind};

/// For one attempt: the services answer within tens of milliseconds.
const ATTEMPT: Duration = Duration::from_secs(2);

/// For a call with all its attempts. Less than the ten seconds that a Lambda function has to start.
const OPERATION: Duration = Duration::from_secs(5);

const ATTEMPTS: u32 = 3;

/// Before the second attempt at most; twice that before the third. The SDK's own second is long for a page.
const BACKOFF: Duration = Duration::from_millis(100);

/// The SDK's configuration, loaded by the first call.
#[derive(Debug)]
pub struct Sdk {
    roots: Roots,
    explicit: Option<Explicit>,
    configuration: OnceCell<SdkConfig>,
}

/// An endpoint, a region and credentials that are not the environment's.
#[derive(Clone, Debug)]
pub struct Explicit {
    /// Where every service is, as `AWS_ENDPOINT_URL`.
    pub endpoint_url: String,
    /// The region, as `AWS_REGION`.
    pub region: String,
    /// The access key.
    pub credentials: Credentials,
}

impl Sdk {
    /// Takes everything from the SDK's standard environment variables, `AWS_ENDPOINT_URL` among them. Credentials
    /// are those of the environment, as Lambda sets them, or of the container endpoint. Profile files, single
    /// sign-on and credential processes are not asked for credentials.
    pub fn from_environment(roots: Roots) -> Arc<Self> {
        Self::new(roots, None)
    }

    /// Takes endpoint, region and credentials from `explicit`.
    pub fn explicit(roots: Roots, explicit: Explicit) -> Arc<Self> {
        Self::new(roots, Some(explicit))
    }

    fn new(roots: Roots, explicit: Option<Explicit>) -> Arc<Self> {
        Arc::new(Self { roots, explicit, configuration: OnceCell::new() })
    }

    pub(crate) async fn configuration(&self) -> Result<&SdkConfig, ErrorKind> {
        let configuration = self.configuration.get_or_try_init(|| self.load()).await?;
        if configuration.region().is_none() {
            return Err(ErrorKind::Unconfigured);
        }
        Ok(configuration)
    }

    async fn load(&self) -> Result<SdkConfig, ErrorKind> {
        let http_client = connector::http_client(&self.roots).ok_or(ErrorKind::Unavailable)?;
        let loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .http_client(http_client.clone())
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS).with_initial_backoff(BACKOFF))
            .timeout_config(
                TimeoutConfig::builder()
                    .operation_attempt_timeout(ATTEMPT)
                    .operation_timeout(OPERATION)
                    .build(),
            );
        let loader = match &self.explicit {
            Some(explicit) => loader
                .endpoint_url(&explicit.endpoint_url)
                .region(Region::new(explicit.region.clone()))
                .credentials_provider(explicit.credentials.clone()),
            None => from_environment(loader, http_client),
        };
        Ok(loader.load().await)
    }
}

/// Named sources instead of the SDK's default chains: those go on to the metadata service of EC2, which no
/// function has, and wait for it.
fn from_environment(
    loader: ConfigLoader,
    http_client: aws_smithy_runtime_api::client::http::SharedHttpClient,
) -> ConfigLoader {
    let container = EcsCredentialsProvider::builder()
        .configure(&ProviderConfig::without_region().with_http_client(http_client))
        .build();
    let credentials =
        CredentialsProviderChain::first_try("Environment", EnvironmentVariableCredentialsProvider::new())
            .or_else("Container", container);
    loader.region(EnvironmentVariableRegionProvider::new()).credentials_provider(credentials)
}
