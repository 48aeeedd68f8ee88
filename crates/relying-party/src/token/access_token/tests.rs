#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::json;

use super::*;
use crate::configuration::GroupsClaims;
use crate::token::test_tokens::{CLIENT_ID, ISSUER, NONCE, NOW, TokenBuilder};

const LEEWAY: i64 = 60;
const OTHER_ISSUER: &str = "https://login.example.com/";
const API: &str = "https://api.example.com";

fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

fn cognito_row() -> BearerIssuer {
    BearerIssuer {
        issuer: ISSUER.to_owned(),
        jwks_endpoint: None,
        kind: IssuerKind::Cognito,
        audiences: Vec::new(),
        client_ids: texts(&["another-client", CLIENT_ID]),
        groups_accepted: true,
    }
}

fn other_row() -> BearerIssuer {
    BearerIssuer {
        issuer: OTHER_ISSUER.to_owned(),
        jwks_endpoint: None,
        kind: IssuerKind::Other,
        audiences: texts(&[API, "https://second.example.com"]),
        client_ids: Vec::new(),
        groups_accepted: true,
    }
}

/// A token in Cognito's form.
fn good() -> TokenBuilder {
    TokenBuilder::access_token()
}

/// A token by RFC 9068.
fn profiled() -> TokenBuilder {
    plain().header("typ", "at+jwt")
}

/// The same token from a provider that does not send `typ: at+jwt`.
fn plain() -> TokenBuilder {
    TokenBuilder::new(json!({
        "iss": OTHER_ISSUER,
        "sub": "ada",
        "aud": [API, "https://login.example.com/userinfo"],
        "client_id": "spa",
        "scope": "read write",
        "preferred_username": "ada.l",
        "groups": ["people"],
        "iat": NOW.unix() - 5,
        "exp": NOW.unix() + 595,
    }))
    .header("typ", "JWT")
}

fn check_with(token: &TokenBuilder, row: &BearerIssuer) -> Result<AccessToken, AccessTokenRefusal> {
    let groups_claims = GroupsClaims::default();
    let groups_claim = groups_claims.of(row.kind);
    let time = TimeWithLeeway { now: NOW, leeway: LEEWAY };
    check(token.verified(), row, groups_claim, time).map_err(|refusal| match refusal {
        AccessTokenRefusal::Claim(refusal) => AccessTokenRefusal::Claim(refusal.untyped()),
        other => other,
    })
}

fn cognito(token: &TokenBuilder) -> Result<AccessToken, AccessTokenRefusal> {
    check_with(token, &cognito_row())
}

fn other(token: &TokenBuilder) -> Result<AccessToken, AccessTokenRefusal> {
    check_with(token, &other_row())
}

fn wrong_type(name: &'static str) -> AccessTokenRefusal {
    AccessTokenRefusal::Claim(ClaimRefusal::untyped_wrong(name))
}

fn missing(name: &'static str) -> AccessTokenRefusal {
    AccessTokenRefusal::Claim(ClaimRefusal::Missing(name))
}

mod cognito;
mod credential;
mod elsewhere;
mod every_row;
mod leeway;
mod memberships;
mod rows;
