//! Says why a message could not be read.

use std::fmt;

/// Why a message could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum WireError {
    /// It is not HTTP/1.1, or it is ambiguous.
    Malformed(String),
    TooManyHeaders,
    HeadTooLarge,
    BodyTooLarge,
    /// The connection ended in the middle of a message, or failed.
    Ended(String),
}

impl WireError {
    pub(super) fn malformed(reason: impl Into<String>) -> Self {
        Self::Malformed(reason.into())
    }
}

impl fmt::Display for WireError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(reason) => write!(formatter, "malformed: {reason}"),
            Self::TooManyHeaders => formatter.write_str("too many headers"),
            Self::HeadTooLarge => formatter.write_str("the head is too large"),
            Self::BodyTooLarge => formatter.write_str("the body is too large"),
            Self::Ended(reason) => write!(formatter, "the connection ended: {reason}"),
        }
    }
}
