//! The custom resource that checks a deployment's configuration. It has no configuration of its own: the
//! event contains all that it checks.

use std::process::ExitCode;
use std::sync::Arc;

use async_trait::async_trait;
use aws::Sdk;
use aws::secrets::Secrets;
use aws::session_table::SessionTable;
use flow::ports::Clock;
use flow::session::store::{RowKey, SessionStore as _, StoreFault};
use flow::system_ports::SystemClock;
use lambda::configuration_check::{CustomResourceRequest, DeploymentProperties, RequestedCheck, SecretTexts};
use lambda::log::{Log, LogLevel, LogLine};
use lambda::runtime::main_with;
use lambda::{Function, FunctionError, FunctionResponse};
use outbound::custom_resource;
use outbound::https::Roots;
use relying_party::configuration::Faults;
use relying_party::secret::Secret;
use relying_party::session::store_outage::StoreOutage;
use tokio::time::Instant;

use crate::roots;

/// The function's name in the log.
const NAME: &str = "check";

/// Runs the function: events until Lambda ends the process.
pub fn check() -> ExitCode {
    main_with(NAME, || async { Check::new() })
}

struct Check {
    roots: Roots,
    sdk: Arc<Sdk>,
    secrets: Secrets,
}

impl Check {
    fn new() -> Result<Self, Faults> {
        let roots = roots()?;
        let sdk = Sdk::from_environment(roots.clone());
        Ok(Self { secrets: Secrets::new(Arc::clone(&sdk)), sdk, roots })
    }

    async fn faults(&self, deployment: &DeploymentProperties<'_>) -> Vec<String> {
        let (configuration, client, session_key, table_fault) = tokio::join!(
            self.text("ConfigurationSecret", deployment.configuration_secret()),
            self.text("ClientSecretArn", deployment.client_secret()),
            self.text("SessionKeyArn", deployment.session_key()),
            self.table_fault(deployment.session_table())
        );
        let mut faults = match (configuration, client, session_key) {
            (Ok(configuration), Ok(client), Ok(session_key)) => deployment.faults(SecretTexts {
                configuration: configuration.as_ref().map(Secret::expose),
                client: client.as_ref().map(Secret::expose),
                session_key: session_key.as_ref().map(Secret::expose),
            }),
            (one, two, three) => [one.err(), two.err(), three.err()].into_iter().flatten().collect(),
        };
        faults.extend(table_fault);
        faults
    }

    /// Reads a row that no session has. Only a table that does not exist, or has another key, is a fault: any
    /// other failure may pass, and says nothing about the parameter.
    async fn table_fault(&self, name: Option<&str>) -> Option<String> {
        let table = SessionTable::new(Arc::clone(&self.sdk), name?.to_owned());
        match table.read(&RowKey::new("the check".to_owned())).await {
            Err(StoreFault::Unavailable(outage @ (StoreOutage::Missing | StoreOutage::Rejected))) => {
                Some(format!("SessionTable: {outage}"))
            }
            _ => None,
        }
    }

    async fn text(&self, parameter: &str, id: Option<&str>) -> Result<Option<Secret>, String> {
        let Some(id) = id else { return Ok(None) };
        Box::pin(self.secrets.text(id)).await.map(Some).map_err(|fault| format!("{parameter}: {fault}"))
    }
}

#[async_trait]
impl Function for Check {
    async fn call(&self, event: &[u8], _: Instant) -> Result<FunctionResponse, FunctionError> {
        let Some(request) = CustomResourceRequest::parse(event) else {
            log(LogLevel::Warn, "refuse", "is no request of CloudFormation to a custom resource".to_owned());
            return Err(FunctionError::failed("event_unsupported"));
        };
        let faults = match request.requested_check() {
            RequestedCheck::Nothing => Vec::new(),
            RequestedCheck::Deployment(deployment) => self.faults(&deployment).await,
            RequestedCheck::Unreadable => {
                vec!["the template and the function `check` are of different versions".to_owned()]
            }
        };
        let decision = if request.is_rollback() { "go_back" } else { "refuse" };
        for fault in &faults {
            log(LogLevel::Warn, decision, fault.clone());
        }
        let response = request.response(&faults);
        if custom_resource::put(&self.roots, &response.url, &response.body).await.is_err() {
            log(LogLevel::Error, "fail", "CloudFormation took no answer".to_owned());
            return Err(FunctionError::failed("answer_not_taken"));
        }
        Ok(FunctionResponse::Whole(b"null".to_vec()))
    }
}

fn log(level: LogLevel, decision: &str, detail: String) {
    let at = SystemClock.now();
    let line = LogLine { detail: Some(detail.into()), ..LogLine::new(NAME, decision, level, at) };
    Log::new(LogLevel::Info).write(&line);
}

#[cfg(test)]
mod tests;
