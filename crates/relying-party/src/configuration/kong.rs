//! Explains parameters of Kong's `openid-connect` plugin that have no counterpart here.

/// Names, or what they start with where they end in `_`, and what takes their place.
const WITHOUT_COUNTERPART: [(&str, &str); 41] = [
    ("anonymous", "a route with `auth: optional` lets requests through without a user"),
    ("authenticated_groups_claim", "`groups_claim` does that"),
    ("authorization_cookie_", COOKIES),
    ("authorization_query_args_names", "`authorization_query_args` is a mapping of names to values"),
    ("authorization_query_args_values", "`authorization_query_args` is a mapping of names to values"),
    ("bearer_token_", "a bearer token is read from `Authorization`"),
    ("by_username_ignore_case", CONSUMERS),
    ("cache_", "nothing is cached that would have to be configured"),
    ("claims_forbidden", "what a user must have is said by `groups_required` and its like"),
    ("consumer_", CONSUMERS),
    ("credential_claim", CONSUMERS),
    ("downstream_", "tokens are not shown to the client; `/oauth2/session` tells a page who is signed in"),
    ("extra_jwks_uris", "`bearer_issuers` does that"),
    ("forbidden_", "a refusal is answered by `/oauth2/error`"),
    ("id_token_param_", "tokens are read from `Authorization` and the session only"),
    ("ignore_signature", ALWAYS),
    ("introspect_", "access tokens are verified here, not introspected"),
    ("introspection_", "access tokens are verified here, not introspected"),
    ("issuers_allowed", "`bearer_issuers` does that"),
    ("login_", "sign-in returns to the page that was asked for, and tokens are never put into an address"),
    ("logout_", "sign-out is at `/oauth2/logout`; `logout_redirect_uri` and `logout_revoke` are its keys"),
    ("preserve_query_args", "the query is always kept"),
    ("redis", STORES),
    ("refresh_token", "tokens are refreshed by themselves, `refresh_lead` seconds early"),
    ("refresh_tokens", "tokens are refreshed by themselves, `refresh_lead` seconds early"),
    ("require_proof_key_for_code_exchange", CODE),
    ("response_mode", CODE),
    ("response_type", CODE),
    ("run_on_preflight", "a route with `preflight: pass` lets preflights through"),
    ("session_cookie_http_only", COOKIES),
    ("session_cookie_path", COOKIES),
    ("session_cookie_same_site", COOKIES),
    ("session_cookie_secure", COOKIES),
    ("session_memcached_", STORES),
    ("session_redis_", STORES),
    ("session_remember_cookie_name", "one cookie keeps a session, remembered or not: `session_cookie_name`"),
    ("ssl_verify", ALWAYS),
    ("unauthorized_", "a refusal is answered by `/oauth2/error`"),
    ("unexpected_redirect_uri", "a refusal is answered by `/oauth2/error`"),
    ("upstream_headers_", "`upstream_headers` is a list of `{header, path}`"),
    ("verify_", ALWAYS),
];

const ALWAYS: &str = "certificates, signatures, claims and nonces are always verified";

const CODE: &str = "a sign-in always asks for a code, with PKCE";

const CONSUMERS: &str = "there are no consumers; the upstream gets the claims";

const COOKIES: &str = "every cookie is `Secure; HttpOnly; SameSite=Lax; Path=/`";

const STORES: &str = "`session_storage: dynamodb` keeps sessions outside of the cookie";

/// Tells somebody who brings a plugin's settings what to do instead.
pub(super) fn instead_of(name: &str) -> Option<&'static str> {
    let covers = |entry: &str| name == entry || entry.ends_with('_') && name.starts_with(entry);
    WITHOUT_COUNTERPART.iter().find(|(entry, _)| covers(entry)).map(|(_, instead)| *instead)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::configuration::{KEYS, suggestion};

    /// A key that is also a parameter of Kong's is read, not talked about.
    #[test]
    fn no_entry_is_a_key_of_ours() {
        for (entry, _) in WITHOUT_COUNTERPART {
            // Or the typing slip would be told in its place.
            let slip = suggestion::nearest(entry, KEYS.iter().map(|key| key.name));
            assert!(entry.ends_with('_') || slip.is_none(), "{entry}: {slip:?}");
            assert!(KEYS.iter().all(|key| key.name != entry), "{entry}");
        }
    }

    #[test]
    fn whole_names_and_families() {
        assert_eq!(instead_of("ssl_verify"), Some(ALWAYS));
        assert_eq!(instead_of("ssl_verify_depth"), None);
        assert_eq!(instead_of("verify_nonce"), Some(ALWAYS));
        assert_eq!(instead_of("verify"), None);
        assert_eq!(instead_of("consumer_by"), Some(CONSUMERS));
    }
}
