//! Proves that the code was requested by this browser's attempt: Proof Key for Code Exchange (RFC 7636).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::Attempt;

impl Attempt {
    /// The verifier, 43 characters (RFC 7636 section 4.1).
    pub fn code_verifier(&self) -> Zeroizing<String> {
        Zeroizing::new(URL_SAFE_NO_PAD.encode(*self.derive(b"code verifier")))
    }

    /// The challenge by `S256` (RFC 7636 section 4.2).
    pub fn code_challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.code_verifier().as_bytes()))
    }
}
