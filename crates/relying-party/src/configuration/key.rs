//! The key table: every key once, with the default that parsing uses and the text that the documentation
//! shows.

use std::fmt::Write as _;

use super::shape::{BEARER_ISSUER, RULE, Shape, UPSTREAM_HEADER};

/// One key of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// The name in the document. The environment variable is `VESTIBULE_` followed by the name in upper case.
    pub name: &'static str,
    /// The value when the key is absent.
    pub default: Default,
    /// The meaning of the key, in Markdown.
    pub documentation: &'static str,
    /// Whether its value must never be shown.
    pub secret: bool,
    /// The form of its value.
    pub shape: Shape,
}

/// The value of a key that is absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Default {
    /// Another key or the provider decides; the text says how, in Markdown.
    Derived(&'static str),
    /// No value.
    Nothing,
    /// No default: the key must be given.
    Required,
    /// This text, parsed as if it had been given.
    Value(&'static str),
}

impl Key {
    /// The environment variable of this key.
    pub fn variable(&self) -> String {
        format!("{VARIABLE_PREFIX}{}", self.name.to_ascii_uppercase())
    }

    const fn new(name: &'static str, shape: Shape, default: Default, documentation: &'static str) -> Self {
        Self { name, default, documentation, secret: false, shape }
    }

    const fn secret(self) -> Self {
        Self { secret: true, ..self }
    }
}

/// The prefix of every environment variable of vestibule.
pub const VARIABLE_PREFIX: &str = "VESTIBULE_";

/// The variable that names or holds the document.
pub const CONFIG_VARIABLE: &str = "VESTIBULE_CONFIG";

/// The variable that names the Secrets Manager secret with further keys.
pub const SECRET_ID_VARIABLE: &str = "VESTIBULE_SECRET_ID";

/// The variable that names the Secrets Manager secret with the deployer's own keys.
pub const CONFIGURATION_SECRET_VARIABLE: &str = "VESTIBULE_CONFIGURATION_SECRET";

/// The key table as a Markdown table, for docs/configuration.md.
pub fn markdown() -> String {
    let mut table = String::from("| key | default | meaning |\n|---|---|---|\n");
    for key in KEYS {
        let default = match key.default {
            Default::Derived(how) => how.to_owned(),
            Default::Nothing => String::new(),
            Default::Required => "required".to_owned(),
            Default::Value(text) => format!("`{text}`"),
        };
        let documentation = key.documentation.replace('|', "\\|");
        let _ = writeln!(table, "| `{}` | {default} | {documentation} |", key.name);
    }
    table
}

/// The form of a limit of sessions: at most 400 days.
const TIMEOUT: Shape = Shape::Seconds { least: 1, most: 400 * 86_400 };

/// Declares each key as a constant and the table of all keys, so that every key that can be read is in the
/// table.
macro_rules! keys {
    ($($constant:ident = $key:expr;)*) => {
        $(pub(super) const $constant: Key = $key;)*

        /// Every key, in the order of the documentation.
        pub const KEYS: &[Key] = &[$($constant),*];
    };
}

keys! {
    ISSUER = Key::new("issuer", Shape::Text, Default::Required,
        "The provider's issuer, or its discovery URL. `https`, or `http` on loopback only.");
    PROVIDER = Key::new("provider", Shape::Word(&["cognito", "oidc"]), Default::Derived("from the issuer's host"),
        "`cognito` or `oidc`.");
    USER_POOL_ID = Key::new("user_pool_id", Shape::Text, Default::Derived("the issuer's last segment"),
        "The Cognito user pool, as in `eu-west-1_AbCdEfGhI`.");
    USER_POOL_DOMAIN = Key::new("user_pool_domain", Shape::Text, Default::Nothing,
        "The user pool's domain: its prefix, its host name or its URL. All of Cognito's endpoints derive from it, \
         without discovery.");
    CLIENT_ID = Key::new("client_id", Shape::Text, Default::Required,
        "The client id at the provider.");
    CLIENT_SECRET = Key::new("client_secret", Shape::Text, Default::Nothing,
        "The client secret. `authorizer` with cookie storage and `login` need none.").secret();
    CLIENT_SECRET_SOURCE = Key::new("client_secret_source", Shape::Text, Default::Value("configuration"),
        "`configuration`; `cognito`: read from the user pool with `DescribeUserPoolClient`; or `secret:<id>`: read from this \
         secret of Secrets Manager, which is the client secret itself or a JSON object with `client_secret`.");
    CLIENT_AUTH = Key::new("client_auth", Shape::Word(&["client_secret_basic", "client_secret_post", "none"]),
        Default::Derived("`client_secret_basic` with a secret, else `none`"),
        "`client_secret_basic`, `client_secret_post` or `none`.");
    PUBLIC_URL = Key::new("public_url", Shape::Texts, Default::Required,
        "Scheme, host and stage path as the browser sees them. A list where several hosts show the same application, below the \
         same path: the `Host` of a request chooses when it is exactly that of one of them; otherwise the first one is taken.");
    APPLICATION_NAME = Key::new("application_name", Shape::Text, Default::Nothing,
        "The name of the application, which vestibule's own pages and their titles show. At most 60 characters.");
    AUTH_PREFIX = Key::new("auth_prefix", Shape::Text, Default::Value("/oauth2"),
        "The path below `public_url` under which vestibule answers itself.");
    REDIRECT_URI = Key::new("redirect_uri", Shape::Texts, Default::Derived("`public_url` + `auth_prefix` + `/callback`"),
        "The callback, as registered at the provider; it must be below `public_url`. A list has at least one for each \
         `public_url`: the first one of a host is sent from there, and all are served. On a path of the application it is the \
         callback only for the answer to a sign-in of this browser; any other request there is the application's.");
    AUTHORIZATION_ENDPOINT = Key::new("authorization_endpoint", Shape::Text, Default::Derived("discovery"),
        "The provider's authorization endpoint.");
    TOKEN_ENDPOINT = Key::new("token_endpoint", Shape::Text, Default::Derived("discovery"),
        "The provider's token endpoint.");
    JWKS_ENDPOINT = Key::new("jwks_endpoint", Shape::Text, Default::Derived("discovery"),
        "The provider's key set. With it, `authorization_endpoint` and `token_endpoint` no discovery request is made.");
    USERINFO_ENDPOINT = Key::new("userinfo_endpoint", Shape::Text, Default::Nothing,
        "Asked at sign-in and refresh for claims that the ID token lacks. Not with Cognito, whose ID tokens have them all.");
    REVOCATION_ENDPOINT = Key::new("revocation_endpoint", Shape::Text, Default::Derived("discovery"),
        "The provider's revocation endpoint.");
    END_SESSION_ENDPOINT = Key::new("end_session_endpoint", Shape::Text, Default::Derived("discovery"),
        "The address to which a browser is sent to sign out at the provider; Cognito's `/logout`.");
    AUTH_METHODS = Key::new("auth_methods", Shape::SomeOf(&["alb", "authorization_code", "bearer", "session"]),
        Default::Value("session,authorization_code,bearer"),
        "Accepted credentials. `authorization_code` implies `session`. `alb`: the headers of an Application Load Balancer \
         that authenticates users; only in `proxy`.");
    ALB_ARN = Key::new("alb_arn", Shape::Texts, Default::Nothing,
        "The ARNs of the load balancers that are believed; required with `auth_methods: alb`.");
    ALB_SESSION_COOKIE_NAME = Key::new("alb_session_cookie_name", Shape::Text, Default::Value("AWSELBAuthSessionCookie"),
        "The name of the load balancer's session cookie: its `SessionCookieName`.");
    ALB_KEY_ENDPOINT = Key::new("alb_key_endpoint", Shape::Text, Default::Derived("AWS, by the region of the load balancer"),
        "The address of a load balancer's public keys; on loopback only, for tests.");
    BEARER_ISSUERS = Key::new("bearer_issuers", Shape::Rows(BEARER_ISSUER), Default::Derived("the own issuer and client"),
        "The issuers whose access tokens are accepted: a list of `{issuer, jwks_endpoint, audiences, client_ids, \
         groups_accepted}`. A user pool needs `client_ids` or `audiences`, any other issuer `audiences`. Groups and roles of \
         a further issuer count with `groups_accepted: true` only; its scopes count in any case.");
    SCOPES = Key::new("scopes", Shape::Texts, Default::Value("openid,email,profile"),
        "Scopes to ask for; `openid` must be among them.");
    SIGNING_ALGORITHMS = Key::new("signing_algorithms", Shape::Texts, Default::Value("RS256"),
        "Accepted signature algorithms. Never `none`, never HS256 and its like.");
    LEEWAY = Key::new("leeway", Shape::Seconds { least: 0, most: 300 }, Default::Value("60"),
        "Allowed clock difference, seconds, at most 300.");
    MAX_AGE = Key::new("max_age", Shape::Seconds { least: 0, most: 400 * 86_400 }, Default::Nothing,
        "Longest time since the user last typed a password, seconds. An older sign-in is sent back once with `prompt=login`, then \
         refused with `auth_time_too_old`. The provider has to issue `auth_time`.");
    SCOPES_REQUIRED = Key::new("scopes_required", Shape::Alternatives, Default::Nothing,
        "Scopes that a token must have. Entries of the list are alternatives; words inside an entry are needed together. An \
         entry that is a list is needed whole too, and its members may have spaces: `[[\"Domain Users\"]]`.");
    SCOPES_CLAIM = Key::new("scopes_claim", Shape::Texts, Default::Value("scope"),
        "The claim with the scopes. A list is a path into nested claims; a single text is one name.");
    AUDIENCE_REQUIRED = Key::new("audience_required", Shape::Alternatives, Default::Nothing,
        "Audiences that a token must have, as `scopes_required`.");
    AUDIENCE_CLAIM = Key::new("audience_claim", Shape::Texts, Default::Value("aud"),
        "The claim with the audiences.");
    GROUPS_REQUIRED = Key::new("groups_required", Shape::Alternatives, Default::Nothing,
        "Groups that a user must be in, as `scopes_required`.");
    GROUPS_CLAIM = Key::new("groups_claim", Shape::Texts, Default::Derived("`cognito:groups` for Cognito, else `groups`"),
        "The claim with the groups.");
    ROLES_REQUIRED = Key::new("roles_required", Shape::Alternatives, Default::Nothing,
        "Roles that a user must have, as `scopes_required`.");
    ROLES_CLAIM = Key::new("roles_claim", Shape::Texts, Default::Value("roles"),
        "The claim with the roles.");
    AUTHORIZATION_QUERY_ARGS = Key::new("authorization_query_args", Shape::Mapping, Default::Nothing,
        "More arguments for the provider's authorization endpoint: a mapping of names to values. A person can remove them \
         there, so `acr_values` and `prompt` are wishes; `roles_required` with `roles_claim: acr`, and `max_age`, are checked.");
    TOKEN_POST_ARGS = Key::new("token_post_args", Shape::Mapping, Default::Nothing,
        "More arguments for the token endpoint, at sign-in and at refresh: a mapping of names to values.").secret();
    AUTHORIZATION_QUERY_ARGS_CLIENT = Key::new("authorization_query_args_client", Shape::TextsOrNone, Default::Nothing,
        "Names of arguments that a same-site link to sign-in may set, such as `prompt`, `login_hint`, \
         `identity_provider`, `lang`.");
    SESSION_STORAGE = Key::new("session_storage", Shape::Word(&["cookie", "dynamodb", "memory"]), Default::Value("cookie"),
        "`cookie`, `dynamodb` or `memory` (one process only; a fault in Lambda but on loopback).");
    SESSION_SECRET = Key::new("session_secret", Shape::Texts, Default::Required,
        "One or more random texts of at least 32 bytes. The first one seals, all of them open.").secret();
    SESSION_TABLE = Key::new("session_table", Shape::Text, Default::Nothing,
        "The DynamoDB table; required with `session_storage: dynamodb`.");
    SESSION_COOKIE_NAME = Key::new("session_cookie_name", Shape::Text,
        Default::Derived("`session-` + 8 hexadecimal digits of a hash of `client_id`"),
        "The session cookie's name without its `__Host-`.");
    SESSION_COOKIE_DOMAIN = Key::new("session_cookie_domain", Shape::Text, Default::Nothing,
        "The session cookie's `Domain`: the host of `public_url` or a parent of it.");
    SESSION_IDLING_TIMEOUT = Key::new("session_idling_timeout", TIMEOUT, Default::Derived("3600; none in cookie storage"),
        "Longest time without use, seconds. Cookie storage cannot have one.");
    SESSION_ROLLING_TIMEOUT = Key::new("session_rolling_timeout", TIMEOUT, Default::Derived("3600; 86400 in cookie storage"),
        "Longest time without a refresh, seconds.");
    SESSION_ABSOLUTE_TIMEOUT = Key::new("session_absolute_timeout", TIMEOUT, Default::Value("86400"),
        "Longest time since sign-in, seconds.");
    SESSION_REMEMBER = Key::new("session_remember", Shape::Word(&["false", "true", "ask"]), Default::Value("false"),
        "The people whose sessions outlive the browser: with `false` nobody, with `true` everybody who does not sign in by \
         `/oauth2/login?remember=false`, with `ask` only those who sign in by `/oauth2/login?remember=true`.");
    SESSION_REMEMBER_ROLLING_TIMEOUT = Key::new("session_remember_rolling_timeout", TIMEOUT, Default::Value("604800"),
        "Longest time without use of such a session, seconds; it has no idle limit.");
    SESSION_REMEMBER_ABSOLUTE_TIMEOUT = Key::new("session_remember_absolute_timeout", TIMEOUT, Default::Value("2592000"),
        "Longest time since sign-in of such a session, seconds. The refresh token must last as long.");
    SESSION_CLAIMS = Key::new("session_claims", Shape::Texts, Default::Derived("all"),
        "The claims of the ID token that a session keeps, and `x-vestibule-claims` has: a list of names, or `none`. Kept in \
         any case are those that the `_claim` keys and `upstream_headers` name. User name, address and groups have their \
         own headers.");
    AUTHORIZATION_ROLLING_TIMEOUT = Key::new("authorization_rolling_timeout", Shape::Seconds { least: 30, most: 3_600 },
        Default::Value("600"),
        "How long one sign-in attempt may take, seconds, at most 3600.");
    REFRESH_LEAD = Key::new("refresh_lead", Shape::Seconds { least: 0, most: 3_600 }, Default::Value("60"),
        "How long before its end an access token is refreshed, seconds.");
    ROTATION_GRACE = Key::new("rotation_grace", Shape::Text, Default::Derived("unknown: no refresh is repeated"),
        "Whether the provider replaces a refresh token when it is used: `none`, or for how many seconds it takes the old one \
         again. A refresh that timed out, broke off or got 5xx is asked for again with `none` or with 30 and more. For Cognito \
         the client's `RetryGracePeriodSeconds`.");
    SESSION_CACHE_SECONDS = Key::new("session_cache_seconds", Shape::Seconds { least: 0, most: 300 }, Default::Value("5"),
        "How long a session that was read from a store is used without reading it again, seconds, at most 300.");
    LOGIN_REDIRECT_URI = Key::new("login_redirect_uri", Shape::Text, Default::Derived("`public_url`"),
        "The address where sign-in ends if it has no page to return to: a path below `public_url` or an absolute URL, of at \
         most 1,024 bytes as an absolute URL.");
    LOGOUT_REDIRECT_URI = Key::new("logout_redirect_uri", Shape::Text, Default::Derived("`auth_prefix` + `/signed-out`"),
        "The address to which the provider returns after sign-out: a path below `public_url` or an absolute URL. Cognito's \
         whole `/logout?client_id=...&logout_uri=...` address stands for its `logout_uri`.");
    LOGOUT_QUERY_ARG = Key::new("logout_query_arg", Shape::Text, Default::Nothing,
        "A query parameter that asks for sign-out on any path of the application, such as `logout` in `/page?logout`.");
    LOGOUT_URI_SUFFIX = Key::new("logout_uri_suffix", Shape::Text, Default::Nothing,
        "The end of a path that asks for sign-out, such as `/logout`. Such paths are never the application's by these \
         methods.");
    LOGOUT_METHODS = Key::new("logout_methods", Shape::SomeOf(&["GET", "POST", "DELETE"]), Default::Value("POST,DELETE"),
        "The methods for which the two previous keys have an effect: some of `GET`, `POST` and `DELETE`.");
    FORBIDDEN_REDIRECT_URI = Key::new("forbidden_redirect_uri", Shape::Text, Default::Nothing,
        "The address to which a page load is redirected if the signed-in user does not meet the requirements: a path below \
         `public_url` or an absolute URL. A script gets 403 all the same.");
    UNAUTHORIZED_REDIRECT_URI = Key::new("unauthorized_redirect_uri", Shape::Text, Default::Nothing,
        "The address to which a page load is redirected if it gets 401 or the sign-in service refused the sign-in: a path \
         below `public_url` with `auth: none`, or an absolute URL. A script gets 401 all the same.");
    FORBIDDEN_ERROR_MESSAGE = Key::new("forbidden_error_message", Shape::Text, Default::Nothing,
        "The sentence in a page or in JSON if the user does not meet the requirements. At most 300 characters.");
    UNAUTHORIZED_ERROR_MESSAGE = Key::new("unauthorized_error_message", Shape::Text, Default::Nothing,
        "The sentence in a page or in JSON for 401, and if the sign-in service refused the sign-in. At most 300 characters.");
    LOGOUT_REVOKE = Key::new("logout_revoke", Shape::Flag, Default::Value("true"),
        "Whether sign-out revokes the refresh token.");
    LOGOUT_EVERYWHERE_AT_PROVIDER = Key::new("logout_everywhere_at_provider", Shape::Flag, Default::Value("false"),
        "Whether signing out everywhere also ends the user's sign-ins at Cognito, for every application: \
         `AdminUserGlobalSignOut`, for which `logout` and `proxy` need the right.");
    UPSTREAM_URL = Key::new("upstream_url", Shape::Text, Default::Nothing,
        "The protected application; required by `proxy`.");
    FRONT_SECRET_HEADER = Key::new("front_secret_header", Shape::Texts, Default::Nothing,
        "`<name>: <secret>`, or a list of several: a header that the front (CDN or proxy) adds to each request. A \
         request without it is refused, `auth_prefix` + `/health` excepted. The secret has at least 16 characters. Has an \
         effect in every function that answers requests; a fault on `authorizer`.").secret();
    CLIENT_ADDRESS_HEADER = Key::new("client_address_header", Shape::Text,
        Default::Derived("the address that connected to the front"),
        "The header in which the front (CDN or proxy) names the client's address, such as `cloudfront-viewer-address`; \
         needs `front_secret_header`, since others could write it too. Or `none`: the application is told no address. Has an \
         effect only in `proxy`; a fault on `authorizer`.");
    UPSTREAM_CA_BUNDLE = Key::new("upstream_ca_bundle", Shape::Text, Default::Derived("the public roots"),
        "A PEM file of the certificates that the upstream's certificate must lead to. Has an effect only in `proxy`.");
    UPSTREAM_SECRET_HEADER = Key::new("upstream_secret_header", Shape::Text, Default::Nothing,
        "`<name>: <secret>`: a header by which the upstream tells what came through `proxy` from what did not. The \
         secret has at least 16 characters. A fault on `authorizer`.").secret();
    UPSTREAM_ACCESS_TOKEN_HEADER = Key::new("upstream_access_token_header", Shape::Text, Default::Value("authorization:bearer"),
        "The header that carries the access token: `authorization:bearer`, `none`, or another name, with `:bearer` for a \
         `Bearer ` before the token. Other names have an effect only in `proxy`.");
    UPSTREAM_ID_TOKEN_HEADER = Key::new("upstream_id_token_header", Shape::Text, Default::Nothing,
        "A header that carries the ID token of a session, which makes the session larger. A bearer token comes without one. \
         Has an effect only in `proxy`; a fault on `authorizer`.");
    UPSTREAM_USER_INFO_HEADER = Key::new("upstream_user_info_header", Shape::Text, Default::Nothing,
        "A header that carries `sub` and the claims that `x-vestibule-claims` has as JSON in base64 (RFC 4648 section 4). Has \
         an effect only in `proxy`; a fault on `authorizer`.");
    HIDE_CREDENTIALS = Key::new("hide_credentials", Shape::Flag, Default::Value("true"),
        "Whether the credential that was accepted is removed from the request.");
    UPSTREAM_HEADERS = Key::new("upstream_headers", Shape::Rows(UPSTREAM_HEADER), Default::Nothing,
        "More headers from claims: a list of `{header, path}`. Has an effect only in `proxy`; a fault on `authorizer`.");
    UPSTREAM_HEADER_STYLE = Key::new("upstream_header_style", Shape::Word(&["vestibule", "alb", "kong", "oauth2-proxy"]),
        Default::Value("vestibule"),
        "`vestibule`, `alb`, `kong` or `oauth2-proxy`. Styles other than the first have an effect only in `proxy`; a fault on \
         `authorizer`.");
    ROUTES = Key::new("routes", Shape::Rows(RULE), Default::Nothing,
        "Rules, first match wins: `{paths, methods, auth: required|optional|none, preflight: enforce|pass, path_matching: \
         segment|prefix}`, the `_required` and `_claim` keys, which replace the global ones, and for `proxy` `upstream_url`, \
         `strip_path`, `preserve_host` and `path_decoding: any|once`. Paths are exact or end in `/*`. A path that earlier \
         rules answer for every method is a fault. With `preflight: pass`, an `OPTIONS` request with `Origin` and \
         `Access-Control-Request-Method` goes to the application without sign-in: write it only where the application \
         does nothing else on `OPTIONS`. With `optional`, a user who does not meet the global requirements is \
         anonymous. If no rule matches, sign-in is required.");
    RESPONSE_STREAMING = Key::new("response_streaming", Shape::Flag, Default::Value("false"),
        "Whether `proxy` streams, behind a function URL with `RESPONSE_STREAM`.");
    LOG_LEVEL = Key::new("log_level", Shape::Word(&["error", "warn", "info", "debug"]), Default::Value("info"),
        "`error`, `warn`, `info` or `debug`.");
    DISPLAY_ERRORS = Key::new("display_errors", Shape::Flag, Default::Value("false"),
        "Whether a refusal tells its detail to the client. For development.");
}
