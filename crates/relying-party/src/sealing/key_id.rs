//! Derives the id by which a sealed text names its key. It reveals nothing about the key.

use std::fmt;
use std::str::FromStr;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::derived_key::{extract, id_of};
use super::layout::{Format, KEY_ID_BYTES, header};
use crate::hex;
use crate::secret::Secret;

/// The id of one key of a ring, derived from its secret. Written as eight hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId([u8; KEY_ID_BYTES]);

/// A text that is no key id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key id is eight hex digits, as `ring show` prints it")]
pub struct KeyIdFault;

impl KeyId {
    /// The id of the key that `secret` makes. It does not depend on the client.
    pub fn of(secret: &Secret) -> Self {
        Self(id_of(&extract(secret)))
    }

    /// The id in a sealed text, whether or not that opens. `None` for a text that is not sealed in a known
    /// layout.
    pub fn of_sealed(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (id, _) = header(Format::from_version(*bytes.first()?)?, &bytes)?;
        Some(Self(id))
    }

    /// The prefixes of every text that this release seals with the key, for a search that cannot decode. The
    /// layout's version and the id are 40 bits, which are six letters of base64 and four variants of a
    /// seventh.
    pub fn sealed_prefixes(self) -> [String; 4] {
        [0x00, 0x40, 0x80, 0xc0].map(|next| {
            let [first, second, third, fourth] = self.0;
            let bytes = [Format::Version1.version(), first, second, third, fourth, next];
            URL_SAFE_NO_PAD.encode(bytes).chars().take(7).collect()
        })
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex::lowercase(&self.0))
    }
}

impl FromStr for KeyId {
    type Err = KeyIdFault;

    fn from_str(text: &str) -> Result<Self, KeyIdFault> {
        if text.len() != 2 * KEY_ID_BYTES || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(KeyIdFault);
        }
        u32::from_str_radix(text, 16).map(|number| Self(number.to_be_bytes())).map_err(|_| KeyIdFault)
    }
}
