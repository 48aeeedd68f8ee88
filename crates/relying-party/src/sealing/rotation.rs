//! Decides when each step of a rotation of the key ring may be taken, so that it signs nobody out.
//!
//! A new key is appended: it opens, and seals nothing yet. Once every warm function has read it, it is promoted: it goes first and
//! seals. Once nothing is left that an earlier key sealed, that key is dropped.

use std::fmt;

use crate::configuration::{Configuration, Remember};
use crate::sealing::KeyId;
use crate::time::Timestamp;

/// A warm function reads the secret again when its last reading is this old, seconds.
pub const READ_EVERY_SECONDS: i64 = 300;

/// For what a reading itself takes, and for clocks that differ, seconds.
const MARGIN_SECONDS: i64 = 60;

/// After a promotion or an appending, how long it may take until every function has read it, seconds.
pub const SPREAD_SECONDS: i64 = READ_EVERY_SECONDS + MARGIN_SECONDS;

/// A secret as it is, and as it was before its last change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rings {
    /// The ids of the ring's keys, the one that seals first.
    pub current: Vec<KeyId>,
    /// The same of the version before, if there was one with a ring.
    pub previous: Option<Vec<KeyId>>,
    /// When anything about the secret was changed last. Each wait counts from here, so that a version that was put
    /// back into force by its label alone is not taken for older than it is.
    pub changed_at: Timestamp,
}

/// Says how far a rotation is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// One key: no rotation is under way.
    Settled,
    /// The last key is new and has sealed nothing yet.
    Appended {
        /// The new key.
        new: KeyId,
    },
    /// The first key is new; what the others sealed is still about.
    Promoted {
        /// The keys that are to go.
        leaving: Vec<KeyId>,
    },
    /// Several keys, and the version before does not tell which is new: somebody must name the key.
    Unclear,
}

/// Says why a step is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RotationRefusal {
    /// A new key is in the ring already, and waits to be promoted.
    AlreadyAppended(KeyId),
    /// There is no new key to promote.
    NothingAppended,
    /// There is no key to drop but the one that seals.
    NothingToDrop,
    /// A new key is in the ring and has to be promoted before anything is dropped.
    NotPromoted,
    /// The ring does not hold the key.
    NotInRing(KeyId),
    /// The key seals: it cannot be promoted, and not be dropped.
    Seals(KeyId),
    /// Nobody can tell which key is meant.
    Unclear,
    /// Not yet everybody can do without.
    TooEarly {
        /// From when on the step may be taken.
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

/// For how long what one key seals may be about, seconds: the longest session, remembered or not, or sign-in attempt.
pub fn longest_sealed(configuration: &Configuration) -> i64 {
    let session = &configuration.session;
    let remembered = match session.remember {
        Remember::Everybody | Remember::WhoAsks => session.remember_absolute,
        // A session that was remembered before is held to the common limits.
        Remember::Nobody => 0,
    };
    session.absolute.max(remembered).max(configuration.authorization_rolling_timeout)
}

impl Rings {
    /// Tells how far the rotation is, from what the last change did.
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

    /// From when on the key that was appended may be promoted.
    pub fn promotable_from(&self) -> Timestamp {
        self.changed_at.plus(SPREAD_SECONDS)
    }

    /// From when on earlier keys may be dropped: functions that have not read of the promotion go on sealing with them
    /// for a while.
    pub fn droppable_from(&self, longest_sealed: i64) -> Timestamp {
        self.changed_at.plus(SPREAD_SECONDS).plus(longest_sealed)
    }

    /// Tells whether another key may be appended.
    ///
    /// # Errors
    /// Why not.
    pub fn append(&self) -> Result<(), RotationRefusal> {
        match self.stage() {
            Stage::Appended { new } => Err(RotationRefusal::AlreadyAppended(new)),
            Stage::Settled | Stage::Promoted { .. } | Stage::Unclear => Ok(()),
        }
    }

    /// The key to promote: `named`, or the one that was appended. `early` when somebody wants it done before its time.
    ///
    /// # Errors
    /// Why not, or not now.
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

    /// The keys to drop: `named`, or all that the promotion left. `early` as above.
    ///
    /// # Errors
    /// Why not, or not now.
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

    /// In the ring, and not the key that seals.
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

impl RotationRefusal {
    /// The refusal in a word, for programs.
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

impl fmt::Display for RotationRefusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyAppended(id) => {
                write!(formatter, "the key {id} was appended already: promote it, or drop it with --key")
            }
            Self::NothingAppended => formatter.write_str("there is no new key to promote: append one first"),
            Self::NothingToDrop => formatter.write_str("there is one key, and it seals: nothing to drop"),
            Self::NotPromoted => formatter
                .write_str("the new key has not been promoted: promote it, wait, then drop the old one"),
            Self::NotInRing(id) => write!(formatter, "the ring holds no key {id}"),
            Self::Seals(id) => write!(formatter, "the key {id} is the one that seals"),
            Self::Unclear => formatter
                .write_str("the version before does not tell which key is new: name the key with --key"),
            Self::TooEarly { wait: Wait::EveryReading, .. } => {
                formatter.write_str("too early: a warm function may not have read the new key yet")
            }
            Self::TooEarly { wait: Wait::LongestSession, .. } => {
                formatter.write_str("too early: what the old key sealed may still be in use")
            }
        }
    }
}

impl std::error::Error for RotationRefusal {}

#[cfg(test)]
mod tests;
