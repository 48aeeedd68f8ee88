//! Reads the OpenAPI document of an API: paths, methods and their security.

use std::collections::BTreeMap;

use crate::template::{Fault, Value};

use super::authorizer::Authorizers;
use super::integration::{self, METHODS, Scope};
use super::{Authorizer, Method, Resource, Segment};

pub(super) fn check_head(body: &Value) -> Result<(), Fault> {
    body.only(
        "DefinitionBody",
        &["openapi", "paths"],
        // `servers` only names addresses.
        &["info", "tags", "servers", "externalDocs", "x-amazon-apigateway-endpoint-configuration"],
    )?;
    let version = body.required("openapi", "DefinitionBody")?;
    if !version.text("`openapi`")?.starts_with("3.") {
        return Err(version.fault("only OpenAPI 3 is supported here"));
    }
    Ok(())
}

/// Reads all paths. It collects faults, so that every wrong route is reported at once.
pub(super) fn resources(
    body: &Value,
    authorizers: &Authorizers,
    faults: &mut Vec<Fault>,
) -> Result<Vec<Resource>, Fault> {
    let mut resources: Vec<Resource> = Vec::new();
    for (path, item) in body.required("paths", "DefinitionBody")?.map("`paths`")? {
        match resource(path, item, resources.len(), authorizers, faults) {
            Ok(resource) => resources.push(resource),
            Err(fault) => faults.push(fault),
        }
    }
    Ok(resources)
}

fn resource(
    path: &str,
    item: &Value,
    number: usize,
    authorizers: &Authorizers,
    faults: &mut Vec<Fault>,
) -> Result<Resource, Fault> {
    let segments = segments(path).map_err(|message| item.fault(format!("{path}: {message}")))?;
    let id = format!("r{number:05}");
    let mut resource = Resource { path: path.to_owned(), id, segments, methods: BTreeMap::new() };
    let shared = item.entry("parameters");
    for (key, operation) in item.map("a path item")? {
        if matches!(key.as_str(), "parameters" | "summary" | "description") {
            continue;
        }
        let Some(name) = method_name(key) else {
            faults.push(operation.fault(format!("{path}: `{key}` is not a method")));
            continue;
        };
        match method(operation, shared, &resource.segments, authorizers) {
            Ok(method) => {
                resource.methods.insert(name, method);
            }
            Err(fault) => faults.push(Fault::new(fault.line, format!("{path} {name}: {}", fault.message))),
        }
    }
    Ok(resource)
}

/// The method of a key in a path item; `ANY` for the extension.
fn method_name(key: &str) -> Option<String> {
    if key.eq_ignore_ascii_case("x-amazon-apigateway-any-method") {
        return Some("ANY".to_owned());
    }
    let upper = key.to_ascii_uppercase();
    METHODS.contains(&upper.as_str()).then_some(upper)
}

fn segments(path: &str) -> Result<Vec<Segment>, String> {
    let rest = path.strip_prefix('/').ok_or("a path begins with a slash")?;
    if rest.is_empty() {
        return Ok(Vec::new());
    }
    let parts: Vec<&str> = rest.split('/').collect();
    let last = parts.len() - 1;
    parts.into_iter().enumerate().map(|(index, part)| segment(part, index == last)).collect()
}

fn segment(part: &str, is_last: bool) -> Result<Segment, String> {
    if let Some(name) = part.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
        let (name, greedy) = name.strip_suffix('+').map_or((name, false), |name| (name, true));
        if !is_plain(name) {
            return Err(format!("`{part}` is not a path parameter"));
        }
        return match (greedy, is_last) {
            (true, false) => Err(format!("`{part}` must be the last segment")),
            (true, true) => Ok(Segment::Greedy(name.to_owned())),
            (false, _) => Ok(Segment::Parameter(name.to_owned())),
        };
    }
    if is_plain(part) {
        Ok(Segment::Static(part.to_owned()))
    } else {
        Err(format!("`{part}` is not a path segment"))
    }
}

/// "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable".
fn is_plain(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-:~,".contains(&byte))
}

fn method(
    operation: &Value,
    shared: Option<&Value>,
    segments: &[Segment],
    authorizers: &Authorizers,
) -> Result<Method, Fault> {
    operation.only(
        "a method",
        &["parameters", "security", "x-amazon-apigateway-integration"],
        &[
            "summary",
            "description",
            "operationId",
            "tags",
            "requestBody",
            "responses",
            "deprecated",
            "externalDocs",
        ],
    )?;
    let mut declared = declared_parameters(shared)?;
    declared.extend(declared_parameters(operation.entry("parameters"))?);
    let path_parameters: Vec<String> = segments.iter().filter_map(parameter_name).collect();
    let scope = Scope { path_parameters: &path_parameters, declared: &declared };
    let settings = operation.required("x-amazon-apigateway-integration", "a method")?;
    Ok(Method {
        line: operation.line,
        authorizer: security(operation, authorizers)?,
        integration: integration::read(settings, &scope)?,
    })
}

fn parameter_name(segment: &Segment) -> Option<String> {
    match segment {
        Segment::Static(_) => None,
        Segment::Parameter(name) | Segment::Greedy(name) => Some(name.clone()),
    }
}

fn declared_parameters(listed: Option<&Value>) -> Result<Vec<(String, String)>, Fault> {
    let Some(listed) = listed else { return Ok(Vec::new()) };
    let mut declared = Vec::new();
    for parameter in listed.list("`parameters`")? {
        let name = parameter.required("name", "a parameter")?.text("`name`")?;
        let place = parameter.required("in", "a parameter")?.text("`in`")?;
        if !matches!(place, "path" | "query" | "header") {
            return Err(parameter
                .fault(format!("parameter `{name}` is in `{place}`, which API Gateway does not read")));
        }
        declared.push((place.to_owned(), name.to_owned()));
    }
    Ok(declared)
}

/// SAM adds its default authorizer to every method without its own security, even for `security: []`; the
/// name `NONE` exempts a method.
fn security(operation: &Value, authorizers: &Authorizers) -> Result<Option<Authorizer>, Fault> {
    let listed = match operation.entry("security") {
        Some(listed) => listed.list("`security`")?,
        None => &[],
    };
    let mut names = Vec::new();
    for requirement in listed {
        for (name, _) in requirement.map("a security requirement")? {
            names.push(name.as_str());
        }
    }
    match names.as_slice() {
        [] => Ok(authorizers.default.clone()),
        ["NONE"] => Ok(None),
        [name] => {
            let found = authorizers.named(name).cloned();
            found.map(Some).ok_or_else(|| operation.fault(format!("there is no authorizer `{name}`")))
        }
        _ => Err(operation.fault("a method with several security requirements is not supported here")),
    }
}
