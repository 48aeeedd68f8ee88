//! Reads integrations: API Gateway developer guide, "x-amazon-apigateway-integration object".

use std::collections::BTreeMap;
use std::time::Duration;

use crate::template::{Fault, Value};

use super::super::mapping::Source;
use super::gateway_response::is_header_name;
use super::{HttpProxy, Integration};

/// A piece of an integration's uri.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::api_gateway) enum UriPart {
    Text(String),
    Placeholder(String),
}

/// The parts of a method that its integration may refer to.
pub(super) struct Scope<'scope> {
    /// The parameters in the path of the resource.
    pub(super) path_parameters: &'scope [String],
    /// The parameters that the method declares, as `(in, name)`.
    pub(super) declared: &'scope [(String, String)],
}

/// Names that API Gateway sets itself; AWS rejects a mapping onto one of them.
const RESERVED_HEADERS: [&str; 4] =
    ["content-length", "transfer-encoding", "x-amzn-trace-id", "x-amzn-apigateway-api-id"];

const KNOWN: [&str; 9] = [
    "type",
    "httpMethod",
    "uri",
    "requestParameters",
    "timeoutInMillis",
    "connectionId",
    "connectionType",
    "integrationTarget",
    "responseTransferMode",
];

pub(super) fn read(value: &Value, scope: &Scope<'_>) -> Result<Integration, Fault> {
    value.only(
        "x-amazon-apigateway-integration",
        &KNOWN,
        // A proxy integration has no request templates, so `passthroughBehavior` has no effect.
        &["passthroughBehavior", "payloadFormatVersion", "cacheNamespace"],
    )?;
    match value.optional_text("connectionType")? {
        None | Some("INTERNET") => {}
        Some(_) => return Err(value.fault("only connectionType INTERNET is supported here")),
    }
    let streams = match value.optional_text("responseTransferMode")? {
        None | Some("BUFFERED") => false,
        Some("STREAM") => true,
        Some(_) => return Err(value.fault("`responseTransferMode` must be BUFFERED or STREAM")),
    };
    let kind = value.required("type", "an integration")?;
    match kind.text("`type`")?.to_ascii_lowercase().as_str() {
        "http_proxy" => http_proxy(value, scope, streams).map(Integration::HttpProxy),
        "aws_proxy" if streams => {
            Err(value.fault("a function is not supported here with responseTransferMode STREAM"))
        }
        "aws_proxy" => aws_proxy(value, scope),
        other => Err(kind.fault(format!("integration type `{other}` is not supported here"))),
    }
}

fn aws_proxy(value: &Value, scope: &Scope<'_>) -> Result<Integration, Fault> {
    let uri = value.required("uri", "an integration")?;
    let function = function_of_uri(uri.text("`uri`")?)
        .ok_or_else(|| uri.fault("`uri` is not an invocation of a Lambda function"))?;
    let method = value.required("httpMethod", "an integration")?;
    if method.text("`httpMethod`")? != "POST" {
        return Err(method.fault("Lambda functions are invoked with httpMethod POST"));
    }
    // AWS checks the parameter mappings of a Lambda proxy integration but does not apply them.
    request_parameters(value, scope)?;
    Ok(Integration::AwsProxy { function, timeout: timeout(value, BUFFERED)? })
}

/// This program passes a streamed response on as a whole; only the time limit differs.
fn http_proxy(value: &Value, scope: &Scope<'_>, streams: bool) -> Result<HttpProxy, Fault> {
    let uri = value.required("uri", "an integration")?;
    let (secure, authority, target) = split_uri(uri.text("`uri`")?).map_err(|message| uri.fault(message))?;
    let method = value.required("httpMethod", "an integration")?;
    let method_name = method.text("`httpMethod`")?.to_ascii_uppercase();
    if method_name != "ANY" && !METHODS.contains(&method_name.as_str()) {
        return Err(method.fault(format!("`{method_name}` is not a method of API Gateway")));
    }
    let parameters = request_parameters(value, scope)?;
    let target = uri_parts(&target).map_err(|message| uri.fault(message))?;
    for part in &target {
        if let UriPart::Placeholder(name) = part
            && !parameters.path.contains_key(name)
        {
            return Err(uri.fault(format!("{{{name}}} in the uri has no integration.request.path.{name}")));
        }
    }
    Ok(HttpProxy {
        method: (method_name != "ANY").then_some(method_name),
        secure,
        authority,
        target,
        path: parameters.path,
        query: parameters.query,
        headers: parameters.headers,
        timeout: timeout(value, if streams { STREAMED } else { BUFFERED })?,
    })
}

/// The methods that a REST API supports.
pub(in crate::api_gateway) const METHODS: [&str; 7] =
    ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

#[derive(Default)]
struct RequestParameters {
    path: BTreeMap<String, Source>,
    query: Vec<(String, Source)>,
    headers: Vec<(String, Source)>,
}

