//! The deployment that is operated, with its configuration, read as a function reads it.

use std::sync::Arc;

use aws::secrets::Secrets;
use aws::sources::ConfigurationTexts;
use relying_party::configuration::{Configuration, Faults, Role};

use crate::Operator;
use crate::command_error::CommandError;

/// The variable that names the secret.
pub(crate) const SECRET_ID: &str = "VESTIBULE_SECRET_ID";

/// The variable that replaces the secret.
const SESSION_SECRET: &str = "VESTIBULE_SESSION_SECRET";

impl Operator {
    /// Returns the id of the secret with the key ring.
    pub(crate) fn secret_id(&self) -> Result<&str, CommandError> {
        if self.variable(SESSION_SECRET).is_some() {
            let text =
                format!("{SESSION_SECRET} is set, and functions that have it read no ring from a secret");
            return Err(CommandError::new("ring_in_environment", text));
        }
        self.variable(SECRET_ID)
            .ok_or_else(|| CommandError::new("no_secret", format!(
                "name the deployment by --stack, or its secret by --secret-id or {SECRET_ID}: docs/operate.md has examples"
            )))
    }

    /// Returns the value of a variable that is not empty.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        let (_, value) = self.environment.iter().find(|(variable, _)| variable == name)?;
        (!value.is_empty()).then_some(value)
    }

    /// Reads the configuration of the functions.
    pub(crate) async fn configuration(&self) -> Result<Configuration, CommandError> {
        if !self.environment.iter().any(|(name, _)| name.starts_with("VESTIBULE_")) {
            let text = "name the deployment by --stack, or set the VESTIBULE_ variables of its functions: docs/operate.md has examples";
            return Err(CommandError::new("no_deployment", text.to_owned()));
        }
        let needed = |faults: Faults| format!("the configuration of the functions is needed here:\n{faults}");
        let secrets = Secrets::new(Arc::clone(&self.sdk));
        let texts = ConfigurationTexts::read(&self.environment, &secrets)
            .await
            .map_err(|faults| CommandError::unreachable("configuration", needed(faults)))?;
        let sources = texts.sources(&self.environment);
        // The login function needs the least: no client secret and no upstream.
        Configuration::from_sources(&sources, Role::Login)
            .map_err(|faults| CommandError::new("configuration", needed(faults)))
    }
}
