//! Seals the values that browsers and stores keep for vestibule: XChaCha20-Poly1305 with keys derived by
//! HKDF-SHA256 (RFC 5869), one for each purpose and client.
//!
//! A sealed text is base64url (RFC 4648 section 5, no padding) of a version byte, a key id of four bytes, a
//! nonce, the ciphertext and its tag. The tag also authenticates version, key id, purpose, client and cookie
//! name. A text that opens was therefore sealed by vestibule, for this client and this place.

mod derived_key;
mod key_id;
mod layout;
pub mod rotation;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chacha20poly1305::{AeadInOut, Tag, XChaCha20Poly1305, XNonce};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use crate::refusal::reason::{self, Reason};
use crate::secret::Secret;

use derived_key::Key;
use layout::{AEAD_TAG_BYTES, HEADER_BYTES, KEY_ID_BYTES, SEAL_BYTES, header};

pub use key_id::{KeyId, KeyIdFault};
pub use layout::Format;

/// The shortest secret that a ring accepts, in bytes.
pub const MIN_SECRET_BYTES: usize = 32;

/// The length of a tag made by [`Ring::tag`], in bytes.
pub const TAG_BYTES: usize = 16;

/// The purpose for which a text is sealed. A text sealed for one purpose never opens for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A sign-in attempt, in its cookie.
    Attempt,
    /// A session, in its cookies.
    Session,
    /// The number of restarts in `state`.
    State,
    /// A session in a store.
    StoredSession,
    /// The keyed hashes under which stored sessions are listed.
    StoredIndex,
    /// The id of a stored session, in its cookie.
    SessionId,
}

/// Why secrets do not form a ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RingFault {
    /// There is no secret.
    #[error("has no key")]
    Empty,
    /// A secret has fewer than [`MIN_SECRET_BYTES`].
    #[error("key {position}, counted from 0, is shorter than {MIN_SECRET_BYTES} bytes")]
    TooShort {
        /// Its place in the list, from 0.
        position: usize,
    },
}

/// Why a sealed text does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SealRefusal {
    /// The text is not a sealed text.
    Malformed,
    /// The ring has the key, but the text was not sealed with it for this purpose, client and name.
    NotAuthentic,
    /// This release does not know the format. A later release may have written it.
    UnknownFormat,
    /// The ring does not have the key. A process with a newer ring may have written the text.
    UnknownKey,
}

impl SealRefusal {
    /// The code, status and texts of this refusal.
    pub const fn reason(self) -> &'static Reason {
        match self {
            Self::Malformed => &reason::SEAL_MALFORMED,
            Self::NotAuthentic => &reason::SEAL_NOT_AUTHENTIC,
            Self::UnknownFormat => &reason::SEAL_UNKNOWN_FORMAT,
            Self::UnknownKey => &reason::SEAL_UNKNOWN_KEY,
        }
    }

    /// Tells whether a cookie with this refusal may be expired. A cookie that another process may still open
    /// is kept: expiring it would sign users out during a rolling deployment or a key rotation.
    pub const fn may_expire(self) -> bool {
        matches!(self, Self::Malformed | Self::NotAuthentic)
    }
}

/// The keys of one client. The first seals; all of them open.
pub struct Ring {
    client_id: String,
    format: Format,
    sealing: Key,
    others: Vec<Key>,
}

impl Ring {
    /// Derives the keys of `client_id` from `secrets`, newest first.
    ///
    /// # Errors
    ///
    /// There is no secret, or one is too short.
    pub fn new(secrets: &[Secret], client_id: &str) -> Result<Self, RingFault> {
        if let Some(position) = secrets.iter().position(|secret| secret.expose().len() < MIN_SECRET_BYTES) {
            return Err(RingFault::TooShort { position });
        }
        let mut keys = secrets.iter().map(|secret| Key::derive(secret, client_id));
        let sealing = keys.next().ok_or(RingFault::Empty)?;
        Ok(Self {
            client_id: client_id.to_owned(),
            format: Format::Version1,
            sealing,
            others: keys.collect(),
        })
    }

    /// The same ring, but sealing in another layout.
    #[must_use]
    pub fn writing(mut self, format: Format) -> Self {
        self.format = format;
        self
    }

    /// Seals `plaintext` for `purpose`, to be stored under `name`. The nonce must be random and never reused.
    pub fn seal(&self, purpose: Purpose, name: &str, plaintext: &[u8], nonce: [u8; 24]) -> String {
        self.seal_with(|key| key.cipher(purpose), (purpose, name), plaintext, nonce)
    }

    /// Seals the stored session of `id` with a key that needs both this ring and the id. The store and the
    /// ring without the cookie open nothing.
    pub fn seal_stored(&self, id: &[u8; 32], plaintext: &[u8], nonce: [u8; 24]) -> String {
        self.seal_with(|key| key.stored_cipher(id), (Purpose::StoredSession, ""), plaintext, nonce)
    }

    fn seal_with(
        &self,
        cipher: impl Fn(&Key) -> XChaCha20Poly1305,
        (purpose, name): (Purpose, &str),
        plaintext: &[u8],
        nonce: [u8; 24],
    ) -> String {
        let key = &self.sealing;
        let mut bytes = Zeroizing::new(Vec::with_capacity(SEAL_BYTES + plaintext.len()));
        bytes.push(self.format.version());
        match self.format {
            Format::Version0 => {
                bytes.extend_from_slice(&nonce);
                bytes.extend_from_slice(&key.id);
            }
            Format::Version1 => {
                bytes.extend_from_slice(&key.id);
                bytes.extend_from_slice(&nonce);
            }
        }
        bytes.extend_from_slice(plaintext);
        let associated = self.associated_data(self.format, key.id, purpose, name);
        let (_, content) = bytes.split_at_mut(HEADER_BYTES);
        let tag = cipher(key).encrypt_inout_detached(&XNonce::from(nonce), &associated, content.into());
        match tag {
            Ok(tag) => bytes.extend_from_slice(&tag),
            // Only content of 256 GiB fails. Without its tag the text never opens.
            Err(_) => bytes.zeroize(),
        }
        URL_SAFE_NO_PAD.encode(&*bytes)
    }

