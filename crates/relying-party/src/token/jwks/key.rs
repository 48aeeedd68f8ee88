//! Reads one JSON Web Key (RFC 7517 section 4, RFC 7518 section 6, RFC 8037 section 2).

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use jsonwebtoken::DecodingKey;
use serde_json::{Map, Value};

use crate::token::jws::algorithm::SigningAlgorithm;

/// RSA moduli below this are too weak (RFC 7518 section 3.3).
const MIN_RSA_BITS: usize = 2048;
/// RSA moduli above this cost too much time.
const MAX_RSA_BITS: usize = 8192;

/// RFC 7515 section 2 forbids padding. Some providers add it; the bytes are the same.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A public key and its own metadata.
#[derive(Debug)]
pub(super) struct Key {
    kid: Option<String>,
    kind: KeyKind,
    /// `alg`, as sent. An unknown one fits no algorithm.
    algorithm: Option<String>,
    /// `x5t`. One that is not a text counts as absent.
    certificate: Option<String>,
    for_signatures: bool,
    /// Its members as bytes, for comparison with another key.
    material: Vec<u8>,
    decoded: DecodingKey,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeyKind {
    Ed25519,
    P256,
    P384,
    Rsa,
}

impl Key {
    /// Parses a key; `None` if its type is unknown or its members are malformed.
    pub(super) fn read(value: &Value) -> Option<Self> {
        let members = value.as_object()?;
        if !["kid", "alg", "use"].into_iter().all(|name| is_text_or_absent(members, name)) {
            return None;
        }
        let (kind, material, decoded) = match text(members, "kty")? {
            "RSA" => rsa(members)?,
            "EC" => elliptic_curve(members)?,
            "OKP" => octet_key_pair(members)?,
            _ => return None,
        };
        Some(Self {
            kid: text(members, "kid").map(str::to_owned),
            kind,
            algorithm: text(members, "alg").map(str::to_owned),
            certificate: text(members, "x5t").map(str::to_owned),
            for_signatures: for_signatures(members)?,
            material,
            decoded,
        })
    }

    pub(super) fn has_id(&self, kid: &str) -> bool {
        self.kid.as_deref() == Some(kid)
    }

    pub(super) fn certificate(&self) -> Option<&str> {
        self.certificate.as_deref()
    }

    /// Tells whether the key is meant to verify signatures.
    pub(super) const fn is_for_signatures(&self) -> bool {
        self.for_signatures
    }

    /// Tells whether `kty`, `crv`, `alg`, `use` and `key_ops` all permit a signature with this algorithm.
    pub(super) fn fits(&self, algorithm: SigningAlgorithm) -> bool {
        self.for_signatures
            && self.kind == KeyKind::of(algorithm)
            && self.algorithm.as_deref().is_none_or(|own| own == algorithm.name())
    }

    /// Tells whether the other has the same key material, whatever its id.
    pub(super) fn is_same_key(&self, other: &Self) -> bool {
        self.kind == other.kind && self.material == other.material
    }

    pub(super) const fn decoded(&self) -> &DecodingKey {
        &self.decoded
    }
}

impl KeyKind {
    const fn of(algorithm: SigningAlgorithm) -> Self {
        match algorithm {
            SigningAlgorithm::Rs256
            | SigningAlgorithm::Rs384
            | SigningAlgorithm::Rs512
            | SigningAlgorithm::Ps256
            | SigningAlgorithm::Ps384
            | SigningAlgorithm::Ps512 => Self::Rsa,
            SigningAlgorithm::Es256 => Self::P256,
            SigningAlgorithm::Es384 => Self::P384,
            SigningAlgorithm::EdDsa => Self::Ed25519,
        }
    }
}

fn rsa(members: &Map<String, Value>) -> Option<(KeyKind, Vec<u8>, DecodingKey)> {
    let modulus = integer(members, "n")?;
    let exponent = integer(members, "e")?;
    let leading = modulus.first()?.leading_zeros();
    let bits = (modulus.len() * 8).checked_sub(usize::try_from(leading).ok()?)?;
    if !(MIN_RSA_BITS..=MAX_RSA_BITS).contains(&bits) {
        return None;
    }
    // Practically all keys have 65537. An even exponent or 1 is invalid, and a long one only costs time.
    if exponent.len() > 4 || exponent == [1] || exponent.last()? % 2 == 0 {
        return None;
    }
    let decoded = DecodingKey::from_rsa_raw_components(&modulus, &exponent);
    // No exponent has more than four octets, so the length octet shows where the exponent begins.
    let length = u8::try_from(exponent.len()).ok()?;
    Some((KeyKind::Rsa, [&[length], exponent.as_slice(), &modulus].concat(), decoded))
}

fn elliptic_curve(members: &Map<String, Value>) -> Option<(KeyKind, Vec<u8>, DecodingKey)> {
    let (kind, size) = match text(members, "crv")? {
        "P-256" => (KeyKind::P256, 32),
        "P-384" => (KeyKind::P384, 48),
        _ => return None,
    };
    let (x, y) = (bytes(members, "x")?, bytes(members, "y")?);
    if x.len() != size || y.len() != size {
        return None;
    }
    // SEC 1 section 2.3.3, uncompressed. Each verification checks whether the point is on the curve.
    let point = [&[0x04], x.as_slice(), y.as_slice()].concat();
    let decoded = DecodingKey::from_ec_der(&point);
    Some((kind, point, decoded))
}

fn octet_key_pair(members: &Map<String, Value>) -> Option<(KeyKind, Vec<u8>, DecodingKey)> {
    if text(members, "crv")? != "Ed25519" {
        return None;
    }
    let x = bytes(members, "x")?;
    let decoded = DecodingKey::from_ed_der(&x);
    (x.len() == 32).then_some((KeyKind::Ed25519, x, decoded))
}

/// `use` is `sig` or absent (RFC 7517 section 4.2), and `key_ops` has `verify` or is absent (section 4.3).
fn for_signatures(members: &Map<String, Value>) -> Option<bool> {
    let by_use = text(members, "use").is_none_or(|purpose| purpose == "sig");
    let by_operations = match members.get("key_ops") {
        None => true,
        Some(Value::Array(operations)) => operations.iter().any(|operation| operation == "verify"),
        Some(_) => return None,
    };
    Some(by_use && by_operations)
}

/// A required text.
fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    members.get(name)?.as_str()
}

/// Tells whether a member is absent or a text. A key with another value is malformed.
fn is_text_or_absent(members: &Map<String, Value>, name: &str) -> bool {
    members.get(name).is_none_or(Value::is_string)
}

fn bytes(members: &Map<String, Value>, name: &str) -> Option<Vec<u8>> {
    BASE64.decode(text(members, name)?).ok()
}

/// An unsigned big-endian integer. Some providers add leading zero octets, against RFC 7518 section 6.3.1.1;
/// they do not change the value.
fn integer(members: &Map<String, Value>, name: &str) -> Option<Vec<u8>> {
    let octets = bytes(members, name)?;
    let first = octets.iter().position(|octet| *octet != 0)?;
    octets.get(first..).map(<[u8]>::to_vec)
}
