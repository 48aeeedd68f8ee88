//! Reads the resources of a deployment: the functions of a stack, the front before them, the user pool, the
//! table, roles. No call changes anything.

mod certificate;
mod distribution;
mod function;
mod http_api;
mod load_balancer;
mod log_group;
mod rest_api;
mod role;
mod secret;
mod session_table;
mod sign_in;

use std::sync::Arc;

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::{error_kind::ErrorKind, sdk::Sdk};

pub use certificate::CertificateFacts;
pub use distribution::{DistributionFacts, OriginSecret};
pub use function::{AccountFacts, FunctionFacts, UrlFacts};
pub use http_api::{DomainNameFacts, HttpApiFacts, IntegrationFacts, MappingFacts, RouteFacts};
pub use load_balancer::{ListenerFacts, LoadBalancerFacts, RuleFacts, TargetGroupFacts};
pub use log_group::LogGroupFacts;
pub use rest_api::{AuthorizerFacts, GatewayResponseFacts, MethodFacts, RestApiFacts};
pub use role::RoleFacts;
pub use secret::{KeyFacts, SecretFacts};
pub use session_table::{IndexFacts, TableFacts};
pub use sign_in::{ClientFacts, DomainFacts, MfaFacts, PoolFacts};

/// The result of a call to AWS.
pub type CallResult<T> = Result<T, CallFault>;

/// Why a call to AWS returned nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallFault {
    /// The permission that the call needs.
    pub permission: &'static str,
    /// The reason.
    pub cause: Cause,
}

/// The reasons why a call returned nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The caller lacks the permission.
    Denied,
    /// The resource does not exist.
    NotFound,
    /// AWS did not answer.
    Unavailable,
}

impl CallFault {
    pub(crate) const fn new(permission: &'static str, kind: ErrorKind) -> Self {
        let cause = match kind {
            ErrorKind::Denied => Cause::Denied,
            ErrorKind::Invalid | ErrorKind::NotFound => Cause::NotFound,
            ErrorKind::Throttled | ErrorKind::Unavailable | ErrorKind::Unconfigured => Cause::Unavailable,
        };
        Self { permission, cause }
    }

    pub(crate) const fn not_found(permission: &'static str) -> Self {
        Self { permission, cause: Cause::NotFound }
    }

    /// Converts the error of a call that needs `permission`.
    pub(crate) fn of<E, R>(permission: &'static str) -> impl FnOnce(SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata,
        SdkError<E, R>: std::error::Error + 'static,
    {
        move |error| Self::new(permission, ErrorKind::of(&error))
    }
}

/// A stack.
#[derive(Clone, Debug, Default)]
pub struct StackFacts {
    /// Its status, as CloudFormation spells it.
    pub status: String,
    /// Its parameters by name.
    pub parameters: Vec<(String, String)>,
    /// Its resources.
    pub resources: Vec<Resource>,
    /// Its ARN, which names partition, region and account.
    pub arn: String,
    /// Its outputs by name.
    pub outputs: Vec<(String, String)>,
}

/// A resource of a stack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resource {
    /// The logical id.
    pub id: String,
    /// The physical id: a name, an id or an ARN, by its kind.
    pub physical: String,
    /// For example `AWS::Lambda::Function`.
    pub kind: String,
}

impl StackFacts {
    /// Returns the value of a parameter if it is not empty.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let (_, value) = self.parameters.iter().find(|(parameter, _)| parameter == name)?;
        (!value.is_empty()).then_some(value)
    }

    /// Returns the value of an output.
    pub fn output(&self, name: &str) -> Option<&str> {
        self.outputs.iter().find(|(output, _)| output == name).map(|(_, value)| value.as_str())
    }

    /// Returns the physical id of the resource with this logical id.
    pub fn physical(&self, id: &str) -> Option<&str> {
        self.resources.iter().find(|one| one.id == id).map(|one| one.physical.as_str())
    }

    /// Returns the resources of a kind.
    pub fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Resource> {
        self.resources.iter().filter(move |one| one.kind == kind)
    }
}

