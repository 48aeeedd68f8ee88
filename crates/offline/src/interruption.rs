//! Ends an interrupted command: at once while it reads, and after it has written if it has begun to write.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;

use kong::Progress;
use tokio::sync::oneshot;

use crate::Offline;
use crate::report::{CommandError, Report};

/// The stack size of a main thread, which a deeply nested document may need.
const STACK_BYTES: usize = 8 * 1024 * 1024;

/// The state of a running command.
pub(crate) struct RunningCommand {
    state: AtomicU8,
    watch: Watch,
}

/// Is told how far the command is.
type Watch = Box<dyn Fn(Progress) + Send + Sync>;

const READS: u8 = 0;
const WRITES: u8 = 1;
const STOPPED: u8 = 2;

impl Default for RunningCommand {
    fn default() -> Self {
        Self::new(|_| {})
    }
}

impl fmt::Debug for RunningCommand {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("RunningCommand").field("state", &self.state).finish_non_exhaustive()
    }
}

impl RunningCommand {
    fn new(watch: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        Self { state: AtomicU8::new(READS), watch: Box::new(watch) }
    }

    pub(crate) fn progress(&self, progress: Progress) {
        (self.watch)(progress);
    }

    fn moves_on_to(&self, state: u8) -> bool {
        self.state.compare_exchange(READS, state, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }

    /// Begins to write.
    ///
    /// # Errors
    ///
    /// Fails if the command was interrupted before.
    pub(crate) fn writes(&self) -> Result<(), CommandError> {
        if self.moves_on_to(WRITES) { Ok(()) } else { Err(stopped()) }
    }
}

/// A command that runs in a thread of its own.
#[derive(Debug)]
struct CommandThread(Arc<RunningCommand>);

impl Offline {
    /// Runs the command, and tells `watch` its progress. If `interrupted` ends before it, the command stops, unless
    /// it has begun to write.
    ///
    /// # Errors
    ///
    /// The error of the command, or that it was interrupted.
    pub async fn run_until(
        self,
        watch: impl Fn(Progress) + Send + Sync + 'static,
        interrupted: impl Future,
    ) -> Result<Report, CommandError> {
        let (sender, mut outcome) = oneshot::channel();
        let thread = self.begin(watch, move |outcome| drop(sender.send(outcome)));
        let ended = tokio::select! {
            biased;
            ended = &mut outcome => ended,
            _ = interrupted => match thread.interrupt() {
                Some(refused) => return Err(refused),
                None => outcome.await,
            },
        };
        ended.unwrap_or_else(|_| Err(CommandError::unreachable("no_outcome", "it ended early".to_owned())))
    }

    /// Runs the command in a thread of its own, which passes its progress to `watch`, and the outcome to `finish`.
    /// If no thread can be started, both are dropped without a call.
    fn begin(
        self,
        watch: impl Fn(Progress) + Send + Sync + 'static,
        finish: impl FnOnce(Result<Report, CommandError>) + Send + 'static,
    ) -> CommandThread {
        let running = Arc::new(RunningCommand::new(watch));
        let thread = CommandThread(Arc::clone(&running));
        let run = move || finish(self.run_as(&running));
        // If the thread cannot be started, this drops `finish`.
        drop(thread::Builder::new().stack_size(STACK_BYTES).spawn(run));
        thread
    }
}

impl CommandThread {
    /// Interrupts the command. Before it writes, this stops it and returns the error. If it has begun to
    /// write, this returns `None` and the outcome follows soon.
    fn interrupt(&self) -> Option<CommandError> {
        self.0.moves_on_to(STOPPED).then(stopped)
    }
}

fn stopped() -> CommandError {
    CommandError::interrupted("interrupted: nothing was written".to_owned())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{CommandThread, RunningCommand};

    #[test]
    fn writing_begins_only_before_an_interruption_and_is_not_interrupted() {
        let running = Arc::new(RunningCommand::default());
        assert!(running.writes().is_ok());
        assert!(CommandThread(running).interrupt().is_none());
        let running = Arc::new(RunningCommand::default());
        let thread = CommandThread(Arc::clone(&running));
        assert_eq!(thread.interrupt().map(|refused| refused.code), Some("interrupted"));
        assert!(running.writes().is_err());
    }
}
