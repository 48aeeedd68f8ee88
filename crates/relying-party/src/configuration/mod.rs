//! The configuration: one typed structure, checked whole before anything is served.
//!
//! [`KEYS`] is the one table behind it: it drives parsing and defaults, and the README's table is written from it.

mod address;
mod authorization;
mod client;
mod document;
mod key;
mod location;
mod provider;
mod requirement;
mod rule;
mod section;
mod session;
mod source;
#[cfg(test)]
mod tests;
mod upstream;

use std::fmt;

use crate::access_token::BearerIssuer;
use crate::claims::ClaimPath;
use crate::client_authentication::ClientAuthentication;
use crate::jws::SigningAlgorithm;
use crate::public_url::PublicUrl;
use crate::requirement::Requirements;
use crate::route::Routes;
use crate::secret::Secret;

use section::{Section, flag, one_of, seconds};

pub use key::{CONFIG_VARIABLE, Default, KEYS, Key, SECRET_ID_VARIABLE, VARIABLE_PREFIX, markdown};

/// Everything that a deployment decides, already checked.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// The provider's issuer, exactly as its tokens name it (RFC 8414 section 2).
    pub issuer: String,
    /// What kind of provider it is.
    pub provider: ProviderKind,
    /// Who we are to the provider.
    pub client: Client,
    /// The address that browsers see.
    pub public_url: PublicUrl,
    /// The path below `public_url` where vestibule answers itself: `/oauth2`. Never ends in `/`.
    pub auth_prefix: String,
    /// The absolute `redirect_uri` of every sign-in (RFC 6749 section 3.1.2).
    pub redirect_uri: String,
    /// The path of `redirect_uri` below `public_url`, starting with `/`.
    pub callback_path: String,
    /// Endpoints of the provider that are known without discovery.
    pub endpoints: ConfiguredEndpoints,
    /// Which credentials are accepted.
    pub auth_methods: AuthMethods,
    /// Whose access tokens are accepted as bearer tokens. Empty when `bearer` is no accepted method.
    pub bearer_issuers: Vec<BearerIssuer>,
    /// The scopes to ask for, `openid` among them.
    pub scopes: Vec<String>,
    /// Signature algorithms that tokens may use. Never empty.
    pub signing_algorithms: Vec<SigningAlgorithm>,
    /// Allowed clock difference, seconds.
    pub leeway: i64,
    /// `max_age` of the authorization request, seconds (OIDC Core section 3.1.2.1).
    pub max_age: Option<i64>,
    /// Where a user's groups are; `None` for the claim that the provider usually has them in.
    pub groups_claim: Option<ClaimPath>,
    /// What a signed-in user must have where no route says otherwise.
    pub requirements: Requirements,
    /// Extra arguments of every authorization request, in order.
    pub authorization_query_args: Vec<(String, String)>,
    /// Names of arguments that a client may hand to sign-in.
    pub authorization_query_args_client: Vec<String>,
    /// The session.
    pub session: SessionConfiguration,
    /// How long one sign-in attempt may take, seconds.
    pub authorization_rolling_timeout: i64,
    /// How long before its end an access token is renewed, seconds.
    pub refresh_lead: i64,
    /// The absolute URL that a sign-in without a usable return target ends at.
    pub login_redirect_uri: String,
    /// The absolute URL that the provider is asked to return to after sign-out.
    pub logout_redirect_uri: String,
    /// Whether sign-out revokes the refresh token (RFC 7009).
    pub logout_revoke: bool,
    /// What the upstream receives.
    pub upstream: UpstreamConfiguration,
    /// The route rules.
    pub routes: Routes,
    /// Whether answers are streamed; only behind a function URL.
    pub response_streaming: bool,
    /// The least severe log lines that are written.
    pub log_level: LogLevel,
    /// Whether refusals tell their detail to the client. For development.
    pub display_errors: bool,
}

