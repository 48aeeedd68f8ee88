//! Keeps the client secret in the process until the provider refuses it.

use std::sync::Arc;

use relying_party::refusal::Refusal;
use relying_party::secret::Secret;
use relying_party::time::Timestamp;
use tokio::sync::Mutex;

use crate::ports::{ClientSecretSource, Clock};

/// How long after the last attempt the secret is not read again, seconds. `DescribeUserPoolClient` has a low
/// rate limit, and while the secret is wrong every sign-in would cause a read.
const COOL_DOWN_SECONDS: i64 = 10;

/// The secret of one client, and its source.
pub(super) struct ClientSecret {
    source: Option<Arc<dyn ClientSecretSource>>,
    clock: Arc<dyn Clock>,
    known: Mutex<Known>,
}

struct Known {
    secret: Option<Secret>,
    read_at: Timestamp,
}

impl ClientSecret {
    /// Starts with the configured secret, if there is one.
    pub(super) fn new(
        configured: Option<Secret>,
        source: Option<Arc<dyn ClientSecretSource>>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let known = Known { secret: configured, read_at: clock.now() };
        Self { source, clock, known: Mutex::new(known) }
    }

    /// The secret; `None` for a client without one. Concurrent callers wait for the same read. A failure is
    /// not cached.
    pub(super) async fn current(&self) -> Result<Option<Secret>, Refusal> {
        let mut known = self.known.lock().await;
        if let (None, Some(source)) = (&known.secret, &self.source) {
            let secret = source.read().await.map_err(|_| Refusal::ClientSecretUnavailable)?;
            *known = Known { secret: Some(secret), read_at: self.clock.now() };
        }
        Ok(known.secret.clone())
    }

    /// A secret that differs from `refused`, if there is one by now.
    pub(super) async fn other_than(&self, refused: &Secret) -> Option<Secret> {
        let other = |secret: &Option<Secret>| {
            secret.as_ref().filter(|secret| secret.expose() != refused.expose()).cloned()
        };
        let mut known = self.known.lock().await;
        let now = self.clock.now();
        if let Some(secret) = other(&known.secret) {
            return Some(secret);
        }
        if now.since(known.read_at) < COOL_DOWN_SECONDS {
            return None;
        }
        known.read_at = now;
        if let Ok(secret) = self.source.as_ref()?.read().await {
            known.secret = Some(secret);
        }
        other(&known.secret)
    }
}
