//! The only crate that uses the AWS SDK: for sessions in DynamoDB, secrets, and Cognito's user-pool API.
//!
//! Nothing is built before the first call. The SDK's own HTTPS client is not used: connections go through
//! `outbound::https`, so that a binary has one TLS stack and one set of trusted roots.

pub mod client_secret;
mod connector;
mod environment;
mod error_kind;
mod limits;
#[cfg(feature = "operator")]
pub mod operator;
mod sdk;
pub mod secrets;
pub mod session_table;
pub mod sources;
pub mod user_pool;

#[cfg(feature = "operator")]
pub use sdk::Profile;
pub use {
    limits::Caller,
    sdk::{Explicit, Sdk},
};
