//! Builds the configuration that all SDK clients share: credentials, region, endpoint, limits, connections.

use std::{sync::Arc, time::Duration};

use aws_config::{BehaviorVersion, Region, SdkConfig, identity::IdentityCache, timeout::TimeoutConfig};
#[cfg(feature = "operator")]
use aws_config::{
    ConfigLoader,
    environment::EnvironmentVariableRegionProvider,
    meta::region::RegionProviderChain,
    profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider},
    provider_config::ProviderConfig,
};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
#[cfg(feature = "operator")]
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::origin::Origin;
use outbound::https::Roots;
use tokio::sync::OnceCell;

use crate::{
    connector, environment,
    error_kind::ErrorKind,
    limits::{Caller, Limits},
};
#[cfg(feature = "operator")]
use crate::{limits::PERSON_TIMEOUT, operator::server_clock::ServerClock};

/// The services answer within tens of milliseconds. A call ends before the ten seconds that a Lambda function has to
/// start, and the SDK's default delay of one second is long for a page.
pub(crate) const LIMITS: Limits = Limits {
    attempt: Duration::from_secs(2),
    operation: Duration::from_secs(5),
    attempts: 3,
    backoff: Duration::from_millis(100),
};

/// The SDK's configuration, loaded by the first call.
#[derive(Debug)]
pub struct Sdk {
    roots: Roots,
    source: Source,
    caller: Caller,
    configuration: OnceCell<SdkConfig>,
    #[cfg(feature = "operator")]
    clock: ServerClock,
}

/// The source of region and credentials.
#[derive(Debug)]
enum Source {
    Environment,
    Explicit(Explicit),
    #[cfg(feature = "operator")]
    Profile(Profile),
}

/// The choices of a person at a machine that has the files of the AWS CLI.
#[cfg(feature = "operator")]
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// The profile; without one the SDK's default chain applies, including `AWS_PROFILE`.
    pub name: Option<String>,
    /// The region; without one that of the environment applies, else that of the profile.
    pub region: Option<String>,
}

/// Endpoint, region and credentials from a source other than the environment.
#[derive(Clone, Debug)]
pub struct Explicit {
    /// The endpoint of all services, as in `AWS_ENDPOINT_URL`.
    pub endpoint_url: String,
    /// The region, as in `AWS_REGION`.
    pub region: String,
    /// The access key.
    pub credentials: Credentials,
    /// The caller, who decides how long calls may take.
    pub caller: Caller,
}

impl Sdk {
    /// Takes everything from the SDK's standard environment variables, `AWS_ENDPOINT_URL` among them.
    /// Credentials come from the environment, as Lambda sets them, or from the container endpoint, but not
    /// from profile files, single sign-on or credential processes.
    pub fn from_environment(roots: Roots) -> Arc<Self> {
        Self::new(roots, Source::Environment, Caller::Function)
    }

    /// Takes endpoint, region and credentials from `explicit`.
    pub fn explicit(roots: Roots, explicit: Explicit) -> Arc<Self> {
        let caller = explicit.caller;
        Self::new(roots, Source::Explicit(explicit), caller)
    }

    /// Takes region and credentials as the AWS CLI does: from flags, the environment, and profiles with
    /// single sign-on, roles and credential processes. No function uses this.
    #[cfg(feature = "operator")]
    pub fn of_profile(roots: Roots, profile: Profile) -> Arc<Self> {
        Self::new(roots, Source::Profile(profile), Caller::Person)
    }

    fn new(roots: Roots, source: Source, caller: Caller) -> Arc<Self> {
        Arc::new(Self {
            roots,
            source,
            caller,
            configuration: OnceCell::new(),
            #[cfg(feature = "operator")]
            clock: ServerClock::default(),
        })
    }

    /// The seconds by which AWS's clock was ahead of this machine's at the last response; `None` before the
    /// first.
    #[cfg(feature = "operator")]
    pub fn clock_difference(&self) -> Option<i64> {
        self.clock.difference()
    }

    /// The timeouts of a service whose limits are its own.
    pub(crate) fn timeouts(&self, limits: Limits) -> TimeoutConfig {
        limits.timeouts(self.caller)
    }

    pub(crate) async fn configuration(&self) -> Result<&SdkConfig, ErrorKind> {
        let configuration = self.configuration.get_or_try_init(|| self.load()).await?;
        if configuration.region().is_none() {
            return Err(ErrorKind::Unconfigured);
        }
        Ok(configuration)
    }

    #[cfg_attr(
        not(feature = "operator"),
        expect(clippy::unused_async, reason = "with the feature `operator` it reads the files of a profile")
    )]
    async fn load(&self) -> Result<SdkConfig, ErrorKind> {
        let http_client = connector::http_client(&self.roots, self.caller).ok_or(ErrorKind::Unavailable)?;
        #[cfg(feature = "operator")]
        let http_client = self.clock.watch(http_client);
        let mut builder = SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .http_client(http_client.clone())
            .identity_cache(IdentityCache::lazy().build())
            .retry_config(LIMITS.retries())
            .timeout_config(LIMITS.timeouts(self.caller));
        builder.insert_origin("retry_config", Origin::shared_config());
        let builder = match &self.source {
            Source::Environment => environment::configured(builder, http_client),
            Source::Explicit(explicit) => {
                builder.insert_origin("endpoint_url", Origin::shared_config());
                builder
                    .endpoint_url(&explicit.endpoint_url)
                    .region(Region::new(explicit.region.clone()))
                    .credentials_provider(SharedCredentialsProvider::new(explicit.credentials.clone()))
            }
            #[cfg(feature = "operator")]
            Source::Profile(profile) => return Ok(of_profile(http_client, profile).await.load().await),
        };
        Ok(builder.build())
    }
}

/// The SDK's default chain prefers the environment to a named profile; the AWS CLI does not.
#[cfg(feature = "operator")]
async fn of_profile(http_client: SharedHttpClient, profile: &Profile) -> ConfigLoader {
    let loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(http_client.clone())
        .identity_cache(IdentityCache::lazy().load_timeout(PERSON_TIMEOUT).build())
        .retry_config(LIMITS.retries())
        .timeout_config(LIMITS.timeouts(Caller::Person));
    let provider = ProviderConfig::without_region().with_http_client(http_client);
    let mut file = ProfileFileRegionProvider::builder();
    if let Some(name) = &profile.name {
        file = file.profile_name(name);
    }
    let chosen = profile.region.clone().map(Region::new);
    let regions = RegionProviderChain::first_try(chosen).or_else(EnvironmentVariableRegionProvider::new());
    let region = regions.or_else(file.build()).region().await;
    let loader = loader.region(region.clone());
    let Some(name) = &profile.name else { return loader };
    let credentials = ProfileFileCredentialsProvider::builder()
        .configure(&provider.with_region(region))
        .profile_name(name)
        .build();
    loader.profile_name(name).credentials_provider(credentials)
}