    /// Opens a text that [`Ring::seal`] made for the same purpose, client and name.
    ///
    /// # Errors
    ///
    /// The reason why it does not open. [`SealRefusal::may_expire`] tells whether the cookie may then be
    /// expired.
    pub fn open(&self, purpose: Purpose, name: &str, text: &str) -> Result<Zeroizing<Vec<u8>>, SealRefusal> {
        self.open_with(|key| key.cipher(purpose), (purpose, name), text)
    }

    /// Opens a text that [`Ring::seal_stored`] made for the same client and id.
    ///
    /// # Errors
    ///
    /// The reason why it does not open.
    pub fn open_stored(&self, id: &[u8; 32], text: &str) -> Result<Zeroizing<Vec<u8>>, SealRefusal> {
        self.open_with(|key| key.stored_cipher(id), (Purpose::StoredSession, ""), text)
    }

    fn open_with(
        &self,
        cipher: impl Fn(&Key) -> XChaCha20Poly1305,
        (purpose, name): (Purpose, &str),
        text: &str,
    ) -> Result<Zeroizing<Vec<u8>>, SealRefusal> {
        let mut bytes =
            URL_SAFE_NO_PAD.decode(text).map(Zeroizing::new).map_err(|_| SealRefusal::Malformed)?;
        let version = *bytes.first().ok_or(SealRefusal::Malformed)?;
        let format = Format::from_version(version).ok_or(SealRefusal::UnknownFormat)?;
        let (key_id, nonce) = header(format, &bytes).ok_or(SealRefusal::Malformed)?;
        let content_end = bytes.len().checked_sub(AEAD_TAG_BYTES).ok_or(SealRefusal::Malformed)?;
        let tag = bytes.split_off(content_end);
        let tag = Tag::try_from(tag.as_slice()).map_err(|_| SealRefusal::Malformed)?;
        let associated = self.associated_data(format, key_id, purpose, name);
        let (_, sealed) = bytes.split_at_mut_checked(HEADER_BYTES).ok_or(SealRefusal::Malformed)?;
        let mut refusal = SealRefusal::UnknownKey;
        for key in self.keys().filter(|key| key.id == key_id) {
            // The tag is checked before any byte is decrypted, so a second key with this id finds the content
            // unchanged.
            if cipher(key).decrypt_inout_detached(&nonce, &associated, sealed.into(), &tag).is_ok() {
                bytes.drain(..HEADER_BYTES);
                return Ok(bytes);
            }
            refusal = SealRefusal::NotAuthentic;
        }
        Err(refusal)
    }

    /// A tag over `bytes` that only this ring can make (HMAC-SHA256, its first 16 bytes).
    pub fn tag(&self, purpose: Purpose, bytes: &[u8]) -> [u8; TAG_BYTES] {
        self.sealing.tag(purpose, bytes)
    }

    /// Tells whether a key of this ring made `tag` over `bytes`, in constant time for each key.
    pub fn verify_tag(&self, purpose: Purpose, bytes: &[u8], tag: &[u8]) -> bool {
        self.keys().fold(false, |found, key| found | bool::from(key.tag(purpose, bytes).ct_eq(tag)))
    }

    /// For each key of this ring, the sealing one first: its id, and HMAC-SHA-256 over `bytes` with it. A
    /// reader without the key can neither compute nor guess one.
    pub(crate) fn keyed_hashes(
        &self,
        purpose: Purpose,
        bytes: &[u8],
    ) -> impl Iterator<Item = ([u8; KEY_ID_BYTES], [u8; 32])> {
        self.keys().map(move |key| (key.id, key.mac(purpose, bytes)))
    }

    fn keys(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.sealing).chain(&self.others)
    }

    /// Each part except the last has a fixed length or is preceded by its length, so no two inputs give the
    /// same bytes.
    fn associated_data(
        &self,
        format: Format,
        key_id: [u8; KEY_ID_BYTES],
        purpose: Purpose,
        name: &str,
    ) -> Vec<u8> {
        let mut data = Vec::with_capacity(16 + self.client_id.len() + name.len());
        data.push(format.version());
        data.extend_from_slice(&key_id);
        data.push(purpose.number());
        data.extend_from_slice(&(self.client_id.len() as u64).to_be_bytes());
        data.extend_from_slice(self.client_id.as_bytes());
        data.extend_from_slice(name.as_bytes());
        data
    }
}

impl std::fmt::Debug for Ring {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Ring")
            .field("client_id", &self.client_id)
            .field("format", &self.format)
            .field("keys", &(1 + self.others.len()))
            .finish_non_exhaustive()
    }
}

impl Purpose {
    /// The number is part of the sealed text, so it must never get a new meaning.
    const fn number(self) -> u8 {
        match self {
            Self::Attempt => 1,
            Self::Session => 2,
            Self::State => 3,
            Self::StoredSession => 4,
            Self::StoredIndex => 5,
            Self::SessionId => 6,
        }
    }
}

#[cfg(test)]
mod tests;
