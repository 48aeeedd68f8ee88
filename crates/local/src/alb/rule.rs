//! Finds the target of a request: Elastic Load Balancing, "Listener rules for your Application Load Balancer".

use std::time::Duration;

use crate::api_gateway::{RawRequest, first_value};
use crate::pattern::matches_pattern;

/// A listener and its load balancer.
#[derive(Clone, Debug)]
pub(super) struct Definition {
    /// By priority.
    pub(super) rules: Vec<Rule>,
    pub(super) default: Action,
    /// `routing.http.drop_invalid_header_fields.enabled`.
    pub(super) drops_invalid_fields: bool,
    /// `idle_timeout.timeout_seconds`.
    pub(super) idle_timeout: Duration,
}

#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) priority: u32,
    pub(super) line: usize,
    /// Every one must hold.
    pub(super) conditions: Vec<Condition>,
    pub(super) action: Action,
}

/// Holds if one of its values matches.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    Host(Vec<String>),
    Method(Vec<String>),
    Path(Vec<String>),
}

#[derive(Clone, Debug)]
pub(super) enum Action {
    Fixed { status: u16, content_type: String, body: String },
    Forward(Target),
}

/// A target group and its only function.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) arn: String,
    /// The function's logical id.
    pub(super) function: String,
    /// `lambda.multi_value_headers.enabled`.
    pub(super) multi_value: bool,
    /// The timeout of the function itself.
    pub(super) timeout: Duration,
}

impl Definition {
    /// The action of the first rule that holds, by priority; otherwise the default action.
    pub(super) fn action(&self, method: &str, host: &str, path: &str) -> &Action {
        let rule = self.rules.iter().find(|rule| rule.holds(method, host, path));
        rule.map_or(&self.default, |rule| &rule.action)
    }

    /// The action for a request. The query is not part of the path.
    pub(super) fn action_of(&self, request: &RawRequest) -> &Action {
        let path = request.target.split('?').next().unwrap_or_default();
        let host = first_value(&request.headers, "host").unwrap_or_default();
        self.action(&request.method, &host, path)
    }

    pub(super) fn targets(&self) -> impl Iterator<Item = &Target> {
        let actions = self.rules.iter().map(|rule| &rule.action).chain(std::iter::once(&self.default));
        actions.filter_map(|action| match action {
            Action::Forward(target) => Some(target),
            Action::Fixed { .. } => None,
        })
    }

    pub(super) fn targets_mut(&mut self) -> impl Iterator<Item = &mut Target> {
        let actions = self.rules.iter_mut().map(|rule| &mut rule.action);
        actions.chain(std::iter::once(&mut self.default)).filter_map(|action| match action {
            Action::Forward(target) => Some(target),
            Action::Fixed { .. } => None,
        })
    }
}

impl Rule {
    fn holds(&self, method: &str, host: &str, path: &str) -> bool {
        self.conditions.iter().all(|condition| condition.holds(method, host, path))
    }
}

impl Condition {
    /// Paths and methods are case-sensitive, hosts are not, and a port is not part of the host. `*` stands
    /// for any text and `?` for one character, but in a method they stand for themselves.
    fn holds(&self, method: &str, host: &str, path: &str) -> bool {
        match self {
            Self::Host(patterns) => {
                let host = host.rsplit_once(':').map_or(host, |(name, port)| {
                    if port.bytes().all(|byte| byte.is_ascii_digit()) { name } else { host }
                });
                let host = host.to_ascii_lowercase();
                patterns.iter().any(|pattern| matches_pattern(&pattern.to_ascii_lowercase(), &host))
            }
            Self::Method(methods) => methods.iter().any(|wanted| wanted == method),
            Self::Path(patterns) => patterns.iter().any(|pattern| matches_pattern(pattern, path)),
        }
    }
}
