//! Holds the configuration: one typed structure, which is checked as a whole before any request is served.
//!
//! [`KEYS`] is its one table: it drives parsing and defaults, and the table in docs/configuration.md is
//! generated from it.

mod address;
mod assemble;
mod authorization;
mod client;
mod document;
mod fault;
mod json_schema;
mod key;
pub mod kong;
mod load_balancer;
mod log_level;
mod logout;
mod own_address;
mod placeholder;
mod provider;
mod public_host;
mod requirement;
mod ring_document;
mod route;
mod section;
mod session;
mod shape;
mod source;
mod suggestion;
mod template;
#[cfg(test)]
mod tests;
mod upstream;
mod warning;

use std::collections::BTreeSet;

use crate::gate::requirement::Requirements;
use crate::gate::route::Routes;
use crate::http::public_url::PublicUrl;
use crate::provider::client_authentication::ClientAuthentication;
use crate::secret::Secret;
use crate::session::refresh_policy::RefreshTokenRotation;
use crate::token::access_token::{BearerIssuer, IssuerKind};
use crate::token::claims::ClaimPath;
use crate::token::jws::SigningAlgorithm;
use crate::token::load_balancer::TrustedLoadBalancers;

pub use address::upstream_url_problem;
pub use authorization::token_argument_name;
pub use client::read_client_secret;
pub use fault::{Fault, Faults};
pub use json_schema::schema;
pub use key::{
    CONFIG_VARIABLE, CONFIGURATION_SECRET_VARIABLE, Default, KEYS, Key, SECRET_ID_VARIABLE, VARIABLE_PREFIX,
    markdown,
};
pub use log_level::LogLevel;
pub use logout::{LogoutRequests, page_in_sign_out_address};
pub use placeholder::{is_placeholder, is_placeholder_of_secret};
pub use public_host::Addresses;
pub use requirement::GroupsClaims;
pub use ring_document::RingDocument;
pub use shape::{Member, Shape};
pub use source::{ConfigLocation, Sources};
pub use suggestion::nearest;
pub use template::parameter_of;
pub use warning::{Warning, warnings_markdown};

/// All settings of a deployment, checked.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each member is one key and has its name")]
pub struct Configuration {
    /// The provider's issuer, exactly as its tokens name it (RFC 8414 section 2).
    pub issuer: String,
    /// The strings that name the issuer; `issuer` is the first. After a discovery URL there are two,
    /// with and without a slash at the end.
    pub issuers: Vec<String>,
    /// Every form of `issuer`, which is the first: the other form of a user pool's, and `issuers`.
    issuer_forms: Vec<String>,
    /// The kind of the provider.
    pub provider: ProviderKind,
    /// The client as which vestibule is registered at the provider.
    pub client: Client,
    /// The address that browsers see.
    pub public_url: PublicUrl,
    /// The addresses of the other hosts under which browsers see the same application.
    pub other_hosts: Vec<Addresses>,
    /// The name of the application, shown on pages.
    pub application_name: Option<String>,
    /// The path below `public_url` of vestibule's own endpoints, such as `/oauth2`. Never ends in `/`.
    pub auth_prefix: String,
    /// The absolute `redirect_uri` of every sign-in on this host (RFC 6749 section 3.1.2).
    pub redirect_uri: String,
    /// Every `redirect_uri` that is served, on all hosts.
    pub redirect_uris: Vec<String>,
    /// The paths below `public_url` of those on this host, each starting with `/`. Never empty.
    pub callback_paths: Vec<String>,
    /// Endpoints of the provider that are known without discovery.
    pub endpoints: ConfiguredEndpoints,
    /// Which credentials are accepted.
    pub auth_methods: AuthMethods,
    /// Load balancers that sign people in; `None` when `alb` is no accepted method.
    pub load_balancers: Option<TrustedLoadBalancers>,
    /// The issuers whose access tokens are accepted as bearer tokens. Empty when `bearer` is no accepted method.
    pub bearer_issuers: Vec<BearerIssuer>,
    /// The scopes to ask for, `openid` among them.
    pub scopes: Vec<String>,
    /// Signature algorithms that tokens may use. Never empty.
    pub signing_algorithms: Vec<SigningAlgorithm>,
    /// Allowed clock difference, seconds.
    pub leeway: i64,
    /// `max_age` of the authorization request, seconds (OIDC Core section 3.1.2.1).
    pub max_age: Option<i64>,
    /// The claims that hold a user's groups.
    pub groups_claims: GroupsClaims,
    /// The claim that holds a user's roles where no rule names another.
    pub roles_claim: ClaimPath,
    /// The requirements for a signed-in user on routes without requirements of their own.
    pub requirements: Requirements,
    /// Extra arguments of every authorization request, in order.
    pub authorization_query_args: Vec<(String, String)>,
    /// Extra arguments of every token request, in order.
    pub token_post_args: Vec<(String, Secret)>,
    /// Names of arguments that a client may pass to sign-in.
    pub authorization_query_args_client: Vec<String>,
    /// The session.
    pub session: SessionConfiguration,
    /// How long one sign-in attempt may take, seconds.
    pub authorization_rolling_timeout: i64,
    /// How long before it expires an access token is refreshed, seconds.
    pub refresh_lead: i64,
    /// How the provider treats used refresh tokens.
    pub rotation: RefreshTokenRotation,
    /// The absolute URL to which a sign-in without a usable return target leads.
    pub login_redirect_uri: String,
    /// The absolute URL that the provider is asked to return to after sign-out.
    pub logout_redirect_uri: String,
    /// Whether `logout_redirect_uri` was written as Cognito's whole sign-out address.
    pub logout_redirect_uri_unwrapped: bool,
    /// The requests for the application's paths that ask for sign-out.
    pub logout_requests: LogoutRequests,
    /// The absolute URL to which a page load is redirected when the user does not meet the requirements.
    pub forbidden_redirect_uri: Option<String>,
    /// The absolute URL to which a page load is redirected when it needs a sign-in and sign-in does not start
    /// or fails.
    pub unauthorized_redirect_uri: Option<String>,
    /// The sentence for a user who does not meet the requirements.
    pub forbidden_error_message: Option<String>,
    /// The sentence for a person who is not signed in.
    pub unauthorized_error_message: Option<String>,
    /// Whether sign-out revokes the refresh token (RFC 7009).
    pub logout_revoke: bool,
    /// Whether signing out everywhere asks Cognito to end its own sign-ins of the user.
    pub logout_everywhere_at_provider: bool,
    /// The settings of requests to the upstream.
    pub upstream: UpstreamConfiguration,
    /// The headers with which the front proves itself; empty when direct requests are allowed.
    pub front_secrets: Vec<SecretHeader>,
    /// The source of the client's address.
    pub client_address: ClientAddress,
    /// The route rules.
    pub routes: Routes,
    /// Whether responses are streamed; only behind a function URL.
    pub response_streaming: bool,
    /// The least severe log lines that are written.
    pub log_level: LogLevel,
    /// Whether refusals show their detail to the client. For development.
    pub display_errors: bool,
    /// The settings that have no effect, or not the expected one.
    pub warnings: Vec<Warning>,
}

