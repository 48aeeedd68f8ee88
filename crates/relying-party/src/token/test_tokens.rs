//! Builds valid tokens for the tests, each of which changes one thing. Keys are generated once per process.

#![expect(clippy::unwrap_used, reason = "a test fails when it cannot be set up")]

use std::sync::OnceLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384,
    RSA_PSS_SHA512, RsaEncoding, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use crate::time::Timestamp;
use crate::token::jwks::KeySet;
use crate::token::jws::{SigningAlgorithm, UnverifiedToken, VerifiedClaims};

/// The time in every test.
pub(crate) const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);
/// The provider in every test, with an issuer in Cognito's form.
pub(crate) const ISSUER: &str = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Example";
/// Our client id.
pub(crate) const CLIENT_ID: &str = "4example4client4id4example";
/// The nonce of the attempt.
pub(crate) const NONCE: &str = "n-0S6_WzA2MjZwYnVnc2Jlbm9uY2U";

/// The private keys of the tests.
pub(crate) enum TestKey {
    Ed25519(Box<Ed25519KeyPair>),
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

/// The provider's RSA key.
pub(crate) fn rsa_key() -> &'static TestKey {
    static KEY: OnceLock<TestKey> = OnceLock::new();
    KEY.get_or_init(|| TestKey::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()))
}

/// An RSA key that is not the provider's.
pub(crate) fn foreign_rsa_key() -> &'static TestKey {
    static KEY: OnceLock<TestKey> = OnceLock::new();
    KEY.get_or_init(|| TestKey::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()))
}

/// The provider's P-256 key.
pub(crate) fn p256_key() -> &'static TestKey {
    static KEY: OnceLock<TestKey> = OnceLock::new();
    KEY.get_or_init(|| TestKey::P256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()))
}

/// The provider's P-384 key.
pub(crate) fn p384_key() -> &'static TestKey {
    static KEY: OnceLock<TestKey> = OnceLock::new();
    KEY.get_or_init(|| TestKey::P384(EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap()))
}

/// The provider's Ed25519 key.
pub(crate) fn ed25519_key() -> &'static TestKey {
    static KEY: OnceLock<TestKey> = OnceLock::new();
    KEY.get_or_init(|| TestKey::Ed25519(Box::new(Ed25519KeyPair::generate().unwrap())))
}

impl TestKey {
    /// The public key as a JWK with this id, without `alg`, `use` and `key_ops`.
    pub(crate) fn jwk(&self, kid: &str) -> Value {
        match self {
            Self::Rsa(pair) => {
                let public = pair.public_key();
                json!({
                    "kid": kid, "kty": "RSA",
                    "n": base64url(public.modulus().big_endian_without_leading_zero()),
                    "e": base64url(public.exponent().big_endian_without_leading_zero()),
                })
            }
            Self::P256(pair) => elliptic_curve_jwk(kid, "P-256", pair.public_key().as_ref()),
            Self::P384(pair) => elliptic_curve_jwk(kid, "P-384", pair.public_key().as_ref()),
            Self::Ed25519(pair) => json!({
                "kid": kid, "kty": "OKP", "crv": "Ed25519", "x": base64url(pair.public_key().as_ref()),
            }),
        }
    }

    /// The public key as DER (RSA) or as its raw bytes.
    pub(crate) fn public_bytes(&self) -> Vec<u8> {
        match self {
            Self::Rsa(pair) => pair.public_key().as_ref().to_vec(),
            Self::P256(pair) | Self::P384(pair) => pair.public_key().as_ref().to_vec(),
            Self::Ed25519(pair) => pair.public_key().as_ref().to_vec(),
        }
    }

    /// The signature with the algorithm of this name; RS256 if the name is not that of an RSA algorithm.
    pub(crate) fn sign(&self, algorithm: &str, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Rsa(pair) => {
                let encoding: &'static dyn RsaEncoding = match algorithm {
                    "RS384" => &RSA_PKCS1_SHA384,
                    "RS512" => &RSA_PKCS1_SHA512,
                    "PS256" => &RSA_PSS_SHA256,
                    "PS384" => &RSA_PSS_SHA384,
                    "PS512" => &RSA_PSS_SHA512,
                    _ => &RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(encoding, &random, message, &mut signature).unwrap();
                signature
            }
            Self::P256(pair) | Self::P384(pair) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
            Self::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }
}

/// A token under construction.
#[derive(Clone)]
pub(crate) struct TokenBuilder {
    header: Map<String, Value>,
    claims: Map<String, Value>,
    raw_header: Option<Vec<u8>>,
    raw_claims: Option<Vec<u8>>,
    key: &'static TestKey,
}