/// What kind of provider the issuer is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProviderKind {
    /// An Amazon Cognito user pool.
    Cognito(CognitoPool),
    /// Any other OpenID Connect provider.
    Oidc,
}

/// A Cognito user pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CognitoPool {
    /// `eu-west-1_AbCdEfGhI`.
    pub user_pool_id: String,
    /// `eu-west-1`.
    pub region: String,
    /// The origin of the pool's domain, without a slash at the end; `None` when it is not configured.
    pub domain: Option<String>,
}

/// Who we are to the provider.
#[derive(Clone, Debug)]
pub struct Client {
    /// `client_id`.
    pub id: String,
    /// `client_secret`. `None` for a public client, with [`SecretSource::Cognito`], and on functions that need none.
    pub secret: Option<Secret>,
    /// How the client shows its secret at the token endpoint.
    pub authentication: ClientAuthentication,
    /// Where the secret comes from.
    pub secret_source: SecretSource,
}

/// Where the client secret comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// The pool itself, read with `DescribeUserPoolClient` on first use.
    Cognito,
    /// The configuration.
    Configuration,
}

/// Endpoints of the provider that are known without discovery: configured, or derived from a Cognito domain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfiguredEndpoints {
    /// `authorization_endpoint`.
    pub authorization: Option<String>,
    /// `token_endpoint`.
    pub token: Option<String>,
    /// `jwks_endpoint`, `jwks_uri` in the provider's metadata. Always known for Cognito.
    pub jwks: Option<String>,
    /// `userinfo_endpoint`.
    pub userinfo: Option<String>,
    /// `revocation_endpoint`.
    pub revocation: Option<String>,
    /// `end_session_endpoint`; for Cognito its `/logout`, which takes other arguments (`client_id`, `logout_uri`).
    pub end_session: Option<String>,
}

/// Which credentials are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuthMethods {
    /// Browsers may be sent to sign in. Implies `session`.
    pub authorization_code: bool,
    /// Access tokens in `Authorization` are accepted.
    pub bearer: bool,
    /// Session cookies are accepted.
    pub session: bool,
}

/// The session's storage, secrets and limits.
#[derive(Clone, Debug)]
pub struct SessionConfiguration {
    /// Where sessions are kept.
    pub storage: SessionStorage,
    /// At least one text of at least 32 bytes; the first one seals, all open.
    pub secrets: Vec<Secret>,
    /// The session cookie's name without its prefix; `None` for the name derived from the client id.
    pub cookie_name: Option<String>,
    /// The `Domain` of the session cookie; without a leading dot.
    pub cookie_domain: Option<String>,
    /// Longest time without use, seconds. `None` in cookie storage.
    pub idling: Option<i64>,
    /// Longest time since the last renewal, seconds.
    pub rolling: i64,
    /// Longest time since sign-in, seconds.
    pub absolute: i64,
    /// How long a session read from a store may be used without reading it again, seconds.
    pub cache_seconds: i64,
}

/// Where sessions are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionStorage {
    /// Sealed in the cookie itself.
    Cookie,
    /// In a DynamoDB table.
    DynamoDb {
        /// The table's name.
        table: String,
    },
    /// In this process.
    Memory,
}

/// What the upstream receives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamConfiguration {
    /// Scheme, host and base path without a slash at the end. Always there for [`Role::Proxy`].
    pub url: Option<String>,
    /// The header that carries the access token.
    pub access_token_header: AccessTokenHeader,
    /// Whether the credential that won is taken out of the request.
    pub hide_credentials: bool,
    /// More headers, from claims.
    pub headers: Vec<UpstreamHeader>,
    /// The family of identity headers.
    pub header_style: HeaderStyle,
}

/// The header that carries the access token to the upstream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessTokenHeader {
    /// `authorization: Bearer <token>`.
    Authorization,
    /// A header of another name.
    Named {
        /// The name, lower case.
        name: String,
        /// Whether the value starts with `Bearer `.
        bearer: bool,
    },
    /// No header.
    None,
}

