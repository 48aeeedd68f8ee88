#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as URL_SAFE;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::refusal::log_detail::any_detail;
use crate::token::test_tokens::{base64url, ed25519_key, key_set, merge, p256_key, p384_key, rsa_key};

fn parse(keys: &[Value]) -> Result<KeySet, JwksRefusal> {
    KeySet::parse(json!({ "keys": keys }).to_string().as_bytes())
}

/// Tells whether a set accepts this key next to a good one.
fn takes(jwk: &Value) -> bool {
    let mut named = jwk.clone();
    merge(&mut named, json!({ "kid": "tried" }));
    parse(&[named, rsa_key().jwk("good")]).unwrap().has("tried")
}

mod cache;
mod set;
