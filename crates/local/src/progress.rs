//! Shows how far a command is, on one line of a terminal.

use std::env;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use offline::Progress;

/// Shorter work shows no progress.
const QUIET: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(120);

/// The progress of one command.
#[derive(Clone)]
pub(crate) struct Line {
    is_wanted: bool,
    begun: Instant,
    shown: Arc<Mutex<Option<Instant>>>,
}

impl Line {
    pub(crate) fn new(is_wanted: bool) -> Self {
        let is_plain = env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
        let is_wanted = is_wanted && !is_plain && io::stderr().is_terminal();
        Self { is_wanted, begun: Instant::now(), shown: Arc::default() }
    }

    /// Shows how many of all things of one kind are done.
    pub(crate) fn show(&self, at: Progress) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = shown.is_none_or(|shown| shown.elapsed() >= TICK);
        if self.is_wanted && self.begun.elapsed() >= QUIET && is_due {
            drop(write!(io::stderr(), "\r\x1b[K{}/{} {}", at.done, at.all, at.what));
            *shown = Some(Instant::now());
        }
    }

    /// Clears the line.
    pub(crate) fn clear(&self) {
        if self.shown.lock().unwrap_or_else(PoisonError::into_inner).take().is_some() {
            drop(write!(io::stderr(), "\r\x1b[K"));
        }
    }
}
