//! The provider's metadata, and the calls to the provider as values.

pub mod call;
pub mod client_authentication;
pub mod discovery;
pub mod token_endpoint;
pub mod user_info;
