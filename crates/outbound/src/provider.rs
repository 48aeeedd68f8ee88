//! Calls the provider over HTTPS: the one line of IO between a request that `relying_party` built and an answer that it
//! judges.
//!
//! Every call has a limit of time and of size, follows no redirect and opens a connection of its own. Idle
//! connections are not kept: a Lambda environment is frozen between invocations, and a request that is written to
//! a connection which died meanwhile may or may not have arrived. A code exchange must not be repeated then, so
//! the sign-in would be lost.

mod client;
pub(crate) mod destination;
mod limits;

pub use client::HttpsProvider;
pub use limits::{CallLimits, Limits};
