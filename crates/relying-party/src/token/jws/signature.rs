//! Verifies signatures. No other module asks the cryptography.

use jsonwebtoken::DecodingKey;
use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;

use super::SigningAlgorithm;

/// Proof that a signature verified: nothing else can construct it.
pub(crate) struct Genuine(());

impl Genuine {
    /// Verifies `signature` over `message`. Any answer but a plain yes is `None`.
    ///
    /// The verifier comes from the provider's factory by name. `jsonwebtoken::crypto::verify` says `Ok(false)` on a
    /// forgery, which `?` would wave through, and looks for a process-wide provider, which panics when two
    /// back ends are compiled in.
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