/// The kinds of provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProviderKind {
    /// An Amazon Cognito user pool.
    Cognito(CognitoPool),
    /// Any other OpenID Connect provider.
    Oidc,
}

impl ProviderKind {
    /// The kind of the issuer, as the checks of its tokens need it.
    pub(crate) const fn issuer_kind(&self) -> IssuerKind {
        match self {
            Self::Cognito(_) => IssuerKind::Cognito,
            Self::Oidc => IssuerKind::Other,
        }
    }
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

/// The client as which vestibule is registered at the provider.
#[derive(Clone, Debug)]
pub struct Client {
    /// `client_id`.
    pub id: String,
    /// `client_secret`. `None` for a public client, for another [`SecretSource`] than the configuration, and
    /// on functions that do not need it.
    pub secret: Option<Secret>,
    /// How the client authenticates at the token endpoint.
    pub authentication: ClientAuthentication,
    /// Where the secret comes from.
    pub secret_source: SecretSource,
}

/// Says where the client secret comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// The pool itself, read with `DescribeUserPoolClient` on first use.
    Cognito,
    /// The configuration.
    Configuration,
    /// A separate secret in Secrets Manager with this id, read on first use.
    Secret(String),
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
    /// `end_session_endpoint`. For Cognito it is `/logout`, which takes other arguments (`client_id`,
    /// `logout_uri`).
    pub end_session: Option<String>,
}

/// Says which credentials are accepted.
#[expect(clippy::struct_excessive_bools, reason = "each method is accepted or refused independently")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuthMethods {
    /// The headers of a load balancer that signs people in are accepted.
    pub alb: bool,
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
    /// Where sessions are stored.
    pub storage: SessionStorage,
    /// At least one text of at least 32 bytes. The first one seals; all of them open.
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
    /// Which sessions outlive the browser.
    pub remember: Remember,
    /// Longest time since the last renewal of such a session, seconds.
    pub remember_rolling: i64,
    /// Longest time since sign-in of such a session, seconds.
    pub remember_absolute: i64,
    /// The claims that a session keeps: the listed ones, and those that requirements and headers need. `None`
    /// for all.
    pub claims: Option<BTreeSet<String>>,
}

/// Which users' sessions outlive the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remember {
    /// All, unless the user declines.
    Everybody,
    /// None.
    Nobody,
    /// Those of users who ask for it.
    WhoAsks,
}

/// Where sessions are stored.
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

