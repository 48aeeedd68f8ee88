//! Compares the facts of a deployment with the expected ones. Each check is a function from facts to
//! findings.

mod address;
mod client;
mod distribution;
mod front;
mod function;
mod load_balancer;
mod permission;
mod provider;
mod table;
mod variables;
mod whole;

use aws::operator::deployed_facts::{CallResult, Cause};
use aws::operator::deployed_repairs::Repair;

use super::facts::Facts;

/// One check.
#[derive(Clone, Copy)]
pub(crate) struct Check {
    /// A stable name.
    pub(crate) name: &'static str,
    /// The consequence of the fault.
    pub(crate) leads_to: &'static str,
    /// The command or the instruction that repairs it. `{stack}`, `{pool}`, `{client}`, `{table}` and
    /// `{name}`, the name in the finding, are filled in.
    pub(crate) repair: &'static str,
    /// Returns the change that `--fix` makes, if it interrupts nobody and is reversible.
    pub(crate) fix: Option<fn(&Facts, &str) -> Option<Repair>>,
    /// Returns every place with the fault.
    pub(crate) find: fn(&Facts) -> Vec<Finding>,
}

/// One place with a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The fault as text.
    pub(crate) wrong: String,
    /// The name, id or ARN of the faulty resource, in the form that the repair command takes.
    pub(crate) name: String,
}

impl Finding {
    fn of(name: &str, wrong: String) -> Self {
        Self { wrong, name: name.to_owned() }
    }
}

impl From<String> for Finding {
    fn from(wrong: String) -> Self {
        Self { wrong, name: String::new() }
    }
}

impl From<&str> for Finding {
    fn from(wrong: &str) -> Self {
        wrong.to_owned().into()
    }
}

/// `aws cognito-idp update-user-pool-client` resets every setting that it is not given to its default.
const CLIENT: &str = "aws cognito-idp update-user-pool-client --user-pool-id {pool} --client-id {client} --cli-input-json file://client.json";
const DEPLOY: &str = "sam deploy --stack-name {stack}";
/// A deployment compares templates, not the actual resources, so it does not undo manual changes.
const TAKE_BACK: &str = "undo the change: docs/operate.md, \"When something was changed by hand\"";

/// Declares a check by its name, its consequence and, unless it is [`TAKE_BACK`], its repair. With the name of a function
/// in front, that function passes a part of the facts to the check.
macro_rules! check {
    ($name:literal, $leads_to:literal, $find:expr) => {
        check!($name, $leads_to, $crate::doctor::check::TAKE_BACK, $find)
    };
    ($name:literal, $leads_to:literal, $repair:expr, $find:expr) => {
        Check { name: $name, leads_to: $leads_to, repair: $repair, fix: None, find: $find }
    };
    ($part:ident, $name:literal, $leads_to:literal, $find:expr) => {
        check!($name, $leads_to, |facts| $part(facts, $find))
    };
    ($part:ident, $name:literal, $leads_to:literal, $repair:expr, $find:expr) => {
        check!($name, $leads_to, $repair, |facts| $part(facts, $find))
    };
}
use check;

const fn fixable(check: Check, fix: fn(&Facts, &str) -> Option<Repair>) -> Check {
    Check { fix: Some(fix), ..check }
}

#[cfg(test)]
pub(crate) use address::HEADERS;
#[cfg(test)]
pub(crate) use front::OUR_PATHS;

/// Returns every check, in the order of the report.
pub(crate) fn checks() -> impl Iterator<Item = &'static Check> {
    let tables = [
        whole::CHECKS,
        function::CHECKS,
        variables::CHECKS,
        permission::CHECKS,
        provider::CHECKS,
        client::CHECKS,
        table::CHECKS,
        front::CHECKS,
        distribution::CHECKS,
        load_balancer::CHECKS,
        address::CHECKS,
    ];
    tables.into_iter().flatten()
}

fn when(is_wrong: bool, wrong: impl Into<Finding>) -> Vec<Finding> {
    if is_wrong { vec![wrong.into()] } else { Vec::new() }
}

fn all<T: Into<Finding>>(wrong: impl IntoIterator<Item = T>) -> Vec<Finding> {
    wrong.into_iter().map(Into::into).collect()
}

fn has(texts: &[String], text: &str) -> bool {
    texts.iter().any(|one| one == text)
}

/// Reports a configured resource that does not exist.
#[expect(clippy::ref_option, reason = "the facts are members, and this is called with each")]
fn gone<T>(fact: &Option<CallResult<T>>, text: &str) -> Vec<Finding> {
    when(is_gone(fact), text)
}

#[expect(clippy::ref_option, reason = "the facts are members, and this is called with each")]
fn is_gone<T>(fact: &Option<CallResult<T>>) -> bool {
    matches!(fact, Some(Err(fault)) if fault.cause == Cause::NotFound)
}
