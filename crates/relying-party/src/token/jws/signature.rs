//! Verifies signatures. No other module calls the cryptography for that.

use jsonwebtoken::DecodingKey;
use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;

use super::SigningAlgorithm;

/// Proof that a signature was verified. Only this module can construct it.
pub(crate) struct VerifiedSignature(());

impl VerifiedSignature {
    /// Verifies `signature` over `message`. `None` unless the verification succeeds.
    ///
    /// The verifier comes from the provider's factory by name. `jsonwebtoken::crypto::verify` returns
    /// `Ok(false)` for a forgery, which `?` would let pass, and uses a process-wide provider, which panics
    /// when two back ends are compiled in.
    pub(crate) fn verify(
        algorithm: SigningAlgorithm,
        key: &DecodingKey,
        message: &[u8],
        signature: &Vec<u8>,
    ) -> Option<Self> {
        let verifier = (DEFAULT_PROVIDER.verifier_factory)(&algorithm.verifier(), key).ok()?;
        verifier.verify(message, signature).ok().map(|()| Self(()))
    }
}
