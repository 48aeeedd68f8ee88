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
        let Some(particular) = self.particular() else { return Cow::Borrowed(self.reason().log) };
        Cow::Owned(format!("{}: {particular}", self.reason().log))
    }

    fn particular(&self) -> Option<String> {
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
                AccessTokenRefusal::Audience(particular)
                | AccessTokenRefusal::Client(particular)
                | AccessTokenRefusal::TokenUse(particular),
            )
            | Self::Callback(
                CallbackRefusal::ProviderFailed(particular)
                | CallbackRefusal::ProviderNeedsInteraction(particular)
                | CallbackRefusal::ProviderRejected(particular),
            )
            | Self::Discovery(DiscoveryRefusal::Malformed(particular))
            | Self::IdToken(
                IdTokenRefusal::Audience(particular)
                | IdTokenRefusal::AuthorizedParty(particular)
                | IdTokenRefusal::TokenUse(particular),
            )
            | Self::Jwks(JwksRefusal::Malformed(particular))
            | Self::LoadBalancer(
                LoadBalancerRefusal::Algorithm(particular)
                | LoadBalancerRefusal::Client(particular)
                | LoadBalancerRefusal::KeyId(particular)
                | LoadBalancerRefusal::Malformed(particular)
                | LoadBalancerRefusal::Signer(particular),
            )
            | Self::LogoutToken(
                LogoutTokenRefusal::Audience(particular)
                | LogoutTokenRefusal::Event(particular)
                | LogoutTokenRefusal::Type(particular),
            )
            | Self::TokenEndpoint(
                TokenEndpointRefusal::InvalidRequest(particular)
                | TokenEndpointRefusal::InvalidScope(particular)
                | TokenEndpointRefusal::Malformed(particular)
                | TokenEndpointRefusal::NeedsInteraction(particular)
                | TokenEndpointRefusal::TokenType(particular),
            )
            | Self::UserInfo(UserInfoRefusal::Malformed(particular)) => particular.to_string(),
            Self::Jwks(JwksRefusal::KeyUnknown { kid }) => key_id(kid.as_deref()),
            Self::SessionStoreUnavailable(outage) => outage.to_string(),
            Self::Bearer(refusal) => unverified(refusal)?,
            Self::IdTokenUnverified(refusal) | Self::LogoutToken(LogoutTokenRefusal::Unverified(refusal)) => {
                let log = refusal.reason().log;
                unverified(refusal)
                    .map_or_else(|| log.to_owned(), |particular| format!("{log}: {particular}"))
            }
            _ => return None,
        })
    }
}

/// Describes a token that was not verified.
fn unverified(refusal: &JwsRefusal) -> Option<String> {
    match refusal {
        JwsRefusal::AlgorithmNotAllowed(particular)
        | JwsRefusal::CriticalHeader(particular)
        | JwsRefusal::DuplicateMember(particular)
        | JwsRefusal::KeyMismatch(particular)
        | JwsRefusal::Malformed(particular) => Some(particular.to_string()),
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
