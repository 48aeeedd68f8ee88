//! The provider: its metadata and endpoints, and the calls to it, as values.

pub mod call;
pub mod client_authentication;
pub mod discovery;
pub mod token_endpoint;
pub mod user_info;
