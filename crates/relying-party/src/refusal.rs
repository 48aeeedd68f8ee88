//! The refusals of all modules as one type. Each enum gives its reasons itself.

mod detail;
pub mod particular;
pub mod reason;
pub mod response;

use crate::forwarding::{ForwardingRefusal, UpstreamFault};
use crate::gate::GateRefusal;
use crate::gate::requirement::RequirementRefusal;
use crate::gate::reserved_header::ReservedHeaderRefusal;
use crate::gate::route::RouteRefusal;
use crate::http::cookie::SessionTooLarge;
use crate::http::endpoint::EndpointRefusal;
use crate::provider::call::ProviderFault;
use crate::provider::client_authentication::ClientAuthenticationRefusal;
use crate::provider::discovery::DiscoveryRefusal;
use crate::provider::token_endpoint::TokenEndpointRefusal;
use crate::provider::user_info::UserInfoRefusal;
use crate::refusal::reason::Reason;
use crate::session::SessionRefusal;
use crate::session::refresh_policy::RefreshRefusal;
use crate::session::revocation::RevocationRefusal;
use crate::sign_in::SignInRefusal;
use crate::sign_in::attempt::AttemptRefusal;
use crate::sign_in::callback::CallbackRefusal;
use crate::sign_in::loop_guard::LandingRefusal;
use crate::sign_in::state::StateRefusal;
use crate::sign_out::logout_token::LogoutTokenRefusal;
use crate::token::access_token::AccessTokenRefusal;
use crate::token::id_token::IdTokenRefusal;
use crate::token::jwks::JwksRefusal;
use crate::token::jws::JwsRefusal;
use crate::token::load_balancer::LoadBalancerRefusal;

/// Why a request is refused. Holds no secret and nothing that a client sent but names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Of a bearer token's claims.
    AccessToken(AccessTokenRefusal),
    /// Of a sign-in attempt.
    Attempt(AttemptRefusal),
    /// Of a bearer token as a JWS.
    Bearer(JwsRefusal),
    /// Of the provider's answer by way of the browser.
    Callback(CallbackRefusal),
    /// Of our own credentials.
    ClientAuthentication(ClientAuthenticationRefusal),
    /// The client secret could not be read from where it is kept.
    ClientSecretUnavailable,
    /// Of the provider's metadata.
    Discovery(DiscoveryRefusal),
    /// Of a path of ours.
    Endpoint(EndpointRefusal),
    /// No random bytes.
    EntropyUnavailable,
    /// Of a request that no upstream should see.
    Forwarding(ForwardingRefusal),
    /// Of a credential that is missing.
    Gate(GateRefusal),
    /// Of an ID token's claims.
    IdToken(IdTokenRefusal),
    /// Of an ID token as a JWS, or of the key that it names.
    IdTokenUnverified(JwsRefusal),
    /// What the front would have to carry is too large.
    IdentityTooLarge,
    /// A defect.
    Internal,
    /// Of the provider's keys.
    Jwks(JwksRefusal),
    /// Of one more sign-in.
    Landing(LandingRefusal),
    /// Of what a load balancer says.
    LoadBalancer(LoadBalancerRefusal),
    /// Of a logout token.
    LogoutToken(LogoutTokenRefusal),
    /// Of what holds no longer.
    Revocation(RevocationRefusal),
    /// No answer of the provider.
    Provider(ProviderFault),
    /// The provider did not end its own sessions of the user; ours are ended.
    ProviderSignOutFailed,
    /// Of a renewal.
    Refresh(RefreshRefusal),
    /// Of somebody who is signed in.
    Requirement(RequirementRefusal),
    /// Of a header that clients must not send.
    ReservedHeader(ReservedHeaderRefusal),
    /// Of the path.
    Route(RouteRefusal),
    /// Of the session cookie.
    Session(SessionRefusal),
    /// The store has no such session.
    SessionNotStored,
    /// The session store did not answer.
    SessionStoreUnavailable,
    /// Of a session that fits no cookie.
    SessionTooLarge(SessionTooLarge),
    /// Of a request to sign in.
    SignIn(SignInRefusal),
    /// Sessions in cookies cannot be ended from elsewhere.
    SignOutEverywhere,
    /// Of the `state`.
    State(StateRefusal),
    /// Of the token endpoint.
    TokenEndpoint(TokenEndpointRefusal),
    /// A TOKEN authorizer sees no path, so route rules cannot hold.
    TokenAuthorizerWithRoutes,
    /// The error page was asked for a reason that does not exist.
    UnknownReason,
    /// No answer of the upstream.
    Upstream(UpstreamFault),
    /// Of the userinfo answer.
    UserInfo(UserInfoRefusal),
}

