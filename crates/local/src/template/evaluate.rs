//! Evaluates the values that callers request from the template.

use std::collections::BTreeMap;

use super::node::{self, Content, Node};
use super::sections;
use super::value::{Kind, Value};
use super::{Fault, Inputs, TemplateError};

/// A reference may lead to another reference; more steps than this mean a cycle.
const MAXIMUM_STEPS: usize = 200;

/// A parsed template with the inputs of one deployment.
#[derive(Clone, Debug)]
pub struct Template {
    pub(super) root: Node,
    pub(super) inputs: Inputs,
}

impl Template {
    /// Parses `text` and checks that parameters, conditions and resources have the right shape.
    ///
    /// # Errors
    ///
    /// Every fault with its line: YAML that does not parse, a transform that is not SAM's, an input for an
    /// unknown parameter, a value that `AllowedValues` does not list, a function where CloudFormation does not
    /// accept it.
    pub fn parse(text: &str, inputs: &Inputs) -> Result<Self, TemplateError> {
        let root = node::parse(text)?;
        let template = Self { root, inputs: inputs.clone() };
        let mut faults: Vec<Fault> =
            [template.transform_fault(), template.input_fault()].into_iter().flatten().collect();
        faults.append(&mut sections::faults(&template.root));
        if faults.is_empty() { Ok(template) } else { Err(TemplateError { faults }) }
    }

    /// Logical ids of all resources of `kind`, such as `AWS::Serverless::Api`, whose condition is true.
    ///
    /// # Errors
    ///
    /// A condition that cannot be evaluated.
    pub fn resources_of(&self, kind: &str) -> Result<Vec<String>, Fault> {
        let mut found = Vec::new();
        for (name, resource) in self.section("Resources") {
            if resource.entry("Type").and_then(Node::literal) == Some(kind) && self.exists(resource)? {
                found.push(name.clone());
            }
        }
        Ok(found)
    }

    /// The line of a resource.
    #[must_use]
    pub(crate) fn line_of(&self, logical_id: &str) -> usize {
        self.resource(logical_id).map_or(1, |resource| resource.line)
    }

    /// The evaluated `Properties` of a resource.
    ///
    /// # Errors
    ///
    /// A value in them that cannot be evaluated.
    pub fn properties(&self, logical_id: &str) -> Result<Value, Fault> {
        let resource = self.existing(logical_id, 1)?;
        match resource.entry("Properties") {
            Some(properties) => self.value(properties, 0),
            None => Ok(Value { line: resource.line, kind: Kind::Map(Vec::new()) }),
        }
    }

