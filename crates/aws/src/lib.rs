//! The only crate that uses the AWS SDK: for sessions in DynamoDB, secrets, and Cognito's user-pool API.
//!
//! Nothing is built before the first call. The SDK's own HTTPS client is not used: connections go through
//! `outbound::https`, so that a binary has one TLS stack and one set of trusted roots.

pub mod client_secret;
pub mod client_secrets;
mod connector;
#[cfg(feature = "operator")]
pub mod deployed_facts;
#[cfg(feature = "operator")]
pub mod deployed_repairs;
#[cfg(feature = "operator")]
pub mod deployed_stack;
mod environment;
mod error_kind;
mod limits;
pub mod ring_secret;
mod sdk;
pub mod secrets;
#[cfg(feature = "operator")]
mod server_clock;
pub mod session_table;
pub mod sources;
pub mod user_directory;
pub mod user_pool;

#[cfg(feature = "operator")]
pub use sdk::Profile;
pub use {
    limits::Caller,
    sdk::{Explicit, Sdk},
};
