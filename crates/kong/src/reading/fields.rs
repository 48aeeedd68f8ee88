//! The verdicts on members of Kong's entities other than the plugin's own settings.

use relying_party::configuration::kong::Verdict::{self, Always, Kept, Mapped, NeedsYou, Refused};
use relying_party::configuration::nearest;

use crate::document::{Node, Value, shown};

use super::effect::CHANGING;

pub(super) const BOOKKEEPING: &str = "Kong's own bookkeeping, which nothing here needs";

pub(super) const CREDENTIAL: &str =
    "there are no credentials of consumers; machines ask the provider for a token";
pub(super) const VAULT: &str =
    "secrets are in Secrets Manager; put each value there that a `{vault://...}` names";

const CREDENTIALS: &str = "there are no consumers and no credentials of theirs; people sign in at the provider, machines ask it for a token";
const MORE: &str = "rules tell requests apart only by path and method, so requests get the requirements of this route wherever it may apply";

/// Members of an entity, and the verdict on them unless they have members of their own.
type Row = (&'static [&'static str], Option<(Verdict, &'static str)>);

/// The members of every kind of entity.
const COMMON: [Row; 1] =
    [(&["id", "created_at", "updated_at", "ws_id", "tags"], Some((Always, BOOKKEEPING)))];

const SERVICE: [Row; 9] = [
    (&["name"], Some((Always, "names the service in comments and in this report"))),
    (&["host", "path", "port", "protocol", "url"], Some((Mapped, "`upstream_url`"))),
    (&["retries"], Some((Refused, "a request goes to the application once; nothing is sent twice"))),
    (
        &["connect_timeout", "read_timeout", "write_timeout"],
        Some((Always, "the proxy has limits of its own (docs/proxy.md)")),
    ),
    (&["enabled"], Some((Mapped, "routes of a service that is off are left out"))),
    (&["tls_verify", "tls_verify_depth"], Some((Always, "the application's certificate is always verified"))),
    (&["ca_certificates"], Some((NeedsYou, "name a PEM file in `upstream_ca_bundle`"))),
    (
        &["client_certificate", "tls_sans"],
        Some((
            Refused,
            "the proxy shows the application no certificate; `upstream_secret_header` tells it who asks",
        )),
    ),
    (&["filter_chains", "plugins", "routes"], None),
];

const ROUTE: [Row; 13] = [
    (&["name"], Some((Always, "names the route in comments and in this report"))),
    (&["service"], Some((Mapped, "`upstream_url` of the rule"))),
    (&["paths"], Some((Mapped, "`paths` of a rule"))),
    (&["methods"], Some((Kept, "`methods` of a rule; `GET` covers `HEAD` too"))),
    (&["hosts"], Some((Mapped, "`public_url`: an application has one host"))),
    (&["headers", "snis", "sources", "destinations", "expression", "priority"], Some((NeedsYou, MORE))),
    (&["strip_path"], Some((Kept, "`strip_path` of the rule"))),
    (&["preserve_host"], Some((Kept, "`preserve_host` of the rule"))),
    (&["regex_priority"], Some((Mapped, "the order of the rules"))),
    (&["protocols", "https_redirect_status_code"], Some((Always, "browsers come by https"))),
    (&["path_handling"], Some((Always, "paths are joined with one slash between"))),
    (
        &["request_buffering", "response_buffering"],
        Some((Always, "the front decides what streams (docs/deploy.md)")),
    ),
    (&["filter_chains", "plugins"], None),
];

const PLUGIN: [Row; 11] = [
    (&["name", "plugin"], Some((Mapped, "names the plugin, to which the other settings belong"))),
    (&["instance_name"], Some((Always, "names the application"))),
    (&["enabled", "disabled"], Some((Mapped, "a plugin that is off is left out"))),
    (
        &["service", "route", "consumer", "consumer_group"],
        Some((Mapped, "decides which routes the plugin is on")),
    ),
    (&["model"], Some((NeedsYou, "the plugin is taken to be on requests of every model"))),
    (&["protocols", "run_on"], Some((Always, BOOKKEEPING))),
    (
        &["condition"],
        Some((
            NeedsYou,
            "the plugin is taken to act on every request, also where Kong skips it by its condition",
        )),
    ),
    (&["partials"], Some((Always, "names servers of Kong's own, such as Redis, which nothing here uses"))),
    (&["ordering"], Some((NeedsYou, "sign-in is always before what the application does"))),
    (&["_config"], Some((Mapped, "the settings of `_plugin_configs` are the plugin's"))),
    (&["apiVersion", "config", "configFrom", "configPatches", "kind", "metadata", "status"], None),
];

const CONSUMER: [Row; 4] = [
    (
        &["username", "custom_id"],
        Some((
            NeedsYou,
            "there are no consumers; the user is one of the provider, and the upstream gets the claims",
        )),
    ),
    (
        &["acls", "groups"],
        Some((
            NeedsYou,
            "make a group of this name at the provider and put the user into it; `groups_required` asks for it",
        )),
    ),
    (
        &[
            "keyauth_credentials",
            "basicauth_credentials",
            "jwt_secrets",
            "hmacauth_credentials",
            "oauth2_credentials",
            "mtls_auth_credentials",
            "keyauth_enc_credentials",
            "credentials",
        ],
        Some((Refused, CREDENTIALS)),
    ),
    (
        &["apiVersion", "consumerGroups", "kind", "metadata", "plugins", "status", "type", "username_lower"],
        None,
    ),
];

/// The members of a kind of entity; none for a kind whose members are not known.
fn rows(kind: &str) -> impl Iterator<Item = &'static Row> {
    let own: &'static [Row] = match kind {
        "service" => &SERVICE,
        "route" => &ROUTE,
        "plugin" => &PLUGIN,
        "consumer" => &CONSUMER,
        _ => &[],
    };
    COMMON.iter().filter(|_| !own.is_empty()).chain(own)
}

