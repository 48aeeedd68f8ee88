//! Reads `AWS::Serverless::Api`: AWS SAM developer guide, "AWS::Serverless::Api".

use std::collections::BTreeMap;

use crate::template::{Fault, Template, TemplateError, Value, faultless};

use super::{Definition, authorizer, gateway_response, openapi, permission};

/// Properties that change what clients or functions see.
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

/// Properties that have no effect on the emulation. They are not even evaluated.
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

/// Reads the only `AWS::Serverless::Api` of a template.
pub(in crate::api_gateway) fn read(template: &Template) -> Result<Definition, TemplateError> {
    let apis = template.resources_of("AWS::Serverless::Api")?;
    let [api] = apis.as_slice() else {
        let message =
            format!("the template must have exactly one AWS::Serverless::Api, but has {}", apis.len());
        return Err(Fault::new(1, message).into());
    };
    let mut faults = Vec::new();
    for (name, line) in template.property_names(api) {
        if !KNOWN.contains(&name.as_str()) && !HARMLESS.contains(&name.as_str()) {
            faults.push(Fault::new(line, format!("AWS::Serverless::Api: `{name}` is not supported here")));
        }
    }
    let definition = (Reader { template, api }).definition(&mut faults);
    faultless(definition, faults)
}

struct Reader<'template> {
    template: &'template Template,
    api: &'template str,
}

impl Reader<'_> {
    fn property(&self, name: &str) -> Result<Option<Value>, Fault> {
        self.template.property(self.api, name)
    }

    fn required(&self, name: &str) -> Result<Value, Fault> {
        let line = self.template.line_of(self.api);
        self.property(name)?.ok_or_else(|| Fault::new(line, format!("the API has no `{name}`")))
    }

    fn definition(&self, faults: &mut Vec<Fault>) -> Result<Definition, Fault> {
        let body = self.required("DefinitionBody")?;
        openapi::check_head(&body)?;
        let authorizers = self.property("Auth")?.as_ref().map(authorizer::read).transpose()?;
        let resources = openapi::resources(&body, &authorizers.unwrap_or_default(), faults)?;
        if resources.is_empty() {
            return Err(body.fault("the API has no path"));
        }
        let stage = self.stage()?;
        permission::check(self.template, self.api, &stage, &resources, faults)?;
        Ok(Definition {
            stage,
            stage_variables: self.stage_variables()?,
            binary_media_types: self.binary_media_types()?,
            gateway_responses: gateway_response::read(self.property("GatewayResponses")?.as_ref())?,
            resources,
        })
    }

    fn stage(&self) -> Result<String, Fault> {
        let value = self.required("StageName")?;
        let name = value.text("`StageName`")?;
        let valid = !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
        if valid { Ok(name.to_owned()) } else { Err(value.fault(format!("`{name}` is not a stage name"))) }
    }

    fn stage_variables(&self) -> Result<BTreeMap<String, String>, Fault> {
        let Some(variables) = self.property("Variables")? else { return Ok(BTreeMap::new()) };
        let entries = variables.map("`Variables`")?.iter();
        entries.map(|(name, value)| Ok((name.clone(), value.text("a stage variable")?.to_owned()))).collect()
    }

    fn binary_media_types(&self) -> Result<Vec<String>, Fault> {
        let Some(listed) = self.property("BinaryMediaTypes")? else { return Ok(Vec::new()) };
        // SAM writes `~1` for the slash, as in a JSON pointer.
        let media_type =
            |item: &Value| Ok(item.text("a binary media type")?.replace("~1", "/").to_ascii_lowercase());
        listed.list("`BinaryMediaTypes`")?.iter().map(media_type).collect()
    }
}
