//! Declares the port for stored sessions. A store holds sealed content that it cannot read. Every write after the first is
//! conditional, so that a late writer neither brings a session back nor overwrites one.

use async_trait::async_trait;
use relying_party::refusal::Refusal;
use relying_party::session::SessionRefusal;
use relying_party::session::index::KeyedHash;
use relying_party::time::Timestamp;

/// The key of a row: the hex SHA-256 of the session id, so that a copy of the store opens no session.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowKey(String);

/// One stored session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The session, sealed under a key that needs both the ring and the session id.
    pub content: String,
    /// Counts the contents; a refresh writes the next one.
    pub generation: u64,
    /// The last recorded use.
    pub seen_at: Timestamp,
    /// The last renewal.
    pub renewed_at: Timestamp,
    /// When the store may forget the row.
    pub ends_at: Timestamp,
    /// The lease of the function that refreshes, if one does.
    pub lease: Option<Lease>,
    /// The hashes by which it is listed.
    pub listing: Listing,
}

/// The hashes by which a row is listed. Rows of a release before there were lists have none; a replacement adds the hashes that it
/// has and takes none away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The hash of the user.
    pub user: Option<KeyedHash>,
    /// The provider's session that it came from, when the provider names one.
    pub provider_session: Option<KeyedHash>,
    /// When it began.
    pub signed_in_at: Option<Timestamp>,
}

/// A list of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum List {
    /// By [`Listing::user`].
    User,
    /// By [`Listing::provider_session`].
    ProviderSession,
}

/// A row in a list: nothing of its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The key by which it is found.
    pub key: RowKey,
    /// When it began; `None` for a row that does not say.
    pub signed_in_at: Option<Timestamp>,
    /// The last recorded use.
    pub seen_at: Timestamp,
    /// The last renewal.
    pub renewed_at: Timestamp,
    /// When the store may forget the row.
    pub ends_at: Timestamp,
}

/// The right to refresh one session, for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Random, one per attempt to refresh.
    pub owner: [u8; 16],
    /// From then on somebody else may take it.
    pub until: Timestamp,
}

/// The result of a conditional write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// The condition held.
    Done,
    /// The row is gone or somebody else wrote first.
    Lost,
}

/// Says why a store says nothing about a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreFault {
    /// There is a row, but it is damaged. Nobody is signed in by it.
    Malformed,
    /// The store did not answer, not in time, said to try later, does not exist, or may not be used.
    Unavailable,
    /// There is a row, but a later release wrote it. Nobody is signed in by it here.
    UnknownFormat,
}

/// Where sessions are kept. A write that was done, but whose answer was lost, may be sent again by the store itself: it
/// is `Done` then too.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// The row, read consistently. Rows past `ends_at` may still be answered.
    async fn read(&self, key: &RowKey) -> Result<Option<Row>, StoreFault>;

    /// A first write; `Lost` when the key exists.
    async fn create(&self, key: &RowKey, row: Row) -> Result<Written, StoreFault>;

    /// Records a use or a renewal, provided the row is still at `generation` and no later use is recorded.
    async fn record_use(&self, key: &RowKey, generation: u64, used: Use) -> Result<Written, StoreFault>;

    /// Takes the lease, provided the row is at `generation` and nobody else holds a lease past `now`.
    async fn lease(
        &self,
        key: &RowKey,
        generation: u64,
        lease: Lease,
        now: Timestamp,
    ) -> Result<Written, StoreFault>;

    /// Writes the next content and gives up the lease, provided `owner` still holds it and `row.generation` is
    /// the one after the stored.
    async fn replace(&self, key: &RowKey, owner: &[u8; 16], row: Row) -> Result<Written, StoreFault>;

    /// Gives up the lease, provided `owner` still holds it.
    async fn release(&self, key: &RowKey, owner: &[u8; 16]) -> Result<Written, StoreFault>;

    /// Deletes the row, provided `owner` still holds the lease. `Done` also when the row is gone.
    async fn end(&self, key: &RowKey, owner: &[u8; 16]) -> Result<Written, StoreFault>;

    /// Deletes the row, whatever its state.
    async fn delete(&self, key: &RowKey) -> Result<(), StoreFault>;

    /// The rows that are listed under `hash`, at most [`MAX_LISTED`], in no order. A list may lag behind: it may lack
    /// a row that was just created and hold one that was just deleted.
    async fn rows(&self, list: List, hash: &KeyedHash) -> Result<Vec<Listed>, StoreFault>;

    /// The revocation of each of `hashes`, in their order, read consistently: what began at that time or earlier no
    /// longer holds.
    async fn revocation(&self, hashes: &[KeyedHash]) -> Result<Vec<Option<Timestamp>>, StoreFault>;

    /// Moves the revocation of `hash` to `time`; one that is there already or later stays. The store may forget it at
    /// `ends_at`.
    async fn move_revocation(
        &self,
        hash: &KeyedHash,
        time: Timestamp,
        ends_at: Timestamp,
    ) -> Result<(), StoreFault>;

    /// Remembers that `hash` was seen, at least until `ends_at`; `Lost` when another than `by` saw it before.
    async fn remember(
        &self,
        hash: &KeyedHash,
        by: &[u8; 16],
        ends_at: Timestamp,
    ) -> Result<Written, StoreFault>;
}

/// So many rows are listed at once: what a request can delete within its time. A caller with more asks again.
pub const MAX_LISTED: usize = 500;

/// The times that a recorded use writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Use {
    /// The new last use.
    pub seen_at: Timestamp,
    /// The new last renewal; the old one again when nothing was renewed.
    pub renewed_at: Timestamp,
    /// When the store may now forget the row.
    pub ends_at: Timestamp,
}

impl RowKey {
    /// Takes the hex digest.
    pub const fn new(digest: String) -> Self {
        Self(digest)
    }

    /// The hex digest.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<StoreFault> for Refusal {
    fn from(fault: StoreFault) -> Self {
        match fault {
            StoreFault::Malformed => SessionRefusal::Malformed.into(),
            StoreFault::Unavailable => Self::SessionStoreUnavailable,
            StoreFault::UnknownFormat => SessionRefusal::UnknownVersion.into(),
        }
    }
}
