//! Forwards requests: one pooled client for the upstream, HTTP/1.1 and, over TLS, HTTP/2.
//!
//! It sends the head that it is given to the byte and follows no redirect. A request is sent a second time in one case
//! only: a kept connection had been closed meanwhile, and its method says that repeating changes nothing (RFC 9110
//! section 9.2.2).

mod client;
mod connection;
mod fault;

pub use client::{HttpUpstream, Limits};