impl Refusal {
    /// The reason that the outside sees.
    pub const fn reason(&self) -> &'static Reason {
        match self {
            Self::AccessToken(refusal) => refusal.reason(),
            Self::Attempt(refusal) => refusal.reason(),
            Self::Bearer(refusal) => refusal.reason(),
            Self::Callback(refusal) => refusal.reason(),
            Self::ClientAuthentication(refusal) => refusal.reason(),
            Self::ClientSecretUnavailable => &reason::CLIENT_SECRET_UNAVAILABLE,
            Self::Discovery(refusal) => refusal.reason(),
            Self::Endpoint(refusal) => refusal.reason(),
            Self::EntropyUnavailable => &reason::ENTROPY_UNAVAILABLE,
            Self::Forwarding(refusal) => refusal.reason(),
            Self::Gate(refusal) => refusal.reason(),
            Self::IdToken(refusal) => refusal.reason(),
            Self::IdTokenUnverified(_) => &reason::ID_TOKEN_UNVERIFIED,
            Self::IdentityTooLarge => &reason::IDENTITY_TOO_LARGE,
            Self::Internal => &reason::INTERNAL_ERROR,
            Self::Jwks(refusal) => refusal.reason(),
            Self::Landing(refusal) => refusal.reason(),
            Self::LoadBalancer(refusal) => refusal.reason(),
            Self::LogoutToken(refusal) => refusal.reason(),
            Self::Revocation(refusal) => refusal.reason(),
            Self::Provider(fault) => fault.reason(),
            Self::ProviderSignOutFailed => &reason::PROVIDER_SIGN_OUT_FAILED,
            Self::Refresh(refusal) => refusal.reason(),
            Self::Requirement(refusal) => refusal.reason(),
            Self::ReservedHeader(refusal) => refusal.reason(),
            Self::Route(refusal) => refusal.reason(),
            Self::Session(refusal) => refusal.reason(),
            Self::SessionNotStored => &reason::SESSION_NOT_STORED,
            Self::SessionStoreUnavailable => &reason::SESSION_STORE_UNAVAILABLE,
            Self::SessionTooLarge(refusal) => refusal.reason(),
            Self::SignIn(refusal) => refusal.reason(),
            Self::SignOutEverywhere => &reason::SIGN_OUT_EVERYWHERE_NOT_SUPPORTED,
            Self::State(refusal) => refusal.reason(),
            Self::TokenEndpoint(refusal) => refusal.reason(),
            Self::TokenAuthorizerWithRoutes => &reason::TOKEN_AUTHORIZER_WITH_ROUTES,
            Self::UnknownReason => &reason::UNKNOWN_REASON,
            Self::Upstream(fault) => fault.reason(),
            Self::UserInfo(refusal) => refusal.reason(),
        }
    }
}

/// `?` on a module's own refusal gives the whole.
macro_rules! from {
    ($($part:ident => $variant:ident),* $(,)?) => {
        $(impl From<$part> for Refusal {
            fn from(refusal: $part) -> Self {
                Self::$variant(refusal)
            }
        })*
    };
}

from! {
    AccessTokenRefusal => AccessToken,
    AttemptRefusal => Attempt,
    CallbackRefusal => Callback,
    ClientAuthenticationRefusal => ClientAuthentication,
    DiscoveryRefusal => Discovery,
    EndpointRefusal => Endpoint,
    ForwardingRefusal => Forwarding,
    GateRefusal => Gate,
    IdTokenRefusal => IdToken,
    JwksRefusal => Jwks,
    LandingRefusal => Landing,
    LoadBalancerRefusal => LoadBalancer,
    LogoutTokenRefusal => LogoutToken,
    RevocationRefusal => Revocation,
    ProviderFault => Provider,
    RefreshRefusal => Refresh,
    RequirementRefusal => Requirement,
    ReservedHeaderRefusal => ReservedHeader,
    RouteRefusal => Route,
    SessionRefusal => Session,
    SessionTooLarge => SessionTooLarge,
    SignInRefusal => SignIn,
    StateRefusal => State,
    TokenEndpointRefusal => TokenEndpoint,
    UpstreamFault => Upstream,
    UserInfoRefusal => UserInfo,
}

#[cfg(test)]
mod tests;
