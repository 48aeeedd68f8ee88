//! Every way to say no, and the one table from a refusal to its reason.
#![expect(clippy::trivially_copy_pass_by_ref, reason = "every part of the table has one form")]

mod detail;
pub mod particular;
pub mod reason;
pub mod response;

use crate::forwarding::{ForwardingRefusal, UpstreamFault};
use crate::gate::GateRefusal;
use crate::gate::requirement::RequirementRefusal;
use crate::gate::reserved_header::ReservedHeaderRefusal;
use crate::gate::route::RouteRefusal;
use crate::http::cookie::{SessionCookieRefusal, SessionTooLarge};
use crate::http::endpoint::EndpointRefusal;
use crate::provider::call::ProviderFault;
use crate::provider::client_authentication::ClientAuthenticationRefusal;
use crate::provider::discovery::DiscoveryRefusal;
use crate::provider::token_endpoint::TokenEndpointRefusal;
use crate::provider::user_info::UserInfoRefusal;
use crate::refusal::reason::Reason;
use crate::sealing::SealRefusal;
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
            Self::AccessToken(refusal) => access_token(refusal),
            Self::Attempt(refusal) => attempt(refusal),
            Self::Bearer(refusal) => bearer(refusal),
            Self::Callback(refusal) => callback(refusal),
            Self::ClientAuthentication(ClientAuthenticationRefusal::SecretMissing) => {
                &reason::CLIENT_SECRET_MISSING
            }
            Self::ClientSecretUnavailable => &reason::CLIENT_SECRET_UNAVAILABLE,
            Self::Discovery(refusal) => discovery(refusal),
            Self::Endpoint(EndpointRefusal::MethodNotAllowed { .. }) => &reason::METHOD_NOT_ALLOWED,
            Self::Endpoint(EndpointRefusal::NotFound) => &reason::NOT_FOUND,
            Self::EntropyUnavailable => &reason::ENTROPY_UNAVAILABLE,
            Self::Forwarding(refusal) => forwarding(*refusal),
            Self::Gate(refusal) => gate(refusal),
            Self::IdToken(refusal) => id_token(refusal),
            Self::IdTokenUnverified(_) => &reason::ID_TOKEN_UNVERIFIED,
            Self::IdentityTooLarge => &reason::IDENTITY_TOO_LARGE,
            Self::Internal => &reason::INTERNAL_ERROR,
            Self::Jwks(refusal) => jwks(refusal),
            Self::Landing(LandingRefusal::SignInLoop) => &reason::SIGN_IN_LOOP,
            Self::LoadBalancer(refusal) => load_balancer(refusal),
            Self::LogoutToken(refusal) => logout_token(refusal),
            Self::Revocation(refusal) => revocation(*refusal),
            Self::Provider(fault) => provider(*fault),
            Self::ProviderSignOutFailed => &reason::PROVIDER_SIGN_OUT_FAILED,
            Self::Refresh(refusal) => refresh(refusal),
            Self::Requirement(refusal) => requirement(refusal),
            Self::ReservedHeader(refusal) => reserved_header(refusal),
            Self::Route(RouteRefusal::AmbiguousPath) => &reason::AMBIGUOUS_PATH,
            Self::Session(refusal) => session(refusal),
            Self::SessionNotStored => &reason::SESSION_NOT_STORED,
            Self::SessionStoreUnavailable => &reason::SESSION_STORE_UNAVAILABLE,
            Self::SessionTooLarge(_) => &reason::SESSION_TOO_LARGE,
            Self::SignIn(refusal) => sign_in(refusal),
            Self::SignOutEverywhere => &reason::SIGN_OUT_EVERYWHERE_NOT_SUPPORTED,
            Self::State(refusal) => state(refusal),
            Self::TokenEndpoint(refusal) => token_endpoint(refusal),
            Self::TokenAuthorizerWithRoutes => &reason::TOKEN_AUTHORIZER_WITH_ROUTES,
            Self::UnknownReason => &reason::UNKNOWN_REASON,
            Self::Upstream(fault) => upstream(*fault),
            Self::UserInfo(refusal) => user_info(refusal),
        }
    }
}

