//! Tells for each parameter of Kong's `openid-connect` plugin what corresponds to it here.
//!
//! [`PARAMETERS`] is the one table behind the parser's messages, the importer's report and
//! docs/kong/parameters.md.

mod parameter;

use std::fmt::Write as _;

use super::key::{Default, KEYS};

pub use parameter::PARAMETERS;

/// One parameter of the plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// The name in the plugin's `config`.
    pub name: &'static str,
    /// How it is treated here.
    pub verdict: Verdict,
    /// The behaviour here, in Markdown, in one sentence without a full stop. For [`Verdict::Kept`] it is a
    /// restriction compared to Kong, or empty.
    pub here: &'static str,
    /// Kong's default as JSON, or empty.
    pub default: &'static str,
}

/// How a parameter is treated here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A key of the same name exists.
    Kept,
    /// Another key does the same.
    Mapped,
    /// The behaviour is fixed, whatever the parameter says.
    Always,
    /// It has no counterpart, for a reason.
    Refused,
    /// It has no counterpart yet; the user has to decide.
    NeedsYou,
}

impl Verdict {
    /// The word for it in reports and documents.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Mapped => "changed",
            Self::Always => "always so",
            Self::Refused => "no counterpart",
            Self::NeedsYou => "needs you",
        }
    }
}

impl Parameter {
    /// Finds a parameter by its present name or by the name that an earlier version of the plugin had.
    pub fn find(name: &str) -> Option<&'static Self> {
        let today = FORMER.iter().find(|(former, _)| *former == name).map_or(name, |(_, today)| today);
        PARAMETERS.iter().find(|parameter| parameter.name == today)
    }

    /// The present name of a key that earlier versions of the plugin had under the name `former`.
    pub fn key_of(former: &str) -> Option<&'static str> {
        let (_, today) = FORMER.iter().find(|(name, _)| *name == former)?;
        Self::find(today).filter(|parameter| parameter.verdict == Verdict::Kept).map(|found| found.name)
    }

    /// Our own default for a parameter that is also a key here, in Markdown.
    pub fn our_default(&self) -> Option<String> {
        let key = KEYS.iter().find(|key| key.name == self.name && self.verdict == Verdict::Kept)?;
        Some(match key.default {
            Default::Value(text) => format!("`{text}`"),
            Default::Derived(how) => how.to_owned(),
            Default::Required => "required".to_owned(),
            Default::Nothing => "none".to_owned(),
        })
    }
}

/// Names in earlier versions, with the present name.
const FORMER: [(&str, &str); 21] = [
    ("authorization_cookie_httponly", "authorization_cookie_http_only"),
    ("authorization_cookie_lifetime", "authorization_rolling_timeout"),
    ("authorization_cookie_samesite", "authorization_cookie_same_site"),
    ("consumer_claim", "consumer_claims"),
    ("session_compressor", "session_store_metadata"),
    ("session_cookie_httponly", "session_cookie_http_only"),
    ("session_cookie_idletime", "session_idling_timeout"),
    ("session_cookie_lifetime", "session_rolling_timeout"),
    ("session_cookie_maxsize", "session_store_metadata"),
    ("session_cookie_samesite", "session_cookie_same_site"),
    ("session_memcache_host", "session_memcached_host"),
    ("session_memcache_port", "session_memcached_port"),
    ("session_memcache_prefix", "session_memcached_prefix"),
    ("session_memcache_socket", "session_memcached_socket"),
    ("session_redis_auth", "redis"),
    ("session_redis_cluster_nodes", "redis"),
    ("session_redis_host", "redis"),
    ("session_redis_password", "redis"),
    ("session_redis_port", "redis"),
    ("session_redis_username", "redis"),
    ("session_strategy", "session_audience"),
];

