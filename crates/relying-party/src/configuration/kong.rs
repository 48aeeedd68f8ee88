//! What to do about parameters of Kong's `openid-connect` plugin that have no counterpart here.

/// Names, or what they start with where they end in `_`, and what takes their place.
const WITHOUT_COUNTERPART: [(&str, &str); 24] = [
    ("anonymous", "a route with `auth: optional` lets requests through without a user"),
    ("authenticated_groups_claim", "`groups_claim` does that"),
    ("by_username_ignore_case", CONSUMERS),
    ("cache_", "nothing is cached that would have to be configured"),
    ("consumer_", CONSUMERS),
    ("credential_claim", CONSUMERS),
    (
        "downstream_",
        "tokens and claims are not shown to the client; `/oauth2/session` tells a page who is signed in",
    ),
    ("forbidden_", "a refusal is answered by `/oauth2/error`"),
    ("ignore_signature", ALWAYS),
    ("issuers_allowed", "`bearer_issuers` does that"),
    ("login_action", "sign-in returns to the page that was asked for"),
    ("login_methods", "sign-in returns to the page that was asked for"),
    ("login_redirect_mode", "tokens are never put into an address"),
    ("login_tokens", "tokens are never put into an address"),
    ("logout_methods", "sign-out is at `/oauth2/logout`"),
    ("logout_query_arg", "sign-out is at `/oauth2/logout`"),
    ("logout_uri_suffix", "sign-out is at `/oauth2/logout`"),
    ("redis", "`session_storage: dynamodb` keeps sessions outside of the cookie"),
    ("run_on_preflight", "a route with `preflight: pass` lets preflights through"),
    ("session_redis_", "`session_storage: dynamodb` keeps sessions outside of the cookie"),
    ("ssl_verify", ALWAYS),
    ("unauthorized_", "a refusal is answered by `/oauth2/error`"),
    ("unexpected_redirect_uri", "a refusal is answered by `/oauth2/error`"),
    ("verify_", ALWAYS),
];

const ALWAYS: &str = "certificates, signatures, claims and nonces are always verified";

const CONSUMERS: &str = "there are no consumers; the upstream gets the claims";

/// What to do instead, for somebody who brings a plugin's settings along.
pub(super) fn instead_of(name: &str) -> Option<&'static str> {
    let covers = |entry: &str| name == entry || entry.ends_with('_') && name.starts_with(entry);
    WITHOUT_COUNTERPART.iter().find(|(entry, _)| covers(entry)).map(|(_, instead)| *instead)
}
