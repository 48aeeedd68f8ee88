//! Tells which plugins may keep something from a user without a session, by refusing or by changing requests.

use crate::document::{Member, Node, Value};
use crate::entity::Plugin;

use super::fields::HARMLESS;

/// The effect of a plugin other than `openid-connect` on the requests of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// The application gets the request, and the client the response, as without the plugin.
    Nothing,
    /// The application gets another request, or the client another response.
    Changes,
    /// Only some requests may pass.
    Restricts,
}

/// Plugins that change requests or responses, or pass on those of one protocol only. A name with a dot is that of an
/// annotation or a filter, of which the controller makes a transformer.
pub(super) const CHANGING: [&str; 15] = [
    "canary",
    "filters.RequestHeaderModifier",
    "filters.ResponseHeaderModifier",
    "filters.URLRewrite",
    "graphql-proxy-cache-advanced",
    "graphql-rate-limiting-advanced",
    "grpc-gateway",
    "grpc-web",
    "jq",
    "konghq.com/rewrite",
    "request-transformer",
    "request-transformer-advanced",
    "response-transformer",
    "response-transformer-advanced",
    "route-transformer-advanced",
];

/// Those of them whose `add.headers` adds a header that is absent.
const ADDING: [&str; 4] = [
    "request-transformer",
    "request-transformer-advanced",
    "response-transformer",
    "response-transformer-advanced",
];

impl Effect {
    /// The effect of the plugin `name`. An unknown one, such as a custom one, may restrict access.
    pub(crate) fn of(name: &str, plugin: Option<&Plugin>) -> Self {
        if HARMLESS.contains(&name) {
            return Self::Nothing;
        }
        if !CHANGING.contains(&name) {
            return Self::Restricts;
        }
        let config = plugin.filter(|plugin| !plugin.has_more).and_then(|plugin| plugin.config.as_ref());
        let adds = ADDING.contains(&name) && config.is_some_and(only_adds_headers);
        if adds { Self::Nothing } else { Self::Changes }
    }
}

/// Whether these settings of a transformer have no other effect than `add.headers`. Kong adds a header only
/// where it is absent, so a client could send any value there too. `append` differs: an application that takes
/// the last value never gets the client's.
fn only_adds_headers(config: &Node) -> bool {
    let is_idle = |member: &Member| member.name == "dots_in_keys" || is_empty(&member.node);
    let only_headers = |add: &Node| {
        let mut members = add.members().iter();
        members.all(|member| member.name == "headers" || is_empty(&member.node))
    };
    let adds = config.at(&["add", "headers"]).is_some_and(|headers| !is_empty(headers));
    adds && config
        .members()
        .iter()
        .all(|member| if member.name == "add" { only_headers(&member.node) } else { is_idle(member) })
}

/// Whether there is no value in it, at whatever depth.
fn is_empty(node: &Node) -> bool {
    match &node.value {
        Value::Nothing => true,
        Value::Text(_) => false,
        Value::List(entries) => entries.iter().all(is_empty),
        Value::Mapping(members) => members.iter().all(|member| is_empty(&member.node)),
    }
}
