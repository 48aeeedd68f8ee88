//! Builds the detail of a refusal for the log.

use std::borrow::Cow;

use super::Refusal;
use super::printable::shown;
use crate::provider::discovery::DiscoveryRefusal;
use crate::provider::token_endpoint::TokenEndpointRefusal;
use crate::provider::user_info::UserInfoRefusal;
use crate::sign_in::callback::CallbackRefusal;
use crate::sign_out::logout_token::LogoutTokenRefusal;
use crate::token::access_token::AccessTokenRefusal;
use crate::token::id_token::IdTokenRefusal;
use crate::token::jwks::JwksRefusal;
use crate::token::jws::JwsRefusal;
use crate::token::load_balancer::LoadBalancerRefusal;

impl Refusal {
    /// The log text: the reason's and, for a token or a response of the provider, the claim with its actual
    /// and its required value. It names issuers, audiences, clients and types; never a token, a code or a
    /// secret.
    pub fn detail(&self) -> Cow<'static, str> {
        let Some(log_detail) = self.log_detail() else { return Cow::Borrowed(self.reason().log) };
        Cow::Owned(format!("{}: {log_detail}", self.reason().log))
    }

    fn log_detail(&self) -> Option<String> {
        Some(match self {
            Self::AccessToken(AccessTokenRefusal::Claim(claim))
            | Self::Discovery(DiscoveryRefusal::Endpoint(claim))
            | Self::IdToken(IdTokenRefusal::Claim(claim))
            | Self::LoadBalancer(LoadBalancerRefusal::Claim(claim))
            | Self::LogoutToken(LogoutTokenRefusal::Claim(claim)) => claim.to_string(),
            Self::AccessToken(AccessTokenRefusal::UnknownIssuer(issuer))
            | Self::Callback(CallbackRefusal::IssuerMismatch(issuer))
            | Self::Discovery(DiscoveryRefusal::Issuer(issuer))
            | Self::IdToken(IdTokenRefusal::Issuer(issuer) | IdTokenRefusal::IssuerChanged(issuer))
            | Self::LoadBalancer(LoadBalancerRefusal::Issuer(issuer))
            | Self::LogoutToken(LogoutTokenRefusal::Issuer(issuer)) => issuer.to_string(),
            Self::AccessToken(
                AccessTokenRefusal::Audience(log_detail)
                | AccessTokenRefusal::Client(log_detail)
                | AccessTokenRefusal::TokenUse(log_detail),
            )
            | Self::Callback(
                CallbackRefusal::ProviderFailed(log_detail)
                | CallbackRefusal::ProviderNeedsInteraction(log_detail)
                | CallbackRefusal::ProviderRejected(log_detail),
            )
            | Self::Discovery(DiscoveryRefusal::Malformed(log_detail))
            | Self::IdToken(
                IdTokenRefusal::Audience(log_detail)
                | IdTokenRefusal::AuthorizedParty(log_detail)
                | IdTokenRefusal::TokenUse(log_detail),
            )
            | Self::Jwks(JwksRefusal::Malformed(log_detail))
            | Self::LoadBalancer(
                LoadBalancerRefusal::Algorithm(log_detail)
                | LoadBalancerRefusal::Client(log_detail)
                | LoadBalancerRefusal::KeyId(log_detail)
                | LoadBalancerRefusal::Malformed(log_detail)
                | LoadBalancerRefusal::Signer(log_detail),
            )
            | Self::LogoutToken(
                LogoutTokenRefusal::Audience(log_detail)
                | LogoutTokenRefusal::Event(log_detail)
                | LogoutTokenRefusal::Type(log_detail),
            )
            | Self::TokenEndpoint(
                TokenEndpointRefusal::InvalidRequest(log_detail)
                | TokenEndpointRefusal::InvalidScope(log_detail)
                | TokenEndpointRefusal::Malformed(log_detail)
                | TokenEndpointRefusal::NeedsInteraction(log_detail)
                | TokenEndpointRefusal::TokenType(log_detail),
            )
            | Self::UserInfo(UserInfoRefusal::Malformed(log_detail)) => log_detail.to_string(),
            Self::Jwks(JwksRefusal::KeyUnknown { kid }) => key_id(kid.as_deref()),
            Self::SessionStoreUnavailable(outage) => outage.to_string(),
            Self::Bearer(refusal) => unverified(refusal)?,
            Self::IdTokenUnverified(refusal) | Self::LogoutToken(LogoutTokenRefusal::Unverified(refusal)) => {
                let log = refusal.reason().log;
                unverified(refusal)
                    .map_or_else(|| log.to_owned(), |log_detail| format!("{log}: {log_detail}"))
            }
            _ => return None,
        })
    }
}

/// Describes a token that was not verified.
fn unverified(refusal: &JwsRefusal) -> Option<String> {
    match refusal {
        JwsRefusal::AlgorithmNotAllowed(log_detail)
        | JwsRefusal::CriticalHeader(log_detail)
        | JwsRefusal::DuplicateMember(log_detail)
        | JwsRefusal::KeyMismatch(log_detail)
        | JwsRefusal::Malformed(log_detail) => Some(log_detail.to_string()),
        JwsRefusal::UnknownKey { kid } => Some(key_id(kid.as_deref())),
        JwsRefusal::Encrypted
        | JwsRefusal::KeyAmbiguous
        | JwsRefusal::SignatureInvalid
        | JwsRefusal::TooLarge => None,
    }
}

fn key_id(kid: Option<&str>) -> String {
    kid.map_or_else(|| "`kid` is missing".to_owned(), |kid| format!("`kid` is `{}`", shown(kid)))
}
