//! Applies a changed configuration while a function is warm, so that an update signs nobody out and needs no
//! restart.
//!
//! All texts are read again every few minutes, and at once if a request shows that they may be outdated.
//! Anybody can invent such a request, so these readings have a cool-down. Readings by time are independent of
//! them, so that invented requests cannot delay a real change. Readings after the provider refused the client
//! have a separate cool-down, which no stranger can use up.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use flow::site::{ReloadSign, Site};
use lambda::runtime::{log_configuration_kept, log_configuration_taken};
use lambda::{Function, FunctionError, FunctionResponse};
use relying_party::configuration::Faults;
use relying_party::sealing::rotation::READ_EVERY_SECONDS;
use relying_party::time::Timestamp;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};

use crate::warn;

/// The cool-down in seconds: the least time between a reading and the next one caused by a request. Readings
/// caused by the provider have the same, counted separately.
pub(crate) const COOL_DOWN_SECONDS: i64 = 10;

/// The time before the end of an invocation that is reserved for the response.
const RESPONSE_RESERVE: Duration = Duration::from_millis(500);

/// The reason for which the configuration is read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReloadTrigger {
    /// The passage of time, or a request that anybody can invent.
    TimeOrClient,
    /// The provider, which refused the client.
    Provider,
}

/// The time of the last reading.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LastRead {
    /// The last reading for any reason.
    at: Timestamp,
    /// The last reading because the provider refused the client.
    by_provider: Option<Timestamp>,
}

impl LastRead {
    /// Records the reading at start.
    pub(crate) const fn at(at: Timestamp) -> Self {
        Self { at, by_provider: None }
    }

    /// Whether the last reading that counts for `trigger` is at least `age` seconds old.
    pub(crate) fn is_older(self, age: i64, trigger: ReloadTrigger, now: Timestamp) -> bool {
        let counts = match trigger {
            ReloadTrigger::TimeOrClient => Some(self.at),
            ReloadTrigger::Provider => self.by_provider,
        };
        counts.is_none_or(|at| now.since(at) >= age)
    }

    /// Records another reading.
    pub(crate) const fn again(self, trigger: ReloadTrigger, now: Timestamp) -> Self {
        match trigger {
            ReloadTrigger::TimeOrClient => Self { at: now, ..self },
            ReloadTrigger::Provider => Self { at: now, by_provider: Some(now) },
        }
    }
}

/// Rereads the configuration of a site: returns the new site and function, or `None` if nothing changed.
pub(crate) type Read<F> = Box<dyn Fn(Arc<Site>, ReloadTrigger) -> Reading<F> + Send + Sync>;

pub(crate) type Reading<F> = Pin<Box<dyn Future<Output = Result<Option<(Arc<Site>, F)>, Faults>> + Send>>;

/// A function that is replaced, with its site, when its configuration changes.
pub(crate) struct Reloading<F> {
    name: &'static str,
    read: Read<F>,
    state: Mutex<State<F>>,
}

struct State<F> {
    site: Arc<Site>,
    function: Arc<F>,
    last_read: LastRead,
}

impl<F: Function> Reloading<F> {
    /// Starts with `function` of `site`, until `read` returns a new one.
    pub(crate) fn new(name: &'static str, site: Arc<Site>, function: F, read: Read<F>) -> Self {
        let (function, last_read) = (Arc::new(function), LastRead::at(site.now()));
        Self { name, read, state: Mutex::new(State { site, function, last_read }) }
    }

    async fn current(&self) -> (Arc<Site>, Arc<F>) {
        let state = self.state.lock().await;
        (Arc::clone(&state.site), Arc::clone(&state.function))
    }

    /// Rereads the configuration if the last reading for `trigger` is at least `age` seconds old;
    /// returns whether something changed. A text that cannot be read or used changes nothing and is logged
    /// each time.
    async fn reload(&self, age: i64, trigger: ReloadTrigger) -> bool {
        let mut state = self.state.lock().await;
        let now = state.site.now();
        if !state.last_read.is_older(age, trigger, now) {
            return false;
        }
        state.last_read = state.last_read.again(trigger, now);
        let level = state.site.relying_party.configuration.log_level;
        match (self.read)(Arc::clone(&state.site), trigger).await {
            Ok(Some((site, function))) => {
                log_configuration_taken(self.name, level);
                warn(self.name, &site);
                state.site = site;
                state.function = Arc::new(function);
                true
            }
            Ok(None) => false,
            Err(faults) => {
                log_configuration_kept(self.name, level, &faults);
                false
            }
        }
    }

    /// Rereads the configuration by time. Half of the invocation's remaining time is left for the request
    /// itself. A reading that is cut off counts as one.
    async fn reload_by_time(&self, deadline: Instant) {
        let now = Instant::now();
        let until = now + deadline.saturating_duration_since(now) / 2;
        drop(timeout_at(until, self.reload(READ_EVERY_SECONDS, ReloadTrigger::TimeOrClient)).await);
    }

    /// Rereads the configuration after a sign, if the invocation that ends at `deadline` has time for it.
    async fn reload_when_outdated(&self, trigger: ReloadTrigger, deadline: Instant) -> bool {
        let until = deadline.checked_sub(RESPONSE_RESERVE).unwrap_or(deadline);
        timeout_at(until, self.reload(COOL_DOWN_SECONDS, trigger)).await.unwrap_or(false)
    }
}

#[async_trait]
impl<F: Function> Function for Reloading<F> {
    async fn call(&self, event: &[u8], deadline: Instant) -> Result<FunctionResponse, FunctionError> {
        self.reload_by_time(deadline).await;
        let (site, function) = self.current().await;
        // Discards a sign that a repeated response or a panic left behind: it does not belong to this request.
        let _ = site.take_reload_sign();
        let response = function.call(event, deadline).await;
        match site.take_reload_sign() {
            Some(ReloadSign::Repeatable)
                if self.reload_when_outdated(ReloadTrigger::TimeOrClient, deadline).await =>
            {
                self.current().await.1.call(event, deadline).await
            }
            Some(ReloadSign::Answered) => {
                self.reload_when_outdated(ReloadTrigger::TimeOrClient, deadline).await;
                response
            }
            Some(ReloadSign::ClientRefused) => {
                self.reload_when_outdated(ReloadTrigger::Provider, deadline).await;
                response
            }
            Some(ReloadSign::Repeatable) | None => response,
        }
    }
}

#[cfg(test)]
mod tests;
