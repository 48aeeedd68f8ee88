//! Checks `at_hash` (OIDC Core section 3.1.3.6).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::token::jws::SigningAlgorithm;

/// "the base64url encoding of the left-most half of the hash of the octets of the ASCII representation of the
/// access_token value, where the hash algorithm used is the hash algorithm used in the alg Header Parameter".
pub(super) fn of(access_token: &str, algorithm: SigningAlgorithm) -> String {
    let digest = match algorithm {
        SigningAlgorithm::Rs256 | SigningAlgorithm::Ps256 | SigningAlgorithm::Es256 => {
            Sha256::digest(access_token).to_vec()
        }
        SigningAlgorithm::Rs384 | SigningAlgorithm::Ps384 | SigningAlgorithm::Es384 => {
            Sha384::digest(access_token).to_vec()
        }
        // Ed25519 hashes with SHA-512 (RFC 8032 section 5.1).
        SigningAlgorithm::Rs512 | SigningAlgorithm::Ps512 | SigningAlgorithm::EdDsa => {
            Sha512::digest(access_token).to_vec()
        }
    };
    let (left, _) = digest.split_at(digest.len() / 2);
    URL_SAFE_NO_PAD.encode(left)
}
