//! Evaluates `Conditions`: names, and the functions that return true or false.

use super::Fault;
use super::evaluate::Template;
use super::node::{Content, Node};

impl Template {
    /// Evaluates the condition `name`.
    pub(super) fn condition(&self, name: &str, line: usize, steps: usize) -> Result<bool, Fault> {
        let found = self.section("Conditions").iter().find(|(key, _)| key == name);
        let (_, node) = found.ok_or_else(|| Fault::new(line, format!("there is no condition `{name}`")))?;
        self.truth(node, steps + 1)
    }

    fn truth(&self, node: &Node, steps: usize) -> Result<bool, Fault> {
        if steps > 50 {
            return Err(Fault::new(node.line, "conditions go in a circle"));
        }
        if let Some(name) = named_condition(node) {
            return self.condition(name, node.line, steps);
        }
        let Content::Function { name, argument } = &node.content else {
            return Err(Fault::new(node.line, "a condition must be a function"));
        };
        let arguments = list(argument)?;
        match (name.as_str(), arguments) {
            ("Fn::Equals", [left, right]) => Ok(self.evaluate_text(left, "Fn::Equals", steps)?
                == self.evaluate_text(right, "Fn::Equals", steps)?),
            ("Fn::Not", [only]) => Ok(!self.truth(only, steps + 1)?),
            ("Fn::And", [_, _, ..]) => Ok(self.truths(arguments, steps)?.into_iter().all(|truth| truth)),
            ("Fn::Or", [_, _, ..]) => Ok(self.truths(arguments, steps)?.into_iter().any(|truth| truth)),
            _ => Err(Fault::new(
                node.line,
                format!("`{name}` with {} arguments is not a condition", arguments.len()),
            )),
        }
    }

    // Evaluates every part, so that a fault in the last one is reported whatever the values of the others
    // are.
    fn truths(&self, parts: &[Node], steps: usize) -> Result<Vec<bool>, Fault> {
        parts.iter().map(|part| self.truth(part, steps + 1)).collect()
    }
}

/// `!Condition X` and `{Condition: X}`.
fn named_condition(node: &Node) -> Option<&str> {
    match &node.content {
        Content::Function { name, argument } if name == "Condition" => argument.literal(),
        Content::Mapping(entries) if entries.len() == 1 => node.entry("Condition").and_then(Node::literal),
        _ => None,
    }
}

pub(super) fn list(node: &Node) -> Result<&[Node], Fault> {
    match &node.content {
        Content::Sequence(items) => Ok(items),
        _ => Err(Fault::new(node.line, "a list of arguments was expected")),
    }
}
