//! Says why a message could not be read.

/// Why a message could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WireError {
    /// It is not HTTP/1.1, or it is ambiguous.
    #[error("malformed: {0}")]
    Malformed(String),
    #[error("too many headers")]
    TooManyHeaders,
    #[error("the head is too large")]
    HeadTooLarge,
    #[error("the body is too large")]
    BodyTooLarge,
    /// The connection ended in the middle of a message, or failed.
    #[error("the connection ended: {0}")]
    Ended(String),
}

impl WireError {
    pub(super) fn malformed(reason: impl Into<String>) -> Self {
        Self::Malformed(reason.into())
    }
}