const fn access_token(refusal: &AccessTokenRefusal) -> &'static Reason {
    match refusal {
        AccessTokenRefusal::Audience(_) => &reason::ACCESS_TOKEN_AUDIENCE,
        AccessTokenRefusal::Claim(_) => &reason::ACCESS_TOKEN_CLAIM,
        AccessTokenRefusal::Client(_) => &reason::ACCESS_TOKEN_CLIENT,
        AccessTokenRefusal::Expired => &reason::ACCESS_TOKEN_EXPIRED,
        AccessTokenRefusal::FromTheFuture => &reason::ACCESS_TOKEN_FROM_THE_FUTURE,
        AccessTokenRefusal::MalformedCredential => &reason::BEARER_MALFORMED,
        AccessTokenRefusal::NotYetValid => &reason::ACCESS_TOKEN_NOT_YET_VALID,
        AccessTokenRefusal::RowWithoutAudience => &reason::BEARER_ISSUER_WITHOUT_AUDIENCE,
        AccessTokenRefusal::TokenUse(_) => &reason::NOT_AN_ACCESS_TOKEN,
        AccessTokenRefusal::UnknownIssuer(_) => &reason::ACCESS_TOKEN_ISSUER,
    }
}

const fn attempt(refusal: &AttemptRefusal) -> &'static Reason {
    match refusal {
        AttemptRefusal::Duplicate => &reason::ATTEMPT_DUPLICATE,
        AttemptRefusal::Expired => &reason::ATTEMPT_EXPIRED,
        AttemptRefusal::Malformed => &reason::ATTEMPT_MALFORMED,
        AttemptRefusal::Missing => &reason::ATTEMPT_MISSING,
        AttemptRefusal::NotAuthentic(_) => &reason::ATTEMPT_NOT_AUTHENTIC,
        AttemptRefusal::StateMismatch => &reason::STATE_MISMATCH,
    }
}

const fn bearer(refusal: &JwsRefusal) -> &'static Reason {
    match refusal {
        JwsRefusal::AlgorithmNotAllowed(_) => &reason::TOKEN_ALGORITHM_NOT_ALLOWED,
        JwsRefusal::CriticalHeader(_) => &reason::TOKEN_CRITICAL_HEADER,
        JwsRefusal::DuplicateMember(_) => &reason::TOKEN_DUPLICATE_MEMBER,
        JwsRefusal::Encrypted => &reason::TOKEN_ENCRYPTED,
        JwsRefusal::KeyAmbiguous => &reason::TOKEN_KEY_AMBIGUOUS,
        JwsRefusal::KeyMismatch(_) => &reason::TOKEN_KEY_MISMATCH,
        JwsRefusal::Malformed(_) => &reason::TOKEN_MALFORMED,
        JwsRefusal::SignatureInvalid => &reason::TOKEN_SIGNATURE_INVALID,
        JwsRefusal::TooLarge => &reason::TOKEN_TOO_LARGE,
        JwsRefusal::UnknownKey { .. } => &reason::TOKEN_KEY_UNKNOWN,
    }
}

const fn callback(refusal: &CallbackRefusal) -> &'static Reason {
    match refusal {
        CallbackRefusal::CodeDuplicate => &reason::CODE_DUPLICATE,
        CallbackRefusal::CodeMissing => &reason::CODE_MISSING,
        CallbackRefusal::IdTokenMissing => &reason::ID_TOKEN_MISSING,
        CallbackRefusal::IssuerMissing => &reason::ISSUER_MISSING,
        CallbackRefusal::IssuerMismatch(_) => &reason::ISSUER_MISMATCH,
        CallbackRefusal::ProviderDenied => &reason::PROVIDER_DENIED,
        CallbackRefusal::ProviderFailed(_) => &reason::PROVIDER_FAILED,
        CallbackRefusal::ProviderNeedsInteraction(_) => &reason::PROVIDER_NEEDS_INTERACTION,
        CallbackRefusal::ProviderRejected(_) => &reason::PROVIDER_REJECTED_REQUEST,
    }
}

const fn discovery(refusal: &DiscoveryRefusal) -> &'static Reason {
    match refusal {
        DiscoveryRefusal::Endpoint(_) => &reason::DISCOVERY_ENDPOINT,
        DiscoveryRefusal::Issuer(_) => &reason::DISCOVERY_ISSUER_MISMATCH,
        DiscoveryRefusal::Malformed(_) => &reason::DISCOVERY_MALFORMED,
        DiscoveryRefusal::Unavailable => &reason::DISCOVERY_UNAVAILABLE,
    }
}

