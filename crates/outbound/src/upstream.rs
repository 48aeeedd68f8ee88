//! Forwards requests: one pooled client for the upstream, HTTP/1.1 and, over TLS, HTTP/2.
//!
//! It sends the given head unchanged and follows no redirect. It repeats a request only if the upstream had
//! closed a kept connection meanwhile, and the method is idempotent (RFC 9110 section 9.2.2).

mod client;
mod connection;
mod fault;

pub use client::{HttpUpstream, Limits};
