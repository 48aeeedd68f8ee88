//! Declares the port for stored sessions. A store holds sealed content that it cannot read. Every write after
//! the first is conditional, so that a late writer neither restores a deleted session nor overwrites a newer
//! one.

use async_trait::async_trait;
use relying_party::refusal::Refusal;
use relying_party::session::SessionRefusal;
use relying_party::session::index::KeyedHash;
use relying_party::session::store_outage::StoreOutage;
use relying_party::time::Timestamp;

/// The key of a row: the hex SHA-256 of the session id, so that a copy of the store opens no session.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowKey(String);

/// One stored session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The session, sealed under a key that needs both the ring and the session id.
    pub content: String,
    /// The version of the content. A refresh writes the next one.
    pub generation: u64,
    /// The last recorded use.
    pub seen_at: Timestamp,
    /// The last renewal.
    pub renewed_at: Timestamp,
    /// When the store may forget the row.
    pub ends_at: Timestamp,
    /// The lease of a running refresh.
    pub lease: Option<Lease>,
    /// The hashes under which the row is listed.
    pub listing: Listing,
}

/// The hashes under which a row is listed. Rows written by a release before lists existed have none. A
/// replacement adds the hashes that it has and removes none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The hash of the user.
    pub user: Option<KeyedHash>,
    /// The provider's session from which it came, when the provider names one.
    pub provider_session: Option<KeyedHash>,
    /// When the session began.
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

/// An entry of a list. It has nothing of the row's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The key of the row.
    pub key: RowKey,
    /// When the session began; `None` for a row that does not say.
    pub signed_in_at: Option<Timestamp>,
    /// The last recorded use.
    pub seen_at: Timestamp,
    /// The last renewal.
    pub renewed_at: Timestamp,
    /// When the store may forget the row.
    pub ends_at: Timestamp,
}

/// The exclusive right to refresh one session for a limited time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Random, one per attempt to refresh.
    pub owner: [u8; 16],
    /// From this time on another request may take the lease.
    pub until: Timestamp,
}

/// The result of a conditional write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// The condition held.
    Done,
    /// The row is gone, or another request wrote first.
    Lost,
}

/// Why a store gives no session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreFault {
    /// There is a row, but it is damaged. It signs nobody in.
    Malformed,
    /// The store cannot be used.
    Unavailable(StoreOutage),
    /// There is a row, but a later release wrote it. It signs nobody in here.
    UnknownFormat,
}

/// The storage of sessions. A store may itself repeat a write whose response was lost. If the first attempt was
/// done, the result is `Done`.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Reads the row consistently. Rows past `ends_at` may still be returned.
    async fn read(&self, key: &RowKey) -> Result<Option<Row>, StoreFault>;

    /// Writes a new row; `Lost` when the key exists.
    async fn create(&self, key: &RowKey, row: Row) -> Result<Written, StoreFault>;

    /// Records a use or a renewal, provided the row is still at `generation` and no later use is recorded.
    async fn record_use(&self, key: &RowKey, generation: u64, used: Use) -> Result<Written, StoreFault>;

    /// Takes the lease, provided the row is at `generation` and nobody else holds a lease that lasts past
    /// `now`.
    async fn lease(
        &self,
        key: &RowKey,
        generation: u64,
        lease: Lease,
        now: Timestamp,
    ) -> Result<Written, StoreFault>;

    /// Writes the next content and releases the lease, provided `owner` still holds it and `row.generation`
    /// follows the stored one.
    async fn replace(&self, key: &RowKey, owner: &[u8; 16], row: Row) -> Result<Written, StoreFault>;

    /// Releases the lease, provided `owner` still holds it.
    async fn release(&self, key: &RowKey, owner: &[u8; 16]) -> Result<Written, StoreFault>;

    /// Deletes the row, provided `owner` still holds the lease. `Done` also when the row is gone.
    async fn end(&self, key: &RowKey, owner: &[u8; 16]) -> Result<Written, StoreFault>;

    /// Deletes the row, whatever its state.
    async fn delete(&self, key: &RowKey) -> Result<(), StoreFault>;

    /// The rows that are listed under `hash`, at most [`MAX_LISTED`], in no order. The list may be stale: it
    /// may lack a row that was just created and have one that was just deleted.
    async fn rows(&self, list: List, hash: &KeyedHash) -> Result<Vec<Listed>, StoreFault>;

    /// Reads the revocation of each of `hashes`, in their order, consistently. A session that began at that
    /// time or earlier is no longer valid.
    async fn revocation(&self, hashes: &[KeyedHash]) -> Result<Vec<Option<Timestamp>>, StoreFault>;

    /// Sets the revocation of `hash` to `time`, unless the stored one is at that time or later. The store may
    /// delete it from `ends_at` on.
    async fn raise_revocation(
        &self,
        hash: &KeyedHash,
        time: Timestamp,
        ends_at: Timestamp,
    ) -> Result<(), StoreFault>;

    /// Records that `hash` was seen, at least until `ends_at`. `Lost` when a caller other than `by` has
    /// seen it before.
    async fn record_seen(
        &self,
        hash: &KeyedHash,
        by: &[u8; 16],
        ends_at: Timestamp,
    ) -> Result<Written, StoreFault>;
}

/// The maximum number of rows in one list. A request can delete this many within its time; a caller with more
/// asks again.
pub const MAX_LISTED: usize = 500;

/// The times that a recorded use writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Use {
    /// The new last use.
    pub seen_at: Timestamp,
    /// The new last renewal; the unchanged one when nothing was renewed.
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
            StoreFault::Unavailable(outage) => Self::SessionStoreUnavailable(outage),
            StoreFault::UnknownFormat => SessionRefusal::UnknownVersion.into(),
        }
    }
}