/// The verdict on a member of an entity of this kind.
pub(super) fn verdict(kind: &str, name: &str) -> Option<(Verdict, &'static str)> {
    rows(kind).find(|(names, _)| names.contains(&name))?.1
}

/// The lists and other top-level members of a decK file.
const LISTS: [&str; 28] = [
    "_comment",
    "_format_version",
    "_ignore",
    "_info",
    "_konnect",
    "_plugin_configs",
    "_transform",
    "_workspace",
    "acls",
    "ca_certificates",
    "certificates",
    "cloned_plugins",
    "consumer_groups",
    "consumers",
    "custom_entities",
    "custom_plugins",
    "filter_chains",
    "key_sets",
    "keys",
    "licenses",
    "partials",
    "plugins",
    "rbac_roles",
    "routes",
    "services",
    "snis",
    "upstreams",
    "vaults",
];

/// Reports a member that no entity of this kind has, if it may be more than a value that nothing reads; nothing for a
/// kind whose members are not known.
pub(super) fn misspelled(kind: &str, name: &str, node: &Node) -> Option<String> {
    let members: Vec<&str> = rows(kind).flat_map(|(names, _)| names.iter().copied()).collect();
    if members.is_empty() || members.contains(&name) || name.starts_with('_') {
        return None;
    }
    let problem = format!("`{}` is not a member of a {kind}", shown(name));
    let has_members = node.entries().iter().any(|entry| matches!(entry.value, Value::Mapping(_)));
    match nearest(name, members) {
        Some(meant) => Some(format!("{problem}; did you mean `{meant}`?")),
        None => has_members.then_some(problem),
    }
}

/// Suggests the list of a file that a misspelled name means.
pub(super) fn misspelled_list(name: &str) -> Option<String> {
    if LISTS.contains(&name) {
        return None;
    }
    let meant = nearest(name, LISTS)?;
    Some(format!("`{}` is not a list of entities; did you mean `{meant}`?", shown(name)))
}

