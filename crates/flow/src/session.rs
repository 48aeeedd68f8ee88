//! Sessions: where they are stored, how they are read, refreshed and revoked.

pub(crate) mod cache;
pub mod memory_store;
pub(crate) mod refresh;
pub(crate) mod revocation;
pub(crate) mod sessions;
pub mod store;
