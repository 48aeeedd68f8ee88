//! This room fetches the provider's endpoints and keys, and keeps them.

pub(crate) mod endpoints;
pub(crate) mod keys;
pub(crate) mod load_balancer_keys;