const fn forwarding(refusal: ForwardingRefusal) -> &'static Reason {
    match refusal {
        ForwardingRefusal::FrontSecretMissing => &reason::FRONT_SECRET_MISSING,
        ForwardingRefusal::FrontSecretWrong => &reason::FRONT_SECRET_WRONG,
        ForwardingRefusal::HostMalformed => &reason::HOST_MALFORMED,
        ForwardingRefusal::Loop => &reason::REQUEST_LOOP,
        ForwardingRefusal::MethodNotForwarded => &reason::METHOD_NOT_FORWARDED,
        ForwardingRefusal::RequestTooLarge => &reason::REQUEST_TOO_LARGE,
        ForwardingRefusal::TargetTooLong => &reason::TARGET_TOO_LONG,
        ForwardingRefusal::UpstreamMissing => &reason::UPSTREAM_MISSING,
        ForwardingRefusal::WebSocket => &reason::WEBSOCKET_UNSUPPORTED,
    }
}

const fn gate(refusal: &GateRefusal) -> &'static Reason {
    match refusal {
        GateRefusal::AccessTokenExpired => &reason::SESSION_TOKEN_EXPIRED,
        GateRefusal::BearerNotAccepted => &reason::BEARER_NOT_ACCEPTED,
        GateRefusal::CallbackElsewhere => &reason::CALLBACK_ELSEWHERE,
        GateRefusal::NoSession => &reason::SESSION_MISSING,
        GateRefusal::RenewalDue => &reason::SESSION_RENEWAL_DUE,
    }
}

const fn id_token(refusal: &IdTokenRefusal) -> &'static Reason {
    match refusal {
        IdTokenRefusal::AccessTokenHashMismatch => &reason::AT_HASH_MISMATCH,
        IdTokenRefusal::Audience(_) => &reason::ID_TOKEN_AUDIENCE,
        IdTokenRefusal::AuthTimeTooOld => &reason::AUTH_TIME_TOO_OLD,
        IdTokenRefusal::AuthorizedParty(_) => &reason::ID_TOKEN_AUTHORIZED_PARTY,
        IdTokenRefusal::Claim(_) => &reason::ID_TOKEN_CLAIM,
        IdTokenRefusal::Expired => &reason::ID_TOKEN_EXPIRED,
        IdTokenRefusal::FromTheFuture => &reason::ID_TOKEN_FROM_THE_FUTURE,
        IdTokenRefusal::Issuer(_) => &reason::ID_TOKEN_ISSUER,
        IdTokenRefusal::IssuerChanged(_) => &reason::REFRESHED_ISSUER_CHANGED,
        IdTokenRefusal::NonceChanged => &reason::REFRESHED_NONCE_CHANGED,
        IdTokenRefusal::NonceMismatch => &reason::NONCE_MISMATCH,
        IdTokenRefusal::NotYetValid => &reason::ID_TOKEN_NOT_YET_VALID,
        IdTokenRefusal::SubjectChanged => &reason::REFRESHED_SUBJECT_CHANGED,
        IdTokenRefusal::TokenUse(_) => &reason::ID_TOKEN_USE,
    }
}

const fn jwks(refusal: &JwksRefusal) -> &'static Reason {
    match refusal {
        JwksRefusal::KeyUnknown => &reason::KEY_UNKNOWN,
        JwksRefusal::Malformed(_) => &reason::JWKS_MALFORMED,
        JwksRefusal::NoUsableKey => &reason::JWKS_WITHOUT_USABLE_KEY,
        JwksRefusal::Unavailable => &reason::JWKS_UNAVAILABLE,
    }
}

const fn load_balancer(refusal: &LoadBalancerRefusal) -> &'static Reason {
    match refusal {
        LoadBalancerRefusal::Algorithm(_) => &reason::ALB_ALGORITHM_NOT_ALLOWED,
        LoadBalancerRefusal::Claim(_) => &reason::ALB_CLAIM,
        LoadBalancerRefusal::Client(_) => &reason::ALB_CLIENT,
        LoadBalancerRefusal::EndedEverywhere => &reason::ALB_ENDED_EVERYWHERE,
        LoadBalancerRefusal::Expired => &reason::ALB_EXPIRED,
        LoadBalancerRefusal::Issuer(_) => &reason::ALB_ISSUER,
        LoadBalancerRefusal::KeyId(_) => &reason::ALB_KEY_ID,
        LoadBalancerRefusal::KeyMalformed => &reason::ALB_KEY_MALFORMED,
        LoadBalancerRefusal::KeyUnavailable => &reason::ALB_KEY_UNAVAILABLE,
        LoadBalancerRefusal::KeyUnknown => &reason::ALB_KEY_UNKNOWN,
        LoadBalancerRefusal::Malformed(_) => &reason::ALB_DATA_MALFORMED,
        LoadBalancerRefusal::Signature => &reason::ALB_SIGNATURE_INVALID,
        LoadBalancerRefusal::Signer(_) => &reason::ALB_SIGNER,
        LoadBalancerRefusal::Subject => &reason::ALB_SUBJECT_MISMATCH,
    }
}

