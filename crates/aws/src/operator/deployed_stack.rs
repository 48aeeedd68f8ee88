//! Reads the variables that a CloudFormation stack gave its functions.

use aws_sdk_cloudformation::types::StackResource;
use thiserror::Error;

use crate::{error_kind::ErrorKind, sdk::Sdk};

/// The functions of the templates by their logical ids. The first one that a stack has knows the whole
/// configuration.
const FUNCTIONS: [&str; 3] = ["ProxyFunction", "AuthorizerFunction", "LoginFunction"];

/// Returns the variables, names and values, of the function that makes the access decisions in `stack`, a name or an
/// ARN. Calls `DescribeStackResources` and `GetFunctionConfiguration` once each.
///
/// # Errors
///
/// [`StackFault`].
pub async fn variables(sdk: &Sdk, stack: &str) -> Result<Vec<(String, String)>, StackFault> {
    let configuration = sdk.configuration().await?;
    let formation = aws_sdk_cloudformation::Client::new(configuration);
    let found = Box::pin(formation.describe_stack_resources().stack_name(stack).send()).await;
    let found = found.map_err(|error| ErrorKind::of(&error))?;
    let function = function(found.stack_resources()).ok_or(StackFault::NoFunction)?;
    let lambda = aws_sdk_lambda::Client::new(configuration);
    let found = Box::pin(lambda.get_function_configuration().function_name(function).send()).await;
    let found = found.map_err(|error| ErrorKind::of(&error))?;
    let variables = found.environment.and_then(|environment| environment.variables).unwrap_or_default();
    let mut variables: Vec<(String, String)> = variables.into_iter().collect();
    variables.sort();
    Ok(variables)
}

fn function(resources: &[StackResource]) -> Option<&str> {
    FUNCTIONS.iter().find_map(|id| {
        let is_it = |resource: &&StackResource| {
            resource.logical_resource_id() == Some(id)
                && resource.resource_type() == Some("AWS::Lambda::Function")
        };
        resources.iter().find(is_it)?.physical_resource_id()
    })
}

/// The reasons why a stack's variables cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum StackFault {
    /// The caller lacks the permission.
    #[error(
        "the stack may not be looked at: cloudformation:DescribeStackResources, lambda:GetFunctionConfiguration"
    )]
    Denied,
    /// The account and region have no such stack, or its function is gone.
    #[error("there is no such stack in this account and region, or its function is gone")]
    NotFound,
    /// The stack has no function of vestibule.
    #[error("the stack has no function of vestibule")]
    NoFunction,
    /// AWS did not answer, or asked to try later.
    #[error(
        "AWS does not answer, or gave no credentials; where single sign-on has ended, run `aws sso login --profile NAME`"
    )]
    Unavailable,
    /// There is no region or no credentials to call with.
    #[error(
        "there is no region or there are no credentials: see --profile and --region; for a profile with single sign-on run \
         `aws sso login --profile NAME`"
    )]
    Unconfigured,
}

impl From<ErrorKind> for StackFault {
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::Denied => Self::Denied,
            // CloudFormation reports a stack that does not exist as a `ValidationError`.
            ErrorKind::Invalid | ErrorKind::NotFound => Self::NotFound,
            ErrorKind::Throttled | ErrorKind::Unavailable => Self::Unavailable,
            ErrorKind::Unconfigured => Self::Unconfigured,
        }
    }
}