fn request_parameters(value: &Value, scope: &Scope<'_>) -> Result<RequestParameters, Fault> {
    let mut parameters = RequestParameters::default();
    let Some(listed) = value.entry("requestParameters") else { return Ok(parameters) };
    for (key, entry) in listed.map("`requestParameters`")? {
        let source = Source::parse(entry.text("a parameter mapping")?, entry.line)?;
        check_source(&source, scope, entry)?;
        let position = key.strip_prefix("integration.request.").and_then(|rest| rest.split_once('.'));
        match position {
            Some(("path", name)) if !name.is_empty() => {
                parameters.path.insert(name.to_owned(), source);
            }
            Some(("querystring", name)) if !name.is_empty() => {
                parameters.query.push((name.to_owned(), source));
            }
            Some(("header", name)) if is_header_name(name) => {
                if RESERVED_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
                    return Err(entry.fault(format!("API Gateway refuses a mapping onto `{name}`")));
                }
                parameters.headers.push((name.to_owned(), source));
            }
            _ => return Err(entry.fault(format!("`{key}` is not an integration request parameter"))),
        }
    }
    Ok(parameters)
}

/// A mapping may only read what the method declares; API Gateway refuses the import otherwise.
fn check_source(source: &Source, scope: &Scope<'_>, entry: &Value) -> Result<(), Fault> {
    let (place, name) = match source {
        Source::Path(name) => {
            if !scope.path_parameters.contains(name) {
                return Err(entry.fault(format!("the path has no parameter {{{name}}}")));
            }
            ("path", name)
        }
        Source::Query(name) | Source::MultiQuery(name) => ("query", name),
        Source::Header(name) | Source::MultiHeader(name) => ("header", name),
        Source::Static(_) | Source::Context(_) | Source::StageVariable(_) => return Ok(()),
    };
    let declared = scope.declared.iter().any(|(position, declared)| position == place && declared == name);
    if declared {
        return Ok(());
    }
    Err(entry.fault(format!("the method does not declare the {place} parameter `{name}`")))
}

/// The maximum timeout of an integration in milliseconds: more than 29,000 needs a quota increase, which a
/// template cannot show, and a stream takes up to 15 minutes ("Stream the integration response for your proxy
/// integrations").
const BUFFERED: u64 = 29_000;
const STREAMED: u64 = 900_000;

fn timeout(value: &Value, most: u64) -> Result<Duration, Fault> {
    let Some(entry) = value.entry("timeoutInMillis") else { return Ok(Duration::from_secs(29)) };
    let text = entry.text("`timeoutInMillis`")?;
    let milliseconds = text.parse::<u64>().ok().filter(|number| (50..=most).contains(number));
    milliseconds
        .map(Duration::from_millis)
        .ok_or_else(|| entry.fault(format!("`timeoutInMillis` must be from 50 to {most}")))
}

fn split_uri(uri: &str) -> Result<(bool, String, String), String> {
    let (secure, rest) = match (uri.strip_prefix("http://"), uri.strip_prefix("https://")) {
        (Some(rest), _) => (false, rest),
        (_, Some(rest)) => (true, rest),
        _ => return Err(format!("`{uri}` is not an http or https URI")),
    };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, target) = rest.split_at(end);
    let valid = !authority.is_empty()
        && authority.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte));
    if !valid {
        return Err(format!("`{authority}` is not a host"));
    }
    let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
    Ok((secure, authority.to_owned(), target))
}

fn uri_parts(target: &str) -> Result<Vec<UriPart>, String> {
    let mut parts = Vec::new();
    let mut rest = target;
    while let Some((before, after)) = rest.split_once('{') {
        if before.ends_with('$') {
            return Err("stage variables in a uri are not supported here".to_owned());
        }
        let (name, after) = after.split_once('}').ok_or("a `{` without its `}`")?;
        parts.push(UriPart::Text(before.to_owned()));
        parts.push(UriPart::Placeholder(name.to_owned()));
        rest = after;
    }
    parts.push(UriPart::Text(rest.to_owned()));
    Ok(parts)
}

/// `arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{function ARN}/invocations`.
pub(super) fn function_of_uri(uri: &str) -> Option<String> {
    let (head, rest) = uri.split_once(":lambda:path/2015-03-31/functions/")?;
    head.strip_prefix("arn:aws:apigateway:").filter(|region| !region.is_empty())?;
    function_of_arn(rest.strip_suffix("/invocations")?)
}

/// `arn:aws:lambda:{region}:{account}:function:{logical id}`.
pub(super) fn function_of_arn(arn: &str) -> Option<String> {
    let parts: Vec<&str> = arn.split(':').collect();
    match parts.as_slice() {
        ["arn", "aws", "lambda", _, _, "function", name]
        | ["arn", "aws", "lambda", _, _, "function", name, _]
            if !name.is_empty() =>
        {
            Some((*name).to_owned())
        }
        _ => None,
    }
}
