//! Runs the subcommands of `vestibule` that need neither AWS nor a network, and reports the results of every
//! subcommand.
//!
//! `cargo run`, which does not build the AWS SDK, has them too.

mod arguments;
mod check;
pub mod document;
mod explain;
pub mod file;
mod import;
mod interruption;
pub mod report;
mod samconfig;

pub use arguments::{
    CheckArguments, CheckCommand, ExplainArguments, FrontKind, ImportArguments, ImportCommand, Offline,
};
use interruption::RunningCommand;
pub use kong::Progress;
use report::{CommandError, Report};

impl Offline {
    /// Runs the subcommand.
    ///
    /// # Errors
    ///
    /// The reason why nothing could be checked.
    pub fn run(self) -> Result<Report, CommandError> {
        self.run_as(&RunningCommand::default())
    }

    fn run_as(self, running: &RunningCommand) -> Result<Report, CommandError> {
        match self {
            Self::Check(CheckArguments { command: Some(CheckCommand::Explain(arguments)), .. }) => {
                explain::explain(&arguments)
            }
            Self::Check(CheckArguments { command: Some(CheckCommand::Schema), .. }) => Ok(check::schema()),
            Self::Check(arguments) => check::check(&arguments),
            Self::Import { command: ImportCommand::Kong(arguments) } => import::kong(&arguments, running),
        }
    }
}
