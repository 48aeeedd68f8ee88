//! Computes the keyed hashes under which stored sessions are listed: of the user, and of the provider's
//! session. Without the ring they reveal no name, and a user cannot be found by guessing names.

use crate::configuration::Configuration;
use crate::hex;
use crate::sealing::{Purpose, Ring};

/// HMAC-SHA-256 of an [`Indexed`] value with a key of the ring, preceded by the key's id. The id is not
/// secret: it tells which entries still depend on a key that is to be dropped.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyedHash(String);

/// The texts from which a keyed hash is made. The same texts in another variant give another hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Indexed<'a> {
    /// The user with this `iss` and `sub` (OpenID Connect Core section 5.7: only both together are unique).
    User {
        /// `iss`.
        issuer: &'a str,
        /// `sub`.
        subject: &'a str,
    },
    /// The user, for revocations that concern only the provider's sessions: a logout token without `sid` ends
    /// those, but not the tokens of API clients.
    ProviderUser {
        /// `iss`.
        issuer: &'a str,
        /// `sub`.
        subject: &'a str,
    },
    /// The session at the provider with this `sid` (OpenID Connect Back-Channel Logout 1.0 section 2.1).
    ProviderSession {
        /// `iss`.
        issuer: &'a str,
        /// `sid`.
        sid: &'a str,
    },
    /// The user, for revocations of sessions without a known `sid`: a logout token that names another session
    /// ends these too.
    ProviderUserWithoutSid {
        /// `iss`.
        issuer: &'a str,
        /// `sub`.
        subject: &'a str,
    },
    /// A logout token by its `jti`.
    LogoutToken {
        /// `iss`.
        issuer: &'a str,
        /// `jti`.
        jti: &'a str,
    },
}

impl KeyedHash {
    /// Wraps a text from a store.
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The text: eight hex digits of the key id, `-`, and 64 of the hash.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'a> Indexed<'a> {
    /// The hashes with all keys for every form of the issuer, that of the sealing key and of the configured form
    /// first. Every search uses all of them, so that it finds entries from before a change of the form.
    pub fn hashes_of_forms(self, ring: &Ring, configuration: &Configuration) -> Vec<KeyedHash> {
        let forms = configuration.forms(self.issuer());
        forms.iter().flat_map(|form| self.of_issuer(form).hashes(ring)).collect()
    }

    const fn issuer(self) -> &'a str {
        match self {
            Self::User { issuer, .. }
            | Self::ProviderUser { issuer, .. }
            | Self::ProviderSession { issuer, .. }
            | Self::ProviderUserWithoutSid { issuer, .. }
            | Self::LogoutToken { issuer, .. } => issuer,
        }
    }

    const fn of_issuer<'b>(self, issuer: &'b str) -> Indexed<'b>
    where
        'a: 'b,
    {
        match self {
            Self::User { subject, .. } => Indexed::User { issuer, subject },
            Self::ProviderUser { subject, .. } => Indexed::ProviderUser { issuer, subject },
            Self::ProviderSession { sid, .. } => Indexed::ProviderSession { issuer, sid },
            Self::ProviderUserWithoutSid { subject, .. } => {
                Indexed::ProviderUserWithoutSid { issuer, subject }
            }
            Self::LogoutToken { jti, .. } => Indexed::LogoutToken { issuer, jti },
        }
    }

    /// The hash with the sealing key. Every write uses it.
    pub fn hash(self, ring: &Ring) -> KeyedHash {
        let bytes = self.bytes();
        let sealing = ring.keyed_hashes(Purpose::StoredIndex, &bytes).next();
        // A ring has at least one key.
        let (key_id, hash) = sealing.unwrap_or_default();
        text(key_id, hash)
    }

    /// The hashes with all keys, that of the sealing key first. A search uses all of them, so that it finds
    /// entries from before a rotation of the ring.
    pub fn hashes(self, ring: &Ring) -> Vec<KeyedHash> {
        let bytes = self.bytes();
        let mut hashes: Vec<KeyedHash> = Vec::new();
        for (key_id, hash) in ring.keyed_hashes(Purpose::StoredIndex, &bytes) {
            let hash = text(key_id, hash);
            // The ring may have a text twice, but a store must not be asked for the same key twice.
            if !hashes.contains(&hash) {
                hashes.push(hash);
            }
        }
        hashes
    }

    /// The kind, the length of the issuer, the issuer, and the name. No two values give the same bytes.
    fn bytes(self) -> Vec<u8> {
        let (number, issuer, name) = match self {
            Self::User { issuer, subject } => (1, issuer, subject),
            Self::ProviderUser { issuer, subject } => (2, issuer, subject),
            Self::ProviderSession { issuer, sid } => (3, issuer, sid),
            Self::LogoutToken { issuer, jti } => (4, issuer, jti),
            Self::ProviderUserWithoutSid { issuer, subject } => (5, issuer, subject),
        };
        let mut bytes = Vec::with_capacity(9 + issuer.len() + name.len());
        bytes.push(number);
        bytes.extend_from_slice(&(issuer.len() as u64).to_be_bytes());
        bytes.extend_from_slice(issuer.as_bytes());
        bytes.extend_from_slice(name.as_bytes());
        bytes
    }
}