    /// The names of a resource's properties with their lines.
    #[must_use]
    pub(crate) fn property_names(&self, logical_id: &str) -> Vec<(String, usize)> {
        let properties = self.resource(logical_id).and_then(|resource| resource.entry("Properties"));
        match properties.map(|properties| &properties.content) {
            Some(Content::Mapping(entries)) => {
                entries.iter().map(|(name, node)| (name.clone(), node.line)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// One evaluated property of a resource; the others may contain values that only a deployment knows.
    ///
    /// # Errors
    ///
    /// A value in it that cannot be evaluated.
    pub fn property(&self, logical_id: &str, name: &str) -> Result<Option<Value>, Fault> {
        let properties = self.resource(logical_id).and_then(|resource| resource.entry("Properties"));
        match properties.and_then(|properties| properties.entry(name)) {
            Some(node) => self.evaluate(node, 0),
            None => Ok(None),
        }
    }

    /// SAM's `Globals` for one kind of resource (`Api`, `Function`).
    ///
    /// # Errors
    ///
    /// A value in them that cannot be evaluated.
    pub fn globals(&self, section: &str) -> Result<Option<Value>, Fault> {
        let globals = self.root.entry("Globals").and_then(|globals| globals.entry(section));
        globals.map(|node| self.value(node, 0)).transpose()
    }

    /// The ARN of a method of the API with this logical id, as `SourceArn` of a permission has it.
    pub(crate) fn execute_api_arn(&self, api: &str, rest: &str) -> String {
        let api = self.inputs.attributes.get(api).map_or(api, String::as_str);
        format!("arn:aws:execute-api:{}:{}:{api}/{rest}", self.inputs.region, self.inputs.account_id)
    }

    /// The ARN of an Elastic Load Balancing resource.
    pub(crate) fn load_balancing_arn(&self, rest: &str) -> String {
        format!("arn:aws:elasticloadbalancing:{}:{}:{rest}", self.inputs.region, self.inputs.account_id)
    }

    pub(super) fn section(&self, name: &str) -> &[(String, Node)] {
        match self.root.entry(name).map(|node| &node.content) {
            Some(Content::Mapping(entries)) => entries,
            _ => &[],
        }
    }

    pub(super) fn resource(&self, logical_id: &str) -> Option<&Node> {
        self.section("Resources").iter().find(|(name, _)| name == logical_id).map(|(_, node)| node)
    }

    pub(super) fn existing(&self, logical_id: &str, line: usize) -> Result<&Node, Fault> {
        self.resource(logical_id)
            .ok_or_else(|| Fault::new(line, format!("there is no resource `{logical_id}`")))
    }

    pub(super) fn value(&self, node: &Node, steps: usize) -> Result<Value, Fault> {
        self.evaluate(node, steps)?.ok_or_else(|| Fault::new(node.line, "`AWS::NoValue` cannot stand here"))
    }

    /// Evaluates a node; `None` is `AWS::NoValue`.
    pub(super) fn evaluate(&self, node: &Node, steps: usize) -> Result<Option<Value>, Fault> {
        if steps > MAXIMUM_STEPS {
            return Err(Fault::new(node.line, "references go in a circle"));
        }
        let kind = match &node.content {
            Content::Scalar { text, .. } => Kind::Text(text.clone()),
            Content::Sequence(items) => Kind::List(self.items(items, steps)?),
            Content::Mapping(entries) => Kind::Map(self.entries(entries, steps)?),
            Content::Function { name, argument } => {
                let value = self.call(node.line, name, argument, steps + 1)?;
                return Ok(value.map(|value| Value { line: node.line, ..value }));
            }
        };
        Ok(Some(Value { line: node.line, kind }))
    }

    pub(super) fn evaluate_text(&self, node: &Node, what: &str, steps: usize) -> Result<String, Fault> {
        let value = self.evaluate(node, steps)?;
        let value = value.ok_or_else(|| Fault::new(node.line, format!("{what} has no value")))?;
        value.text(what).map(str::to_owned)
    }

    fn items(&self, items: &[Node], steps: usize) -> Result<Vec<Value>, Fault> {
        let evaluated: Result<Vec<_>, Fault> =
            items.iter().map(|item| self.evaluate(item, steps + 1)).collect();
        Ok(evaluated?.into_iter().flatten().collect())
    }

    fn entries(&self, entries: &[(String, Node)], steps: usize) -> Result<Vec<(String, Value)>, Fault> {
        let mut evaluated = Vec::with_capacity(entries.len());
        for (key, node) in entries {
            if let Some(value) = self.evaluate(node, steps + 1)? {
                evaluated.push((key.clone(), value));
            }
        }
        Ok(evaluated)
    }

    fn exists(&self, resource: &Node) -> Result<bool, Fault> {
        match resource.entry("Condition") {
            Some(condition) => {
                let name = condition.literal().ok_or_else(|| {
                    Fault::new(condition.line, "the condition of a resource must be a name")
                })?;
                self.condition(name, condition.line, 0)
            }
            None => Ok(true),
        }
    }

    fn transform_fault(&self) -> Option<Fault> {
        let transform = self.root.entry("Transform")?;
        let names: Vec<Option<&str>> = match &transform.content {
            Content::Sequence(items) => items.iter().map(Node::literal).collect(),
            _ => vec![transform.literal()],
        };
        let known = names.iter().all(|name| *name == Some("AWS::Serverless-2016-10-31"));
        (!known).then(|| {
            Fault::new(transform.line, "the only transform known here is AWS::Serverless-2016-10-31")
        })
    }

    fn input_fault(&self) -> Option<Fault> {
        let declared: BTreeMap<&str, &Node> =
            self.section("Parameters").iter().map(|(name, node)| (name.as_str(), node)).collect();
        for (name, value) in &self.inputs.parameters {
            let Some(parameter) = declared.get(name.as_str()) else {
                return Some(Fault::new(1, format!("the template has no parameter `{name}`")));
            };
            if let Some(fault) = allowed_values_fault(name, value, parameter) {
                return Some(fault);
            }
        }
        None
    }
}

fn allowed_values_fault(name: &str, value: &str, parameter: &Node) -> Option<Fault> {
    let allowed = parameter.entry("AllowedValues")?;
    let Content::Sequence(items) = &allowed.content else {
        return Some(Fault::new(allowed.line, "`AllowedValues` must be a list"));
    };
    let listed = items.iter().any(|item| item.literal() == Some(value));
    (!listed).then(|| Fault::new(allowed.line, format!("`{value}` is not an allowed value of `{name}`")))
}
