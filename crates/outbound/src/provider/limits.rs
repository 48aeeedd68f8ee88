//! Limits the duration and the response size of calls.

use std::time::Duration;

use relying_party::provider::call::CallKind;

/// The limits of a client. They are values so that tests need not wait.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For name resolution, TCP and TLS together, in each attempt.
    pub connect: Duration,
    /// The other limits, by kind of call.
    pub call: fn(CallKind) -> CallLimits,
}

/// The limits of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallLimits {
    /// For one attempt, from connecting to the last byte.
    pub attempt: Duration,
    /// For the whole call with its retries, from connecting to the last byte.
    pub total: Duration,
    /// The largest body, in bytes.
    pub max_bytes: usize,
}

impl Default for Limits {
    /// One second to connect leaves time for a second attempt; the other limits are those of the kind.
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
