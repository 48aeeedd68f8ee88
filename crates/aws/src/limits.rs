//! Limits the time of calls: a function fails before its own timeout, and a person at a terminal may have a slow
//! network.

use std::time::Duration;

use aws_config::{retry::RetryConfig, timeout::TimeoutConfig};

/// The caller of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A Lambda function, for which a person or API Gateway waits.
    Function,
    /// A person who runs a command and can interrupt it.
    Person,
}

/// The limits of one service for a function. A person has [`PERSON_TIMEOUT`] instead of the durations.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// The timeout of one attempt.
    pub(crate) attempt: Duration,
    /// The timeout of a call with all its attempts.
    pub(crate) operation: Duration,
    /// The number of attempts.
    pub(crate) attempts: u32,
    /// The longest delay before the second attempt; twice that before the third.
    pub(crate) backoff: Duration,
}

/// The timeout of one attempt for a person, and of reading credentials, which may need calls of their own. It is
/// long enough for a page of a table's scan over a slow network. The AWS CLI waits for 60 seconds.
pub(crate) const PERSON_TIMEOUT: Duration = Duration::from_secs(20);

impl Limits {
    pub(crate) fn timeouts(self, caller: Caller) -> TimeoutConfig {
        let (attempt, operation) = match caller {
            Caller::Function => (self.attempt, self.operation),
            Caller::Person => (PERSON_TIMEOUT, PERSON_TIMEOUT * 3),
        };
        TimeoutConfig::builder().operation_attempt_timeout(attempt).operation_timeout(operation).build()
    }

    pub(crate) fn retries(self) -> RetryConfig {
        RetryConfig::standard().with_max_attempts(self.attempts).with_initial_backoff(self.backoff)
    }
}

impl Caller {
    /// The timeout of a connection.
    pub(crate) const fn connecting(self) -> Duration {
        match self {
            Self::Function => Duration::from_secs(1),
            Self::Person => Duration::from_secs(10),
        }
    }
}
