//! Authorizers: SAM's `Auth` and OpenAPI's `x-amazon-apigateway-authorizer`.

use crate::template::{Fault, Value};

use super::super::mapping::Source;
use super::integration::function_of_uri;
use super::{Authorizer, AuthorizerKind};

/// The authorizers of an API by name, and the one that SAM gives to methods without any.
#[derive(Clone, Debug, Default)]
pub(super) struct Authorizers {
    pub(super) all: Vec<Authorizer>,
    pub(super) default: Option<Authorizer>,
    /// Whether `OPTIONS` gets the default one too; SAM's default is yes.
    pub(super) default_on_preflight: bool,
}

impl Authorizers {
    pub(super) fn named(&self, name: &str) -> Option<&Authorizer> {
        self.all.iter().find(|authorizer| authorizer.name == name)
    }

    /// What SAM's `DefaultAuthorizer` does for a method without security.
    pub(super) fn default_for(&self, method: &str) -> Option<Authorizer> {
        if method == "OPTIONS" && !self.default_on_preflight { None } else { self.default.clone() }
    }

    fn add(&mut self, authorizer: Authorizer, line: usize) -> Result<(), Fault> {
        if self.named(&authorizer.name).is_some() {
            return Err(Fault::new(line, format!("the authorizer `{}` stands here twice", authorizer.name)));
        }
        self.all.push(authorizer);
        Ok(())
    }
}

/// `components.securitySchemes` (API Gateway developer guide, "x-amazon-apigateway-authorizer object").
pub(super) fn from_security_schemes(body: &Value) -> Result<Authorizers, Fault> {
    let mut authorizers = Authorizers { default_on_preflight: true, ..Authorizers::default() };
    let schemes = body.entry("components").and_then(|components| components.entry("securitySchemes"));
    let Some(schemes) = schemes else { return Ok(authorizers) };
    for (name, scheme) in schemes.map("`securitySchemes`")? {
        let kind = scheme.optional_text("x-amazon-apigateway-authtype")?.unwrap_or_default();
        if kind != "custom" {
            return Err(scheme.fault(format!("security scheme `{name}` is no Lambda authorizer")));
        }
        let authorizer = scheme.required("x-amazon-apigateway-authorizer", "a security scheme")?;
        authorizers.add(from_extension(name, scheme, authorizer)?, scheme.line)?;
    }
    Ok(authorizers)
}

fn from_extension(name: &str, scheme: &Value, settings: &Value) -> Result<Authorizer, Fault> {
    settings.only(
        "x-amazon-apigateway-authorizer",
        &["type", "authorizerUri", "authorizerResultTtlInSeconds", "identitySource"],
        &["authorizerCredentials"],
    )?;
    refuse_cache(name, settings, settings.optional_text("authorizerResultTtlInSeconds")?)?;
    let uri = settings.required("authorizerUri", "an authorizer")?;
    let function = function_of_uri(uri.text("`authorizerUri`")?)
        .ok_or_else(|| uri.fault("`authorizerUri` names no function"))?;
    let kind = match settings.required("type", "an authorizer")?.text("`type`")? {
        "token" => AuthorizerKind::Token {
            header: scheme.required("name", "a security scheme")?.text("`name`")?.to_owned(),
        },
        "request" => {
            let listed = settings.optional_text("identitySource")?.unwrap_or_default();
            let parts = listed.split(',').map(str::trim).filter(|part| !part.is_empty());
            let sources: Result<Vec<Source>, Fault> =
                parts.map(|part| identity_source(part, settings.line)).collect();
            AuthorizerKind::Request { identity_sources: sources? }
        }
        other => return Err(settings.fault(format!("authorizer type `{other}` is not supported here"))),
    };
    Ok(Authorizer { name: name.to_owned(), function, kind })
}