const fn logout_token(refusal: &LogoutTokenRefusal) -> &'static Reason {
    match refusal {
        LogoutTokenRefusal::Audience(_) => &reason::LOGOUT_TOKEN_AUDIENCE,
        LogoutTokenRefusal::Claim(_) => &reason::LOGOUT_TOKEN_CLAIM,
        LogoutTokenRefusal::Event(_) => &reason::LOGOUT_TOKEN_EVENT,
        LogoutTokenRefusal::Expired => &reason::LOGOUT_TOKEN_EXPIRED,
        LogoutTokenRefusal::FromTheFuture => &reason::LOGOUT_TOKEN_FROM_THE_FUTURE,
        LogoutTokenRefusal::Issuer(_) => &reason::LOGOUT_TOKEN_ISSUER,
        LogoutTokenRefusal::Missing => &reason::LOGOUT_TOKEN_MISSING,
        LogoutTokenRefusal::Nonce => &reason::LOGOUT_TOKEN_NONCE,
        LogoutTokenRefusal::NotSupported => &reason::BACKCHANNEL_LOGOUT_NOT_SUPPORTED,
        LogoutTokenRefusal::Replayed => &reason::LOGOUT_TOKEN_REPLAYED,
        LogoutTokenRefusal::Subject => &reason::LOGOUT_TOKEN_SUBJECT,
        LogoutTokenRefusal::Type(_) => &reason::LOGOUT_TOKEN_TYPE,
        LogoutTokenRefusal::Unverified(_) => &reason::LOGOUT_TOKEN_UNVERIFIED,
    }
}

const fn revocation(refusal: RevocationRefusal) -> &'static Reason {
    match refusal {
        RevocationRefusal::Bearer => &reason::BEARER_ENDED_EVERYWHERE,
        RevocationRefusal::SessionAtProvider => &reason::SESSION_ENDED_AT_PROVIDER,
        RevocationRefusal::SessionEverywhere => &reason::SESSION_ENDED_EVERYWHERE,
    }
}

const fn provider(fault: ProviderFault) -> &'static Reason {
    match fault {
        ProviderFault::Broken => &reason::PROVIDER_CONNECTION_BROKEN,
        ProviderFault::NotSent => &reason::PROVIDER_UNREACHABLE,
        ProviderFault::Redirected => &reason::PROVIDER_REDIRECTED,
        ProviderFault::TimedOut => &reason::PROVIDER_TIMED_OUT,
        ProviderFault::TooLarge => &reason::PROVIDER_ANSWER_TOO_LARGE,
    }
}

const fn refresh(refusal: &RefreshRefusal) -> &'static Reason {
    match refusal {
        RefreshRefusal::InProgress => &reason::REFRESH_IN_PROGRESS,
        RefreshRefusal::NotAPageLoad => &reason::REFRESH_NOT_A_PAGE_LOAD,
        RefreshRefusal::NotJson => &reason::REFRESH_NOT_JSON,
        RefreshRefusal::NotRefreshable => &reason::NOT_REFRESHABLE,
        RefreshRefusal::NotSameOrigin => &reason::REFRESH_NOT_SAME_ORIGIN,
        RefreshRefusal::Refused => &reason::REFRESH_REFUSED,
        RefreshRefusal::RefreshLoop => &reason::REFRESH_LOOP,
    }
}

const fn requirement(refusal: &RequirementRefusal) -> &'static Reason {
    match refusal {
        RequirementRefusal::AudienceNotAllowed => &reason::AUDIENCE_NOT_ALLOWED,
        RequirementRefusal::GroupMissing => &reason::GROUP_MISSING,
        RequirementRefusal::InsufficientScope => &reason::INSUFFICIENT_SCOPE,
        RequirementRefusal::RoleMissing => &reason::ROLE_MISSING,
    }
}

const fn reserved_header(refusal: &ReservedHeaderRefusal) -> &'static Reason {
    match refusal {
        ReservedHeaderRefusal::Ambiguous { .. } => &reason::AMBIGUOUS_HEADER,
        ReservedHeaderRefusal::Reserved { .. } => &reason::RESERVED_HEADER,
    }
}

