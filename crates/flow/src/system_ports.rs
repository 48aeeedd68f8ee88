//! Implements the ports for clock and randomness with those of the machine.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use relying_party::time::Timestamp;

use crate::ports::{Clock, Entropy, EntropyFault};

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        // A clock before 1970 reads as 1970. Then every token is not valid yet, and every session is refused.
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs());
        Timestamp::from_unix(i64::try_from(seconds).unwrap_or(i64::MAX))
    }

    async fn sleep(&self, milliseconds: u64) {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
}

/// The system's randomness (`getrandom(2)`).
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyFault> {
        getrandom::fill(bytes).map_err(|_| EntropyFault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_past_the_day_this_was_written() {
        assert!(SystemClock.now() > Timestamp::from_unix(1_780_000_000));
    }

    #[tokio::test(start_paused = true)]
    async fn sleeping_takes_the_time_that_was_asked_for() {
        let before = tokio::time::Instant::now();
        SystemClock.sleep(3_000).await;
        assert_eq!(before.elapsed().as_secs(), 3);
    }

    #[test]
    fn two_fills_differ() {
        let (mut first, mut second) = ([0_u8; 32], [0_u8; 32]);
        assert_eq!(SystemEntropy.fill(&mut first), Ok(()));
        assert_eq!(SystemEntropy.fill(&mut second), Ok(()));
        assert_ne!(first, second);
    }
}
