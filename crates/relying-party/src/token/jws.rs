//! Parses and verifies signed tokens in the compact form (RFC 7515 section 7.1). Other modules check their
//! claims.

pub(crate) mod algorithm;
mod signature;

pub use algorithm::SigningAlgorithm;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::json::{JsonRefusal, parse_every_member, parse_object};
use crate::refusal::log_detail::LogDetail;
use crate::refusal::printable::shown;
use crate::refusal::reason::{self, Reason};
use crate::token::jwks::{KeyRefusal, KeySet};
pub(crate) use signature::VerifiedSignature;

/// The longest accepted token, in bytes.
pub const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// The longest key id that is looked up, in bytes.
const MAX_KEY_ID_BYTES: usize = 256;

/// Why a token could not be verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JwsRefusal {
    /// `alg` is not among the allowed ones; `none` and the HMAC family never are.
    AlgorithmNotAllowed(LogDetail),
    /// The header has `crit` or `b64`: an extension that must be understood (RFC 7515 section 4.1.11,
    /// RFC 7797 section 6).
    CriticalHeader(LogDetail),
    /// The header or the claims have two members of one name.
    DuplicateMember(LogDetail),
    /// The token has five parts: it is encrypted (RFC 7516 section 7.1), which we never request.
    Encrypted,
    /// There is no `kid`, several keys fit, and `x5t` names none of them.
    KeyAmbiguous,
    /// The named key has another type, is for another algorithm, or is not for signatures.
    KeyMismatch(LogDetail),
    /// The token is not three base64url parts: two JSON objects and a signature.
    Malformed(LogDetail),
    /// The signature was not made with the key over these bytes.
    SignatureInvalid,
    /// The token is longer than [`MAX_TOKEN_BYTES`].
    TooLarge,
    /// No key of the set has this `kid`, or none fits a token without one. The set may be outdated: the
    /// driver asks the cache whether to fetch it again.
    UnknownKey {
        /// The `kid` of the token.
        kid: Option<String>,
    },
}

impl JwsRefusal {
    /// The code, status and texts of this refusal of a bearer token.
    pub const fn reason(&self) -> &'static Reason {
        match self {
            Self::AlgorithmNotAllowed(_) => &reason::TOKEN_ALGORITHM_NOT_ALLOWED,
            Self::CriticalHeader(_) => &reason::TOKEN_CRITICAL_HEADER,
            Self::DuplicateMember(_) => &reason::TOKEN_DUPLICATE_MEMBER,
            Self::Encrypted => &reason::TOKEN_ENCRYPTED,
            Self::KeyAmbiguous => &reason::TOKEN_KEY_AMBIGUOUS,
            Self::KeyMismatch(_) => &reason::TOKEN_KEY_MISMATCH,
            Self::Malformed(_) => &reason::TOKEN_MALFORMED,
            Self::SignatureInvalid => &reason::TOKEN_SIGNATURE_INVALID,
            Self::TooLarge => &reason::TOKEN_TOO_LARGE,
            Self::UnknownKey { .. } => &reason::TOKEN_KEY_UNKNOWN,
        }
    }

    /// Tells whether a newer set of keys may verify the token. A provider can replace a key under the same
    /// `kid`, and a token without a `kid` does not show that the set is outdated.
    pub const fn asks_for_newer_keys(&self) -> bool {
        matches!(
            self,
            Self::KeyAmbiguous | Self::KeyMismatch(_) | Self::SignatureInvalid | Self::UnknownKey { .. }
        )
    }
}

/// A token whose signature has not been verified. It reveals only who claims to have signed it.
pub struct UnverifiedToken<'a> {
    algorithm: SigningAlgorithm,
    kid: Option<String>,
    certificate: Option<String>,
    typ: Option<String>,
    claims: Map<String, Value>,
    payload: &'a str,
    message: &'a [u8],
    signature: Vec<u8>,
}

