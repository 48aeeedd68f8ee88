//! Runs the subcommands of `vestibule` that need neither AWS nor a network, and tells for every subcommand what it found.
//!
//! `cargo run` has them too, which builds no AWS SDK.

mod arguments;
mod check;
pub mod document;
mod explain;
pub mod file;
mod import;
mod interruption;
pub mod report;

pub use arguments::{
    CheckArguments, CheckCommand, ExplainArguments, FrontKind, ImportArguments, ImportCommand, Offline,
};
pub use interruption::Begun;
use interruption::Running;
use report::{CommandError, Report};

impl Offline {
    /// Does what the arguments say.
    ///
    /// # Errors
    ///
    /// Why nothing could be looked at.
    pub fn run(self) -> Result<Report, CommandError> {
        self.run_as(&Running::default())
    }

    fn run_as(self, running: &Running) -> Result<Report, CommandError> {
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
