//! Parses one public key of a region's load balancers: PEM, on P-256.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::DecodingKey;

use super::LoadBalancerRefusal;
use crate::provider::call::ProviderResponse;

/// A key id: a UUID, which is safe in a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyId(String);

/// A public key.
#[derive(Debug)]
pub struct LoadBalancerKey(DecodingKey);

/// RFC 5480 section 2: the bytes before an uncompressed point on `secp256r1`.
pub(super) const BEFORE_POINT: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// 0x04 and two coordinates (SEC 1 section 2.3.3).
const POINT_BYTES: usize = 65;

impl KeyId {
    /// RFC 9562 section 4: hexadecimal digits in groups of 8, 4, 4, 4 and 12.
    pub fn parse(text: &str) -> Option<Self> {
        let groups: Vec<&str> = text.split('-').collect();
        let fits = groups.len() == 5
            && groups.iter().zip([8, 4, 4, 4, 12]).all(|(group, length)| {
                group.len() == length && group.bytes().all(|byte| byte.is_ascii_hexdigit())
            });
        fits.then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl LoadBalancerKey {
    /// Parses a `PUBLIC KEY` (RFC 7468 section 13).
    pub fn from_pem(text: &str) -> Option<Self> {
        let body = text.trim().strip_prefix("-----BEGIN PUBLIC KEY-----")?;
        let body = body.strip_suffix("-----END PUBLIC KEY-----")?;
        let base64: String = body.chars().filter(|character| !character.is_ascii_whitespace()).collect();
        let key = STANDARD.decode(base64).ok()?;
        let point = key.strip_prefix(&BEFORE_POINT)?;
        // Each verification checks whether the point is on the curve.
        (point.len() == POINT_BYTES && point.first() == Some(&4))
            .then(|| Self(DecodingKey::from_ec_der(point)))
    }

    pub(super) const fn public(&self) -> &DecodingKey {
        &self.0
    }
}

/// Judges the response from the address of a key.
///
/// # Errors
///
/// There is no such key, it is malformed, or the service is unavailable.
pub fn read_key_response(response: &ProviderResponse) -> Result<LoadBalancerKey, LoadBalancerRefusal> {
    match response.status {
        200 => {
            let text = std::str::from_utf8(&response.body).ok();
            text.and_then(LoadBalancerKey::from_pem).ok_or(LoadBalancerRefusal::KeyMalformed)
        }
        // S3 answers 403 for a missing object if the caller may not list the bucket.
        400 | 403 | 404 => Err(LoadBalancerRefusal::KeyUnknown),
        _ => Err(LoadBalancerRefusal::KeyUnavailable),
    }
}
