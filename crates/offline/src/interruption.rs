//! Ends a command where somebody interrupts it: at once where it reads, and after its writing where it writes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;

use crate::Offline;
use crate::report::{CommandError, Report};

/// The stack of a main thread, which a document of many levels may need.
const STACK_BYTES: usize = 8 * 1024 * 1024;

/// The state of a command that runs.
#[derive(Debug, Default)]
pub(crate) struct Running(AtomicU8);

const READS: u8 = 0;
const WRITES: u8 = 1;
const STOPPED: u8 = 2;

impl Running {
    fn moves_on_to(&self, state: u8) -> bool {
        self.0.compare_exchange(READS, state, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }

    /// Begins to write.
    ///
    /// # Errors
    ///
    /// Somebody has interrupted it before.
    pub(crate) fn writes(&self) -> Result<(), CommandError> {
        if self.moves_on_to(WRITES) { Ok(()) } else { Err(stopped()) }
    }
}

/// A command in a thread of its own.
#[derive(Debug)]
pub struct Begun(Arc<Running>);

impl Offline {
    /// Does what the arguments say in a thread of its own, which hands the outcome to `tell`. Where none can be made there is no outcome.
    pub fn begin(self, tell: impl FnOnce(Result<Report, CommandError>) + Send + 'static) -> Begun {
        let running = Arc::new(Running::default());
        let begun = Begun(Arc::clone(&running));
        let run = move || tell(self.run_as(&running));
        // A thread that cannot be made drops `tell`.
        drop(thread::Builder::new().stack_size(STACK_BYTES).spawn(run));
        begun
    }
}

impl Begun {
    /// Interrupts it. It then writes nothing any more, unless it writes already: the error, or nothing where its outcome comes soon.
    pub fn interrupt(&self) -> Option<CommandError> {
        self.0.moves_on_to(STOPPED).then(stopped)
    }
}

fn stopped() -> CommandError {
    CommandError::interrupted("interrupted: nothing was written".to_owned())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Begun, Running};

    #[test]
    fn writing_begins_only_before_an_interruption_and_is_not_interrupted() {
        let running = Arc::new(Running::default());
        assert!(running.writes().is_ok());
        assert!(Begun(running).interrupt().is_none());
        let running = Arc::new(Running::default());
        let begun = Begun(Arc::clone(&running));
        assert_eq!(begun.interrupt().map(|refused| refused.code), Some("interrupted"));
        assert!(running.writes().is_err());
    }
}
