//! Checks of the provider, called as the functions call it.

use super::{Check, DEPLOY, Finding, all, check};
use crate::doctor::facts::{Facts, Refused};

pub(super) const CHECKS: &[Check] = &[
    check!(
        metadata,
        "issuer_differs",
        "nobody can sign in: the provider's tokens name another issuer",
        DEPLOY,
        |refused| refused.code == "discovery_issuer_mismatch"
    ),
    check!(
        metadata,
        "discovery_faulty",
        "sign-in fails where an endpoint is not configured",
        "curl -i {issuer}/.well-known/openid-configuration",
        |refused| refused.code != "discovery_issuer_mismatch"
    ),
    check!(
        "keys_unreadable",
        "nobody can sign in, and every token is refused",
        "curl -i {issuer}/.well-known/openid-configuration",
        |facts| {
            let refused = facts.provider.as_ref().and_then(|provider| provider.keys.as_ref().err());
            all(refused.map(code_and_text))
        }
    ),
    check!(
        "endpoints_differ",
        "people and codes go to another address than the provider says",
        DEPLOY,
        |facts| {
            let Some(reference) = facts.reference() else { return Vec::new() };
            let metadata = facts.provider.as_ref().and_then(|provider| provider.metadata.as_ref().ok());
            let Some(metadata) = metadata else { return Vec::new() };
            let published = |name: &str| match name {
                "authorization_endpoint" => Some(metadata.authorization_endpoint.as_str()),
                "token_endpoint" => Some(metadata.token_endpoint.as_str()),
                "jwks_uri" => Some(metadata.jwks_uri.as_str()),
                "userinfo_endpoint" => metadata.userinfo_endpoint.as_deref(),
                "revocation_endpoint" => metadata.revocation_endpoint.as_deref(),
                "end_session_endpoint" => metadata.end_session_endpoint.as_deref(),
                _ => None,
            };
            let differing = reference.endpoints.iter().filter_map(|(name, configured)| {
                let published = published(name).filter(|published| published != configured)?;
                Some(format!("{name} is {configured}, the provider says {published}"))
            });
            all(differing)
        }
    ),
];

fn metadata(facts: &Facts, is_it: impl Fn(&Refused) -> bool) -> Vec<Finding> {
    let refused = facts.provider.as_ref().and_then(|provider| provider.metadata.as_ref().err());
    all(refused.filter(|refused| is_it(refused)).map(code_and_text))
}

fn code_and_text(refused: &Refused) -> String {
    format!("{}: {}", refused.code, refused.text)
}
