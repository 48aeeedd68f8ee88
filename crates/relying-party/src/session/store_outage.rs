//! Distinguishes the outages of the session store in the log. Each has another remedy, and clients get the
//! same answer in all of them.

/// Why the session store cannot be used. Each message ends the detail of the refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreOutage {
    /// The caller lacks a permission.
    #[error("access to the table is denied")]
    Denied,
    /// The table does not exist.
    #[error("the table does not exist")]
    Missing,
    /// The table refuses the request itself: it does not have our key and indexes.
    #[error("the table rejects the request: its name, its key or an index is wrong")]
    Rejected,
    /// The table serves fewer requests than there are.
    #[error("the table throttles requests")]
    Throttled,
    /// The service was not reached, did not answer in time, or failed.
    #[error("the table did not answer in time, or its service failed")]
    Unanswered,
    /// There is no region or no credentials to call with.
    #[error("there is no AWS region, or there are no AWS credentials")]
    Unconfigured,
    /// It is unknown what a revocation refuses, because it cannot be read.
    #[error("a revocation in the table cannot be read")]
    Unreadable,
}

impl StoreOutage {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Denied,
        Self::Missing,
        Self::Rejected,
        Self::Throttled,
        Self::Unanswered,
        Self::Unconfigured,
        Self::Unreadable,
    ];
}
