//! Runs the work of a command: shows its progress on a terminal, and ends it on an interruption so that it is
//! known which changes were made.

use std::env;
use std::future;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Map, Value};
use tokio::sync::Notify;
use tokio::time;

use crate::command_error::CommandError;

/// Shorter work shows no progress.
const QUIET: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(120);

/// Fits into 40 columns, except the message, which is cut.
const COUNTED: &str = "{spinner} [{bar:16}] {pos}/{len} {wide_msg}";
const UNCOUNTED: &str = "{spinner} {wide_msg}";

/// The work of one command.
#[derive(Debug)]
pub struct Work {
    bar: ProgressBar,
    state: Mutex<State>,
    interrupted: Arc<Notify>,
    /// Notified when a change ends after an interruption.
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    is_shown: bool,
    is_wanted: bool,
    is_interrupted: bool,
    /// The change in progress.
    changing: Option<String>,
    /// The changes that were made, with their counts.
    done: Vec<(String, u64)>,
}

impl Work {
    /// Makes work that each notification of `interrupted` interrupts. The second one also abandons a change
    /// in progress.
    pub fn new(interrupted: Arc<Notify>) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        bar.set_style(style(UNCOUNTED));
        bar.set_message("waiting for AWS");
        Self { bar, state: Mutex::default(), interrupted, changed: Notify::new() }
    }

    /// Runs `task`, and shows its progress on a terminal if requested.
    pub(crate) async fn run<T>(
        &self,
        shows: bool,
        task: impl Future<Output = Result<T, CommandError>>,
    ) -> Result<T, CommandError> {
        self.state().is_wanted = shows && env::var_os("TERM").is_none_or(|terminal| terminal != "dumb");
        let mut task = pin!(task);
        let mut quiet = pin!(time::sleep(QUIET));
        let outcome = loop {
            tokio::select! {
                biased;
                outcome = &mut task => break outcome,
                () = self.interrupted.notified() => {
                    if let Some(refused) = self.interrupt(shows) {
                        break Err(refused);
                    }
                }
                () = self.changed.notified() => break Err(self.stopped()),
                () = &mut quiet, if !self.state().is_shown => self.show(),
            }
        };
        self.bar.finish_and_clear();
        outcome
    }

    /// Sets the number of steps.
    pub(crate) fn steps(&self, count: usize) {
        self.bar.set_length(u64::try_from(count).unwrap_or(u64::MAX));
        self.bar.set_position(0);
        self.bar.set_style(style(COUNTED));
    }

    /// Begins a step.
    pub(crate) fn step(&self, name: &str) {
        self.bar.set_message(name.to_owned());
    }

    /// Ends a step.
    pub(crate) fn stepped(&self) {
        self.bar.inc(1);
    }

    /// Shows how many of all things of one kind are done.
    pub(crate) fn counted(&self, done: usize, all: usize, name: &'static str) {
        if done == 0 {
            self.steps(all);
            self.step(name);
        }
        self.bar.set_position(u64::try_from(done).unwrap_or(u64::MAX));
    }

    /// Shows progress when the total is unknown.
    pub(crate) fn show_text(&self, text: String) {
        self.bar.set_style(style(UNCOUNTED));
        self.bar.set_message(text);
    }

    /// Makes a change that an interruption does not cut short, so that its outcome is known. After an
    /// interruption no further change begins.
    pub(crate) fn change<'a, T, E>(
        &'a self,
        name: &'a str,
        change: impl Future<Output = Result<T, E>> + 'a,
    ) -> impl Future<Output = Result<T, E>> + 'a {
        let change = Box::pin(change);
        async move {
            self.state().changing = Some(name.to_owned());
            let outcome = change.await;
            let is_interrupted = {
                let mut state = self.state();
                state.changing = None;
                if outcome.is_ok() {
                    state.count(name);
                }
                state.is_interrupted
            };
            // A failed change is reported as a failure, together with the earlier changes.
            if is_interrupted && outcome.is_ok() {
                self.changed.notify_one();
                future::pending::<()>().await;
            }
            outcome
        }
    }

    /// Clears the progress from the terminal, for a question or for good.
    pub(crate) fn hide(&self) {
        self.bar.set_draw_target(ProgressDrawTarget::hidden());
        self.state().is_shown = true;
    }

    fn show(&self) {
        let is_wanted = {
            let mut state = self.state();
            state.is_shown = true;
            state.is_wanted
        };
        if is_wanted {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
            self.bar.enable_steady_tick(TICK);
        }
    }

    /// Ends the work unless a change is in progress.
    fn interrupt(&self, shows: bool) -> Option<CommandError> {
        let changing = {
            let mut state = self.state();
            let is_second = state.is_interrupted;
            state.is_interrupted = true;
            state.changing.clone().filter(|_| !is_second)
        };
        let Some(changing) = changing else { return Some(self.stopped()) };
        if shows {
            self.bar.suspend(|| complain(&changing));
        }
        None
    }

    fn stopped(&self) -> CommandError {
        let state = self.state();
        let mut text = "interrupted".to_owned();
        if state.done.is_empty() && state.changing.is_none() {
            text.push_str(": nothing was changed");
        }
        if !state.done.is_empty() {
            let done: Vec<String> = state.done.iter().map(counted_name).collect();
            text = format!("{text}. This is done, and stays: {}. The rest was not done", done.join(", "));
        }
        if let Some(changing) = &state.changing {
            text = format!("{text}. Nobody knows whether this was done: {changing}");
        }
        let done: Map<String, Value> =
            state.done.iter().map(|(name, count)| (name.clone(), (*count).into())).collect();
        CommandError::interrupted(text, Value::Object(done), state.changing.clone().into())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn count(&mut self, name: &str) {
        match self.done.iter_mut().find(|(other, _)| other == name) {
            Some((_, count)) => *count += 1,
            None => self.done.push((name.to_owned(), 1)),
        }
    }
}

