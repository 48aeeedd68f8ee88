//! Makes and checks the id of a stored session.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use relying_party::hex;
use relying_party::sealing::{Purpose, Ring, TAG_BYTES};
use sha2::{Digest, Sha256};

use crate::session::store::RowKey;

/// The opaque id in the cookie: 128 random bits, and a tag over them that needs a key of the ring. An
/// invented id is refused without asking the store.
#[derive(Clone)]
pub(crate) struct SessionId(pub(super) [u8; 32]);

impl SessionId {
    pub(super) fn new(random: &[u8; 32 - TAG_BYTES], ring: &Ring) -> Self {
        let mut id = [0; 32];
        let tag = ring.tag(Purpose::SessionId, random);
        id.iter_mut().zip(random.iter().chain(&tag)).for_each(|(to, from)| *to = *from);
        Self(id)
    }

    /// Tells whether the tag was made with a key of `ring`.
    pub(super) fn is_tagged(&self, ring: &Ring) -> bool {
        let (random, tag) = self.0.split_at(32 - TAG_BYTES);
        ring.verify_tag(Purpose::SessionId, random, tag)
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    pub(super) fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    pub(super) fn row_key(&self) -> RowKey {
        RowKey::new(hex::lowercase(&Sha256::digest(self.0)))
    }
}

impl std::fmt::Debug for SessionId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SessionId")
    }
}
