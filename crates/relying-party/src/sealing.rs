//! Seals the values that browsers and stores keep for vestibule: XChaCha20-Poly1305 with keys derived by
//! HKDF-SHA256 (RFC 5869), one for each purpose and client.
//!
//! A sealed text is base64url (RFC 4648 section 5, no padding) of a version byte, a key id of four bytes, a
//! nonce, the ciphertext and its tag. The tag also authenticates version, key id, purpose, client and cookie
//! name. A text that opens was therefore sealed by vestibule, for this client and this place.

pub mod rotation;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chacha20poly1305::{AeadInOut, KeyInit, Tag, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use crate::refusal::reason::{self, Reason};
use crate::secret::Secret;

mod key_id;

pub use key_id::{KeyId, KeyIdFault};

/// The shortest secret that a ring accepts, in bytes.
pub const MIN_SECRET_BYTES: usize = 32;

/// The length of a tag made by [`Ring::tag`], in bytes.
pub const TAG_BYTES: usize = 16;

/// The bytes that sealing adds before base64url.
pub const SEAL_BYTES: usize = HEADER_BYTES + AEAD_TAG_BYTES;

const AEAD_TAG_BYTES: usize = 16;
const KEY_ID_BYTES: usize = 4;
const NONCE_BYTES: usize = 24;
const HEADER_BYTES: usize = 1 + KEY_ID_BYTES + NONCE_BYTES;

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

/// The layout of a sealed text. A ring opens every layout listed here and writes one.
///
/// A release that introduces a layout reads it but still writes the earlier one; only the next release writes
/// the new one. So during a rolling deployment, and after a roll-back by one release, every cookie still
/// opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The key id follows the nonce.
    Version0,
    /// The key id precedes the nonce. This release writes this layout.
    Version1,
}

/// Why secrets do not form a ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RingFault {
    /// There is no secret.
    Empty,
    /// A secret has fewer than [`MIN_SECRET_BYTES`].
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

struct Key {
    id: [u8; KEY_ID_BYTES],
    attempt: Zeroizing<[u8; 32]>,
    session: Zeroizing<[u8; 32]>,
    state: Zeroizing<[u8; 32]>,
    stored_session: Zeroizing<[u8; 32]>,
    stored_index: Zeroizing<[u8; 32]>,
    session_id: Zeroizing<[u8; 32]>,
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
    pub fn keyed_hashes(
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

impl Key {
    fn derive(secret: &Secret, client_id: &str) -> Self {
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

    fn of(&self, purpose: Purpose) -> &[u8; 32] {
        match purpose {
            Purpose::Attempt => &self.attempt,
            Purpose::Session => &self.session,
            Purpose::State => &self.state,
            Purpose::StoredSession => &self.stored_session,
            Purpose::StoredIndex => &self.stored_index,
            Purpose::SessionId => &self.session_id,
        }
    }

    fn cipher(&self, purpose: Purpose) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(self.of(purpose).into())
    }

    /// The subkey of one session: HMAC-SHA256 of its id with the subkey of stored sessions.
    fn stored_cipher(&self, id: &[u8; 32]) -> XChaCha20Poly1305 {
        let key = Zeroizing::new(self.mac(Purpose::StoredSession, id));
        XChaCha20Poly1305::new((&*key).into())
    }

    fn tag(&self, purpose: Purpose, bytes: &[u8]) -> [u8; TAG_BYTES] {
        let whole = self.mac(purpose, bytes);
        let mut tag = [0; TAG_BYTES];
        tag.iter_mut().zip(whole).for_each(|(to, from)| *to = from);
        tag
    }

    fn mac(&self, purpose: Purpose, bytes: &[u8]) -> [u8; 32] {
        // HMAC pads a key with zeros to its block of 64 bytes (RFC 2104 section 2).
        let mut block = Zeroizing::new([0; 64]);
        block.iter_mut().zip(self.of(purpose)).for_each(|(to, from)| *to = *from);
        let mut mac = <Hmac<Sha256> as KeyInit>::new((&*block).into());
        mac.update(bytes);
        mac.finalize().into_bytes().into()
    }
}

impl Format {
    const fn version(self) -> u8 {
        match self {
            Self::Version0 => 0,
            Self::Version1 => 1,
        }
    }

    const fn from_version(version: u8) -> Option<Self> {
        match version {
            0 => Some(Self::Version0),
            1 => Some(Self::Version1),
            _ => None,
        }
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

fn header(format: Format, bytes: &[u8]) -> Option<([u8; KEY_ID_BYTES], XNonce)> {
    let (_, after_version) = bytes.split_first()?;
    let (key_id, nonce) = match format {
        Format::Version0 => {
            let (nonce, rest) = after_version.split_first_chunk::<NONCE_BYTES>()?;
            (rest.first_chunk::<KEY_ID_BYTES>()?, nonce)
        }
        Format::Version1 => {
            let (key_id, rest) = after_version.split_first_chunk::<KEY_ID_BYTES>()?;
            (key_id, rest.first_chunk::<NONCE_BYTES>()?)
        }
    };
    Some((*key_id, XNonce::from(*nonce)))
}

fn extract(secret: &Secret) -> Hkdf<Sha256> {
    Hkdf::new(Some(b"vestibule"), secret.expose().as_bytes())
}

fn id_of(extracted: &Hkdf<Sha256>) -> [u8; KEY_ID_BYTES] {
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

#[cfg(test)]
mod tests;
