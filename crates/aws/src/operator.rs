//! Calls of AWS that only the command makes: what a deployment is made of, repairs of it, and the secrets and
//! users that an operator changes.

pub mod app_client_secrets;
pub mod deployed_facts;
pub mod deployed_repairs;
pub mod deployed_stack;
pub mod ring_secret;
pub(crate) mod server_clock;
pub mod user_directory;
