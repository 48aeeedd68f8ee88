//! Evaluates intrinsic functions: CloudFormation user guide, "Intrinsic function reference".

use super::Fault;
use super::conditions::list;
use super::evaluate::Template;
use super::node::{Content, Node};
use super::value::{Kind, Value};

impl Template {
    pub(super) fn call(
        &self,
        line: usize,
        name: &str,
        argument: &Node,
        steps: usize,
    ) -> Result<Option<Value>, Fault> {
        let text = match name {
            "Ref" => return self.reference(line, literal(argument, "Ref")?, steps),
            "Fn::If" => return self.choose(line, argument, steps),
            "Fn::Select" => return self.select(line, argument, steps).map(Some),
            "Fn::Split" => return self.split(line, argument, steps).map(Some),
            "Fn::Sub" => self.substitute(argument, steps)?,
            "Fn::GetAtt" => self.attribute(line, &attribute_name(argument)?)?,
            "Fn::Join" => self.join(line, argument, steps)?,
            _ => return Err(Fault::new(line, format!("`{name}` cannot be evaluated here"))),
        };
        Ok(Some(Value { line, kind: Kind::Text(text) }))
    }

    fn reference(&self, line: usize, name: &str, steps: usize) -> Result<Option<Value>, Fault> {
        if name == "AWS::NoValue" {
            return Ok(None);
        }
        if let Some(text) = self.pseudo_parameter(name) {
            return Ok(Some(Value { line, kind: Kind::Text(text) }));
        }
        if let Some((_, parameter)) = self.section("Parameters").iter().find(|(key, _)| key == name) {
            return self.parameter(line, name, parameter, steps).map(Some);
        }
        if self.resource(name).is_some() {
            let text = self.inputs.attributes.get(name).cloned().unwrap_or_else(|| name.to_owned());
            return Ok(Some(Value { line, kind: Kind::Text(text) }));
        }
        Err(Fault::new(line, format!("`{name}` is not a parameter, resource or pseudo parameter")))
    }

    fn pseudo_parameter(&self, name: &str) -> Option<String> {
        let inputs = &self.inputs;
        match name {
            "AWS::Region" => Some(inputs.region.clone()),
            "AWS::AccountId" => Some(inputs.account_id.clone()),
            "AWS::StackName" => Some(inputs.stack_name.clone()),
            "AWS::StackId" => Some(format!(
                "arn:aws:cloudformation:{}:{}:stack/{}/00000000-0000-0000-0000-000000000000",
                inputs.region, inputs.account_id, inputs.stack_name
            )),
            "AWS::Partition" => Some("aws".to_owned()),
            "AWS::URLSuffix" => Some("amazonaws.com".to_owned()),
            _ => None,
        }
    }

    fn parameter(&self, line: usize, name: &str, parameter: &Node, steps: usize) -> Result<Value, Fault> {
        let text = match self.inputs.parameters.get(name) {
            Some(text) => text.clone(),
            None => match parameter.entry("Default") {
                Some(default) => self.evaluate_text(default, "`Default`", steps)?,
                None => {
                    return Err(Fault::new(line, format!("parameter `{name}` has no value and no default")));
                }
            },
        };
        match parameter.entry("Type").and_then(Node::literal) {
            Some("String" | "Number") => Ok(Value { line, kind: Kind::Text(text) }),
            Some("CommaDelimitedList") => Ok(comma_list(line, &text)),
            Some(kind) if kind.starts_with("AWS::") && !kind.starts_with("AWS::SSM") => {
                Ok(Value { line, kind: Kind::Text(text) })
            }
            _ => Err(Fault::new(
                parameter.line,
                format!("parameter `{name}` has a type that is not known here"),
            )),
        }
    }

    fn choose(&self, line: usize, argument: &Node, steps: usize) -> Result<Option<Value>, Fault> {
        let [condition, then, otherwise] = list(argument)? else {
            return Err(Fault::new(line, "`Fn::If` takes a condition and two values"));
        };
        let name = literal(condition, "the condition of Fn::If")?;
        let chosen = if self.condition(name, line, steps)? { then } else { otherwise };
        self.evaluate(chosen, steps)
    }

    fn attribute(&self, line: usize, name: &str) -> Result<String, Fault> {
        if let Some(text) = self.inputs.attributes.get(name) {
            return Ok(text.clone());
        }
        let (logical_id, attribute) =
            name.split_once('.').ok_or_else(|| Fault::new(line, format!("`{name}` names no attribute")))?;
        let resource = self.existing(logical_id, line)?;
        match (resource.entry("Type").and_then(Node::literal), attribute) {
            (Some("AWS::Serverless::Function" | "AWS::Lambda::Function"), "Arn") => Ok(format!(
                "arn:aws:lambda:{}:{}:function:{logical_id}",
                self.inputs.region, self.inputs.account_id
            )),
            _ => Err(Fault::new(line, format!("the value of `{name}` is only known after a deployment"))),
        }
    }

