//! Reads gateway responses: API Gateway developer guide, "Gateway responses for REST APIs" and "Gateway
//! response types".

use std::collections::BTreeMap;

use crate::template::{Fault, Value};

use super::super::mapping::{BodyTemplate, Source};
use super::GatewayResponse;

/// A type of gateway response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::api_gateway) struct ResponseType(pub(in crate::api_gateway) &'static str);

/// Every type with its default status.
const TYPES: [(&str, Option<u16>); 21] = [
    ("ACCESS_DENIED", Some(403)),
    ("API_CONFIGURATION_ERROR", Some(500)),
    ("AUTHORIZER_CONFIGURATION_ERROR", Some(500)),
    ("AUTHORIZER_FAILURE", Some(500)),
    ("BAD_REQUEST_BODY", Some(400)),
    ("BAD_REQUEST_PARAMETERS", Some(400)),
    ("DEFAULT_4XX", None),
    ("DEFAULT_5XX", None),
    ("EXPIRED_TOKEN", Some(403)),
    ("INTEGRATION_FAILURE", Some(504)),
    ("INTEGRATION_TIMEOUT", Some(504)),
    ("INVALID_API_KEY", Some(403)),
    ("INVALID_SIGNATURE", Some(403)),
    ("MISSING_AUTHENTICATION_TOKEN", Some(403)),
    ("QUOTA_EXCEEDED", Some(429)),
    ("REQUEST_TOO_LARGE", Some(413)),
    ("RESOURCE_NOT_FOUND", Some(404)),
    ("THROTTLED", Some(429)),
    ("UNAUTHORIZED", Some(401)),
    ("UNSUPPORTED_MEDIA_TYPE", Some(415)),
    ("WAF_FILTERED", Some(403)),
];

/// The status of a type that is not customised.
pub(in crate::api_gateway) fn default_status(kind: ResponseType) -> Option<u16> {
    TYPES.iter().find(|(name, _)| *name == kind.0).and_then(|(_, status)| *status)
}

/// Reads SAM's `GatewayResponses`.
pub(super) fn read(listed: Option<&Value>) -> Result<BTreeMap<ResponseType, GatewayResponse>, Fault> {
    let Some(listed) = listed else { return Ok(BTreeMap::new()) };
    let entries = listed.map("`GatewayResponses`")?.iter();
    entries.map(|(name, value)| Ok((kind(name, value)?, response(name, value)?))).collect()
}

fn kind(name: &str, value: &Value) -> Result<ResponseType, Fault> {
    let known = TYPES.iter().find(|(known, _)| *known == name).map(|(known, _)| ResponseType(known));
    known.ok_or_else(|| value.fault(format!("`{name}` is not a gateway response type")))
}

fn response(name: &str, value: &Value) -> Result<GatewayResponse, Fault> {
    value.only(
        &format!("gateway response {name}"),
        &["StatusCode", "ResponseParameters", "ResponseTemplates"],
        &[],
    )?;
    let mut headers = Vec::new();
    if let Some(parameters) = value.entry("ResponseParameters") {
        parameters.only("`ResponseParameters`", &["Headers"], &[])?;
        if let Some(listed) = parameters.entry("Headers") {
            for (header, source) in listed.map("`Headers`")? {
                headers.push(header_mapping(header, source)?);
            }
        }
    }
    Ok(GatewayResponse {
        status: status(value.entry("StatusCode"))?,
        headers,
        templates: templates(value.entry("ResponseTemplates"))?,
    })
}

fn header_mapping(header: &str, source: &Value) -> Result<(String, Source), Fault> {
    if !is_header_name(header) {
        return Err(source.fault(format!("`{header}` is not a header name")));
    }
    Ok((header.to_owned(), Source::parse(source.text("a header mapping")?, source.line)?))
}

/// The pattern of the API reference is `[1-5]\d\d`.
fn status(value: Option<&Value>) -> Result<Option<u16>, Fault> {
    let Some(value) = value else { return Ok(None) };
    let text = value.text("a status code")?;
    let number = text.parse::<u16>().ok().filter(|number| (100..600).contains(number) && text.len() == 3);
    number.map(Some).ok_or_else(|| value.fault(format!("`{text}` is not a status code")))
}

fn templates(value: Option<&Value>) -> Result<Vec<(String, BodyTemplate)>, Fault> {
    let Some(value) = value else { return Ok(Vec::new()) };
    let mut templates = Vec::new();
    for (media_type, template) in value.map("response templates")? {
        let parsed = BodyTemplate::parse(template.text("a template")?, template.line)?;
        templates.push((media_type.to_ascii_lowercase(), parsed));
    }
    Ok(templates)
}

/// RFC 9110 section 5.6.2.
pub(in crate::api_gateway) fn is_header_name(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}
