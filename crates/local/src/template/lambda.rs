//! Finds the functions of a front in a template, and the callers that each function permits.

use std::time::Duration;

use super::evaluate::Template;
use super::node::{Content, Node};
use super::{Fault, Value};
use crate::pattern::matches_pattern;

/// The calls that an `AWS::Lambda::Permission` allows.
#[derive(Clone, Debug)]
pub(crate) struct Permission {
    /// Its logical id.
    pub(crate) name: String,
    /// The logical id of the function.
    pub(crate) function: String,
    pub(crate) action: String,
    pub(crate) principal: String,
    source_arn: Option<String>,
    source_account: Option<String>,
    pub(crate) function_url_auth_type: Option<String>,
    pub(crate) invoked_via_function_url: bool,
}

impl Permission {
    /// Whether the service `principal` may invoke `function` for the resource `source`.
    pub(crate) fn lets(&self, principal: &str, function: &str, source: &str) -> bool {
        self.function == function
            && self.principal == principal
            && matches!(self.action.as_str(), "lambda:InvokeFunction" | "lambda:*")
            && self.source_arn.as_ref().is_none_or(|pattern| matches_pattern(pattern, source))
            && self.source_account.as_ref().is_none_or(|account| source.contains(&format!(":{account}:")))
    }
}

/// Lambda's default, in seconds, if neither the function nor the globals set one.
const DEFAULT_TIMEOUT: u64 = 3;

impl Template {
    /// The only resource of this kind.
    pub(crate) fn sole(&self, kind: &str) -> Result<String, Fault> {
        let mut found = self.resources_of(kind)?;
        match (found.pop(), found.len()) {
            (Some(name), 0) => Ok(name),
            (None, _) => Err(Fault::new(1, format!("there is no {kind}"))),
            (Some(name), more) => {
                let message = format!("the template must have exactly one {kind}, but has {}", more + 1);
                Err(Fault::new(self.line_of(&name), message))
            }
        }
    }

    /// Refuses properties that are in neither list, without evaluating them. `known` are read; `harmless`
    /// have no effect on the emulation.
    pub(crate) fn only(&self, logical_id: &str, known: &[&str], harmless: &[&str]) -> Result<(), Fault> {
        for (name, line) in self.property_names(logical_id) {
            if !known.contains(&name.as_str()) && !harmless.contains(&name.as_str()) {
                return Err(Fault::new(line, format!("{logical_id}: `{name}` is not supported here")));
            }
        }
        Ok(())
    }

    /// A required property.
    pub(crate) fn needed(&self, logical_id: &str, name: &str) -> Result<Value, Fault> {
        self.property(logical_id, name)?
            .ok_or_else(|| Fault::new(self.line_of(logical_id), format!("{logical_id} lacks `{name}`")))
    }

    /// Checks that a required text property has the `wanted` value.
    pub(crate) fn expect(&self, logical_id: &str, name: &str, wanted: &str) -> Result<(), Fault> {
        let value = self.needed(logical_id, name)?;
        let text = value.text(&format!("`{name}`"))?;
        if text == wanted {
            Ok(())
        } else {
            Err(value
                .fault(format!("{logical_id}: `{name}` `{text}` is not supported here, only `{wanted}`")))
        }
    }

    /// The logical id of the function that a value names, by ARN or by reference.
    pub(crate) fn function(&self, value: &Value) -> Result<String, Fault> {
        let text = value.text("a function")?;
        let name = match text.split(':').collect::<Vec<_>>().as_slice() {
            ["arn", "aws", "lambda", _, _, "function", name] => (*name).to_owned(),
            _ => text.to_owned(),
        };
        let kind = self.resource(&name).and_then(|resource| resource.entry("Type")).and_then(Node::literal);
        match kind {
            Some("AWS::Serverless::Function" | "AWS::Lambda::Function") => Ok(name),
            _ => Err(value.fault(format!("`{text}` is not a function of this template"))),
        }
    }

    /// The timeout of the function.
    pub(crate) fn timeout(&self, function: &str) -> Result<Duration, Fault> {
        let own = self.property(function, "Timeout")?;
        let global = self.globals("Function")?.and_then(|globals| globals.entry("Timeout").cloned());
        let Some(value) = own.or(global) else { return Ok(Duration::from_secs(DEFAULT_TIMEOUT)) };
        let seconds =
            value.text("`Timeout`")?.parse::<u64>().ok().filter(|seconds| (1..=900).contains(seconds));
        seconds.map(Duration::from_secs).ok_or_else(|| value.fault("`Timeout` must be 1 to 900 seconds"))
    }

    /// A variable of the function's environment.
    pub(crate) fn variable_of(&self, function: &str, name: &str) -> Result<Option<String>, Fault> {
        let Some(environment) = self.property(function, "Environment")? else { return Ok(None) };
        let variable = environment.entry("Variables").and_then(|variables| variables.entry(name));
        variable.map(|value| value.text(name).map(str::to_owned)).transpose()
    }

    /// The resources in the resource's `DependsOn`.
    pub(crate) fn depends_on(&self, logical_id: &str) -> Vec<String> {
        match self.resource(logical_id).and_then(|resource| resource.entry("DependsOn")) {
            Some(Node { content: Content::Sequence(items), .. }) => {
                items.iter().filter_map(Node::literal).map(str::to_owned).collect()
            }
            Some(node) => node.literal().map(str::to_owned).into_iter().collect(),
            None => Vec::new(),
        }
    }

    /// Returns every `AWS::Lambda::Permission`.
    pub(crate) fn permissions(&self) -> Result<Vec<Permission>, Fault> {
        let names = self.resources_of("AWS::Lambda::Permission")?;
        names.into_iter().map(|name| self.permission(name)).collect()
    }

    fn permission(&self, name: String) -> Result<Permission, Fault> {
        let text = |property: &str| -> Result<Option<String>, Fault> {
            let value = self.property(&name, property)?;
            value.map(|value| value.text(&format!("`{property}`")).map(str::to_owned)).transpose()
        };
        let needed = |property: &str| -> Result<String, Fault> {
            self.needed(&name, property)?.text(&format!("`{property}`")).map(str::to_owned)
        };
        Ok(Permission {
            function: self.function(&self.needed(&name, "FunctionName")?)?,
            action: needed("Action")?,
            principal: needed("Principal")?,
            source_arn: text("SourceArn")?,
            source_account: text("SourceAccount")?,
            function_url_auth_type: text("FunctionUrlAuthType")?,
            invoked_via_function_url: text("InvokedViaFunctionUrl")?.as_deref() == Some("true"),
            name,
        })
    }
}
