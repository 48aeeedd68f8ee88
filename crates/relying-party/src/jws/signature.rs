//! The one place that asks the cryptography.

use std::sync::OnceLock;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters, RsaPublicKeyComponents,
    VerificationAlgorithm,
};

use super::SigningAlgorithm;

/// What a public key is made of.
#[derive(Debug)]
pub(crate) enum KeyMaterial {
    /// Unsigned big-endian integers without leading zeros.
    Rsa {
        /// `n`.
        modulus: Vec<u8>,
        /// `e`.
        exponent: Vec<u8>,
    },
    /// A point of a curve (SEC 1 section 2.3.3, uncompressed), or the 32 bytes of Ed25519 (RFC 8032 section 5.1.5).
    Curve(Vec<u8>),
}

/// A public key. Parsed once: that takes a tenth of the time of an RSA verification.
#[derive(Debug)]
pub(crate) struct PublicKey {
    material: KeyMaterial,
    /// For the algorithm that was asked for first. A provider signs with one.
    parsed: OnceLock<(SigningAlgorithm, Option<ParsedPublicKey>)>,
}

impl PublicKey {
    pub(crate) const fn new(material: KeyMaterial) -> Self {
        Self { material, parsed: OnceLock::new() }
    }

    fn verifies(&self, algorithm: SigningAlgorithm, message: &[u8], signature: &[u8]) -> bool {
        let (parsed_for, parsed) = self.parsed.get_or_init(|| (algorithm, parsed(&self.material, algorithm)));
        let is_good = |key: &ParsedPublicKey| key.verify_sig(message, signature).is_ok();
        if *parsed_for == algorithm {
            parsed.as_ref().is_some_and(is_good)
        } else {
            self::parsed(&self.material, algorithm).as_ref().is_some_and(is_good)
        }
    }
}

/// Proof that a signature verified: nothing else can construct it.
pub(crate) struct Genuine(());

impl Genuine {
    /// Verifies `signature` over `message`. Any answer but a plain yes is `None`.
    pub(crate) fn verify(
        algorithm: SigningAlgorithm,
        key: &PublicKey,
        message: &[u8],
        signature: &[u8],
    ) -> Option<Self> {
        key.verifies(algorithm, message, signature).then_some(Self(()))
    }
}

/// The key for this algorithm; `None` when it is none, such as a point that is not on the curve.
fn parsed(material: &KeyMaterial, algorithm: SigningAlgorithm) -> Option<ParsedPublicKey> {
    match (material, verifier(algorithm)) {
        (KeyMaterial::Rsa { modulus, exponent }, Verifier::Rsa(parameters)) => {
            RsaPublicKeyComponents { n: modulus, e: exponent }.to_parsed_public_key(parameters).ok()
        }
        (KeyMaterial::Curve(bytes), Verifier::Curve(curve)) => ParsedPublicKey::new(curve, bytes).ok(),
        (KeyMaterial::Rsa { .. }, Verifier::Curve(_)) | (KeyMaterial::Curve(_), Verifier::Rsa(_)) => None,
    }
}

enum Verifier {
    Rsa(&'static RsaParameters),
    Curve(&'static dyn VerificationAlgorithm),
}

/// RFC 7518 section 3.1, RFC 8037 section 3.1. ECDSA signatures are the two integers side by side, of fixed length (RFC
/// 7518 section 3.4).
fn verifier(algorithm: SigningAlgorithm) -> Verifier {
    match algorithm {
        SigningAlgorithm::Rs256 => Verifier::Rsa(&RSA_PKCS1_2048_8192_SHA256),
        SigningAlgorithm::Rs384 => Verifier::Rsa(&RSA_PKCS1_2048_8192_SHA384),
        SigningAlgorithm::Rs512 => Verifier::Rsa(&RSA_PKCS1_2048_8192_SHA512),
        SigningAlgorithm::Ps256 => Verifier::Rsa(&RSA_PSS_2048_8192_SHA256),
        SigningAlgorithm::Ps384 => Verifier::Rsa(&RSA_PSS_2048_8192_SHA384),
        SigningAlgorithm::Ps512 => Verifier::Rsa(&RSA_PSS_2048_8192_SHA512),
        SigningAlgorithm::Es256 => Verifier::Curve(&ECDSA_P256_SHA256_FIXED),
        SigningAlgorithm::Es384 => Verifier::Curve(&ECDSA_P384_SHA384_FIXED),
        SigningAlgorithm::EdDsa => Verifier::Curve(&ED25519),
    }
}
