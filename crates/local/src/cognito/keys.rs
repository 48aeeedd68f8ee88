//! Holds the keys of a user pool: one signs ID tokens, another access tokens, and the JWKS contains both.

use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

const ID_PEM: &str = include_str!("../../keys/id.pem");
const ACCESS_PEM: &str = include_str!("../../keys/access.pem");
const STRANGER_PEM: &str = include_str!("../../keys/stranger.pem");

/// A key could not be read or made.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct KeyFault(&'static str);

/// An RSA key that signs RS256.
#[derive(Clone)]
pub(super) struct SigningKey {
    pair: Arc<RsaKeyPair>,
    kid: String,
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

/// All keys of the pool.
pub(super) struct KeyRing {
    pub(super) id: SigningKey,
    pub(super) access: SigningKey,
    /// Signs tokens that must be refused; it is never published.
    pub(super) stranger: SigningKey,
    retired: Vec<SigningKey>,
}

impl SigningKey {
    /// Reads a PKCS#8 PEM.
    pub(super) fn from_pem(pem: &str) -> Result<Self, KeyFault> {
        let body: String = pem.lines().filter(|line| !line.starts_with("-----")).map(str::trim).collect();
        let der = STANDARD.decode(body).map_err(|_| KeyFault("the PEM is not base64"))?;
        let pair = RsaKeyPair::from_pkcs8(&der).map_err(|_| KeyFault("no RSA key in PKCS#8"))?;
        Self::new(pair)
    }

    /// Makes an RSA-2048 key. The library supplies the randomness.
    pub(super) fn generate() -> Result<Self, KeyFault> {
        let pair =
            RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyFault("no RSA key could be made"))?;
        Self::new(pair)
    }

    fn new(pair: RsaKeyPair) -> Result<Self, KeyFault> {
        let (modulus, exponent) =
            rsa_public_key(pair.public_key().as_ref()).ok_or(KeyFault("the RSA public key is malformed"))?;
        // Cognito's key ids are 32 bytes in base64 with padding, so they may contain `+`, `/` and `=`.
        let kid = STANDARD.encode(Sha256::digest(&modulus));
        Ok(Self { pair: Arc::new(pair), kid, modulus, exponent })
    }

    pub(super) fn kid(&self) -> &str {
        &self.kid
    }

    /// The public half as Cognito publishes it.
    pub(super) fn jwk(&self) -> Value {
        json!({
            "alg": "RS256",
            "e": URL_SAFE_NO_PAD.encode(&self.exponent),
            "kid": self.kid,
            "kty": "RSA",
            "n": URL_SAFE_NO_PAD.encode(&self.modulus),
            "use": "sig",
        })
    }

    /// The RSASSA-PKCS1-v1_5 signature with SHA-256 (RFC 7518 section 3.3).
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyFault> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| KeyFault("the RSA key does not sign"))?;
        Ok(signature)
    }

    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, self.pair.public_key())
            .verify(message, signature)
            .is_ok()
    }

    /// The public key as PEM, for a test that forges an HS256 token with it.
    pub(super) fn public_pem(&self) -> String {
        let der = self.pair.public_key().as_ref();
        format!("-----BEGIN RSA PUBLIC KEY-----\n{}\n-----END RSA PUBLIC KEY-----\n", STANDARD.encode(der))
    }
}

impl KeyRing {
    /// The fixed development keys of `crates/local/keys`.
    pub(super) fn development() -> Result<Self, KeyFault> {
        Ok(Self {
            id: SigningKey::from_pem(ID_PEM)?,
            access: SigningKey::from_pem(ACCESS_PEM)?,
            stranger: SigningKey::from_pem(STRANGER_PEM)?,
            retired: Vec::new(),
        })
    }

    /// Signs with new keys; the old public keys stay published.
    pub(super) fn rotate(&mut self) -> Result<(), KeyFault> {
        let id = SigningKey::generate()?;
        let access = SigningKey::generate()?;
        self.retired.push(std::mem::replace(&mut self.id, id));
        self.retired.push(std::mem::replace(&mut self.access, access));
        Ok(())
    }

    pub(super) fn drop_old(&mut self) {
        self.retired.clear();
    }

    pub(super) fn jwks(&self) -> Value {
        let keys: Vec<Value> = self.published().map(SigningKey::jwk).collect();
        json!({ "keys": keys })
    }

    pub(super) fn published(&self) -> impl Iterator<Item = &SigningKey> {
        [&self.id, &self.access].into_iter().chain(&self.retired)
    }
}

/// The modulus and the exponent of an `RSAPublicKey` in DER (RFC 8017 appendix A.1.1).
fn rsa_public_key(der: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let (sequence, _) = element(der, 0x30)?;
    let (modulus, rest) = element(sequence, 0x02)?;
    let (exponent, _) = element(rest, 0x02)?;
    Some((unsigned(modulus), unsigned(exponent)))
}

/// The content of the first DER element, and the bytes after it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    if found != tag {
        return None;
    }
    if first < 0x80 {
        return rest.split_at_checked(usize::from(first));
    }
    let (length, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
    let length =
        length.iter().try_fold(0_usize, |sum, &byte| sum.checked_mul(256)?.checked_add(byte.into()))?;
    rest.split_at_checked(length)
}

fn unsigned(integer: &[u8]) -> Vec<u8> {
    integer.iter().copied().skip_while(|&byte| byte == 0).collect()
}
