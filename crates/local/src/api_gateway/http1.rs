//! Reads and writes HTTP/1.1 (RFC 9112) and keeps the spelling of header names in both directions.
//!
//! Everything ambiguous is refused, because two parsers of one request could disagree about it.

pub(super) mod client;
mod framing;
mod head;
pub(crate) mod server;
mod wire;
mod wire_error;

pub(crate) use wire_error::WireError;

/// The payload limit of API Gateway, in both directions.
pub(crate) const MAXIMUM_BODY: usize = 10 * 1024 * 1024;

/// Far above API Gateway's own limits, so that those take effect first.
const MAXIMUM_HEAD: usize = 64 * 1024;
