//! Signed tokens in the compact form (RFC 7515 section 7.1), apart from what their claims say.

mod algorithm;
mod signature;

pub use algorithm::SigningAlgorithm;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::json::{JsonRefusal, parse_every_member, parse_object};
use crate::token::jwks::{KeyRefusal, KeySet};
pub(crate) use signature::Genuine;

/// The longest token that is looked at, in bytes.
pub const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// The longest key id that is looked up, in bytes.
const MAX_KEY_ID_BYTES: usize = 256;

/// Why a token is not one that we verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JwsRefusal {
    /// `alg` is not among the allowed ones; `none` and the HMAC family never are.
    ///
    /// `token_algorithm_not_allowed` client 401
    AlgorithmNotAllowed,
    /// The header has `crit` or `b64`: an extension that we would have to understand (RFC 7515 section 4.1.11,
    /// RFC 7797 section 6).
    ///
    /// `token_critical_header` client 401
    CriticalHeader,
    /// The header or the claims have two members of one name.
    ///
    /// `token_duplicate_member` client 401
    DuplicateMember,
    /// Five parts: an encrypted token (RFC 7516 section 7.1), which we never asked for.
    ///
    /// `token_encrypted` client 401
    Encrypted,
    /// There is no `kid` and several keys fit.
    ///
    /// `token_key_ambiguous` client 401
    KeyAmbiguous,
    /// The named key is of another type, for another algorithm or not for signatures.
    ///
    /// `token_key_mismatch` client 401
    KeyMismatch,
    /// Not three base64url parts of two JSON objects and a signature.
    ///
    /// `token_malformed` client 401
    Malformed,
    /// The signature is not by that key over these bytes.
    ///
    /// `token_signature_invalid` client 401
    SignatureInvalid,
    /// Longer than [`MAX_TOKEN_BYTES`].
    ///
    /// `token_too_large` client 401
    TooLarge,
    /// No key of the set has this `kid`, or none fits a token without one. The set may be old: the driver asks the
    /// cache whether to fetch it again.
    ///
    /// `token_key_unknown` client 401
    UnknownKey {
        /// The `kid` of the token.
        kid: Option<String>,
    },
}

impl JwsRefusal {
    /// Whether a newer set of keys may verify the token: a provider can replace a key under the same `kid`, and what names
    /// none says of no set that it is old.
    pub const fn asks_for_newer_keys(&self) -> bool {
        matches!(
            self,
            Self::KeyAmbiguous | Self::KeyMismatch | Self::SignatureInvalid | Self::UnknownKey { .. }
        )
    }
}

/// A token whose signature nobody has checked. It tells who claims to have signed it, and nothing else.
pub struct UnverifiedToken<'a> {
    algorithm: SigningAlgorithm,
    kid: Option<String>,
    typ: Option<String>,
    claims: Map<String, Value>,
    payload: &'a str,
    message: &'a [u8],
    signature: Vec<u8>,
}

impl<'a> UnverifiedToken<'a> {
    /// Takes the compact form apart (RFC 7515 section 5.2 steps 1 to 7).
    ///
    /// The header parameters `jku`, `jwk`, `x5u` and `x5c` say where a key could be had; they are not read.
    ///
    /// # Errors
    ///
    /// [`JwsRefusal`] for everything that can be refused without a key.
    pub fn parse(text: &'a str) -> Result<Self, JwsRefusal> {
        if text.len() > MAX_TOKEN_BYTES {
            return Err(JwsRefusal::TooLarge);
        }
        let parts: Vec<&str> = text.split('.').collect();
        let [header, payload, signature] = match parts.as_slice() {
            [header, payload, signature] => [header, payload, signature],
            [_, _, _, _, _] => return Err(JwsRefusal::Encrypted),
            _ => return Err(JwsRefusal::Malformed),
        };

        let header = Header::parse(header)?;
        let claims = parse_object(&decode(payload)?)?;
        let signature = decode(signature)?;
        if signature.is_empty() {
            return Err(JwsRefusal::Malformed);
        }
        let (message, _) = text.rsplit_once('.').ok_or(JwsRefusal::Malformed)?;
        let Header { algorithm, kid, typ } = header;
        Ok(Self { algorithm, kid, typ, claims, payload, message: message.as_bytes(), signature })
    }

    /// The issuer that the token claims, to choose whose keys to ask. Anybody can write it.
    pub fn unverified_iss(&self) -> Option<&str> {
        self.claims.get("iss")?.as_str()
    }

