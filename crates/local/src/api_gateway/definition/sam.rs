//! `AWS::Serverless::Api`: AWS SAM developer guide, "AWS::Serverless::Api".

use std::collections::BTreeMap;

use crate::template::{Fault, Kind, Template, TemplateError, Value};

use super::authorizer::{self, Authorizers};
use super::{Definition, gateway_response, openapi, permission};

/// Properties that change what a client or a function sees.
const KNOWN: [&str; 8] = [
    "Auth",
    "BinaryMediaTypes",
    "DefinitionBody",
    "GatewayResponses",
    "StageName",
    "Variables",
    "OpenApiVersion",
    "DisableExecuteApiEndpoint",
];

/// Properties that change nothing of what is emulated. They are not even evaluated.
const HARMLESS: [&str; 15] = [
    "AccessLogSetting",
    "AlwaysDeploy",
    "Description",
    "Domain",
    "EndpointAccessMode",
    "EndpointConfiguration",
    "FailOnWarnings",
    "MethodSettings",
    "Name",
    "PropagateTags",
    "SecurityPolicy",
    "Tags",
    "TracingEnabled",
    "MinimumTlsVersion",
    "Policy",
];

pub(super) fn read(template: &Template) -> Result<Definition, TemplateError> {
    let apis = template.resources_of("AWS::Serverless::Api")?;
    let [api] = apis.as_slice() else {
        let message =
            format!("a template with exactly one AWS::Serverless::Api is needed, this has {}", apis.len());
        return Err(Fault::new(1, message).into());
    };
    let mut faults = Vec::new();
    for (name, line) in template.property_names(api) {
        if !KNOWN.contains(&name.as_str()) && !HARMLESS.contains(&name.as_str()) {
            faults.push(Fault::new(line, format!("AWS::Serverless::Api: `{name}` is not supported here")));
        }
    }
    match Reader::new(template, api).and_then(|reader| reader.definition(&mut faults)) {
        Ok(definition) if faults.is_empty() => Ok(definition),
        Ok(_) => Err(TemplateError { faults }),
        Err(fault) => {
            faults.push(fault);
            Err(TemplateError { faults })
        }
    }
}

struct Reader<'template> {
    template: &'template Template,
    api: &'template str,
    globals: Option<Value>,
}

impl<'template> Reader<'template> {
    fn new(template: &'template Template, api: &'template str) -> Result<Self, Fault> {
        let globals = template.globals("Api")?;
        if let Some(globals) = &globals {
            globals.only("Globals.Api", &KNOWN, &HARMLESS)?;
        }
        Ok(Self { template, api, globals })
    }

    /// A property, merged with its global the way SAM does it: maps merge, lists are joined, else the API's own counts.
    fn property(&self, name: &str) -> Result<Option<Value>, Fault> {
        let own = self.template.property(self.api, name)?;
        let global = self.globals.as_ref().and_then(|globals| globals.entry(name)).cloned();
        Ok(match (global, own) {
            (Some(global), Some(own)) => Some(merged(global, own)),
            (global, own) => own.or(global),
        })
    }

    fn line(&self) -> usize {
        self.template.line_of(self.api)
    }

    fn definition(&self, faults: &mut Vec<Fault>) -> Result<Definition, Fault> {
        let body = self
            .property("DefinitionBody")?
            .ok_or_else(|| Fault::new(self.line(), "the API has no `DefinitionBody`"))?;
        openapi::check_head(&body)?;
        let authorizers = self.authorizers(&body)?;
        let resources = openapi::resources(&body, &authorizers, faults)?;
        if resources.is_empty() {
            return Err(body.fault("the API has no path"));
        }
        let stage = self.stage()?;
        permission::check(self.template, self.api, &stage, &resources, faults)?;
        Ok(Definition {
            stage,
            stage_variables: self.stage_variables()?,
            binary_media_types: self.binary_media_types(&body)?,
            gateway_responses: gateway_response::read(
                self.property("GatewayResponses")?.as_ref(),
                body.entry("x-amazon-apigateway-gateway-responses"),
            )?,
            resources,
        })
    }

    fn authorizers(&self, body: &Value) -> Result<Authorizers, Fault> {
        let mut authorizers = authorizer::from_security_schemes(body)?;
        if let Some(auth) = self.property("Auth")? {
            authorizer::add_from_auth(&mut authorizers, &auth)?;
        }
        Ok(authorizers)
    }

    fn stage(&self) -> Result<String, Fault> {
        let value = self
            .property("StageName")?
            .ok_or_else(|| Fault::new(self.line(), "the API has no `StageName`"))?;
        let name = value.text("`StageName`")?;
        let valid = !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
        if valid { Ok(name.to_owned()) } else { Err(value.fault(format!("`{name}` is no stage name"))) }
    }

    fn stage_variables(&self) -> Result<BTreeMap<String, String>, Fault> {
        let Some(variables) = self.property("Variables")? else { return Ok(BTreeMap::new()) };
        let entries = variables.map("`Variables`")?.iter();
        entries.map(|(name, value)| Ok((name.clone(), value.text("a stage variable")?.to_owned()))).collect()
    }

    fn binary_media_types(&self, body: &Value) -> Result<Vec<String>, Fault> {
        let mut types = Vec::new();
        if let Some(listed) = self.property("BinaryMediaTypes")? {
            for item in listed.list("`BinaryMediaTypes`")? {
                // SAM writes `~1` for the slash, as in a JSON pointer.
                types.push(item.text("a binary media type")?.replace("~1", "/").to_ascii_lowercase());
            }
        }
        if let Some(listed) = body.entry("x-amazon-apigateway-binary-media-types") {
            for item in listed.list("`x-amazon-apigateway-binary-media-types`")? {
                types.push(item.text("a binary media type")?.to_ascii_lowercase());
            }
        }
        Ok(types)
    }
}

fn merged(global: Value, own: Value) -> Value {
    let kind = match (global.kind, own.kind) {
        (Kind::Map(mut entries), Kind::Map(own_entries)) => {
            for (key, value) in own_entries {
                match entries.iter_mut().find(|(name, _)| *name == key) {
                    Some((_, existing)) => *existing = merged(existing.clone(), value),
                    None => entries.push((key, value)),
                }
            }
            Kind::Map(entries)
        }
        (Kind::List(mut items), Kind::List(own_items)) => {
            items.extend(own_items);
            Kind::List(items)
        }
        (_, own) => own,
    };
    Value { line: own.line, kind }
}
