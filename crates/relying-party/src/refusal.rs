//! Gathers the refusals of all modules in one type. Each enum maps its variants to reasons.

mod configured_page;
mod detail;
pub mod log_detail;
pub mod printable;
pub mod reason;
pub mod response;

use crate::forwarding::{ForwardingRefusal, UpstreamFault};
use crate::gate::GateRefusal;
use crate::gate::requirement::RequirementRefusal;
use crate::gate::reserved_header::ReservedHeaderRefusal;
use crate::gate::route::AmbiguousPath;
use crate::http::cookie::SessionTooLarge;
use crate::http::endpoint::EndpointRefusal;
use crate::provider::call::ProviderFault;
use crate::provider::discovery::DiscoveryRefusal;
use crate::provider::token_endpoint::TokenEndpointRefusal;
use crate::provider::user_info::UserInfoRefusal;
use crate::refusal::reason::Reason;
use crate::session::SessionRefusal;
use crate::session::refresh_policy::RefreshRefusal;
use crate::session::revocation::RevocationRefusal;
use crate::session::store_outage::StoreOutage;
use crate::sign_in::SignInRefusal;
use crate::sign_in::attempt::AttemptRefusal;
use crate::sign_in::callback::CallbackRefusal;
use crate::sign_in::state::StateRefusal;
use crate::sign_out::logout_token::LogoutTokenRefusal;
use crate::token::access_token::AccessTokenRefusal;
use crate::token::id_token::IdTokenRefusal;
use crate::token::jwks::JwksRefusal;
use crate::token::jws::JwsRefusal;
use crate::token::load_balancer::LoadBalancerRefusal;

/// Why a request is refused. It contains no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A claim of a bearer token is wrong.
    AccessToken(AccessTokenRefusal),
    /// The path is ambiguous, so no route rule can be chosen.
    AmbiguousPath(AmbiguousPath),
    /// The callback belongs to no sign-in attempt that can be finished.
    Attempt(AttemptRefusal),
    /// A bearer token is not a JWS signed with a key of its issuer.
    Bearer(JwsRefusal),
    /// The provider's authorization response creates no session.
    Callback(CallbackRefusal),
    /// The client cannot authenticate at the token endpoint without a secret.
    ClientSecretMissing,
    /// The client secret could not be read from its source.
    ClientSecretUnavailable,
    /// The provider's metadata cannot be used.
    Discovery(DiscoveryRefusal),
    /// No endpoint below `auth_prefix` has this path and method.
    Endpoint(EndpointRefusal),
    /// The system provided no random bytes.
    EntropyUnavailable,
    /// The upstream must not get this request.
    Forwarding(ForwardingRefusal),
    /// The request has no credential that is accepted here.
    Gate(GateRefusal),
    /// A claim of an ID token is wrong.
    IdToken(IdTokenRefusal),
    /// An ID token is not a JWS signed with a key of the provider.
    IdTokenUnverified(JwsRefusal),
    /// The identity is larger than the front can carry.
    IdentityTooLarge,
    /// vestibule itself has a defect.
    Internal,
    /// The provider's keys cannot be fetched or used.
    Jwks(JwksRefusal),
    /// The user that a load balancer names is not accepted.
    LoadBalancer(LoadBalancerRefusal),
    /// A logout token is not accepted.
    LogoutToken(LogoutTokenRefusal),
    /// The session or the token was revoked.
    Revocation(RevocationRefusal),
    /// The provider gave no response.
    Provider(ProviderFault),
    /// The provider did not end its own sessions of the user; those here have ended.
    ProviderSignOutFailed,
    /// The session is not refreshed.
    Refresh(RefreshRefusal),
    /// The user is signed in but does not meet the requirements.
    Requirement(RequirementRefusal),
    /// The request has a header that clients must not send.
    ReservedHeader(ReservedHeaderRefusal),
    /// The session cookie contains no session that can be used.
    Session(SessionRefusal),
    /// The store has no such session.
    SessionNotStored,
    /// The session store cannot be used.
    SessionStoreUnavailable(StoreOutage),
    /// The session does not fit into cookies.
    SessionTooLarge(SessionTooLarge),
    /// Sign-in does not start.
    SignIn(SignInRefusal),
    /// Sign-in succeeded three times within a minute, and each time the browser came back without a live session.
    SignInLoop,
    /// Sessions stored in cookies cannot be ended from elsewhere.
    SignOutEverywhere,
    /// The callback has no usable `state`.
    State(StateRefusal),
    /// The token endpoint issued no tokens, or did not revoke one.
    TokenEndpoint(TokenEndpointRefusal),
    /// A TOKEN authorizer receives no path, so route rules cannot be applied.
    TokenAuthorizerWithRoutes,
    /// The error page was asked for a reason that does not exist.
    UnknownReason,
    /// The upstream gave no response.
    Upstream(UpstreamFault),
    /// The userinfo response cannot be used.
    UserInfo(UserInfoRefusal),
}

impl Refusal {
    /// The code, status and texts of this refusal.
    pub const fn reason(&self) -> &'static Reason {
        match self {
            Self::AccessToken(refusal) => refusal.reason(),
            Self::AmbiguousPath(_) => &reason::AMBIGUOUS_PATH,
            Self::Attempt(refusal) => refusal.reason(),
            Self::Bearer(refusal) => refusal.reason(),
            Self::Callback(refusal) => refusal.reason(),
            Self::ClientSecretMissing => &reason::CLIENT_SECRET_MISSING,
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
            Self::LoadBalancer(refusal) => refusal.reason(),
            Self::LogoutToken(refusal) => refusal.reason(),
            Self::Revocation(refusal) => refusal.reason(),
            Self::Provider(fault) => fault.reason(),
            Self::ProviderSignOutFailed => &reason::PROVIDER_SIGN_OUT_FAILED,
            Self::Refresh(refusal) => refusal.reason(),
            Self::Requirement(refusal) => refusal.reason(),
            Self::ReservedHeader(refusal) => refusal.reason(),
            Self::Session(refusal) => refusal.reason(),
            Self::SessionNotStored => &reason::SESSION_NOT_STORED,
            Self::SessionStoreUnavailable(_) => &reason::SESSION_STORE_UNAVAILABLE,
            Self::SessionTooLarge(_) => &reason::SESSION_TOO_LARGE,
            Self::SignIn(refusal) => refusal.reason(),
            Self::SignInLoop => &reason::SIGN_IN_LOOP,
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

/// Lets `?` convert a module's refusal.
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
    AmbiguousPath => AmbiguousPath,
    AttemptRefusal => Attempt,
    CallbackRefusal => Callback,
    DiscoveryRefusal => Discovery,
    EndpointRefusal => Endpoint,
    ForwardingRefusal => Forwarding,
    GateRefusal => Gate,
    IdTokenRefusal => IdToken,
    JwksRefusal => Jwks,
    LoadBalancerRefusal => LoadBalancer,
    LogoutTokenRefusal => LogoutToken,
    RevocationRefusal => Revocation,
    ProviderFault => Provider,
    RefreshRefusal => Refresh,
    RequirementRefusal => Requirement,
    ReservedHeaderRefusal => ReservedHeader,
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
