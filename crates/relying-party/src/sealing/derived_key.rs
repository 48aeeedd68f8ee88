//! Derives the subkeys of one secret, one for each purpose and client (HKDF-SHA256, RFC 5869).

use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::layout::KEY_ID_BYTES;
use super::{Purpose, TAG_BYTES};
use crate::secret::Secret;

pub(super) struct Key {
    pub(super) id: [u8; KEY_ID_BYTES],
    attempt: Zeroizing<[u8; 32]>,
    session: Zeroizing<[u8; 32]>,
    state: Zeroizing<[u8; 32]>,
    stored_session: Zeroizing<[u8; 32]>,
    stored_index: Zeroizing<[u8; 32]>,
    session_id: Zeroizing<[u8; 32]>,
}

impl Key {
    pub(super) fn derive(secret: &Secret, client_id: &str) -> Self {
        let extracted = extract(secret);
        let subkey = |purpose: Purpose| {
            let mut key = Zeroizing::new([0; 32]);
            expand(&extracted, &[b"key ", &[purpose.number()], client_id.as_bytes()], &mut *key);
            key
        };
        Self {
            id: id_of(&extracted),
            attempt: subkey(Purpose::Attempt),
            session: subkey(Purpose::Session),
            state: subkey(Purpose::State),
            stored_session: subkey(Purpose::StoredSession),
            stored_index: subkey(Purpose::StoredIndex),
            session_id: subkey(Purpose::SessionId),
        }
    }

    pub(super) fn of(&self, purpose: Purpose) -> &[u8; 32] {
        match purpose {
            Purpose::Attempt => &self.attempt,
            Purpose::Session => &self.session,
            Purpose::State => &self.state,
            Purpose::StoredSession => &self.stored_session,
            Purpose::StoredIndex => &self.stored_index,
            Purpose::SessionId => &self.session_id,
        }
    }

    pub(super) fn cipher(&self, purpose: Purpose) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(self.of(purpose).into())
    }

    /// The subkey of one session: HMAC-SHA256 of its id with the subkey of stored sessions.
    pub(super) fn stored_cipher(&self, id: &[u8; 32]) -> XChaCha20Poly1305 {
        let key = Zeroizing::new(self.mac(Purpose::StoredSession, id));
        XChaCha20Poly1305::new((&*key).into())
    }

    pub(super) fn tag(&self, purpose: Purpose, bytes: &[u8]) -> [u8; TAG_BYTES] {
        let whole = self.mac(purpose, bytes);
        let mut tag = [0; TAG_BYTES];
        tag.iter_mut().zip(whole).for_each(|(to, from)| *to = from);
        tag
    }

    pub(super) fn mac(&self, purpose: Purpose, bytes: &[u8]) -> [u8; 32] {
        // HMAC pads a key with zeros to its block of 64 bytes (RFC 2104 section 2).
        let mut block = Zeroizing::new([0; 64]);
        block.iter_mut().zip(self.of(purpose)).for_each(|(to, from)| *to = *from);
        let mut mac = <Hmac<Sha256> as KeyInit>::new((&*block).into());
        mac.update(bytes);
        mac.finalize().into_bytes().into()
    }
}

pub(super) fn extract(secret: &Secret) -> Hkdf<Sha256> {
    Hkdf::new(Some(b"vestibule"), secret.expose().as_bytes())
}

pub(super) fn id_of(extracted: &Hkdf<Sha256>) -> [u8; KEY_ID_BYTES] {
    let mut id = [0; KEY_ID_BYTES];
    expand(extracted, &[b"key id"], &mut id);
    id
}

/// HKDF-Expand fails only for more than 255 blocks, and ours need one. If it ever failed, the key would be
/// zero, and the assertion would fail in every test.
fn expand(extracted: &Hkdf<Sha256>, info: &[&[u8]], output: &mut [u8]) {
    let expanded = extracted.expand_multi_info(info, output);
    debug_assert!(expanded.is_ok());
}