const fn session(refusal: &SessionRefusal) -> &'static Reason {
    match refusal {
        SessionRefusal::AbsoluteTimeout => &reason::SESSION_ABSOLUTE_TIMEOUT,
        SessionRefusal::Cookie(SessionCookieRefusal::ChunkMissing) => &reason::SESSION_CHUNK_MISSING,
        SessionRefusal::Cookie(SessionCookieRefusal::Duplicate) => &reason::SESSION_COOKIE_DUPLICATE,
        SessionRefusal::Cookie(SessionCookieRefusal::Mixed) => &reason::SESSION_COOKIE_MIXED,
        SessionRefusal::IdleTimeout => &reason::SESSION_IDLE_TIMEOUT,
        SessionRefusal::Malformed => &reason::SESSION_MALFORMED,
        SessionRefusal::RollingTimeout => &reason::SESSION_ROLLING_TIMEOUT,
        SessionRefusal::Seal(SealRefusal::Malformed) => &reason::SEAL_MALFORMED,
        SessionRefusal::Seal(SealRefusal::NotAuthentic) => &reason::SEAL_NOT_AUTHENTIC,
        SessionRefusal::Seal(SealRefusal::UnknownFormat) => &reason::SEAL_UNKNOWN_FORMAT,
        SessionRefusal::Seal(SealRefusal::UnknownKey) => &reason::SEAL_UNKNOWN_KEY,
        SessionRefusal::UnknownVersion => &reason::SESSION_UNKNOWN_VERSION,
    }
}

const fn sign_in(refusal: &SignInRefusal) -> &'static Reason {
    match refusal {
        SignInRefusal::AuthorizationEndpoint => &reason::ENDPOINT_UNUSABLE,
        SignInRefusal::CookiesRefused => &reason::COOKIES_REFUSED,
        SignInRefusal::NotAccepted => &reason::SIGN_IN_NOT_ACCEPTED,
        SignInRefusal::NotAPageLoad => &reason::SIGN_IN_NOT_A_PAGE_LOAD,
    }
}

const fn state(refusal: &StateRefusal) -> &'static Reason {
    match refusal {
        StateRefusal::Duplicate => &reason::STATE_DUPLICATE,
        StateRefusal::Malformed => &reason::STATE_MALFORMED,
        StateRefusal::Missing => &reason::STATE_MISSING,
    }
}

const fn token_endpoint(refusal: &TokenEndpointRefusal) -> &'static Reason {
    match refusal {
        TokenEndpointRefusal::InvalidClient => &reason::INVALID_CLIENT,
        TokenEndpointRefusal::InvalidGrant => &reason::INVALID_GRANT,
        TokenEndpointRefusal::InvalidRequest(_) => &reason::TOKEN_REQUEST_REFUSED,
        TokenEndpointRefusal::InvalidScope(_) => &reason::INVALID_SCOPE,
        TokenEndpointRefusal::Malformed(_) => &reason::TOKEN_RESPONSE_MALFORMED,
        TokenEndpointRefusal::TokenType(_) => &reason::TOKEN_TYPE_UNSUPPORTED,
        TokenEndpointRefusal::NeedsInteraction(_) => &reason::PROVIDER_NEEDS_INTERACTION,
        TokenEndpointRefusal::UnauthorizedClient => &reason::UNAUTHORIZED_CLIENT,
        TokenEndpointRefusal::Unavailable => &reason::TOKEN_ENDPOINT_UNAVAILABLE,
        TokenEndpointRefusal::UnsupportedTokenType => &reason::REVOCATION_UNSUPPORTED,
    }
}

const fn upstream(fault: UpstreamFault) -> &'static Reason {
    match fault {
        UpstreamFault::ResponseMalformed => &reason::UPSTREAM_ANSWER_MALFORMED,
        UpstreamFault::ResponseTooLarge => &reason::UPSTREAM_ANSWER_TOO_LARGE,
        UpstreamFault::Broken => &reason::UPSTREAM_CONNECTION_BROKEN,
        UpstreamFault::Tls => &reason::UPSTREAM_TLS_FAILED,
        UpstreamFault::TimedOut => &reason::UPSTREAM_TIMED_OUT,
        UpstreamFault::Unreachable => &reason::UPSTREAM_UNREACHABLE,
    }
}

const fn user_info(refusal: &UserInfoRefusal) -> &'static Reason {
    match refusal {
        UserInfoRefusal::Malformed(_) => &reason::USER_INFO_MALFORMED,
        UserInfoRefusal::Subject => &reason::USER_INFO_SUBJECT_MISMATCH,
        UserInfoRefusal::TokenRefused => &reason::USER_INFO_REFUSED,
        UserInfoRefusal::Unavailable => &reason::USER_INFO_UNAVAILABLE,
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
