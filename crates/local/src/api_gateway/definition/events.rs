//! `Api` events of functions, which SAM merges into the definition with `MergeDefinitions: true`.
//!
//! AWS SAM developer guide, "AWS::Serverless::Api", `MergeDefinitions`. Without it they only give permissions.

use std::time::Duration;

use crate::template::{Fault, Template, Value};

use super::authorizer::Authorizers;
use super::openapi::{empty_resource, method_name};
use super::{Authorizer, Integration, Method, Resource};

pub(super) fn merge(
    template: &Template,
    api: &str,
    authorizers: &Authorizers,
    resources: &mut Vec<Resource>,
    faults: &mut Vec<Fault>,
) -> Result<(), Fault> {
    for function in template.resources_of("AWS::Serverless::Function")? {
        let Some(events) = template.property(&function, "Events")? else { continue };
        for (_, event) in events.map("`Events`")? {
            if event.required("Type", "an event")?.text("`Type`")? != "Api" {
                continue;
            }
            let properties = event.required("Properties", "an event")?;
            if properties.optional_text("RestApiId")? != Some(api) {
                continue;
            }
            if let Err(fault) = add(&function, properties, authorizers, resources) {
                faults.push(fault);
            }
        }
    }
    Ok(())
}

fn add(
    function: &str,
    properties: &Value,
    authorizers: &Authorizers,
    resources: &mut Vec<Resource>,
) -> Result<(), Fault> {
    properties.only("an Api event", &["RestApiId", "Path", "Method", "Auth"], &[])?;
    let path = properties.required("Path", "an Api event")?.text("`Path`")?;
    let key = properties.required("Method", "an Api event")?.text("`Method`")?;
    let name = if key.eq_ignore_ascii_case("any") { Some("ANY".to_owned()) } else { method_name(key) };
    let name = name.ok_or_else(|| properties.fault(format!("`{key}` is no method")))?;
    let method = Method {
        line: properties.line,
        authorizer: authorizer(&name, properties.entry("Auth"), authorizers)?,
        integration: Integration::AwsProxy {
            function: function.to_owned(),
            timeout: Duration::from_secs(29),
        },
    };
    if !resources.iter().any(|resource| resource.path == path) {
        resources.push(empty_resource(path, resources.len(), properties.line)?);
    }
    let Some(resource) = resources.iter_mut().find(|resource| resource.path == path) else { return Ok(()) };
    match resource.methods.get(&name) {
        Some(existing) if !same(existing, &method) => Err(properties
            .fault(format!("{path} {name} is another method in the definition, line {}", existing.line))),
        Some(_) => Ok(()),
        None => {
            resource.methods.insert(name, method);
            Ok(())
        }
    }
}

fn authorizer(
    method: &str,
    auth: Option<&Value>,
    authorizers: &Authorizers,
) -> Result<Option<Authorizer>, Fault> {
    let Some(auth) = auth else { return Ok(authorizers.default_for(method)) };
    auth.only("`Auth` of an event", &["Authorizer"], &[])?;
    match auth.optional_text("Authorizer")? {
        None => Ok(authorizers.default_for(method)),
        Some("NONE") => Ok(None),
        Some(name) => {
            let found = authorizers.named(name).cloned();
            found.map(Some).ok_or_else(|| auth.fault(format!("there is no authorizer `{name}`")))
        }
    }
}

fn same(left: &Method, right: &Method) -> bool {
    let functions = match (&left.integration, &right.integration) {
        (Integration::AwsProxy { function: left, .. }, Integration::AwsProxy { function: right, .. }) => {
            left == right
        }
        _ => false,
    };
    functions && left.authorizer == right.authorizer
}
