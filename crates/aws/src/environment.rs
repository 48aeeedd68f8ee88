//! Reads the SDK's settings from its standard environment variables, and from no file.
//!
//! [`aws_config::ConfigLoader`] reads the same variables, but links all sources of credentials that it may
//! fall back on: profiles, roles, the metadata service of EC2. A function uses none of them, and they would
//! enlarge every zip.

use std::env;

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::provider_config::ProviderConfig;
use aws_config::{AppName, Region};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::sdk_config::Builder;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

/// Returns the value of an environment variable that is set and not empty.
type Variables = fn(&str) -> Option<String>;

/// Returns the builder with region, credentials, endpoint and the other settings of the environment.
/// Credentials come from the environment, as Lambda sets them, or from the container endpoint.
pub(crate) fn configured(builder: Builder, http_client: SharedHttpClient) -> Builder {
    let container = EcsCredentialsProvider::builder()
        .configure(&ProviderConfig::without_region().with_http_client(http_client))
        .build();
    let credentials =
        CredentialsProviderChain::first_try("Environment", EnvironmentVariableCredentialsProvider::new())
            .or_else("Container", container);
    with_settings(builder, |name| env::var(name).ok().filter(|value| !value.is_empty()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
}

fn with_settings(mut builder: Builder, variables: Variables) -> Builder {
    let flag = |name| variables(name).map(|value| value.eq_ignore_ascii_case("true"));
    builder.set_region(variables("AWS_REGION").or_else(|| variables("AWS_DEFAULT_REGION")).map(Region::new));
    builder.set_use_fips(flag("AWS_USE_FIPS_ENDPOINT"));
    builder.set_use_dual_stack(flag("AWS_USE_DUALSTACK_ENDPOINT"));
    builder.set_app_name(variables("AWS_SDK_UA_APP_ID").and_then(|name| AppName::new(name).ok()));
    builder.set_account_id_endpoint_mode(
        variables("AWS_ACCOUNT_ID_ENDPOINT_MODE").and_then(|mode| mode.parse().ok()),
    );
    if flag("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") != Some(true) {
        builder.set_endpoint_url(variables(ENDPOINT_URL));
        builder.set_service_config(Some(ServiceSettings(variables)));
    }
    builder
}

/// The variable with the endpoint of all services. With `_` and a service's name appended, it sets the
/// endpoint of that service.
const ENDPOINT_URL: &str = "AWS_ENDPOINT_URL";

/// The settings of individual services, named as in "Service-specific endpoints" of the AWS SDKs and Tools
/// reference: `AWS_ENDPOINT_URL_SECRETS_MANAGER`.
#[derive(Debug)]
struct ServiceSettings(Variables);

impl LoadServiceConfig for ServiceSettings {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let service = key.service_id().replace(' ', "_").to_uppercase();
        self.0(&format!("{}_{service}", key.env())).or_else(|| self.0(key.env()))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use aws_config::SdkConfig;

    use super::*;

    fn endpoint_of(service: &str, configuration: &SdkConfig) -> Option<String> {
        let key = ServiceConfigKey::builder().service_id(service).env(ENDPOINT_URL).profile("endpoint_url");
        let configured = configuration.service_config()?;
        configured.load_config(key.build().unwrap())
    }

    #[test]
    fn the_standard_variables_count() {
        let configuration = with_settings(SdkConfig::builder(), |name| {
            let value = match name {
                "AWS_DEFAULT_REGION" => "eu-west-1",
                "AWS_ENDPOINT_URL" => "http://127.0.0.1:1",
                "AWS_ENDPOINT_URL_SECRETS_MANAGER" => "http://127.0.0.1:2",
                "AWS_USE_FIPS_ENDPOINT" => "TRUE",
                "AWS_USE_DUALSTACK_ENDPOINT" => "false",
                _ => return None,
            };
            Some(value.to_owned())
        })
        .build();
        assert_eq!(configuration.region().map(Region::as_ref), Some("eu-west-1"));
        assert_eq!((configuration.use_fips(), configuration.use_dual_stack()), (Some(true), Some(false)));
        assert_eq!(configuration.endpoint_url(), Some("http://127.0.0.1:1"));
        assert_eq!(endpoint_of("DynamoDB", &configuration).as_deref(), Some("http://127.0.0.1:1"));
        assert_eq!(endpoint_of("Secrets Manager", &configuration).as_deref(), Some("http://127.0.0.1:2"));
    }

    #[test]
    fn configured_endpoints_can_be_ignored_and_lambdas_region_comes_first() {
        let configuration = with_settings(SdkConfig::builder(), |name| {
            let value = match name {
                "AWS_REGION" => "eu-west-1",
                "AWS_DEFAULT_REGION" => "us-east-1",
                "AWS_ENDPOINT_URL" | "AWS_ENDPOINT_URL_DYNAMODB" => "http://127.0.0.1:1",
                "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS" => "true",
                _ => return None,
            };
            Some(value.to_owned())
        })
        .build();
        assert_eq!(configuration.region().map(Region::as_ref), Some("eu-west-1"));
        assert_eq!(configuration.endpoint_url(), None);
        assert_eq!(endpoint_of("DynamoDB", &configuration), None);
    }
}
