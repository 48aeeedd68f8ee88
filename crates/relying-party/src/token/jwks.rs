//! Holds a provider's public keys (RFC 7517): the key set, and a cache that receives the time as an argument.

mod cache;
mod key;

pub use cache::{COOL_DOWN_SECONDS, JwksCache, JwksPlan, SOFT_LIFETIME_SECONDS, TokenSource, Wanted};

use jsonwebtoken::DecodingKey;
use serde_json::Value;

use crate::json::parse_object;
use crate::provider::call::{CallKind, ProviderRequest, ProviderResponse};
use crate::refusal::log_detail::LogDetail;
use crate::refusal::reason::{self, Reason};
use crate::token::jws::algorithm::SigningAlgorithm;
use key::Key;

/// The most keys that a set may have.
pub const MAX_KEYS: usize = 100;

/// Why there are no keys for a verification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JwksRefusal {
    /// The provider was asked within the last seconds, and its set does not have the required key.
    KeyUnknown {
        /// The id of the required key, if the token names one.
        kid: Option<String>,
    },
    /// The response is not a JWK set: it is not JSON, has a member twice, is too large or has too many keys.
    Malformed(LogDetail),
    /// The set has no key that can verify tokens.
    NoUsableKey,
    /// The provider could not be asked, failed within the last seconds, or answered with an error.
    Unavailable,
}

impl JwksRefusal {
    /// The code, status and texts of this refusal.
    pub const fn reason(&self) -> &'static Reason {
        match self {
            Self::KeyUnknown { .. } => &reason::KEY_UNKNOWN,
            Self::Malformed(_) => &reason::JWKS_MALFORMED,
            Self::NoUsableKey => &reason::JWKS_WITHOUT_USABLE_KEY,
            Self::Unavailable => &reason::JWKS_UNAVAILABLE,
        }
    }
}

/// Why a set has no key for a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyRefusal {
    Ambiguous,
    Mismatch,
    Unknown,
}

/// The public keys of one issuer, decoded once.
#[derive(Debug)]
pub struct KeySet {
    keys: Vec<Key>,
}

impl KeySet {
    /// Parses a JWK set (RFC 7517 section 5). Malformed keys and keys of unknown types are skipped
    /// individually, as that section asks. The set is complete before it is used.
    ///
    /// # Errors
    ///
    /// [`JwksRefusal::Malformed`] or [`JwksRefusal::NoUsableKey`].
    pub fn parse(bytes: &[u8]) -> Result<Self, JwksRefusal> {
        if bytes.len() > CallKind::Jwks.max_bytes() {
            return Err(malformed("it is longer than is read"));
        }
        let document = parse_object(bytes)
            .map_err(|refusal| JwksRefusal::Malformed(LogDetail::no_object("the set", refusal)))?;
        let members = match document.get("keys") {
            Some(Value::Array(members)) => members,
            Some(other) => {
                return Err(JwksRefusal::Malformed(LogDetail::wrong_type("keys", "an array of keys", other)));
            }
            None => return Err(JwksRefusal::Malformed(LogDetail::missing("keys"))),
        };
        if members.len() > MAX_KEYS {
            return Err(malformed("`keys` has more than 100 members"));
        }
        let keys: Vec<Key> = members.iter().filter_map(Key::read).collect();
        if !keys.iter().any(Key::is_for_signatures) {
            return Err(JwksRefusal::NoUsableKey);
        }
        Ok(Self { keys })
    }

    /// Tells whether the set has a key with this id, suitable or not.
    pub fn has(&self, kid: &str) -> bool {
        self.keys.iter().any(|key| key.has_id(kid))
    }

    /// The keys for a token with this `kid` and algorithm; at least one.
    ///
    /// A `kid` names one key or, with some providers, several, and the signature shows which of them signed.
    /// Without a `kid` there has to be a single key (OIDC Core section 10.1: with several "a kid value MUST
    /// be provided"), or one of several whose certificate the token names: AD FS 2016 sends `x5t` and no
    /// `kid` (RFC 7515 section 4.1.7). A key that is listed twice counts once.
    pub(crate) fn select(
        &self,
        kid: Option<&str>,
        certificate: Option<&str>,
        algorithm: SigningAlgorithm,
    ) -> Result<Vec<&DecodingKey>, KeyRefusal> {
        if kid.is_some_and(|kid| !self.has(kid)) {
            return Err(KeyRefusal::Unknown);
        }
        let named = self.keys.iter().filter(|key| kid.is_none_or(|kid| key.has_id(kid)));
        let mut fitting: Vec<&Key> = Vec::new();
        for key in named.filter(|key| key.fits(algorithm)) {
            if !fitting.iter().any(|other| other.is_same_key(key)) {
                fitting.push(key);
            }
        }
        if kid.is_none() && fitting.len() > 1 && certificate.is_some() {
            fitting.retain(|key| key.certificate() == certificate);
            if fitting.is_empty() {
                return Err(KeyRefusal::Ambiguous);
            }
        }
        match (fitting.len(), kid) {
            (0, Some(_)) => Err(KeyRefusal::Mismatch),
            (0, None) => Err(KeyRefusal::Unknown),
            (2.., None) => Err(KeyRefusal::Ambiguous),
            _ => Ok(fitting.into_iter().map(Key::decoded).collect()),
        }
    }
}

fn malformed(problem: &str) -> JwksRefusal {
    JwksRefusal::Malformed(LogDetail::fixed_text(problem))
}

/// The request for the set at `endpoint` (`jwks_uri`).
pub fn request(endpoint: &str) -> ProviderRequest {
    ProviderRequest::fetch(endpoint, CallKind::Jwks)
}

/// Judges the response to [`request`].
///
/// # Errors
///
/// [`JwksRefusal::Unavailable`] for every status except 200, otherwise those of [`KeySet::parse`].
pub fn read_response(response: &ProviderResponse) -> Result<KeySet, JwksRefusal> {
    if response.status != 200 {
        return Err(JwksRefusal::Unavailable);
    }
    KeySet::parse(&response.body)
}

#[cfg(test)]
mod tests;
