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

const UPSTREAM: &str = "`upstream_url`";
const LIMITS: &str = "the proxy has limits of its own (docs/proxy.md)";
const MORE: &str = "rules tell requests apart only by path and method, so requests get the requirements of this route wherever it may apply";
const SCOPE: &str = "decides which routes the plugin is on";

/// The verdict on a member of an entity of this kind.
pub(super) fn verdict(kind: &str, name: &str) -> Option<(Verdict, &'static str)> {
    let common = match name {
        "id" | "created_at" | "updated_at" | "ws_id" | "tags" => Some((Always, BOOKKEEPING)),
        _ => None,
    };
    common.or_else(|| match kind {
        "service" => service(name),
        "route" => route(name),
        "plugin" => plugin(name),
        "consumer" => consumer(name),
        _ => None,
    })
}

/// The members of entities in the tables below, by kind, and those that contain other entities.
const MEMBERS: [(&str, &[&str]); 4] = [
    (
        "service",
        &[
            "ca_certificates",
            "client_certificate",
            "connect_timeout",
            "created_at",
            "enabled",
            "filter_chains",
            "host",
            "id",
            "name",
            "path",
            "plugins",
            "port",
            "protocol",
            "read_timeout",
            "retries",
            "routes",
            "tags",
            "tls_sans",
            "tls_verify",
            "tls_verify_depth",
            "updated_at",
            "url",
            "write_timeout",
            "ws_id",
        ],
    ),
    (
        "route",
        &[
            "created_at",
            "destinations",
            "expression",
            "filter_chains",
            "headers",
            "hosts",
            "https_redirect_status_code",
            "id",
            "methods",
            "name",
            "path_handling",
            "paths",
            "plugins",
            "preserve_host",
            "priority",
            "protocols",
            "regex_priority",
            "request_buffering",
            "response_buffering",
            "service",
            "snis",
            "sources",
            "strip_path",
            "tags",
            "updated_at",
            "ws_id",
        ],
    ),
    (
        "plugin",
        &[
            "_config",
            "apiVersion",
            "condition",
            "config",
            "configFrom",
            "configPatches",
            "consumer",
            "consumer_group",
            "created_at",
            "disabled",
            "enabled",
            "id",
            "instance_name",
            "kind",
            "metadata",
            "model",
            "name",
            "ordering",
            "partials",
            "plugin",
            "protocols",
            "route",
            "run_on",
            "service",
            "status",
            "tags",
            "updated_at",
            "ws_id",
        ],
    ),
    (
        "consumer",
        &[
            "acls",
            "apiVersion",
            "basicauth_credentials",
            "consumerGroups",
            "created_at",
            "credentials",
            "custom_id",
            "groups",
            "hmacauth_credentials",
            "id",
            "jwt_secrets",
            "keyauth_credentials",
            "keyauth_enc_credentials",
            "kind",
            "metadata",
            "mtls_auth_credentials",
            "oauth2_credentials",
            "plugins",
            "status",
            "tags",
            "type",
            "updated_at",
            "username",
            "username_lower",
            "ws_id",
        ],
    ),
];

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

/// Reports a member that no entity of this kind has, if it may be more than a value that nothing reads.
pub(super) fn misspelled(kind: &str, name: &str, node: &Node) -> Option<String> {
    let (_, members) = MEMBERS.iter().find(|(known, _)| *known == kind)?;
    if members.contains(&name) || name.starts_with('_') {
        return None;
    }
    let problem = format!("`{}` is not a member of a {kind}", shown(name));
    let has_members = node.entries().iter().any(|entry| matches!(entry.value, Value::Mapping(_)));
    match nearest(name, members.iter().copied()) {
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

fn service(name: &str) -> Option<(Verdict, &'static str)> {
    Some(match name {
        "name" => (Always, "names the service in comments and in this report"),
        "host" | "path" | "port" | "protocol" | "url" => (Mapped, UPSTREAM),
        "retries" => (Refused, "a request goes to the application once; nothing is sent twice"),
        "connect_timeout" | "read_timeout" | "write_timeout" => (Always, LIMITS),
        "enabled" => (Mapped, "routes of a service that is off are left out"),
        "tls_verify" | "tls_verify_depth" => (Always, "the application's certificate is always verified"),
        "ca_certificates" => (NeedsYou, "name a PEM file in `upstream_ca_bundle`"),
        "client_certificate" | "tls_sans" => (
            Refused,
            "the proxy shows the application no certificate; `upstream_secret_header` tells it who asks",
        ),
        _ => return None,
    })
}

fn route(name: &str) -> Option<(Verdict, &'static str)> {
    Some(match name {
        "name" => (Always, "names the route in comments and in this report"),
        "service" => (Mapped, "`upstream_url` of the rule"),
        "paths" => (Mapped, "`paths` of a rule"),
        "methods" => (Kept, "`methods` of a rule; `GET` covers `HEAD` too"),
        "hosts" => (Mapped, "`public_url`: an application has one host"),
        "headers" | "snis" | "sources" | "destinations" | "expression" | "priority" => (NeedsYou, MORE),
        "strip_path" => (Kept, "`strip_path` of the rule"),
        "preserve_host" => (Kept, "`preserve_host` of the rule"),
        "regex_priority" => (Mapped, "the order of the rules"),
        "protocols" | "https_redirect_status_code" => (Always, "browsers come by https"),
        "path_handling" => (Always, "paths are joined with one slash between"),
        "request_buffering" | "response_buffering" => {
            (Always, "the front decides what streams (docs/deploy.md)")
        }
        _ => return None,
    })
}

fn plugin(name: &str) -> Option<(Verdict, &'static str)> {
    Some(match name {
        "name" | "plugin" => (Mapped, "names the plugin, to which the other settings belong"),
        "instance_name" => (Always, "names the application"),
        "enabled" | "disabled" => (Mapped, "a plugin that is off is left out"),
        "service" | "route" | "consumer" | "consumer_group" => (Mapped, SCOPE),
        "model" => (NeedsYou, "the plugin is taken to be on requests of every model"),
        "protocols" | "run_on" => (Always, BOOKKEEPING),
        "condition" => (
            NeedsYou,
            "the plugin is taken to act on every request, also where Kong skips it by its condition",
        ),
        "partials" => (Always, "names servers of Kong's own, such as Redis, which nothing here uses"),
        "ordering" => (NeedsYou, "sign-in is always before what the application does"),
        "_config" => (Mapped, "the settings of `_plugin_configs` are the plugin's"),
        _ => return None,
    })
}

fn consumer(name: &str) -> Option<(Verdict, &'static str)> {
    const KEYS: &str = "there are no consumers and no credentials of theirs; people sign in at the provider, machines ask it for a token";
    Some(match name {
        "username" | "custom_id" => (
            NeedsYou,
            "there are no consumers; the user is one of the provider, and the upstream gets the claims",
        ),
        "acls" | "groups" => (
            NeedsYou,
            "make a group of this name at the provider and put the user into it; `groups_required` asks for it",
        ),
        "keyauth_credentials"
        | "basicauth_credentials"
        | "jwt_secrets"
        | "hmacauth_credentials"
        | "oauth2_credentials"
        | "mtls_auth_credentials"
        | "keyauth_enc_credentials"
        | "credentials" => (Refused, KEYS),
        _ => return None,
    })
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
