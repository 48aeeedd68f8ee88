#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::json;

use super::*;
use crate::token::test_tokens::{CLIENT_ID, ISSUER, NONCE, NOW, TokenBuilder};

const LEEWAY: i64 = 60;

fn good() -> TokenBuilder {
    TokenBuilder::id_token()
}

/// Lets `bend` change the expectations of a sign-in, then checks the token.
fn check_with(
    token: &TokenBuilder,
    bend: impl FnOnce(&mut IdTokenExpectations<'_>),
) -> Result<IdToken, IdTokenRefusal> {
    let issuers = [ISSUER.to_owned()];
    let mut expectations = IdTokenExpectations {
        issuers: &issuers,
        client_id: CLIENT_ID,
        nonce: Some(NONCE),
        access_token: None,
        cognito: true,
        groups_claim: &ClaimPath::of("cognito:groups"),
        time: TimeWithLeeway { now: NOW, leeway: LEEWAY },
    };
    bend(&mut expectations);
    check(token.verified(), &expectations).map_err(untyped)
}

fn untyped(refusal: IdTokenRefusal) -> IdTokenRefusal {
    match refusal {
        IdTokenRefusal::Claim(refusal) => IdTokenRefusal::Claim(refusal.untyped()),
        other => other,
    }
}

fn checked(token: &TokenBuilder) -> Result<IdToken, IdTokenRefusal> {
    check_with(token, |_| {})
}

fn refusal(token: &TokenBuilder) -> IdTokenRefusal {
    checked(token).unwrap_err()
}

fn wrong_type(name: &'static str) -> IdTokenRefusal {
    IdTokenRefusal::Claim(ClaimRefusal::untyped_wrong(name))
}

fn missing(name: &'static str) -> IdTokenRefusal {
    IdTokenRefusal::Claim(ClaimRefusal::Missing(name))
}

mod acceptance;
mod access_token_hash;
mod issuer_and_audience;
mod kind;
mod nonce;
mod refreshed;
mod subject;
mod time;
