//! Opens the connections of this process over one TLS set-up: to the provider, to the upstream, and to whom a deployment is answered.

pub mod custom_resource;
pub mod https;
pub mod provider;
pub mod upstream;
