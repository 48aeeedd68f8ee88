//! Reads an HTTP API.

use aws_sdk_apigatewayv2::Client;
use aws_sdk_apigatewayv2::types::RouteSettings;

use super::{CallResult, FactReader, StageFacts, answered, text};

const PERMISSION: &str = "apigateway:GET on /apis";

/// An HTTP API.
#[derive(Clone, Debug, Default)]
pub struct HttpApiFacts {
    /// Whether its default endpoint is disabled, so that it answers only at its custom domain name.
    pub is_endpoint_off: bool,
    /// Its routes.
    pub routes: Vec<RouteFacts>,
    /// Its integrations.
    pub integrations: Vec<IntegrationFacts>,
    /// Whether it answers CORS preflight requests itself.
    pub answers_preflights: bool,
}

/// A route of an HTTP API.
#[derive(Clone, Debug, Default)]
pub struct RouteFacts {
    /// For example `$default`.
    pub key: String,
    /// `NONE`, `JWT`, `AWS_IAM` or `CUSTOM`.
    pub authorization: String,
    /// `integrations/` and the id of the integration.
    pub target: String,
}

/// An integration of an HTTP API.
#[derive(Clone, Debug, Default)]
pub struct IntegrationFacts {
    /// Its id.
    pub id: String,
    /// The function that it calls, or another URI.
    pub uri: String,
    /// `1.0` or `2.0`.
    pub payload_format: String,
    /// The timeout in milliseconds; `None` if API Gateway's own limit applies.
    pub timeout: Option<i32>,
    /// The request parameters that it overwrites.
    pub mappings: Vec<String>,
}

/// A mapping of a path at a custom domain name to an API.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MappingFacts {
    /// The id of the API, REST or HTTP.
    pub api: String,
    /// The name of its stage.
    pub stage: String,
    /// The path below the domain name; empty if the mapping takes all paths that have no other mapping.
    pub key: String,
}

/// A custom domain name of API Gateway.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DomainNameFacts {
    /// The ARN of its certificate.
    pub certificate: String,
    /// Whether clients must present a certificate (mutual TLS).
    pub wants_certificate: bool,
}

impl FactReader {
    /// Reads a custom domain name.
    ///
    /// # Errors
    ///
    /// [`CallFault`](super::CallFault).
    pub async fn domain_name(&self, domain: &str) -> CallResult<DomainNameFacts> {
        let permission = "apigateway:GET on /domainnames";
        let client = Client::new(self.configuration(permission).await?);
        let found = answered(permission, client.get_domain_name().domain_name(domain).send()).await?;
        let configuration = found.domain_name_configurations().first();
        Ok(DomainNameFacts {
            certificate: text(configuration.and_then(|one| one.certificate_arn())),
            wants_certificate: found
                .mutual_tls_authentication()
                .is_some_and(|one| one.truststore_uri().is_some_and(|uri| !uri.is_empty())),
        })
    }

    /// Finds the APIs that a custom domain name maps to.
    ///
    /// # Errors
    ///
    /// [`CallFault`](super::CallFault).
    pub async fn mappings(&self, domain: &str) -> CallResult<Vec<MappingFacts>> {
        let permission = "apigateway:GET on /domainnames";
        let client = Client::new(self.configuration(permission).await?);
        let found = answered(permission, client.get_api_mappings().domain_name(domain).send()).await?;
        let mappings = found.items().iter().map(|one| MappingFacts {
            api: text(one.api_id()),
            stage: text(one.stage()),
            key: text(one.api_mapping_key()),
        });
        Ok(mappings.collect())
    }

    /// Reads an HTTP API.
    ///
    /// # Errors
    ///
    /// [`CallFault`](super::CallFault).
    pub async fn http_api(&self, id: &str) -> CallResult<HttpApiFacts> {
        let client = Client::new(self.configuration(PERMISSION).await?);
        let api = answered(PERMISSION, client.get_api().api_id(id).send()).await?;
        let routes = answered(PERMISSION, client.get_routes().api_id(id).send()).await?;
        let integrations = answered(PERMISSION, client.get_integrations().api_id(id).send()).await?;
        let routes = routes.items().iter().map(|route| RouteFacts {
            key: text(route.route_key()),
            authorization: text(route.authorization_type()),
            target: text(route.target()),
        });
        let integrations = integrations.items().iter().map(|integration| IntegrationFacts {
            id: text(integration.integration_id()),
            uri: text(integration.integration_uri()),
            payload_format: text(integration.payload_format_version()),
            timeout: integration.timeout_in_millis(),
            mappings: integration
                .request_parameters()
                .into_iter()
                .flatten()
                .map(|(name, _)| name.clone())
                .collect(),
        });
        Ok(HttpApiFacts {
            is_endpoint_off: api.disable_execute_api_endpoint().unwrap_or_default(),
            routes: routes.collect(),
            integrations: integrations.collect(),
            answers_preflights: api.cors_configuration().is_some(),
        })
    }

    /// Reads a stage of an HTTP API.
    ///
    /// # Errors
    ///
    /// [`CallFault`](super::CallFault).
    pub async fn http_stage(&self, id: &str, stage: &str) -> CallResult<StageFacts> {
        let client = Client::new(self.configuration(PERMISSION).await?);
        let found = answered(PERMISSION, client.get_stage().api_id(id).stage_name(stage).send()).await?;
        let all = found.default_route_settings();
        let stops = |one: &RouteSettings| {
            one.throttling_rate_limit().is_some_and(|rate| rate <= 0.0)
                || one.throttling_burst_limit() == Some(0)
        };
        let stopped = found.route_settings().into_iter().flatten().filter(|(_, one)| stops(one));
        Ok(StageFacts {
            stopped: stopped.map(|(key, _)| key.clone()).collect(),
            rate: all.and_then(RouteSettings::throttling_rate_limit),
            burst: all.and_then(RouteSettings::throttling_burst_limit),
            // The format of its access log names no header, and the proxy has no authorizer.
            logs_cookies: false,
            deploys_itself: found.auto_deploy().unwrap_or_default(),
            ..StageFacts::default()
        })
    }
}
