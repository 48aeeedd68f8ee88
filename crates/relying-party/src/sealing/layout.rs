//! Lays out a sealed text: where its version, key id and nonce are.

use chacha20poly1305::XNonce;

/// The bytes that sealing adds before base64url.
pub(super) const SEAL_BYTES: usize = HEADER_BYTES + AEAD_TAG_BYTES;

pub(super) const AEAD_TAG_BYTES: usize = 16;
pub(super) const KEY_ID_BYTES: usize = 4;
pub(super) const NONCE_BYTES: usize = 24;
pub(super) const HEADER_BYTES: usize = 1 + KEY_ID_BYTES + NONCE_BYTES;

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

impl Format {
    pub(super) const fn version(self) -> u8 {
        match self {
            Self::Version0 => 0,
            Self::Version1 => 1,
        }
    }

    pub(super) const fn from_version(version: u8) -> Option<Self> {
        match version {
            0 => Some(Self::Version0),
            1 => Some(Self::Version1),
            _ => None,
        }
    }
}

pub(super) fn header(format: Format, bytes: &[u8]) -> Option<([u8; KEY_ID_BYTES], XNonce)> {
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
