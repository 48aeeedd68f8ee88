//! Describes how the tokens, keys and answers of one provider differ from those of others.

use std::sync::OnceLock;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

/// In [`Shape::claims`] and answers: removes the member.
pub const ABSENT: &str = "$absent";
/// In [`Shape::claims`]: `at_hash` of the access token in the same response.
pub const AT_HASH: &str = "$at_hash";
/// In [`Shape::claims`] and answers: the current time as a number.
pub const NOW: &str = "$now";

/// The members that are specific to a provider. Each is an object; a member with the value [`ABSENT`] removes a default
/// member. Tokens are signed with RS256.
#[derive(Clone, Debug, Default)]
pub struct Shape {
    /// Members of an ID token's header.
    pub header: Value,
    /// Members of the signing key in the key set.
    pub key: Value,
    /// The other keys, each before or after the signing key, because a provider lists keys in any order.
    pub other_keys: Vec<Value>,
    /// A whole key set that replaces these keys.
    pub keys: Option<Value>,
    pub claims: Value,
    /// Members of the response to a code.
    pub response: Value,
    /// Members of the response to a refresh token.
    pub refreshed: Value,
    /// The claims of the userinfo endpoint besides `sub`.
    pub user_info: Value,
}

impl Shape {
    pub fn key_set(&self) -> Value {
        if let Some(keys) = &self.keys {
            return keys.clone();
        }
        let public = rsa_key().public_key();
        let mut own = json!({
            "kid": "1", "kty": "RSA",
            "n": URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero()),
            "e": URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero()),
        });
        bend(&mut own, &self.key);
        let mut keys = self.other_keys.clone();
        keys.insert(keys.len() / 2, own);
        json!({ "keys": keys })
    }

    pub(super) fn header_of_id_token(&self) -> Value {
        let mut header = self.header_of("JWT");
        bend(&mut header, &self.header);
        header
    }

    pub(super) fn header_of<'a>(&self, typ: impl Into<Option<&'a str>>) -> Value {
        let kid = self.key.get("kid").cloned().unwrap_or_else(|| json!("1"));
        let typ = typ.into().map_or_else(|| json!(ABSENT), |typ| json!(typ));
        let mut header = json!({});
        bend(&mut header, &json!({ "alg": "RS256", "kid": kid, "typ": typ }));
        header
    }
}

pub(super) fn bend(object: &mut Value, members: &Value) {
    let object = object.as_object_mut().unwrap();
    for (name, value) in members.as_object().unwrap_or(&Map::new()) {
        if value == ABSENT {
            object.remove(name);
        } else {
            object.insert(name.clone(), value.clone());
        }
    }
}

/// The members with the values that are known only at the time of the response.
pub(super) fn of_now(members: &Value, now: i64, access_token: &str) -> Value {
    let mut members = members.clone();
    for (_, value) in members.as_object_mut().into_iter().flatten() {
        if *value == NOW {
            *value = json!(now);
        } else if *value == AT_HASH {
            let hash = digest(&SHA256, access_token.as_bytes());
            *value = json!(URL_SAFE_NO_PAD.encode(hash.as_ref().split_at(16).0));
        }
    }
    members
}

pub(super) fn sign(message: &[u8]) -> Vec<u8> {
    let mut signature = vec![0; rsa_key().public_modulus_len()];
    rsa_key().sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).unwrap();
    signature
}

/// Generated once for each process, because it is slow.
fn rsa_key() -> &'static RsaKeyPair {
    static KEY: OnceLock<RsaKeyPair> = OnceLock::new();
    KEY.get_or_init(|| RsaKeyPair::generate(KeySize::Rsa2048).unwrap())
}