fn counted_name((name, count): &(String, u64)) -> String {
    if *count == 1 { name.clone() } else { format!("{name} ({count} times)") }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
        .progress_chars("=> ")
        .tick_chars("|/-\\ ")
}

#[expect(clippy::print_stderr, reason = "the user pressed the keys in this terminal")]
fn complain(changing: &str) {
    eprintln!("waiting for the end of a change ({changing}); Ctrl-C again gives it up");
}

#[cfg(test)]
mod tests {
    use std::future;
    use std::sync::Arc;

    use serde_json::Value;
    use tokio::sync::Notify;

    use super::Work;
    use crate::command_error::CommandError;

    fn work() -> (Arc<Notify>, Work) {
        let interrupted = Arc::new(Notify::new());
        (Arc::clone(&interrupted), Work::new(interrupted))
    }

    fn done() -> future::Ready<Result<(), CommandError>> {
        future::ready(Ok(()))
    }

    fn text(outcome: Result<(), CommandError>) -> String {
        outcome.err().map(|refused| refused.0.text).unwrap_or_default()
    }

    #[tokio::test]
    async fn reading_ends_at_once_and_nothing_was_changed() {
        let (interrupted, work) = work();
        interrupted.notify_one();
        let outcome = work.run(false, future::pending()).await;
        assert_eq!(text(outcome), "interrupted: nothing was changed");
    }

    #[tokio::test]
    async fn a_change_comes_to_its_end_and_the_next_one_is_not_begun() {
        let (interrupted, work) = work();
        let outcome = work.run(false, async {
            work.change("first", done()).await?;
            work.change("second", async {
                interrupted.notify_one();
                tokio::task::yield_now().await;
                Ok::<_, CommandError>(())
            })
            .await?;
            work.change("third", done()).await
        });
        let outcome = outcome.await;
        let expected = "interrupted. This is done, and stays: first, second. The rest was not done";
        assert_eq!(text(outcome), expected);
    }

    #[tokio::test]
    async fn a_second_interruption_gives_a_change_up() {
        let (interrupted, work) = work();
        let outcome = work.run(false, async {
            work.change("first", done()).await?;
            work.change("first", done()).await?;
            work.change("second", async {
                interrupted.notify_one();
                tokio::task::yield_now().await;
                interrupted.notify_one();
                future::pending::<Result<(), CommandError>>().await
            })
            .await
        });
        let refused = outcome.await.err().map(|refused| refused.0);
        let told = refused.map(|refused| refused.json());
        let told = told.unwrap_or(Value::Null);
        assert_eq!(told.get("unknown").and_then(Value::as_str), Some("second"), "{told}");
        assert_eq!(told.pointer("/done/first").and_then(Value::as_u64), Some(2), "{told}");
    }

    #[tokio::test]
    async fn a_change_that_fails_after_an_interruption_is_told_as_failed() {
        let (interrupted, work) = work();
        let outcome = work.run(false, async {
            work.change("first", async {
                interrupted.notify_one();
                tokio::task::yield_now().await;
                Err(CommandError::new("why", "why it failed".to_owned()))
            })
            .await
        });
        assert_eq!(text(outcome.await), "why it failed");
    }
}