impl TokenBuilder {
    /// An ID token as Cognito issues it.
    pub(crate) fn id_token() -> Self {
        Self::new(json!({
            "sub": "b2c4a8f0-0000-4000-8000-000000000001",
            "iss": ISSUER,
            "aud": CLIENT_ID,
            "token_use": "id",
            "nonce": NONCE,
            "auth_time": NOW.unix() - 5,
            "iat": NOW.unix() - 5,
            "exp": NOW.unix() + 3595,
            "cognito:username": "ada",
            "cognito:groups": ["staff", "admins"],
            "email": "ada@example.com",
            "email_verified": true,
            "jti": "c0ffee",
        }))
    }

    /// An access token as Cognito issues it.
    pub(crate) fn access_token() -> Self {
        Self::new(json!({
            "sub": "b2c4a8f0-0000-4000-8000-000000000001",
            "iss": ISSUER,
            "client_id": CLIENT_ID,
            "token_use": "access",
            "scope": "openid email",
            "auth_time": NOW.unix() - 5,
            "iat": NOW.unix() - 5,
            "exp": NOW.unix() + 3595,
            "username": "ada",
            "cognito:groups": ["staff"],
            "version": 2,
        }))
    }

    /// A token with exactly these claims.
    pub(crate) fn new(claims: Value) -> Self {
        let Value::Object(claims) = claims else { unreachable!("claims are an object") };
        let Value::Object(header) = json!({ "alg": "RS256", "kid": "signing-1" }) else {
            unreachable!("a header is an object")
        };
        Self { header, claims, raw_header: None, raw_claims: None, key: rsa_key() }
    }

    pub(crate) fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    pub(crate) fn without_claim(mut self, name: &str) -> Self {
        self.claims.remove(name);
        self
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header.insert(name.to_owned(), value.into());
        self
    }

    pub(crate) fn without_header(mut self, name: &str) -> Self {
        self.header.remove(name);
        self
    }

    /// Replaces the header by these bytes.
    pub(crate) fn raw_header(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.raw_header = Some(bytes.into());
        self
    }

    /// Replaces the claims by these bytes.
    pub(crate) fn raw_claims(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.raw_claims = Some(bytes.into());
        self
    }

    /// The claims as text, for a test to change.
    pub(crate) fn claims_text(&self) -> String {
        Value::Object(self.claims.clone()).to_string()
    }

    pub(crate) fn signed_by(mut self, key: &'static TestKey) -> Self {
        self.key = key;
        self
    }

    /// The text that is signed.
    pub(crate) fn message(&self) -> String {
        let header = self.raw_header.clone().unwrap_or_else(|| object_bytes(&self.header));
        let claims = self.raw_claims.clone().unwrap_or_else(|| object_bytes(&self.claims));
        format!("{}.{}", base64url(&header), base64url(&claims))
    }

    /// The signed token.
    pub(crate) fn build(&self) -> String {
        let algorithm = self.header.get("alg").and_then(Value::as_str).unwrap_or("RS256");
        let message = self.message();
        let signature = self.key.sign(algorithm, message.as_bytes());
        format!("{message}.{}", base64url(&signature))
    }

    /// The claims after verification.
    pub(crate) fn verified(&self) -> VerifiedClaims {
        let token = self.build();
        UnverifiedToken::parse(&token).unwrap().verify(&key_set(), &[SigningAlgorithm::Rs256]).unwrap()
    }
}

/// The provider's key set: one RSA key for signatures, `signing-1`.
pub(crate) fn key_set() -> KeySet {
    let mut jwk = rsa_key().jwk("signing-1");
    merge(&mut jwk, json!({ "alg": "RS256", "use": "sig" }));
    key_set_of(&[jwk])
}

/// A set of these keys.
pub(crate) fn key_set_of(keys: &[Value]) -> KeySet {
    KeySet::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
}

/// Overwrites members of `object` with those of `members`.
pub(crate) fn merge(object: &mut Value, members: Value) {
    let Value::Object(members) = members else { unreachable!("members are an object") };
    object.as_object_mut().unwrap().extend(members);
}

pub(crate) fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn object_bytes(object: &Map<String, Value>) -> Vec<u8> {
    serde_json::to_vec(object).unwrap()
}

fn elliptic_curve_jwk(kid: &str, curve: &str, point: &[u8]) -> Value {
    let (x, y) = point.split_at(1).1.split_at((point.len() - 1) / 2);
    json!({ "kid": kid, "kty": "EC", "crv": curve, "x": base64url(x), "y": base64url(y) })
}
