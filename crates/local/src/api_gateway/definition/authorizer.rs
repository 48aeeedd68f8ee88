//! Reads authorizers: AWS SAM developer guide, "ApiAuth" and "LambdaRequestAuthorizer".

use crate::template::{Fault, Value};

use super::Authorizer;
use super::integration::function_of_arn;

/// The authorizers of an API.
#[derive(Clone, Debug, Default)]
pub(super) struct Authorizers {
    all: Vec<Authorizer>,
    /// The one that SAM gives to methods that name none, `OPTIONS` included.
    pub(super) default: Option<Authorizer>,
}

impl Authorizers {
    pub(super) fn named(&self, name: &str) -> Option<&Authorizer> {
        self.all.iter().find(|authorizer| authorizer.name == name)
    }
}

/// Reads SAM's `Auth`.
pub(super) fn read(auth: &Value) -> Result<Authorizers, Fault> {
    auth.only("Auth", &["DefaultAuthorizer", "Authorizers"], &[])?;
    let mut authorizers = Authorizers::default();
    if let Some(listed) = auth.entry("Authorizers") {
        for (name, settings) in listed.map("`Authorizers`")? {
            authorizers.all.push(authorizer(name, settings)?);
        }
    }
    if let Some(value) = auth.entry("DefaultAuthorizer") {
        let name = value.text("`DefaultAuthorizer`")?;
        let found = authorizers.named(name).cloned();
        authorizers.default =
            Some(found.ok_or_else(|| value.fault(format!("there is no authorizer `{name}`")))?);
    }
    Ok(authorizers)
}

/// TOKEN authorizers, SAM's default, are not supported.
fn authorizer(name: &str, settings: &Value) -> Result<Authorizer, Fault> {
    settings.only(
        &format!("authorizer `{name}`"),
        &["FunctionPayloadType", "FunctionArn", "Identity"],
        &["FunctionInvokeRole", "DisableFunctionDefaultPermissions"],
    )?;
    if settings.optional_text("FunctionPayloadType")? != Some("REQUEST") {
        return Err(settings.fault("only `FunctionPayloadType` `REQUEST` is supported here"));
    }
    refuse_cache(name, settings)?;
    let arn = settings.required("FunctionArn", "an authorizer")?;
    let function = function_of_arn(arn.text("`FunctionArn`")?)
        .ok_or_else(|| arn.fault("`FunctionArn` names no function"))?;
    Ok(Authorizer { name: name.to_owned(), function })
}

/// API Gateway caches an authorizer's result for 300 s unless the template says otherwise. With an identity source, API
/// Gateway would refuse some requests before it calls the function.
fn refuse_cache(name: &str, settings: &Value) -> Result<(), Fault> {
    let identity = settings.entry("Identity");
    let lifetime = match identity {
        None => None,
        Some(identity) => {
            identity.only("Identity", &["ReauthorizeEvery"], &[])?;
            identity.optional_text("ReauthorizeEvery")?
        }
    };
    let place = identity.unwrap_or(settings);
    match lifetime {
        Some("0") => Ok(()),
        Some(other) => {
            Err(place.fault(format!("authorizer `{name}` caches for {other} s: only 0 is supported here")))
        }
        None => Err(place
            .fault(format!("authorizer `{name}` caches for 300 s, AWS's default: only 0 is supported here"))),
    }
}
