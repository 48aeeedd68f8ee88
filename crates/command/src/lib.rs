//! The command `vestibule`. It checks a configuration, changes the key ring of a deployment step by step, and
//! lists and ends the sessions of a user. It runs on the operator's machine, and is never part of a function.
//!
//! It prints key ids, hashes and times, but no secret and no token.

mod arguments;
mod client_secret;
mod command_error;
mod completion;
mod deployment;
mod doctor;
mod keys;
mod sessions;
mod work;

use std::future;
use std::io::Write;
use std::sync::Arc;

use aws::Sdk;
use aws::operator::deployed_stack;
use flow::ports::{Clock, Entropy, Provider};
use offline::{Progress, report};
use relying_party::configuration::VARIABLE_PREFIX;

pub use arguments::Arguments;
use arguments::{ClientSecretCommand, Command, DeploymentArguments, KeysCommand, Operation};
pub use command_error::Exit;
use command_error::{CommandError, Report};
pub use work::Work;

/// The ports that the commands use.
pub struct Operator {
    /// AWS.
    pub sdk: Arc<Sdk>,
    /// The name and value of every variable of vestibule, as the functions have them.
    pub environment: Vec<(String, String)>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness, for new keys.
    pub entropy: Arc<dyn Entropy>,
    /// The provider, called as the functions call it.
    pub provider: Arc<dyn Provider>,
    /// The work, with its progress and its interruption.
    pub work: Arc<Work>,
}

impl Operator {
    /// Runs the command. The result goes to `out`, an error to `err`, or either as one JSON object to `out`.
    pub async fn run(mut self, arguments: Arguments, out: &mut dyn Write, err: &mut dyn Write) -> Exit {
        let work = Arc::clone(&self.work);
        let outcome = match arguments.command {
            Command::Offline(command) => {
                work.show_text("reading".to_owned());
                let interrupted = work.run(!arguments.json, future::pending::<Result<(), CommandError>>());
                let watched = Arc::clone(&work);
                let watch = move |at: Progress| watched.counted(at.done, at.all, at.what);
                let outcome = command.run_until(watch, interrupted).await;
                work.hide();
                outcome
            }
            Command::Operation(command) => {
                let doing = Box::pin(self.does(command, arguments.json, err));
                work.run(!arguments.json, doing).await.map_err(|refused| refused.0)
            }
        };
        report::write_outcome(outcome, arguments.json, out, err)
    }

    async fn does(
        &mut self,
        command: Operation,
        as_json: bool,
        err: &mut dyn Write,
    ) -> Result<Report, CommandError> {
        match command {
            Operation::Keys { deployment, command } => {
                Box::pin(self.choose(deployment)).await?;
                Box::pin(self.keys(command)).await
            }
            Operation::ClientSecret { deployment, command } => {
                Box::pin(self.choose(deployment)).await?;
                Box::pin(self.client_secret(command)).await
            }
            Operation::Sessions { deployment, command } => {
                Box::pin(self.choose(deployment)).await?;
                Box::pin(self.sessions(command)).await
            }
            Operation::Doctor(options) => Box::pin(self.doctor(&options, as_json, err)).await,
            Operation::Completion { shell } => Ok(completion::completion(shell)),
        }
    }

    async fn choose(&mut self, deployment: DeploymentArguments) -> Result<(), CommandError> {
        if let Some(stack) = deployment.stack {
            let variables = deployed_stack::variables(&self.sdk, &stack).await?;
            self.environment =
                variables.into_iter().filter(|(name, _)| name.starts_with(VARIABLE_PREFIX)).collect();
        }
        if let Some(id) = deployment.secret_id {
            self.environment.retain(|(name, _)| name != deployment::SECRET_ID);
            self.environment.push((deployment::SECRET_ID.to_owned(), id));
        }
        Ok(())
    }

    async fn client_secret(&self, command: ClientSecretCommand) -> Result<Report, CommandError> {
        match command {
            ClientSecretCommand::Show => self.show_client_secret().await,
            ClientSecretCommand::Rotate => self.rotate_client_secret().await,
            ClientSecretCommand::Drop { now } => self.drop_client_secret(now).await,
        }
    }

    async fn keys(&self, command: KeysCommand) -> Result<Report, CommandError> {
        match command {
            KeysCommand::Show => self.show_ring().await,
            KeysCommand::Append => self.append_key().await,
            KeysCommand::Promote { step } => self.promote_key(&step).await,
            KeysCommand::Drop { step, leave } => self.drop_keys(&step, leave).await,
            KeysCommand::Check => self.check_ring().await,
        }
    }
}
