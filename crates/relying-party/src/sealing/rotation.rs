//! Decides when each step of a key ring rotation may be taken without signing anybody out.
//!
//! A new key is appended: it opens, but does not seal yet. Once every warm function has read it, it is
//! promoted: it moves to the front and seals. Once nothing remains that an earlier key sealed, that key is
//! dropped.

use crate::configuration::{Configuration, Remember};
use crate::sealing::KeyId;
use crate::time::Timestamp;

/// A warm function reads the secret again after this many seconds.
pub const READ_EVERY_SECONDS: i64 = 300;

/// Allowance for the reading itself and for differing clocks, seconds.
const MARGIN_SECONDS: i64 = 60;

/// How long after an append or a promotion it may take until every function has read the ring, seconds.
pub const SPREAD_SECONDS: i64 = READ_EVERY_SECONDS + MARGIN_SECONDS;

/// A secret's ring as it is now, and as it was before the last change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rings {
    /// The ids of the ring's keys. The first one seals.
    pub current: Vec<KeyId>,
    /// The ids in the version before, if that had a ring.
    pub previous: Option<Vec<KeyId>>,
    /// When anything about the secret was last changed. Each wait starts here, so that a version which was
    /// restored by moving its label is not taken for an old one.
    pub changed_at: Timestamp,
}

/// The progress of a rotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// One key: no rotation is under way.
    Settled,
    /// The last key is new and has sealed nothing yet.
    Appended {
        /// The new key.
        new: KeyId,
    },
    /// The first key is new. Texts that the others sealed may still exist.
    Promoted {
        /// The keys to be dropped.
        leaving: Vec<KeyId>,
    },
    /// There are several keys, and the version before does not tell which is new, so the operator must name
    /// the key.
    Unclear,
}

/// Why a step is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RotationRefusal {
    /// The ring already has a new key, which waits to be promoted.
    #[error("the key {0} was appended already: promote it, or drop it with --key")]
    AlreadyAppended(KeyId),
    /// There is no new key to promote.
    #[error("there is no new key to promote: append one first")]
    NothingAppended,
    /// The sealing key is the only one, so there is none to drop.
    #[error("there is one key, and it seals: nothing to drop")]
    NothingToDrop,
    /// The ring has a new key, which has to be promoted before a key is dropped.
    #[error("the new key has not been promoted: promote it, wait, then drop the old one")]
    NotPromoted,
    /// The ring does not have the key.
    #[error("the ring holds no key {0}")]
    NotInRing(KeyId),
    /// The key seals already, so it can be neither promoted nor dropped.
    #[error("the key {0} is the one that seals")]
    Seals(KeyId),
    /// It is unknown which key is meant.
    #[error("the version before does not tell which key is new: name the key with --key")]
    Unclear,
    /// Some functions or sealed texts still need the present ring.
    #[error("too early: {}", .wait.reason())]
    TooEarly {
        /// The time from which the step may be taken.
        from: Timestamp,
        /// The event that ends the wait.
        wait: Wait,
    },
}

/// The events for which a step waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Every warm function has read the new key.
    EveryReading,
    /// Everything that an earlier key sealed has ended.
    LongestSession,
}

/// How long texts sealed with one key may exist, seconds: the longest of session, remembered session and
/// sign-in attempt.
pub fn longest_sealed(configuration: &Configuration) -> i64 {
    let session = &configuration.session;
    let remembered = match session.remember {
        Remember::Everybody | Remember::WhoAsks => session.remember_absolute,
        // Sessions remembered before the setting changed now have the common limits.
        Remember::Nobody => 0,
    };
    session.absolute.max(remembered).max(configuration.authorization_rolling_timeout)
}

impl Rings {
    /// The progress of the rotation, derived from the last change.
    pub fn stage(&self) -> Stage {
        let (Some((first, others)), Some((last, before))) =
            (self.current.split_first(), self.current.split_last())
        else {
            return Stage::Unclear;
        };
        if others.is_empty() {
            return Stage::Settled;
        }
        let Some(previous) = &self.previous else { return Stage::Unclear };
        if before == previous.as_slice() {
            return Stage::Appended { new: *last };
        }
        let was_there = |id: &KeyId| previous.contains(id);
        let moved = previous.first() != Some(first) && self.current.len() == previous.len();
        let shrunk = previous.first() == Some(first) && self.current.len() < previous.len();
        if self.current.iter().all(was_there) && (moved || shrunk) {
            return Stage::Promoted { leaving: others.to_vec() };
        }
        Stage::Unclear
    }