/// One header made from a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamHeader {
    /// The name, lower case.
    pub name: String,
    /// Where in the claims the value is.
    pub path: ClaimPath,
}

/// The family of identity headers that the upstream understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderStyle {
    /// `x-amzn-oidc-*`, as ALB authentication sets them.
    Alb,
    /// The headers of Kong's consumers.
    Kong,
    /// `x-auth-request-*`, as oauth2-proxy sets them.
    OAuth2Proxy,
    /// `x-vestibule-*`.
    Vestibule,
}

/// The least severe log lines that are written, most severe first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// Only what is broken.
    Error,
    /// And what will break.
    Warn,
    /// And one line per request.
    Info,
    /// And details; never an event, a cookie or a token.
    Debug,
}

/// The function that is configured. Which keys are needed depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The API Gateway Lambda authorizer.
    Authorizer,
    /// Starts sign-in.
    Login,
    /// Finishes sign-in.
    Callback,
    /// Answers who is signed in, and refreshes.
    Session,
    /// Ends the session.
    Logout,
    /// Validates and forwards, and is all of the above.
    Proxy,
}

/// Where configuration comes from; each later field wins over the ones before it, key by key.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sources<'a> {
    /// The YAML or JSON document that `VESTIBULE_CONFIG` names or holds.
    pub document: Option<&'a str>,
    /// The JSON text of the secret that `VESTIBULE_SECRET_ID` names.
    pub secret_document: Option<&'a str>,
    /// Every environment variable whose name starts with `VESTIBULE_`, name and value.
    pub environment: &'a [(String, String)],
}

/// What the text of `VESTIBULE_CONFIG` is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigLocation<'a> {
    /// The document itself: it starts with `{` or has a newline.
    Inline(&'a str),
    /// A file.
    Path(&'a str),
    /// `secret:<id>`: the id of a Secrets Manager secret that holds the document.
    Secret(&'a str),
}

impl<'a> ConfigLocation<'a> {
    /// Tells which it is. Nothing is read here.
    pub fn parse(text: &'a str) -> Self {
        if text.trim_start().starts_with('{') || text.contains('\n') {
            return Self::Inline(text);
        }
        text.strip_prefix("secret:").map_or(Self::Path(text), Self::Secret)
    }
}

/// One thing that is wrong with the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The key, `routes[2].paths` for a part of one; the variable's or document's name where there is no key.
    pub key: String,
    /// What is wrong. Never holds the value of a secret.
    pub problem: String,
}

/// Everything that is wrong with the configuration. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(formatter)?;
            }
            write!(formatter, "{}: {}", fault.key, fault.problem)?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

impl Fault {
    fn new(key: &str, problem: &str) -> Self {
        Self { key: key.to_owned(), problem: problem.to_owned() }
    }
}

impl ConfiguredEndpoints {
    /// Whether sign-in needs nothing of the provider's metadata any more, so that it is never asked for.
    pub const fn is_complete(&self) -> bool {
        self.authorization.is_some() && self.token.is_some() && self.jwks.is_some()
    }
}

impl Configuration {
    /// Whether the provider is a Cognito user pool.
    pub const fn is_cognito(&self) -> bool {
        matches!(self.provider, ProviderKind::Cognito(_))
    }

    /// Reads and checks everything.
    ///
    /// # Errors
    /// All faults together, each with its key.
    pub fn from_sources(sources: &Sources<'_>, role: Role) -> Result<Self, Faults> {
        let mut section = Section::new(source::merge(sources).map_err(Faults)?);
        let configuration = read(&mut section, role);
        let (mut faults, unread) = section.finish();
        debug_assert!(unread.is_empty(), "a key of the table that nobody reads");
        match configuration {
            Some(configuration) if faults.is_empty() => Ok(configuration),
            _ => {
                faults.sort_by(|one, other| one.key.cmp(&other.key));
                Err(Faults(faults))
            }
        }
    }
}

