//! Reads a REST API.

use aws_sdk_apigateway::Client;
use aws_sdk_apigateway::types::{
    AccessLogSettings, Authorizer, CanarySettings, Method, MethodSetting, Resource,
};

use super::{CallResult, FactReader, SnapshotFacts, StageFacts, answered, text, texts};

const PERMISSION: &str = "apigateway:GET on /restapis";

/// The maximum page size, which is more resources than the templates create.
const MOST: i32 = 500;

/// A REST API.
#[derive(Clone, Debug, Default)]
pub struct RestApiFacts {
    /// `REGIONAL`, `EDGE`, `PRIVATE`.
    pub endpoint_types: Vec<String>,
    /// Whether its default endpoint is disabled, so that it answers only at its custom domain name.
    pub is_endpoint_off: bool,
    /// The content types whose bodies reach functions as bytes.
    pub binary_media_types: Vec<String>,
    /// Its authorizers.
    pub authorizers: Vec<AuthorizerFacts>,
    /// Its methods.
    pub methods: Vec<MethodFacts>,
    /// Its resource policy as JSON.
    pub policy: Option<String>,
    /// The gateway responses that differ from API Gateway's defaults.
    pub gateway_responses: Vec<GatewayResponseFacts>,
}

/// A gateway response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GatewayResponseFacts {
    /// Its type, for example `ACCESS_DENIED`.
    pub kind: String,
    /// Its status; empty if it keeps the default of the type.
    pub status: String,
    /// The mapping of its `Location` header.
    pub location: String,
}

/// An authorizer of a REST API.
#[derive(Clone, Debug, Default)]
pub struct AuthorizerFacts {
    /// The id that methods refer to.
    pub id: String,
    /// `REQUEST`, `TOKEN` or `COGNITO_USER_POOLS`.
    pub kind: String,
    /// The URI that names its function.
    pub uri: String,
    /// The headers or parameters that a request needs; without them API Gateway does not call the authorizer.
    pub identity_source: String,
    /// The cache time of its result, in seconds.
    pub kept: i32,
}

/// A method of a REST API.
#[derive(Clone, Debug, Default)]
pub struct MethodFacts {
    /// The path of its resource.
    pub path: String,
    /// For example `ANY`.
    pub method: String,
    /// The id of its authorizer.
    pub authorizer: Option<String>,
    /// The URI of its integration.
    pub uri: String,
    /// The type of its integration, for example `AWS_PROXY`.
    pub integration: String,
    /// For example `CUSTOM` or `NONE`.
    pub authorization: String,
    /// Whether a request needs an API key.
    pub needs_key: bool,
    /// The timeout of its integration in milliseconds; `None` if API Gateway's own limit applies.
    pub timeout: Option<i32>,
    /// The parameters of the integration request, each with its source.
    pub mappings: Vec<(String, String)>,
}

impl FactReader {
    /// Reads a REST API.
    ///
    /// # Errors
    ///
    /// [`CallFault`](super::CallFault).
    pub async fn rest_api(&self, id: &str) -> CallResult<RestApiFacts> {
        let client = Client::new(self.configuration(PERMISSION).await?);
        let api = answered(PERMISSION, client.get_rest_api().rest_api_id(id).send()).await?;
        let authorizers =
            answered(PERMISSION, client.get_authorizers().rest_api_id(id).limit(MOST).send()).await?;
        let resources = client.get_resources().rest_api_id(id).limit(MOST).embed("methods");
        let resources = answered(PERMISSION, resources.send()).await?;
        Ok(RestApiFacts {
            endpoint_types: api.endpoint_configuration().map(|one| texts(one.types())).unwrap_or_default(),
            is_endpoint_off: api.disable_execute_api_endpoint(),
            binary_media_types: api.binary_media_types().to_vec(),
            authorizers: authorizers.items().iter().map(authorizer).collect(),
            methods: resources.items().iter().flat_map(methods).collect(),
            // API Gateway returns the policy with escaped quotation marks.
            policy: api.policy().map(|policy| policy.replace("\\\"", "\"")),
            gateway_responses: Box::pin(gateway_responses(&client, id)).await?,
        })
    }