const ALWAYS: &str = "certificates, signatures, claims and nonces are always verified";
const BEARER: &str = "a bearer token is read from `Authorization`";
const CACHE: &str = "no cache of tokens or of the provider's responses has settings";
const CLIENT_PICKS: &str = "there is one client, which no request chooses";
const CODE: &str = "a sign-in always asks for a code, with PKCE";
const CONSUMERS: &str = "there are no consumers; the upstream gets the claims";
const COOKIES: &str = "every cookie is `Secure; HttpOnly; SameSite=Lax; Path=/`";
const DPOP: &str =
    "a token that is bound to a key (DPoP) is accepted like any other, without a proof of the key";
const ERRORS: &str = "a refusal is answered by `/oauth2/error`";
const EXCHANGE: &str =
    "a token is never exchanged for another; `bearer_issuers` accepts those of further issuers";
const HEADERS_TO_PROVIDER: &str = "no header of a client or of the configuration goes to the provider";
const INTROSPECTION: &str = "access tokens are verified here, not introspected";
const MTLS: &str = "neither the client nor a token is bound to a certificate";
const PAR: &str = "the authorization request goes through the browser; it is not pushed";
const PROXIES: &str =
    "the provider is reached without a proxy; a NAT gateway or a VPC endpoint leads out of a VPC";
const REFRESHES: &str = "tokens are refreshed by themselves, `refresh_lead` seconds early";
const RETURN: &str =
    "sign-in returns to the page that was asked for, and tokens are never put into an address";
const STORES: &str = "`session_storage: dynamodb` keeps sessions outside of the cookie";
const TOKEN_ARGUMENTS: &str = "`token_post_args` is a mapping of names to values, which a secret holds since Kong takes the values from a vault too";
const TOKENS_SHOWN: &str =
    "tokens are not shown to the client; `/oauth2/session` tells a page who is signed in";

/// Names in earlier versions that no present parameter replaces.
const WITHOUT_SUCCESSOR: [(&str, &str); 1] = [(
    "session_cookie_renew",
    "a session is renewed by itself past three quarters of `session_rolling_timeout`",
)];

/// Beginnings of the names of stores' settings in earlier versions.
const OF_STORES: [&str; 2] = ["session_memcache_", "session_redis_"];

const UPSTREAM_HEADERS: &str = "`upstream_headers` is a list of `{header, path}`";

/// Tells a user with settings of the plugin what to write instead.
pub fn instead_of(name: &str) -> Option<&'static str> {
    let of_today = Parameter::find(name);
    let kept = of_today.is_some_and(|parameter| parameter.verdict == Verdict::Kept);
    if kept {
        // The parameter is from an earlier version, and the key has the present name.
        return FORMER.iter().any(|(former, _)| *former == name).then_some(RENAMED);
    }
    let misspelled = || name.starts_with("upstream_headers_").then_some(UPSTREAM_HEADERS);
    of_today.map(|parameter| parameter.here).or_else(|| instead_of_former(name)).or_else(misspelled)
}

/// Tells what replaces a parameter of an earlier version that has no present name. Only settings of stores are
/// known by the beginning of their names, because any other name may be a misspelled one whose effect is lost.
pub fn instead_of_former(name: &str) -> Option<&'static str> {
    let of_store = || OF_STORES.iter().any(|start| name.starts_with(start)).then_some(STORES);
    let whole = WITHOUT_SUCCESSOR.iter().find(|(former, _)| *former == name);
    whole.map(|(_, here)| *here).or_else(of_store)
}

const RENAMED: &str = "a later version of Kong has it under another name, and that name is the key";

/// The table as Markdown, for docs/kong/parameters.md.
pub fn markdown() -> String {
    let mut table =
        String::from("| parameter | | here | Kong's default | default here |\n|---|---|---|---|---|\n");
    for parameter in PARAMETERS {
        let Parameter { name, verdict, here, default } = parameter;
        let default = if default.is_empty() { String::new() } else { format!("`{default}`") };
        let ours = parameter.our_default().unwrap_or_default();
        let _ = writeln!(table, "| `{name}` | {} | {here} | {default} | {ours} |", verdict.word());
    }
    table
}

#[cfg(test)]
mod tests;
