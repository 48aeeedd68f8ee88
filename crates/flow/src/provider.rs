//! The provider's endpoints and keys, fetched and kept.

pub(crate) mod endpoints;
pub(crate) mod keys;
pub(crate) mod load_balancer_keys;