/// AWS SAM developer guide, "ApiAuth" and "LambdaRequestAuthorizer".
pub(super) fn add_from_auth(authorizers: &mut Authorizers, auth: &Value) -> Result<(), Fault> {
    auth.only("Auth", &["DefaultAuthorizer", "AddDefaultAuthorizerToCorsPreflight", "Authorizers"], &[])?;
    if let Some(listed) = auth.entry("Authorizers") {
        for (name, settings) in listed.map("`Authorizers`")? {
            authorizers.add(from_sam(name, settings)?, settings.line)?;
        }
    }
    if let Some(value) = auth.entry("DefaultAuthorizer") {
        let name = value.text("`DefaultAuthorizer`")?;
        let found = authorizers.named(name).cloned();
        authorizers.default =
            Some(found.ok_or_else(|| value.fault(format!("there is no authorizer `{name}`")))?);
    }
    authorizers.default_on_preflight =
        auth.optional_flag("AddDefaultAuthorizerToCorsPreflight")?.unwrap_or(true);
    Ok(())
}

fn from_sam(name: &str, settings: &Value) -> Result<Authorizer, Fault> {
    settings.only(
        &format!("authorizer `{name}`"),
        &["FunctionPayloadType", "FunctionArn", "Identity"],
        &["FunctionInvokeRole", "DisableFunctionDefaultPermissions"],
    )?;
    let identity = settings.entry("Identity");
    let ttl = identity.map(|identity| identity.optional_text("ReauthorizeEvery")).transpose()?.flatten();
    refuse_cache(name, identity.unwrap_or(settings), ttl)?;
    let arn = settings.required("FunctionArn", "an authorizer")?;
    let function = super::integration::function_of_arn(arn.text("`FunctionArn`")?)
        .ok_or_else(|| arn.fault("`FunctionArn` names no function"))?;
    let kind = match settings.optional_text("FunctionPayloadType")? {
        None | Some("TOKEN") => AuthorizerKind::Token { header: token_header(identity)? },
        Some("REQUEST") => AuthorizerKind::Request { identity_sources: sam_sources(identity)? },
        Some(other) => return Err(settings.fault(format!("`FunctionPayloadType` `{other}` is unknown"))),
    };
    Ok(Authorizer { name: name.to_owned(), function, kind })
}

/// API Gateway caches an authorizer's result for 300 s unless told otherwise.
fn refuse_cache(name: &str, place: &Value, ttl: Option<&str>) -> Result<(), Fault> {
    match ttl {
        Some("0") => Ok(()),
        Some(other) => {
            Err(place.fault(format!("authorizer `{name}` caches for {other} s: only 0 is supported here")))
        }
        None => Err(place
            .fault(format!("authorizer `{name}` caches for 300 s, AWS's default: only 0 is supported here"))),
    }
}

fn token_header(identity: Option<&Value>) -> Result<String, Fault> {
    let Some(identity) = identity else { return Ok("Authorization".to_owned()) };
    identity.only("Identity of a TOKEN authorizer", &["Header", "ReauthorizeEvery"], &[])?;
    Ok(identity.optional_text("Header")?.unwrap_or("Authorization").to_owned())
}

fn sam_sources(identity: Option<&Value>) -> Result<Vec<Source>, Fault> {
    let Some(identity) = identity else { return Ok(Vec::new()) };
    let kinds = [
        ("Headers", "method.request.header."),
        ("QueryStrings", "method.request.querystring."),
        ("StageVariables", "stageVariables."),
        ("Context", "context."),
    ];
    let known: Vec<&str> = kinds.iter().map(|(key, _)| *key).chain(["ReauthorizeEvery"]).collect();
    identity.only("Identity", &known, &[])?;
    let mut sources = Vec::new();
    for (key, prefix) in kinds {
        let Some(listed) = identity.entry(key) else { continue };
        for item in listed.list(&format!("`{key}`"))? {
            let text = format!("{prefix}{}", item.text("an identity source")?);
            sources.push(identity_source(&text, item.line)?);
        }
    }
    Ok(sources)
}

fn identity_source(text: &str, line: usize) -> Result<Source, Fault> {
    match Source::parse(text, line)? {
        source @ (Source::Header(_) | Source::Query(_) | Source::StageVariable(_) | Source::Context(_)) => {
            Ok(source)
        }
        _ => Err(Fault::new(line, format!("`{text}` is no identity source"))),
    }
}