    /// Reads a stage of a REST API.
    ///
    /// # Errors
    ///
    /// [`CallFault`](super::CallFault).
    pub async fn rest_stage(&self, id: &str, stage: &str) -> CallResult<StageFacts> {
        let client = Client::new(self.configuration(PERMISSION).await?);
        let found = answered(PERMISSION, client.get_stage().rest_api_id(id).stage_name(stage).send()).await?;
        let settings = || found.method_settings().into_iter().flatten();
        let all = found.method_settings().and_then(|settings| settings.get("*/*"));
        // Data tracing logs "full request and response data" (API Gateway developer guide, "Set up CloudWatch
        // logging for REST APIs in API Gateway").
        let traces = settings().any(|(_, one)| one.data_trace_enabled());
        let access_log = found.access_log_settings().and_then(AccessLogSettings::format).unwrap_or_default();
        let keeps_answers = settings().any(|(_, one)| one.caching_enabled());
        let stopped = settings().filter(|(key, one)| *key != "*/*" && stops(one));
        let deployment = text(found.deployment_id());
        let snapshot = if deployment.is_empty() {
            Vec::new()
        } else {
            Box::pin(snapshot(&client, id, &deployment)).await?
        };
        Ok(StageFacts {
            stopped: stopped.map(|(key, _)| key.clone()).collect(),
            deployment,
            snapshot,
            other_share: found.canary_settings().map(CanarySettings::percent_traffic).unwrap_or_default(),
            // API Gateway returns -1 if a method has no limit of its own.
            rate: all.map(MethodSetting::throttling_rate_limit).filter(|rate| *rate >= 0.0),
            burst: all.map(MethodSetting::throttling_burst_limit).filter(|burst| *burst >= 0),
            logs_cookies: traces || CREDENTIALS.iter().any(|one| access_log.contains(one)),
            keeps_answers: found.cache_cluster_enabled() && keeps_answers,
            deploys_itself: false,
        })
    }
}

/// The results of the authorizer that are credentials, as the format of an access log names them.
const CREDENTIALS: [&str; 2] = ["$context.authorizer.authorization", "$context.authorizer.cookie"];

/// Whether the settings of a single method let no request pass. API Gateway returns -1 if it has no limit of
/// its own.
fn stops(one: &MethodSetting) -> bool {
    let (rate, burst) = (one.throttling_rate_limit(), one.throttling_burst_limit());
    (0.0..=0.0).contains(&rate) && burst == 0
}

/// The methods of the API at the time of a deployment.
async fn snapshot(client: &Client, id: &str, deployment: &str) -> CallResult<Vec<SnapshotFacts>> {
    let asking = client.get_deployment().rest_api_id(id).deployment_id(deployment).embed("apisummary");
    let found = answered(PERMISSION, asking.send()).await?;
    let paths = found.api_summary().into_iter().flatten();
    let methods = paths.flat_map(|(path, methods)| {
        methods.iter().map(|(method, one)| SnapshotFacts {
            path: path.clone(),
            method: method.clone(),
            authorization: text(one.authorization_type()),
        })
    });
    let mut methods: Vec<SnapshotFacts> = methods.collect();
    methods.sort();
    Ok(methods)
}

async fn gateway_responses(client: &Client, id: &str) -> CallResult<Vec<GatewayResponseFacts>> {
    let found =
        answered(PERMISSION, client.get_gateway_responses().rest_api_id(id).limit(MOST).send()).await?;
    let own = found.items().iter().filter(|one| !one.default_response());
    Ok(own
        .map(|one| GatewayResponseFacts {
            kind: text(one.response_type()),
            status: text(one.status_code()),
            location: text(
                one.response_parameters().and_then(|all| all.get("gatewayresponse.header.Location")),
            ),
        })
        .collect())
}

fn authorizer(authorizer: &Authorizer) -> AuthorizerFacts {
    AuthorizerFacts {
        id: text(authorizer.id()),
        kind: text(authorizer.r#type()),
        uri: text(authorizer.authorizer_uri()),
        identity_source: text(authorizer.identity_source()),
        // API Gateway API reference, Authorizer: "The default value is 300".
        kept: authorizer.authorizer_result_ttl_in_seconds().unwrap_or(300),
    }
}

fn mappings(method: &Method) -> Vec<(String, String)> {
    let mappings = method.method_integration().and_then(|one| one.request_parameters());
    let mappings = mappings.into_iter().flatten();
    let mut mappings: Vec<(String, String)> =
        mappings.map(|(name, source)| (name.clone(), source.clone())).collect();
    mappings.sort();
    mappings
}

fn methods(resource: &Resource) -> Vec<MethodFacts> {
    let path = resource.path().unwrap_or_default();
    let methods = resource.resource_methods().into_iter().flatten();
    let mut methods: Vec<MethodFacts> = methods
        .map(|(name, method)| MethodFacts {
            path: path.to_owned(),
            method: name.clone(),
            authorizer: method.authorizer_id().map(str::to_owned),
            uri: text(method.method_integration().and_then(|integration| integration.uri())),
            integration: text(method.method_integration().and_then(|integration| integration.r#type())),
            authorization: text(method.authorization_type()),
            needs_key: method.api_key_required().unwrap_or_default(),
            timeout: method
                .method_integration()
                .map(aws_sdk_apigateway::types::Integration::timeout_in_millis)
                .filter(|timeout| *timeout > 0),
            mappings: mappings(method),
        })
        .collect();
    methods.sort_by(|one, other| one.method.cmp(&other.method));
    methods
}
