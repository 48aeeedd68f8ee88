//! Opens the connections of this process: to the provider and to the upstream, over one TLS set-up.

pub mod https;
pub mod provider;
pub mod upstream;