    /// The time from which the appended key may be promoted.
    pub fn promotable_from(&self) -> Timestamp {
        self.changed_at.plus(SPREAD_SECONDS)
    }

    /// The time from which earlier keys may be dropped. Functions that have not read the promotion yet still
    /// seal with them for a while.
    pub fn droppable_from(&self, longest_sealed: i64) -> Timestamp {
        self.changed_at.plus(SPREAD_SECONDS).plus(longest_sealed)
    }

    /// Tells whether another key may be appended.
    ///
    /// # Errors
    ///
    /// The reason why it may not.
    pub fn append(&self) -> Result<(), RotationRefusal> {
        match self.stage() {
            Stage::Appended { new } => Err(RotationRefusal::AlreadyAppended(new)),
            Stage::Settled | Stage::Promoted { .. } | Stage::Unclear => Ok(()),
        }
    }

    /// The key to promote: `named`, or the appended one. `early` skips the wait.
    ///
    /// # Errors
    ///
    /// The reason why it may not be promoted, or not yet.
    pub fn promote(
        &self,
        named: Option<KeyId>,
        now: Timestamp,
        early: bool,
    ) -> Result<KeyId, RotationRefusal> {
        let id = match (named, self.stage()) {
            (Some(id), _) => id,
            (None, Stage::Appended { new }) => new,
            (None, Stage::Settled | Stage::Promoted { .. }) => return Err(RotationRefusal::NothingAppended),
            (None, Stage::Unclear) => return Err(RotationRefusal::Unclear),
        };
        self.is_spare(id)?;
        in_time(now, self.promotable_from(), Wait::EveryReading, early)?;
        Ok(id)
    }

    /// The keys to drop: `named`, or all that the promotion left. `early` skips the wait.
    ///
    /// # Errors
    ///
    /// The reason why they may not be dropped, or not yet.
    pub fn drop_keys(
        &self,
        named: Option<KeyId>,
        longest_sealed: i64,
        now: Timestamp,
        early: bool,
    ) -> Result<Vec<KeyId>, RotationRefusal> {
        let leaving = match (named, self.stage()) {
            (Some(id), _) => vec![id],
            (None, Stage::Promoted { leaving }) => leaving,
            (None, Stage::Appended { .. }) => return Err(RotationRefusal::NotPromoted),
            (None, Stage::Settled) => return Err(RotationRefusal::NothingToDrop),
            (None, Stage::Unclear) => return Err(RotationRefusal::Unclear),
        };
        leaving.iter().try_for_each(|id| self.is_spare(*id))?;
        in_time(now, self.droppable_from(longest_sealed), Wait::LongestSession, early)?;
        Ok(leaving)
    }

    /// Checks that the key is in the ring and is not the sealing one.
    fn is_spare(&self, id: KeyId) -> Result<(), RotationRefusal> {
        if self.current.first() == Some(&id) {
            return Err(RotationRefusal::Seals(id));
        }
        if self.current.contains(&id) { Ok(()) } else { Err(RotationRefusal::NotInRing(id)) }
    }
}

fn in_time(now: Timestamp, from: Timestamp, wait: Wait, early: bool) -> Result<(), RotationRefusal> {
    if early || now >= from { Ok(()) } else { Err(RotationRefusal::TooEarly { from, wait }) }
}

impl Wait {
    const fn reason(self) -> &'static str {
        match self {
            Self::EveryReading => "a warm function may not have read the new key yet",
            Self::LongestSession => "what the old key sealed may still be in use",
        }
    }
}

impl RotationRefusal {
    /// The refusal as one word, for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::AlreadyAppended(_) => "already_appended",
            Self::NothingAppended => "nothing_appended",
            Self::NothingToDrop => "nothing_to_drop",
            Self::NotPromoted => "not_promoted",
            Self::NotInRing(_) => "not_in_ring",
            Self::Seals(_) => "key_seals",
            Self::Unclear => "key_unclear",
            Self::TooEarly { .. } => "too_early",
        }
    }
}

#[cfg(test)]
mod tests;
