//! Calls the provider over HTTPS: the IO between a request that `relying_party` built and a response that it
//! checks.
//!
//! Every call has a time and a size limit, follows no redirect and opens a connection of its own. Idle
//! connections are not kept: a Lambda environment is frozen between invocations, and if a connection died
//! meanwhile, it is unknown whether a request that was written to it arrived. A code exchange must not be
//! repeated in that case, so the sign-in would be lost.

mod client;
pub(crate) mod destination;
mod limits;

pub use client::HttpsProvider;
pub use limits::{CallLimits, Limits};