/// Every group is read before the first `?`, so that all of them can complain.
fn read(section: &mut Section, role: Role) -> Option<Configuration> {
    let provider = provider::read(section).ok();
    let kind = provider.as_ref().map(|provider| &provider.kind);
    let public_url = location::read_public_url(section).ok();
    let locations = location::read(section, public_url.as_ref());
    let session = session::read(section, public_url.as_ref());
    // Only stores refresh by themselves; in cookie storage `session` does.
    let refreshes = session.as_ref().is_ok_and(|session| session.storage != SessionStorage::Cookie);
    let client = client::read(section, kind, client::uses_secret(role, refreshes));
    let auth_methods = authorization::read_methods(section);
    let client_id = client.as_ref().ok().map(|client| client.id.as_str());
    let bearer_issuers = provider::read_bearer_issuers(
        section,
        provider.as_ref(),
        client_id,
        auth_methods.as_ref().ok().copied(),
    );
    let scopes = authorization::read_scopes(section);
    let signing_algorithms = authorization::read_algorithms(section);
    let authorization_query_args = authorization::read_arguments(section);
    let authorization_query_args_client = authorization::read_client_arguments(section);
    let global = requirement::read(section, kind);
    let routes = rule::read(section, global.as_ref().ok());
    let upstream = upstream::read(section, role);
    let leeway = section.always(&key::LEEWAY, seconds(0, 300));
    let max_age = section.key(&key::MAX_AGE, seconds(0, 400 * 86_400));
    let authorization_rolling_timeout =
        section.always(&key::AUTHORIZATION_ROLLING_TIMEOUT, seconds(30, 3_600));
    let refresh_lead = section.always(&key::REFRESH_LEAD, seconds(0, 3_600));
    let logout_revoke = section.always(&key::LOGOUT_REVOKE, flag);
    let response_streaming = section.always(&key::RESPONSE_STREAMING, flag);
    let log_level = section.always(&key::LOG_LEVEL, one_of(&LOG_LEVELS));
    let display_errors = section.always(&key::DISPLAY_ERRORS, flag);

    let (provider, locations, global) = (provider?, locations.ok()?, global.ok()?);
    Some(Configuration {
        issuer: provider.issuer,
        provider: provider.kind,
        client: client.ok()?,
        public_url: public_url?,
        auth_prefix: locations.auth_prefix,
        redirect_uri: locations.redirect_uri,
        callback_path: locations.callback_path,
        endpoints: provider.endpoints,
        auth_methods: auth_methods.ok()?,
        bearer_issuers: bearer_issuers.ok()?,
        scopes: scopes.ok()?,
        signing_algorithms: signing_algorithms.ok()?,
        leeway: leeway.ok()?,
        max_age: max_age.ok()?,
        groups_claim: global.groups_claim,
        requirements: global.requirements,
        authorization_query_args: authorization_query_args.ok()?,
        authorization_query_args_client: authorization_query_args_client.ok()?,
        session: session.ok()?,
        authorization_rolling_timeout: authorization_rolling_timeout.ok()?,
        refresh_lead: refresh_lead.ok()?,
        login_redirect_uri: locations.login_redirect_uri,
        logout_redirect_uri: locations.logout_redirect_uri,
        logout_revoke: logout_revoke.ok()?,
        upstream: upstream.ok()?,
        routes: routes.ok()?,
        response_streaming: response_streaming.ok()?,
        log_level: log_level.ok()?,
        display_errors: display_errors.ok()?,
    })
}

const LOG_LEVELS: [(&str, LogLevel); 4] = [
    ("error", LogLevel::Error),
    ("warn", LogLevel::Warn),
    ("info", LogLevel::Info),
    ("debug", LogLevel::Debug),
];
