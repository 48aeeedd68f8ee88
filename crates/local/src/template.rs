//! Reads and evaluates a CloudFormation/SAM template as CloudFormation does, as far as an API definition
//! needs it.
//!
//! Scalars stay text: `0123` is not a number and `no` is not a boolean here. Evaluation is lazy, so a template
//! may contain resources that this program does not know. A requested value that it does not understand is a
//! fault with its line; it is never skipped.

mod conditions;
mod evaluate;
mod function_name;
mod functions;
mod lambda;
mod node;
mod sections;
#[cfg(test)]
mod tests;
mod value;

use std::collections::BTreeMap;

pub use evaluate::Template;
pub(crate) use lambda::Permission;
pub use value::{Kind, Value};

/// The environment of a deployment: parameter values and the values that CloudFormation fills in.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// Parameter values by name; a missing parameter takes its `Default`.
    pub parameters: BTreeMap<String, String>,
    /// `AWS::Region`.
    pub region: String,
    /// `AWS::AccountId`, twelve digits.
    pub account_id: String,
    /// `AWS::StackName`.
    pub stack_name: String,
    /// Values of `Fn::GetAtt` by `LogicalId.Attribute`, for attributes that only a deployment knows.
    pub attributes: BTreeMap<String, String>,
}

impl Default for Inputs {
    fn default() -> Self {
        Self {
            parameters: BTreeMap::new(),
            region: "eu-central-1".to_owned(),
            account_id: "123456789012".to_owned(),
            stack_name: "local".to_owned(),
            attributes: BTreeMap::new(),
        }
    }
}

/// One fault in a template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct Fault {
    /// Line in the template, from 1.
    pub line: usize,
    /// The description.
    pub message: String,
}

impl Fault {
    pub(crate) fn new(line: usize, message: impl Into<String>) -> Self {
        Self { line, message: message.into() }
    }
}

/// All faults in a template, at least one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("\n"))]
pub struct TemplateError {
    /// The faults in the order of reading.
    pub faults: Vec<Fault>,
}

/// Returns what was read unless there is any fault, the last of which ended the reading.
pub(crate) fn faultless<T>(read: Result<T, Fault>, mut faults: Vec<Fault>) -> Result<T, TemplateError> {
    match read {
        Ok(read) if faults.is_empty() => return Ok(read),
        Ok(_) => {}
        Err(fault) => faults.push(fault),
    }
    Err(TemplateError { faults })
}

impl From<Fault> for TemplateError {
    fn from(fault: Fault) -> Self {
        Self { faults: vec![fault] }
    }
}
