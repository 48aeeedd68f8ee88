//! Makes and parses the `state` of an authorization request (RFC 6749 section 10.12).
//!
//! It is base64url of 32 random bytes, one byte that counts restarts, and a tag over both. The count is in
//! the address and not in a cookie, so that a browser without cookies is detected.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use subtle::ConstantTimeEq;

use crate::refusal::reason::{self, Reason};
use crate::sealing::{Purpose, Ring, TAG_BYTES};

const RANDOM_BYTES: usize = 32;
const STATE_BYTES: usize = RANDOM_BYTES + 1 + TAG_BYTES;

/// A well-formed `state`. Whether it is genuine, and whose, is checked separately.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateText {
    text: String,
    random: [u8; RANDOM_BYTES],
    count: u8,
    tag: [u8; TAG_BYTES],
}

/// Why a callback has no usable `state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateRefusal {
    /// There are several `state` parameters.
    Duplicate,
    /// `state` does not have the form that vestibule sends.
    Malformed,
    /// There is no `state` parameter.
    Missing,
}

impl StateRefusal {
    /// The code, status and texts of this refusal.
    pub const fn reason(self) -> &'static Reason {
        match self {
            Self::Duplicate => &reason::STATE_DUPLICATE,
            Self::Malformed => &reason::STATE_MALFORMED,
            Self::Missing => &reason::STATE_MISSING,
        }
    }
}

impl StateText {
    /// The state with this random part, after `restarts` restarts.
    pub fn issue(random: [u8; RANDOM_BYTES], restarts: u8, ring: &Ring) -> Self {
        let tag = ring.tag(Purpose::State, &tagged(&random, restarts));
        let mut bytes = tagged(&random, restarts);
        bytes.extend_from_slice(&tag);
        Self { text: URL_SAFE_NO_PAD.encode(bytes), random, count: restarts, tag }
    }

    /// Parses the values of the `state` parameter.
    ///
    /// # Errors
    ///
    /// There is not exactly one, or it is malformed.
    pub fn parse(values: &[String]) -> Result<Self, StateRefusal> {
        let text = match values {
            [] => return Err(StateRefusal::Missing),
            [text] => text,
            _ => return Err(StateRefusal::Duplicate),
        };
        if text.len() > STATE_BYTES * 2 {
            return Err(StateRefusal::Malformed);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| StateRefusal::Malformed)?;
        let bytes: [u8; STATE_BYTES] = bytes.try_into().map_err(|_| StateRefusal::Malformed)?;
        let (random, rest) = bytes.split_first_chunk().ok_or(StateRefusal::Malformed)?;
        let (count, tag) = rest.split_first().ok_or(StateRefusal::Malformed)?;
        let tag = tag.try_into().map_err(|_| StateRefusal::Malformed)?;
        Ok(Self { text: text.clone(), random: *random, count: *count, tag })
    }

    /// The text that goes to the provider.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How often sign-in was restarted before; `None` when the state is not genuine.
    pub fn restarts(&self, ring: &Ring) -> Option<u8> {
        let ours = ring.verify_tag(Purpose::State, &tagged(&self.random, self.count), &self.tag);
        ours.then_some(self.count)
    }

    /// Tells whether this is its random part, in constant time.
    pub(crate) fn has_random(&self, random: &[u8; RANDOM_BYTES]) -> bool {
        self.random.ct_eq(random).into()
    }
}

fn tagged(random: &[u8; RANDOM_BYTES], count: u8) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(STATE_BYTES);
    bytes.extend_from_slice(random);
    bytes.push(count);
    bytes
}

#[cfg(test)]
mod tests;
