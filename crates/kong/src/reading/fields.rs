//! Says what becomes of the members of Kong's entities beside the plugin's own settings.

use relying_party::configuration::kong::Verdict::{self, Always, Kept, Mapped, NeedsYou, Refused};

pub(super) const BOOKKEEPING: &str = "Kong's own bookkeeping, which nothing here needs";

const UPSTREAM: &str = "`upstream_url`";
const LIMITS: &str = "the proxy has limits of its own (docs/proxy.md)";
const MORE: &str =
    "rules tell requests by path and method only; what this told apart is asked for everywhere it may apply";
const SCOPE: &str = "decides which routes the plugin is on";

/// The verdict about a member of an entity of this kind.
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
        "name" | "plugin" => (Mapped, "decides what the other settings of the plugin mean"),
        "instance_name" => (Always, "names the application"),
        "enabled" | "disabled" => (Mapped, "a plugin that is off is left out"),
        "service" | "route" | "consumer" | "consumer_group" => (Mapped, SCOPE),
        "protocols" | "run_on" => (Always, BOOKKEEPING),
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

/// The verdict about the settings of a plugin beside `openid-connect`.
pub(super) fn other_plugin(name: &str) -> (Verdict, &'static str) {
    match name {
        "acl" => (Mapped, "`groups_required` of the routes; the groups are those of the provider"),
        "cors" => {
            (Mapped, "the application answers CORS itself; `preflight: pass` lets its preflights through")
        }
        "rate-limiting" | "rate-limiting-advanced" | "service-protection" | "response-ratelimiting" => {
            (NeedsYou, "AWS WAF's rate-based rules, or throttling of the API, take its place")
        }
        "request-transformer" | "request-transformer-advanced" => {
            (NeedsYou, "headers from claims are `upstream_headers`; any other change is the application's")
        }
        "response-transformer" | "response-transformer-advanced" | "exit-transformer" | "jq" => {
            (NeedsYou, "answers of the application are passed on as they are; CloudFront can add headers")
        }
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
        _ if HARMLESS.contains(&name) => {
            (NeedsYou, "this plugin has no counterpart; look whether you rely on it")
        }
        _ => (
            NeedsYou,
            "this plugin has no counterpart and may let only some requests pass; the route is closed until you decide",
        ),
    }
}

/// Plugins that refuse no request for who sends it or what it asks for. Any other, such as one of
/// somebody's own, may let only some pass.
pub(crate) const HARMLESS: [&str; 38] = [
    "acme",
    "app-dynamics",
    "bot-detection",
    "canary",
    "correlation-id",
    "datadog",
    "exit-transformer",
    "file-log",
    "graphql-proxy-cache-advanced",
    "graphql-rate-limiting-advanced",
    "grpc-gateway",
    "grpc-web",
    "http-log",
    "jq",
    "kafka-log",
    "loggly",
    "opentelemetry",
    "prometheus",
    "proxy-cache",
    "proxy-cache-advanced",
    "rate-limiting",
    "rate-limiting-advanced",
    "request-size-limiting",
    "request-transformer",
    "request-transformer-advanced",
    "response-ratelimiting",
    "response-transformer",
    "response-transformer-advanced",
    "route-transformer-advanced",
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