/// The verdict on the settings of a plugin other than `openid-connect`.
pub(super) fn other_plugin(name: &str) -> (Verdict, &'static str) {
    match name {
        "acl" => (Mapped, "`groups_required` of the routes; the groups are those of the provider"),
        "cors" => (
            NeedsYou,
            "Kong adds the headers of CORS, and answers preflights itself unless `preflight_continue` is set; here the application does both, and preflights need sign-in. Write `preflight: pass` only where the application does nothing else on `OPTIONS`",
        ),
        "ai-rate-limiting-advanced"
        | "rate-limiting"
        | "rate-limiting-advanced"
        | "service-protection"
        | "response-ratelimiting" => {
            (NeedsYou, "AWS WAF's rate-based rules, or throttling of the API, take its place")
        }
        "request-transformer" | "request-transformer-advanced" => (
            NeedsYou,
            "headers from claims are `upstream_headers`; any other change is the application's. Where more than headers is added, a route without sign-in is closed until you decide",
        ),
        "response-transformer" | "response-transformer-advanced" | "jq" => (
            NeedsYou,
            "answers of the application are passed on as they are; CloudFront can add headers. Where a response loses something in Kong, a route without sign-in is closed until you decide",
        ),
        "ip-restriction" => (
            NeedsYou,
            "AWS WAF's IP sets, `ClientCidr` of the load balancer or a security group take its place; until then the route is closed",
        ),
        "bot-detection" => (NeedsYou, "AWS WAF's bot control takes its place"),
        "request-size-limiting" => (NeedsYou, "each front has a limit of its own (docs/deploy.md)"),
        "proxy-cache" | "proxy-cache-advanced" => {
            (NeedsYou, "what needs sign-in is not cached; CloudFront can keep what does not")
        }
        "correlation-id" | "opentelemetry" | "zipkin" | "prometheus" | "datadog" | "statsd" | "file-log"
        | "http-log" | "tcp-log" | "udp-log" | "syslog" | "loggly" | "kafka-log" => {
            (Refused, "a line of JSON for each request is in CloudWatch (docs/operate.md)")
        }
        "request-termination" | "mocking" | "redirect" => {
            (NeedsYou, "nothing here answers in the application's place; the route is closed")
        }
        "grpc-gateway" | "grpc-web" | "websocket-size-limit" => (Refused, "only HTTP requests are forwarded"),
        _ if CHANGING.contains(&name) => (
            NeedsYou,
            "this plugin has no counterpart, and nothing here changes what it changes; a route without sign-in is closed until you decide",
        ),
        _ if HARMLESS.contains(&name) => {
            (NeedsYou, "this plugin has no counterpart; look whether you rely on it")
        }
        _ => (
            NeedsYou,
            "this plugin has no counterpart and may let only some requests pass; the route is closed until you decide",
        ),
    }
}

/// Settings of an `acl` plugin other than its lists.
pub(super) const OF_ACCESS_LISTS: [(&str, &str); 2] = [
    ("always_use_authenticated_groups", "the groups of a user are those that the provider's tokens have"),
    (
        "hide_groups_header",
        "the application gets no `X-Consumer-Groups`; `x-vestibule-groups` has the user's groups",
    ),
];

/// Plugins that pass every request on unchanged, whatever its sender and its target, unless there are too many or
/// it is too large. `acme` answers challenges over `http` only, `bot-detection` passes requests without a
/// `User-Agent`, `exit-transformer` changes Kong's own responses, and any request may be the first that a cache sees.
pub(super) const HARMLESS: [&str; 28] = [
    "ai-rate-limiting-advanced",
    "acme",
    "app-dynamics",
    "bot-detection",
    "correlation-id",
    "datadog",
    "exit-transformer",
    "file-log",
    "http-log",
    "kafka-log",
    "loggly",
    "opentelemetry",
    "prometheus",
    "proxy-cache",
    "proxy-cache-advanced",
    "rate-limiting",
    "rate-limiting-advanced",
    "request-size-limiting",
    "response-ratelimiting",
    "service-protection",
    "statsd",
    "statsd-advanced",
    "syslog",
    "tcp-log",
    "udp-log",
    "upstream-timeout",
    "websocket-size-limit",
    "zipkin",
];

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::{misspelled, verdict};
    use crate::document::read;

    #[test]
    fn nothing_is_misspelled_in_an_entity_of_an_unknown_kind() {
        let documents = read(0, "{name: {}}", &mut 0).unwrap();
        let node = documents.first().unwrap().get("name").unwrap();
        for (kind, is_known) in [("service", true), ("consumer", true), ("upstream", false)] {
            for name in ["tag", "further"] {
                assert_eq!(misspelled(kind, name, node).is_some(), is_known, "{kind} {name}");
            }
            assert_eq!(verdict(kind, "tags").is_some(), is_known, "{kind}");
        }
    }
}
