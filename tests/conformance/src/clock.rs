//! Provides a clock that a test advances.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use flow::ports::Clock;
use relying_party::time::Timestamp;
use tokio::time::Instant;

/// Starts at [`store::NOW`](crate::store::NOW) and follows tokio's clock, which a test may pause.
#[derive(Debug)]
pub struct TestClock {
    started: Instant,
    ahead: AtomicI64,
}

impl TestClock {
    /// A clock that starts now.
    pub fn start() -> Self {
        Self { started: Instant::now(), ahead: AtomicI64::new(0) }
    }

    /// Advances the clock by `seconds`; this wakes no sleeping task.
    pub fn advance(&self, seconds: i64) {
        self.ahead.fetch_add(seconds, Ordering::SeqCst);
    }
}

#[async_trait]
impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        let elapsed = i64::try_from(self.started.elapsed().as_secs()).unwrap();
        crate::store::NOW.plus(elapsed + self.ahead.load(Ordering::SeqCst))
    }

    async fn sleep(&self, milliseconds: u64) {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
}