impl<'a> UnverifiedToken<'a> {
    /// Parses the compact form (RFC 7515 section 5.2 steps 1 to 7).
    ///
    /// The header parameters `jku`, `jwk`, `x5u` and `x5c` name sources of keys; they are ignored.
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
            parts => {
                let problem = format!("{} parts between dots, expected 3", parts.len());
                return Err(malformed(&problem));
            }
        };

        let header = Header::parse(header)?;
        let claims = object("the payload", parse_object(&decode("the payload", payload)?))?;
        let signature = decode("the signature", signature)?;
        if signature.is_empty() {
            return Err(malformed("the signature is empty"));
        }
        let (message, _) = text.rsplit_once('.').ok_or_else(|| malformed("there is no dot"))?;
        let Header { algorithm, kid, certificate, typ } = header;
        Ok(Self { algorithm, kid, certificate, typ, claims, payload, message: message.as_bytes(), signature })
    }

    /// The claimed issuer, for choosing the keys. A client can write anything there.
    pub fn unverified_iss(&self) -> Option<&str> {
        self.claims.get("iss")?.as_str()
    }

    /// The claimed key id, for choosing the key. A client can write anything there.
    pub fn unverified_kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The unverified claims. A client can write anything there.
    pub(crate) const fn unverified_claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// Verifies the signature with each key of `keys` that the token names and that permits the algorithm.
    ///
    /// # Errors
    ///
    /// [`JwsRefusal::UnknownKey`] when a newer set might help, another [`JwsRefusal`] when it would not.
    pub fn verify(self, keys: &KeySet, allowed: &[SigningAlgorithm]) -> Result<VerifiedClaims, JwsRefusal> {
        // RFC 8725 section 3.1: we choose the accepted algorithms, never the token.
        if !allowed.contains(&self.algorithm) {
            let allowed = allowed.iter().map(|algorithm| algorithm.name());
            let refusal = LogDetail::other_text("alg", Some(self.algorithm.name()), allowed);
            return Err(JwsRefusal::AlgorithmNotAllowed(refusal));
        }
        let (kid, certificate) = (self.kid.as_deref(), self.certificate.as_deref());
        let named = keys.select(kid, certificate, self.algorithm).map_err(|refusal| match refusal {
            KeyRefusal::Ambiguous => JwsRefusal::KeyAmbiguous,
            KeyRefusal::Mismatch => JwsRefusal::KeyMismatch(LogDetail::fixed_text(&format!(
                "`alg` is `{}`, `kid` is `{}`",
                self.algorithm.name(),
                shown(self.kid.as_deref().unwrap_or_default())
            ))),
            KeyRefusal::Unknown => JwsRefusal::UnknownKey { kid: self.kid.clone() },
        })?;
        let verified = named
            .into_iter()
            .find_map(|key| VerifiedSignature::verify(self.algorithm, key, self.message, &self.signature))
            .ok_or(JwsRefusal::SignatureInvalid)?;
        Ok(VerifiedClaims::new(&verified, self))
    }
}

/// Claims whose signature was verified. They exist only after a successful verification. Whether they are
/// meant for us and current is checked in [`crate::token::id_token`] and [`crate::token::access_token`].
#[derive(Debug)]
pub struct VerifiedClaims {
    algorithm: SigningAlgorithm,
    typ: Option<String>,
    claims: Map<String, Value>,
    payload: String,
}

impl VerifiedClaims {
    fn new(_: &VerifiedSignature, token: UnverifiedToken<'_>) -> Self {
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
    pub(crate) fn into_claims(self) -> Map<String, Value> {
        self.claims
    }
}

/// Converts the result of reading `what` (a part of a token) as a JSON object.
fn object<T>(what: &str, read: Result<T, JsonRefusal>) -> Result<T, JwsRefusal> {
    read.map_err(|refusal| match refusal {
        JsonRefusal::DuplicateMember => JwsRefusal::DuplicateMember(LogDetail::no_object(what, refusal)),
        JsonRefusal::Malformed | JsonRefusal::NotAnObject | JsonRefusal::TooDeep => {
            JwsRefusal::Malformed(LogDetail::no_object(what, refusal))
        }
    })
}

fn malformed(problem: &str) -> JwsRefusal {
    JwsRefusal::Malformed(LogDetail::fixed_text(problem))
}

/// The members of the protected header that are used.
struct Header {
    algorithm: SigningAlgorithm,
    kid: Option<String>,
    /// `x5t`, the thumbprint of the key's certificate. It only selects among keys of the provider's set.
    certificate: Option<String>,
    typ: Option<String>,
}

impl Header {
    fn parse(encoded: &str) -> Result<Self, JwsRefusal> {
        let header = object("the header", parse_every_member(&decode("the header", encoded)?))?;
        if let Some(name) = ["crit", "b64"].into_iter().find(|name| header.contains_key(*name)) {
            return Err(JwsRefusal::CriticalHeader(LogDetail::fixed_text(&format!("`{name}` is there"))));
        }
        let named = text(&header, "alg")?;
        let named = named.ok_or_else(|| JwsRefusal::Malformed(LogDetail::missing("alg")))?;
        let algorithm = SigningAlgorithm::from_name(named)
            .ok_or_else(|| JwsRefusal::AlgorithmNotAllowed(LogDetail::other_text("alg", Some(named), [])))?;
        let kid = text(&header, "kid")?.map(str::to_owned);
        if kid.as_ref().is_some_and(|kid| kid.len() > MAX_KEY_ID_BYTES) {
            return Err(malformed("`kid` is longer than 256 bytes"));
        }
        let certificate = header.get("x5t").and_then(Value::as_str).map(str::to_owned);
        Ok(Self { algorithm, kid, certificate, typ: text(&header, "typ")?.map(media_type) })
    }
}

fn text<'a>(header: &'a Map<String, Value>, name: &'static str) -> Result<Option<&'a str>, JwsRefusal> {
    match header.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(JwsRefusal::Malformed(LogDetail::wrong_type(name, "a string", other))),
    }
}

fn media_type(typ: &str) -> String {
    let typ = typ.to_ascii_lowercase();
    typ.strip_prefix("application/").map(str::to_owned).unwrap_or(typ)
}

/// Base64url without padding, in its only canonical spelling (RFC 7515 section 2). Other spellings of the
/// same bytes would be different tokens with the same claims.
fn decode(what: &str, part: &str) -> Result<Vec<u8>, JwsRefusal> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| malformed(&format!("{what}: no base64url without padding")))
}

#[cfg(test)]
mod tests;