    /// The key that the token names, to choose it. Anybody can write it.
    pub fn unverified_kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// What the token says. Anybody can write it.
    pub(crate) const fn unverified_claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// Checks the signature with each key of `keys` that the token names and whose own members agree with it.
    ///
    /// # Errors
    ///
    /// [`JwsRefusal::UnknownKey`] when a newer set might help, another [`JwsRefusal`] when it would not.
    pub fn verify(self, keys: &KeySet, allowed: &[SigningAlgorithm]) -> Result<VerifiedClaims, JwsRefusal> {
        // RFC 8725 section 3.1: the algorithm is ours to choose, never the token's.
        if !allowed.contains(&self.algorithm) {
            return Err(JwsRefusal::AlgorithmNotAllowed);
        }
        let named = keys.select(self.kid.as_deref(), self.algorithm).map_err(|refusal| match refusal {
            KeyRefusal::Ambiguous => JwsRefusal::KeyAmbiguous,
            KeyRefusal::Mismatch => JwsRefusal::KeyMismatch,
            KeyRefusal::Unknown => JwsRefusal::UnknownKey { kid: self.kid.clone() },
        })?;
        let genuine = named
            .into_iter()
            .find_map(|key| Genuine::verify(self.algorithm, key, self.message, &self.signature))
            .ok_or(JwsRefusal::SignatureInvalid)?;
        Ok(VerifiedClaims::new(&genuine, self))
    }
}

/// Claims over which a signature verified. Only a true answer of the cryptography constructs them; whether they are
/// for us, and still, is for [`crate::token::id_token`] and [`crate::token::access_token`] to say.
#[derive(Debug)]
pub struct VerifiedClaims {
    algorithm: SigningAlgorithm,
    typ: Option<String>,
    claims: Map<String, Value>,
    payload: String,
}

impl VerifiedClaims {
    fn new(_: &Genuine, token: UnverifiedToken<'_>) -> Self {
        let UnverifiedToken { algorithm, typ, claims, payload, .. } = token;
        Self { algorithm, typ, claims, payload: payload.to_owned() }
    }

    /// The algorithm of the signature.
    pub const fn algorithm(&self) -> SigningAlgorithm {
        self.algorithm
    }

    /// The media type of the header's `typ` in lower case and without `application/` (RFC 7515 section 4.1.9).
    pub fn typ(&self) -> Option<&str> {
        self.typ.as_deref()
    }

    /// The claims.
    pub const fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// The claims as they were signed: base64url JSON, the middle part of the token.
    pub fn payload(&self) -> &str {
        &self.payload
    }

    /// The claims, owned.
    pub fn into_claims(self) -> Map<String, Value> {
        self.claims
    }
}

impl From<JsonRefusal> for JwsRefusal {
    fn from(refusal: JsonRefusal) -> Self {
        match refusal {
            JsonRefusal::DuplicateMember => Self::DuplicateMember,
            JsonRefusal::Malformed | JsonRefusal::NotAnObject | JsonRefusal::TooDeep => Self::Malformed,
        }
    }
}

/// What is read of the protected header.
struct Header {
    algorithm: SigningAlgorithm,
    kid: Option<String>,
    typ: Option<String>,
}

impl Header {
    fn parse(encoded: &str) -> Result<Self, JwsRefusal> {
        let header = parse_every_member(&decode(encoded)?)?;
        if header.contains_key("crit") || header.contains_key("b64") {
            return Err(JwsRefusal::CriticalHeader);
        }
        let algorithm = text(&header, "alg")?.ok_or(JwsRefusal::Malformed)?;
        let algorithm = SigningAlgorithm::from_name(algorithm).ok_or(JwsRefusal::AlgorithmNotAllowed)?;
        let kid = text(&header, "kid")?.map(str::to_owned);
        if kid.as_ref().is_some_and(|kid| kid.len() > MAX_KEY_ID_BYTES) {
            return Err(JwsRefusal::Malformed);
        }
        Ok(Self { algorithm, kid, typ: text(&header, "typ")?.map(media_type) })
    }
}

fn text<'a>(header: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, JwsRefusal> {
    match header.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(JwsRefusal::Malformed),
    }
}

fn media_type(typ: &str) -> String {
    let typ = typ.to_ascii_lowercase();
    typ.strip_prefix("application/").map(str::to_owned).unwrap_or(typ)
}

/// Base64url without padding, in its one canonical spelling (RFC 7515 section 2): other spellings of the same bytes
/// would be other tokens with the same claims.
fn decode(part: &str) -> Result<Vec<u8>, JwsRefusal> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| JwsRefusal::Malformed)
}

#[cfg(test)]
mod tests;
