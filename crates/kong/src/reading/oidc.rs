//! Knows the settings of `oidc`, a plugin for Kong by others: nokia/kong-oidc 1.1 and its fork
//! revomatico/kong-oidc 1.3. Their `README.md` and `schema.lua` name the settings.

use relying_party::configuration::kong::Verdict;

use crate::document::{Member, Node};
use crate::reading::Reading;

pub(crate) const OIDC: &str = "oidc";

/// The reason for closing a route with the plugin.
pub(crate) const CLOSED: &str = "the plugin `oidc` (nokia/kong-oidc) signs people in there in Kong: write an `openid-connect` plugin in its place, as the lines of its settings say, and import again";

/// The fault of an input without another plugin that signs people in.
pub(crate) const FAULT: &str = "is the plugin `oidc` (nokia/kong-oidc), which is not translated: write an `openid-connect` plugin in its place, with its `discovery` as `issuer`, its `scope` as `scopes`, and the same `client_id` and `client_secret`; docs/kong/README.md has its other settings";

const HEADER: &str = "`upstream_user_info_header`, `upstream_id_token_header` and `upstream_access_token_header` name what the application gets";
const INTROSPECTED: &str = "access tokens are verified here, not introspected: they have to be JWTs";
const BEARER: &str = "`auth_methods` with `bearer`, and `audience_required`: a bearer token has to be an access token, not an ID token";
const OPEN: &str = "requests with a matching path pass without sign-in in Kong: write a route without the plugin for each of them that may";
const AFTER_SIGN_OUT: &str = "`logout_redirect_uri`";
const PROXY: &str = "no counterpart: the functions reach the provider directly";

/// The settings, and their counterparts.
const SETTINGS: [(&str, &str); 43] = [
    ("access_token_as_bearer", "`upstream_access_token_header` is `authorization:bearer`"),
    ("access_token_header_name", HEADER),
    ("bearer_jwt_auth_allowed_auds", BEARER),
    ("bearer_jwt_auth_enable", BEARER),
    ("bearer_jwt_auth_signing_algs", BEARER),
    ("bearer_only", "where it is `yes`, `auth_methods` is `bearer` alone"),
    ("client_id", "`client_id`"),
    ("client_secret", "`client_secret`"),
    ("disable_access_token_header", HEADER),
    ("disable_id_token_header", HEADER),
    ("disable_userinfo_header", HEADER),
    ("discovery", "`issuer`, which takes this address too"),
    ("filters", OPEN),
    ("groups_claim", "`groups_claim`"),
    ("header_claims", "`upstream_headers_claims`"),
    ("header_names", "`upstream_headers_names`"),
    ("http_proxy", PROXY),
    ("https_proxy", PROXY),
    ("id_token_header_name", HEADER),
    ("ignore_auth_filters", OPEN),
    ("introspection_cache_ignore", INTROSPECTED),
    ("introspection_endpoint", INTROSPECTED),
    ("introspection_endpoint_auth_method", INTROSPECTED),
    ("logout_path", "`logout_uri_suffix`"),
    ("post_logout_redirect_uri", AFTER_SIGN_OUT),
    ("realm", "`WWW-Authenticate` has no realm of yours"),
    ("recovery_page_path", "a refusal has a page of its own, or `unauthorized_redirect_uri`"),
    ("redirect_after_logout_uri", AFTER_SIGN_OUT),
    ("redirect_after_logout_with_id_token_hint", "sign-out at the provider names the client or the ID token"),
    ("redirect_uri", "`redirect_uri`, with the host"),
    ("redirect_uri_path", "`redirect_uri`, with the host before the path"),
    ("response_type", "always `code`"),
    ("revoke_tokens_on_logout", "`logout_revoke`"),
    ("scope", "`scopes`, a list"),
    ("session_secret", "`session_secret`, a new one: sessions do not move"),
    ("skip_already_auth_requests", "no counterpart: no other plugin signs people in"),
    ("ssl_verify", "certificates are always verified"),
    ("timeout", "a request to the provider has a limit of its own"),
    ("token_endpoint_auth_method", "`client_auth`; the plugin has `client_secret_post` unless it says so"),
    ("unauth_action", "where it is `deny`, `auth_methods` has no `authorization_code`"),
    ("use_jwks", INTROSPECTED),
    ("userinfo_header_name", HEADER),
    ("validate_scope", "`scopes_required`"),
];

impl Reading<'_> {
    /// Says what the settings of the plugin are here.
    pub(super) fn say_oidc(&mut self, config: &Node) {
        for Member { name, node } in config.members() {
            let known = SETTINGS.iter().find(|(known, _)| known == name);
            let text =
                known.map_or("this setting of `oidc` is not known here; look what it does", |(_, text)| text);
            self.verdicts.record(node, Verdict::NeedsYou, text);
        }
        self.verdicts.record(config, Verdict::NeedsYou, CLOSED);
    }
}