/// The settings of requests to the upstream.
#[derive(Clone, Debug)]
pub struct UpstreamConfiguration {
    /// Scheme, host and base path without a slash at the end. Always present for [`Role::Proxy`].
    pub url: Option<String>,
    /// The file of root certificates for the upstream, which replace the common roots.
    pub ca_bundle: Option<String>,
    /// A header that proves to the upstream that a request came through vestibule.
    pub secret_header: Option<SecretHeader>,
    /// The header that carries the access token.
    pub access_token_header: AccessTokenHeader,
    /// The header that carries the ID token of a session, lower case.
    pub id_token_header: Option<String>,
    /// The header that carries the claims in base64, lower case.
    pub user_info_header: Option<String>,
    /// Whether the credential that decided is removed from the request.
    pub hide_credentials: bool,
    /// Additional headers made from claims.
    pub headers: Vec<UpstreamHeader>,
    /// The family of identity headers.
    pub header_style: HeaderStyle,
}

/// A header with a secret that two neighbours share: vestibule and the upstream, or the front and vestibule.
#[derive(Clone, Debug)]
pub struct SecretHeader {
    /// The name, lower case.
    pub name: String,
    /// The value.
    pub value: Secret,
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

/// The source of the client's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientAddress {
    /// The connection to the front.
    OfConnection,
    /// The header of this name (lower case), which the front sets.
    Header(String),
    /// None: the application gets no address.
    Untold,
}

impl ClientAddress {
    pub(crate) fn header(&self) -> Option<&str> {
        match self {
            Self::Header(name) => Some(name),
            Self::OfConnection | Self::Untold => None,
        }
    }
}

/// One header made from a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamHeader {
    /// The name, lower case.
    pub name: String,
    /// The path of the value in the claims.
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

/// The function that is configured. It decides which keys are needed.
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
    /// Validates and forwards requests, and does all of the above.
    Proxy,
}

/// Where the configured process runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    /// A single process that runs until it is stopped.
    Process,
    /// AWS Lambda: one process per concurrent request, each stopped when it is idle.
    Lambda,
}

impl Configuration {
    /// Returns the configuration if it works on `platform`.
    ///
    /// # Errors
    ///
    /// Sessions are kept in memory, but the next request may reach another process. Loopback is allowed,
    /// because a function that is tried out there is a single process.
    pub fn on(self, platform: Platform) -> Result<Self, Faults> {
        if platform == Platform::Lambda && self.is_public() && self.session.storage == SessionStorage::Memory
        {
            let problem = "is `memory`, which processes of Lambda do not share; write `dynamodb` or `cookie`";
            return Err(Faults(vec![Fault::new(key::SESSION_STORAGE.name, problem)]));
        }
        Ok(self)
    }

    /// The claim that holds a user's groups in the provider's tokens.
    pub const fn groups_claim(&self) -> &ClaimPath {
        self.groups_claims.of(self.provider.issuer_kind())
    }

    /// Tells whether the provider is a Cognito user pool.
    pub const fn is_cognito(&self) -> bool {
        matches!(self.provider, ProviderKind::Cognito(_))
    }

    /// Tells whether the provider may end sessions with a logout token. A user pool sends none.
    pub const fn takes_logout_tokens(&self) -> bool {
        !self.is_cognito()
    }

    /// Tells whether sign-out may pass the ID token to the provider (OIDC RP-Initiated Logout section 2).
    /// Cognito takes none. If the endpoints are configured without an end-session endpoint, it is not needed
    /// either.
    pub(crate) const fn needs_id_token_hint(&self) -> bool {
        !self.is_cognito() && (self.endpoints.end_session.is_some() || !self.endpoints.is_complete())
    }

    /// Tells whether a session keeps the ID token: for sign-out at the provider, or for the upstream.
    pub(crate) const fn keeps_id_token(&self) -> bool {
        self.needs_id_token_hint() || self.upstream.id_token_header.is_some()
    }

    /// Normalises the two forms of a user pool's issuer to one: the configured form for the own pool. Returns
    /// any other issuer unchanged.
    pub fn one_form<'a>(&'a self, issuer: &'a str) -> std::borrow::Cow<'a, str> {
        if self.issuers.iter().any(|own| own == issuer) {
            return std::borrow::Cow::Borrowed(&self.issuer);
        }
        provider::one_form(issuer, &self.issuer)
    }

    /// Every form of an issuer, that of [`Configuration::one_form`] first.
    pub fn forms<'a>(&'a self, issuer: &str) -> std::borrow::Cow<'a, [String]> {
        match self.one_form(issuer) {
            one if one == self.issuer => std::borrow::Cow::Borrowed(&self.issuer_forms),
            one => std::borrow::Cow::Owned(provider::forms(&one)),
        }
    }
}

impl ConfiguredEndpoints {
    /// Tells whether sign-in needs nothing from the provider's metadata, so that they are never requested.
    pub const fn is_complete(&self) -> bool {
        self.authorization.is_some() && self.token.is_some() && self.jwks.is_some()
    }
}
