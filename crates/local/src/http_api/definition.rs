//! Reads the HTTP API, or the function URL, of a template: CloudFormation, `AWS::ApiGatewayV2::*` and
//! `AWS::Lambda::Url`. If a part cannot be read, or AWS would answer with 403 or 500, that is a fault with
//! its line.

use std::time::Duration;

use crate::template::{Fault, Permission, Template};

/// "Integration timeout", the maximum.
const INTEGRATION_TIMEOUT: Duration = Duration::from_secs(30);

/// The front of the only function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Definition {
    /// Its logical id.
    pub(super) function: String,
    pub(super) kind: Kind,
    /// The timeout of the function itself.
    pub(super) timeout: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Whether its `InvokeMode` is `RESPONSE_STREAM`.
    FunctionUrl {
        streams: bool,
    },
    HttpApi {
        integration_timeout: Duration,
    },
}

/// Reads the only HTTP API.
pub(super) fn http_api(template: &Template) -> Result<Definition, Fault> {
    let api = template.sole("AWS::ApiGatewayV2::Api")?;
    template.only(
        &api,
        &["ProtocolType"],
        &["Description", "DisableExecuteApiEndpoint", "IpAddressType", "Name", "Tags"],
    )?;
    template.expect(&api, "ProtocolType", "HTTP")?;
    let stage = template.sole("AWS::ApiGatewayV2::Stage")?;
    template.only(
        &stage,
        &["ApiId", "AutoDeploy", "StageName"],
        &["AccessLogSettings", "Description", "Tags"],
    )?;
    template.expect(&stage, "ApiId", &api)?;
    template.expect(&stage, "StageName", "$default")?;
    template.expect(&stage, "AutoDeploy", "true")?;
    let route = template.sole("AWS::ApiGatewayV2::Route")?;
    template.only(&route, &["ApiId", "AuthorizationType", "RouteKey", "Target"], &["OperationName"])?;
    template.expect(&route, "ApiId", &api)?;
    template.expect(&route, "RouteKey", "$default")?;
    if template.property(&route, "AuthorizationType")?.is_some() {
        template.expect(&route, "AuthorizationType", "NONE")?;
    }
    let integration = template.sole("AWS::ApiGatewayV2::Integration")?;
    template.expect(&route, "Target", &format!("integrations/{integration}"))?;
    let known = ["ApiId", "IntegrationType", "IntegrationUri", "PayloadFormatVersion", "TimeoutInMillis"];
    template.only(&integration, &known, &["Description"])?;
    template.expect(&integration, "ApiId", &api)?;
    template.expect(&integration, "IntegrationType", "AWS_PROXY")?;
    template.expect(&integration, "PayloadFormatVersion", "2.0")?;
    let function = template.function(&template.needed(&integration, "IntegrationUri")?)?;
    let integration_timeout = match template.property(&integration, "TimeoutInMillis")? {
        None => INTEGRATION_TIMEOUT,
        Some(value) => {
            let millis = value.text("`TimeoutInMillis`")?.parse::<u64>().ok();
            let millis = millis.filter(|millis| (50..=30_000).contains(millis));
            millis
                .map(Duration::from_millis)
                .ok_or_else(|| value.fault("`TimeoutInMillis` must be 50 to 30000"))?
        }
    };
    let called = template.execute_api_arn(&api, "$default/$default");
    let may = |permission: &Permission| permission.lets("apigateway.amazonaws.com", &function, &called);
    require(template, &function, &integration, "API Gateway has no permission to invoke", may)?;
    Ok(Definition {
        timeout: template.timeout(&function)?,
        function,
        kind: Kind::HttpApi { integration_timeout },
    })
}

/// Reads the only function URL. It streams if both the URL and the function's environment say so.
pub(super) fn function_url(template: &Template) -> Result<Definition, Fault> {
    let url = template.sole("AWS::Lambda::Url")?;
    template.only(&url, &["AuthType", "InvokeMode", "TargetFunctionArn"], &[])?;
    template.expect(&url, "AuthType", "NONE")?;
    let function = template.function(&template.needed(&url, "TargetFunctionArn")?)?;
    let streams = match template.property(&url, "InvokeMode")? {
        None => false,
        Some(value) => match value.text("`InvokeMode`")? {
            "RESPONSE_STREAM" => true,
            "BUFFERED" => false,
            _ => return Err(value.fault("`InvokeMode` must be BUFFERED or RESPONSE_STREAM")),
        },
    };
    let function_streams =
        template.variable_of(&function, "VESTIBULE_RESPONSE_STREAMING")?.as_deref() == Some("true");
    if function_streams != streams {
        let message = format!("{url}: `InvokeMode` and VESTIBULE_RESPONSE_STREAMING of {function} differ");
        return Err(Fault::new(template.line_of(&url), message));
    }
    // Lambda developer guide, "Control access to Lambda function URLs": since October 2025 a URL needs both
    // permissions.
    let by_url = |permission: &Permission| {
        permission.principal == "*"
            && permission.action == "lambda:InvokeFunctionUrl"
            && permission.function_url_auth_type.as_deref() == Some("NONE")
    };
    require(template, &function, &url, "no permission lambda:InvokeFunctionUrl exists for", by_url)?;
    let invoke = |permission: &Permission| {
        permission.principal == "*"
            && permission.action == "lambda:InvokeFunction"
            && permission.invoked_via_function_url
    };
    require(template, &function, &url, "no permission lambda:InvokeFunction exists for", invoke)?;
    Ok(Definition { timeout: template.timeout(&function)?, function, kind: Kind::FunctionUrl { streams } })
}

fn require(
    template: &Template,
    function: &str,
    asker: &str,
    what: &str,
    allows: impl Fn(&Permission) -> bool,
) -> Result<(), Fault> {
    let permissions = template.permissions()?;
    if permissions.iter().any(|permission| permission.function == function && allows(permission)) {
        return Ok(());
    }
    Err(Fault::new(template.line_of(asker), format!("{asker}: {what} {function}")))
}
