//! Speaks HTTP/1.1 on the wire (RFC 9112), with the spelling of header names kept in both directions.
//!
//! Everything ambiguous is refused: it is where two readers of one request see two different ones.

pub(super) mod client;
mod framing;
mod head;
pub(crate) mod server;
mod wire;
mod wire_error;

pub(crate) use wire_error::WireError;

/// The payload limit of API Gateway, in both directions.
pub(crate) const MAXIMUM_BODY: usize = 10 * 1024 * 1024;

/// Far more than API Gateway's own limits, so that those decide.
const MAXIMUM_HEAD: usize = 64 * 1024;
