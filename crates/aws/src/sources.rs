//! Reads the configuration texts that are not in the environment, from a file or a secret.

use std::fs;

use relying_party::{
    configuration::{ConfigLocation, Fault, Faults, Sources},
    secret::Secret,
};

use crate::secrets::{SecretFault, Secrets};

/// The variable that names or holds the document.
const CONFIG: &str = "VESTIBULE_CONFIG";

/// The variable that names the secret.
const SECRET_ID: &str = "VESTIBULE_SECRET_ID";

/// The variable that names the secret with the deployer's own keys.
const CONFIGURATION_SECRET: &str = "VESTIBULE_CONFIGURATION_SECRET";

/// The texts that `configuration::Sources` borrows. Each may hold secrets.
#[derive(Clone, Debug, Default)]
pub struct ConfigurationTexts {
    /// The document that `VESTIBULE_CONFIG` names or holds.
    pub document: Option<Secret>,
    /// The text of the secret that `VESTIBULE_SECRET_ID` names.
    pub secret_document: Option<Secret>,
    /// The text of the secret that `VESTIBULE_CONFIGURATION_SECRET` names.
    pub configuration_secret: Option<Secret>,
}

impl ConfigurationTexts {
    /// Reads the texts that the three variables in `environment` name. Calls Secrets Manager only if one of
    /// them names a secret.
    ///
    /// # Errors
    ///
    /// A fault for each text that cannot be read, with the name of its variable.
    pub async fn read(environment: &[(String, String)], secrets: &Secrets) -> Result<Self, Faults> {
        let faults = |unread: Vec<Unread>| Faults(unread.iter().map(Unread::fault).collect());
        Self::read_or_unread(environment, secrets).await.map_err(faults)
    }

    /// Does the same as [`ConfigurationTexts::read`], but returns the reason why each text cannot be read.
    ///
    /// # Errors
    ///
    /// Every text that cannot be read.
    pub async fn read_or_unread(
        environment: &[(String, String)],
        secrets: &Secrets,
    ) -> Result<Self, Vec<Unread>> {
        // The texts are read concurrently, so that a start waits for one response from Secrets Manager
        // instead of three.
        let (document, secret_document, configuration_secret) = tokio::join!(
            configured_document(environment, secrets),
            configured_secret(environment, SECRET_ID, secrets),
            configured_secret(environment, CONFIGURATION_SECRET, secrets)
        );
        match (document, secret_document, configuration_secret) {
            (Ok(document), Ok(secret_document), Ok(configuration_secret)) => {
                Ok(Self { document, secret_document, configuration_secret })
            }
            (one, two, three) => Err([one.err(), two.err(), three.err()].into_iter().flatten().collect()),
        }
    }

    /// Combines the variables and these texts to the sources of a configuration.
    pub fn sources<'a>(&'a self, environment: &'a [(String, String)]) -> Sources<'a> {
        Sources {
            document: self.document.as_ref().map(Secret::expose),
            secret_document: self.secret_document.as_ref().map(Secret::expose),
            configuration_secret: self.configuration_secret.as_ref().map(Secret::expose),
            environment,
        }
    }

    /// Whether the texts equal those of `earlier`.
    pub fn is_same(&self, earlier: &Self) -> bool {
        let is_same = |one: &Option<Secret>, other: &Option<Secret>| {
            one.as_ref().map(Secret::expose) == other.as_ref().map(Secret::expose)
        };
        is_same(&self.document, &earlier.document)
            && is_same(&self.secret_document, &earlier.secret_document)
            && is_same(&self.configuration_secret, &earlier.configuration_secret)
    }
}

/// A text that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unread {
    /// The variable that names it.
    pub variable: &'static str,
    /// The reason.
    pub cause: TextFault,
}

impl Unread {
    fn fault(&self) -> Fault {
        Fault { key: self.variable.to_owned(), problem: self.cause.to_string() }
    }
}

/// The reasons why a text cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextFault {
    /// It is a secret, and reading it failed.
    #[error(transparent)]
    Secret(SecretFault),
    /// The file cannot be read.
    #[error("there is no readable text file at this path")]
    Unreadable,
}

async fn configured_document(
    environment: &[(String, String)],
    secrets: &Secrets,
) -> Result<Option<Secret>, Unread> {
    let Some(location) = value(environment, CONFIG) else { return Ok(None) };
    let read = document(ConfigLocation::parse(location), secrets).await;
    read.map(Some).map_err(|cause| Unread { variable: CONFIG, cause })
}

async fn configured_secret(
    environment: &[(String, String)],
    variable: &'static str,
    secrets: &Secrets,
) -> Result<Option<Secret>, Unread> {
    let Some(id) = value(environment, variable) else { return Ok(None) };
    let read = Box::pin(secrets.text(id)).await;
    read.map(Some).map_err(|fault| Unread { variable, cause: TextFault::Secret(fault) })
}

async fn document(location: ConfigLocation<'_>, secrets: &Secrets) -> Result<Secret, TextFault> {
    match location {
        ConfigLocation::Inline(text) => Ok(Secret::new(text)),
        ConfigLocation::Path(path) => {
            fs::read_to_string(path).map(Secret::new).map_err(|_| TextFault::Unreadable)
        }
        // Boxed because the SDK's futures are large and most starts make none.
        ConfigLocation::Secret(id) => Box::pin(secrets.text(id)).await.map_err(TextFault::Secret),
    }
}

/// Returns the value of a variable; an empty one counts as unset.
fn value<'a>(environment: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let (_, value) = environment.iter().find(|(variable, _)| variable == name)?;
    (!value.is_empty()).then_some(value)
}
