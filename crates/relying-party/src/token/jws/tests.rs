#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::token::test_tokens::*;

const RS256: &[SigningAlgorithm] = &[SigningAlgorithm::Rs256];

/// Parses and verifies with the provider's set, allowing only RS256.
fn read(token: &str) -> Result<VerifiedClaims, JwsRefusal> {
    UnverifiedToken::parse(token)?.verify(&key_set(), RS256)
}

fn refusal(token: &str) -> JwsRefusal {
    read(token).unwrap_err()
}

fn verify_with(token: &str, keys: &KeySet, allowed: &[SigningAlgorithm]) -> Result<(), JwsRefusal> {
    UnverifiedToken::parse(token).unwrap().verify(keys, allowed).map(|_| ())
}

mod acceptance;
mod algorithms;
mod form;
mod keys;
mod mutation;
