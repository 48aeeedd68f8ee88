//! The operator's command line: the key ring, step by step, and the sessions of a user. It runs on an operator's machine, with the configuration
//! that the functions have, and is never part of one.
//!
//! It prints key ids, hashes and times. No secret and no token is ever printed.

mod arguments;
mod deployment;
mod report;
mod ring;
mod sessions;

use std::io::Write;
use std::sync::Arc;

use aws::Sdk;
use flow::ports::{Clock, Entropy};

pub use arguments::Arguments;
use arguments::{Command, RingCommand};
pub use report::Exit;
use report::{CommandError, Report};

/// What the commands work with.
pub struct Operator {
    /// AWS.
    pub sdk: Arc<Sdk>,
    /// Every variable of vestibule's, name and value, as the functions have them.
    pub environment: Vec<(String, String)>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness, for new keys.
    pub entropy: Arc<dyn Entropy>,
}

impl Operator {
    /// Does what the arguments say. What was done goes to `out`, why it was not to `err`, or all of it as one JSON
    /// object to `out`.
    pub async fn run(mut self, arguments: Arguments, out: &mut dyn Write, err: &mut dyn Write) -> Exit {
        if let Some(id) = arguments.secret_id {
            self.environment.retain(|(name, _)| name != deployment::SECRET_ID);
            self.environment.push((deployment::SECRET_ID.to_owned(), id));
        }
        let outcome = match arguments.command {
            Command::Ring { command } => self.ring(command).await,
            Command::Sessions { command } => self.sessions(command).await,
        };
        let written = match (&outcome, arguments.json) {
            (Ok(report), true) => writeln!(out, "{}", report.json),
            (Ok(report), false) => writeln!(out, "{}", report.lines.join("\n")),
            (Err(complaint), true) => writeln!(out, "{}", complaint.json()),
            (Err(complaint), false) => writeln!(err, "{}", complaint.text),
        };
        match outcome {
            Ok(report) if written.is_ok() => report.exit,
            _ => Exit::Refused,
        }
    }

    async fn ring(&self, command: RingCommand) -> Result<Report, CommandError> {
        match command {
            RingCommand::Show => self.show_ring().await,
            RingCommand::Append => self.append_key().await,
            RingCommand::Promote { step } => self.promote_key(&step).await,
            RingCommand::Drop { step, leave } => self.drop_keys(&step, leave).await,
            RingCommand::Check => self.check_ring().await,
        }
    }
}