/// The throttling limits and other settings of an API's stage.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StageFacts {
    /// Requests per second; `None` if the account's limit applies.
    pub rate: Option<f64>,
    /// The burst of requests; `None` if the account's limit applies.
    pub burst: Option<i32>,
    /// Whether responses are cached and shared between callers.
    pub keeps_answers: bool,
    /// Whether its log has whole requests, or cookies or access tokens among the authorizer's results.
    pub logs_cookies: bool,
    /// Whether API changes are deployed automatically. Those of a REST API never are.
    pub deploys_itself: bool,
    /// The methods or routes that let no request pass.
    pub stopped: Vec<String>,
    /// The id of a REST API's active deployment.
    pub deployment: String,
    /// The methods of a REST API's active deployment.
    pub snapshot: Vec<SnapshotFacts>,
    /// The percentage of requests that another deployment answers (canary).
    pub other_share: f64,
}

/// A method of a REST API in a deployment.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SnapshotFacts {
    /// The path of its resource.
    pub path: String,
    /// For example `ANY`.
    pub method: String,
    /// For example `CUSTOM` or `NONE`.
    pub authorization: String,
}

/// Reads the resources of a deployment.
#[derive(Debug)]
pub struct FactReader(Arc<Sdk>);

impl FactReader {
    /// Makes a reader over `sdk`; it calls nothing yet.
    pub const fn new(sdk: Arc<Sdk>) -> Self {
        Self(sdk)
    }

    pub(crate) async fn configuration(&self, permission: &'static str) -> CallResult<&SdkConfig> {
        self.0.configuration().await.map_err(|kind| CallFault::new(permission, kind))
    }

    /// Reads a stack.
    ///
    /// # Errors
    ///
    /// [`CallFault`].
    pub async fn stack(&self, name: &str) -> CallResult<StackFacts> {
        let permission = "cloudformation:DescribeStacks, DescribeStackResources";
        let client = aws_sdk_cloudformation::Client::new(self.configuration(permission).await?);
        let stacks = answered(permission, client.describe_stacks().stack_name(name).send()).await?;
        let stack = stacks.stacks().first().ok_or_else(|| CallFault::not_found(permission))?;
        let found = answered(permission, client.describe_stack_resources().stack_name(name).send()).await?;
        let resources = found.stack_resources().iter().filter_map(|resource| {
            Some(Resource {
                id: resource.logical_resource_id()?.to_owned(),
                physical: resource.physical_resource_id()?.to_owned(),
                kind: resource.resource_type()?.to_owned(),
            })
        });
        let parameters = stack.parameters().iter().filter_map(|parameter| {
            Some((parameter.parameter_key()?.to_owned(), parameter.parameter_value()?.to_owned()))
        });
        let outputs = stack
            .outputs()
            .iter()
            .filter_map(|output| Some((output.output_key()?.to_owned(), output.output_value()?.to_owned())));
        Ok(StackFacts {
            status: stack.stack_status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
            parameters: parameters.collect(),
            resources: resources.collect(),
            arn: stack.stack_id().unwrap_or_default().to_owned(),
            outputs: outputs.collect(),
        })
    }
}

/// Waits for the answer to a call that needs `permission`. The SDK's futures are large, so this boxes them.
fn answered<T, E, R>(
    permission: &'static str,
    call: impl Future<Output = Result<T, SdkError<E, R>>>,
) -> impl Future<Output = CallResult<T>>
where
    E: ProvideErrorMetadata,
    SdkError<E, R>: std::error::Error + 'static,
{
    let call = Box::pin(call);
    async move { call.await.map_err(CallFault::of(permission)) }
}

fn texts<T: AsRef<str>>(items: &[T]) -> Vec<String> {
    items.iter().map(|item| item.as_ref().to_owned()).collect()
}

fn text<T: AsRef<str>>(item: Option<T>) -> String {
    item.map(|item| item.as_ref().to_owned()).unwrap_or_default()
}
