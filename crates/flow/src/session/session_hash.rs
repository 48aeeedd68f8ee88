//! Names a session in the log.

use relying_party::hex;
use relying_party::session::Session;
use sha2::{Digest, Sha256};

/// A short name of a session for the log. It identifies the log lines of one session and opens nothing.
pub(crate) fn session_hash(session: &Session) -> String {
    let mut hash = Sha256::new();
    hash.update(session.issuer.as_bytes());
    hash.update([0]);
    hash.update(session.subject.as_bytes());
    hash.update(session.signed_in_at.unix().to_be_bytes());
    let digest: [u8; 32] = hash.finalize().into();
    let (start, _) = digest.split_at(8);
    hex::lowercase(start)
}