fn text(key_id: [u8; 4], hash: [u8; 32]) -> KeyedHash {
    KeyedHash(format!("{}-{}", hex::lowercase(&key_id), hex::lowercase(&hash)))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails when it cannot be set up")]

    use std::collections::HashSet;

    use super::*;
    use crate::secret::Secret;

    const OLD: &str = "an old secret of thirty-two bytes";
    const NEW: &str = "a new secret of thirty-two bytes.";
    const ADA: Indexed<'static> = Indexed::User { issuer: "https://id.example.com", subject: "ada" };

    fn ring(secrets: &[&str]) -> Ring {
        ring_of_client(secrets, "app")
    }

    fn ring_of_client(secrets: &[&str], client_id: &str) -> Ring {
        let secrets: Vec<Secret> = secrets.iter().map(|secret| Secret::new(*secret)).collect();
        Ring::new(&secrets, client_id).unwrap()
    }

    /// Stored rows are found by these hashes. A release with different ones would find no row.
    #[test]
    fn a_hash_stays_what_it_is() {
        let text = ADA.hash(&ring(&[OLD]));
        let expected = "03c19302-6bedfb9cb73b5eb9747e0b62859205087c6ccfba13f8a62dc8e93517a0021feb";
        assert_eq!(text.as_str(), expected);
    }

    #[test]
    fn every_kind_issuer_and_name_has_a_hash_of_its_own() {
        let hashes: HashSet<KeyedHash> = [
            ADA,
            Indexed::User { issuer: "https://id.example.com", subject: "ben" },
            Indexed::User { issuer: "https://id.example.co", subject: "mada" },
            Indexed::User { issuer: "", subject: "https://id.example.comada" },
            Indexed::ProviderUser { issuer: "https://id.example.com", subject: "ada" },
            Indexed::ProviderSession { issuer: "https://id.example.com", sid: "ada" },
            Indexed::LogoutToken { issuer: "https://id.example.com", jti: "ada" },
            Indexed::ProviderUserWithoutSid { issuer: "https://id.example.com", subject: "ada" },
        ]
        .map(|indexed| indexed.hash(&ring(&[OLD])))
        .into();
        assert_eq!(hashes.len(), 8);
    }

    #[test]
    fn another_ring_and_another_client_make_other_hashes() {
        let hash = ADA.hash(&ring(&[OLD]));
        assert_ne!(ADA.hash(&ring(&[NEW])), hash);
        assert_ne!(ADA.hash(&ring_of_client(&[OLD], "other")), hash);
    }

    #[test]
    fn a_rotated_ring_writes_under_the_first_key_and_looks_under_every_one() {
        let (old, new) = (ADA.hash(&ring(&[OLD])), ADA.hash(&ring(&[NEW])));
        assert_eq!(ADA.hashes(&ring(&[OLD])), std::slice::from_ref(&old));
        assert_eq!(ADA.hash(&ring(&[OLD, NEW])), old);
        assert_eq!(ADA.hashes(&ring(&[OLD, NEW])), [old.clone(), new.clone()]);
        assert_eq!(ADA.hash(&ring(&[NEW, OLD])), new);
        assert_eq!(ADA.hashes(&ring(&[NEW, OLD])), [new.clone(), old.clone()]);
        assert_eq!(ADA.hashes(&ring(&[NEW, OLD, NEW])), [new, old]);
    }

    #[test]
    fn a_hash_names_its_key_and_holds_no_name() {
        let hash = ADA.hash(&ring(&[OLD]));
        let (key_id, rest) = hash.as_str().split_once('-').unwrap();
        assert_eq!((key_id.len(), rest.len()), (8, 64));
        assert!(hash.as_str().bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit()));
        let other = Indexed::User { issuer: "https://id.example.com", subject: "ben" }.hash(&ring(&[OLD]));
        assert_eq!(other.as_str().split_once('-').unwrap().0, key_id);
    }
}
