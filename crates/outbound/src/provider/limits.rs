//! Limits how long a call may take and how much may come back.

use std::time::Duration;

use relying_party::provider::call::CallKind;

/// The limits of a client, as values so that tests need not wait.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For name resolution, TCP and TLS together, each time.
    pub connect: Duration,
    /// For everything else, by kind.
    pub call: fn(CallKind) -> CallLimits,
}

/// The limits of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallLimits {
    /// For one attempt: connecting, sending, reading the last byte.
    pub attempt: Duration,
    /// For the whole call: connecting, repeating, reading the last byte.
    pub total: Duration,
    /// The size of the body, in bytes.
    pub max_bytes: usize,
}

impl Default for Limits {
    /// A second to connect, so that a second try still fits; the rest is the kind's own.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(1),
            call: |kind| CallLimits {
                attempt: Duration::from_millis(kind.attempt_timeout_ms()),
                total: Duration::from_millis(kind.timeout_ms()),
                max_bytes: kind.max_bytes(),
            },
        }
    }
}
