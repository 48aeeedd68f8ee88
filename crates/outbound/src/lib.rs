//! Opens the connections of this process over one TLS configuration: to the provider, to the upstream, and to
//! CloudFormation with the response to a deployment.

pub mod custom_resource;
pub mod https;
pub mod provider;
pub mod upstream;
