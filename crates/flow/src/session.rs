//! This room stores sessions, reads, refreshes and revokes them.

pub(crate) mod cache;
pub mod memory_store;
pub(crate) mod refresh;
pub(crate) mod revocation;
pub(crate) mod sessions;
pub mod store;