    fn join(&self, line: usize, argument: &Node, steps: usize) -> Result<String, Fault> {
        let [delimiter, parts] = list(argument)? else {
            return Err(Fault::new(line, "`Fn::Join` takes a delimiter and a list"));
        };
        let parts = self.value(parts, steps)?;
        let texts: Result<Vec<&str>, Fault> = parts
            .list("the second argument of Fn::Join")?
            .iter()
            .map(|part| part.text("a part of Fn::Join"))
            .collect();
        Ok(texts?.join(literal(delimiter, "the delimiter of Fn::Join")?))
    }

    fn select(&self, line: usize, argument: &Node, steps: usize) -> Result<Value, Fault> {
        let [index, items] = list(argument)? else {
            return Err(Fault::new(line, "`Fn::Select` takes an index and a list"));
        };
        let index = self.evaluate_text(index, "the index of Fn::Select", steps)?;
        let items = self.value(items, steps)?;
        let items = items.list("the second argument of Fn::Select")?;
        let item = index.parse::<usize>().ok().and_then(|index| items.get(index));
        item.cloned().ok_or_else(|| Fault::new(line, format!("`Fn::Select` has nothing at `{index}`")))
    }

    fn split(&self, line: usize, argument: &Node, steps: usize) -> Result<Value, Fault> {
        let [delimiter, text] = list(argument)? else {
            return Err(Fault::new(line, "`Fn::Split` takes a delimiter and a text"));
        };
        let delimiter = literal(delimiter, "the delimiter of Fn::Split")?;
        let text = self.evaluate_text(text, "the text of Fn::Split", steps)?;
        let parts = text.split(delimiter).map(|part| Value { line, kind: Kind::Text(part.to_owned()) });
        Ok(Value { line, kind: Kind::List(parts.collect()) })
    }

    fn substitute(&self, argument: &Node, steps: usize) -> Result<String, Fault> {
        let (text, variables) = match &argument.content {
            Content::Scalar { text, .. } => (text.as_str(), None),
            Content::Sequence(items) => match items.as_slice() {
                [text, variables] => (literal(text, "the text of Fn::Sub")?, Some(variables)),
                _ => return Err(Fault::new(argument.line, "`Fn::Sub` takes a text and a map")),
            },
            _ => return Err(Fault::new(argument.line, "`Fn::Sub` takes a text")),
        };
        self.fill(argument.line, text, variables, steps)
    }

    fn fill(&self, line: usize, text: &str, variables: Option<&Node>, steps: usize) -> Result<String, Fault> {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            filled.push_str(before);
            let (name, after) =
                after.split_once('}').ok_or_else(|| Fault::new(line, "`${` without its `}` in Fn::Sub"))?;
            // `${!Literal}` stays as `${Literal}`.
            match name.strip_prefix('!') {
                Some(literal) => filled.extend(["${", literal, "}"]),
                None => filled.push_str(&self.variable(line, name.trim(), variables, steps)?),
            }
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    fn variable(
        &self,
        line: usize,
        name: &str,
        variables: Option<&Node>,
        steps: usize,
    ) -> Result<String, Fault> {
        if let Some(node) = variables.and_then(|variables| variables.entry(name)) {
            return self.evaluate_text(node, "a variable of Fn::Sub", steps);
        }
        if name.contains('.') {
            return self.attribute(line, name);
        }
        match self.reference(line, name, steps)? {
            Some(value) => value.text(&format!("`{name}` in Fn::Sub")).map(str::to_owned),
            None => Err(Fault::new(line, "`AWS::NoValue` cannot stand in Fn::Sub")),
        }
    }
}

fn literal<'node>(node: &'node Node, what: &str) -> Result<&'node str, Fault> {
    node.literal().ok_or_else(|| Fault::new(node.line, format!("{what} must be plain text")))
}

fn attribute_name(argument: &Node) -> Result<String, Fault> {
    if let Some(text) = argument.literal() {
        return Ok(text.to_owned());
    }
    let parts: Result<Vec<&str>, Fault> =
        list(argument)?.iter().map(|part| literal(part, "a part of Fn::GetAtt")).collect();
    Ok(parts?.join("."))
}

fn comma_list(line: usize, text: &str) -> Value {
    let items = text.split(',').map(|item| Value { line, kind: Kind::Text(item.trim().to_owned()) });
    Value { line, kind: Kind::List(items.collect()) }
}
