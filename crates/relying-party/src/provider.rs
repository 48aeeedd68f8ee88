//! This room holds what is known of the provider, and the calls to it as values.

pub mod call;
pub mod client_authentication;
pub mod discovery;
pub mod token_endpoint;
pub mod user_info;
