//! Changes the secret of the app client: adds one at the user pool, puts it into force, and deletes the old
//! one after every function has read the new one.

use std::sync::Arc;

use aws::operator::app_client_secrets::{ActiveSecret, ClientSecrets};
use aws::operator::ring_secret::{Replaced, RingSecret, Version};
use aws::secrets::SecretFault;
use aws::user_pool::UserPoolFault;
use relying_party::configuration::{ConfigLocation, ProviderKind};
use relying_party::sealing::rotation::SPREAD_SECONDS;
use relying_party::secret::Secret;
use serde_json::{Map, Value, json};

use crate::Operator;
use crate::command_error::{CommandError, Exit, Report};

const CONFIG: &str = "VESTIBULE_CONFIG";
const CLIENT_SECRET: &str = "client_secret";

/// The templates' name for the document with the client secret, and for the one without it, which other
/// functions read.
const WITH_SECRET: &str = "/vestibule/client";
const WITHOUT_SECRET: &str = "/vestibule/configuration";

/// The tolerance between two clocks: Cognito dates the secret, Secrets Manager the document.
const CLOCKS_APART_SECONDS: i64 = 5;

/// The document with the client secret, and the secrets that Cognito accepts.
struct InForce {
    document: RingSecret,
    document_id: String,
    version: Version,
    members: Map<String, Value>,
    secrets: ClientSecrets,
    active: Vec<ActiveSecret>,
}

impl Operator {
    pub(crate) async fn show_client_secret(&self) -> Result<Report, CommandError> {
        Ok(self.client_secret_in_force().await?.report(Vec::new()))
    }

    pub(crate) async fn rotate_client_secret(&self) -> Result<Report, CommandError> {
        let found = self.client_secret_in_force().await?;
        if found.active.len() > 1 {
            let text = "Cognito already has two secrets for this client, the maximum: delete the old one with `client-secret drop`";
            return Err(CommandError::new("two_secrets", text.to_owned()));
        }
        let id = self.work.change("a client secret made and put into force", self.put_new(&found)).await?;
        let done = format!(
            "made the client secret {id}: it is in force, and Cognito still accepts the previous one"
        );
        Ok(self.client_secret_in_force().await?.report(vec![done]))
    }

    /// Creates a secret and puts it into force, or deletes it again; returns its id.
    async fn put_new(&self, found: &InForce) -> Result<String, CommandError> {
        let token = self.version_token()?;
        let (id, value) = found.secrets.add().await.map_err(not_changed)?;
        let mut members = found.members.clone();
        members.insert(CLIENT_SECRET.to_owned(), value.expose().into());
        let text = Secret::new(Value::Object(members).to_string());
        let refused = match found.document.replace(&found.version.id, &text, &token).await {
            Ok(Replaced::Done(_)) => None,
            Ok(Replaced::Lost) => {
                let text = format!("{} was changed by somebody else in the meantime", found.document_id);
                Some(CommandError::new("changed_meanwhile", text))
            }
            // The document may have been written nevertheless, so the new secret stays.
            Err(SecretFault::Unavailable) => return Err(SecretFault::Unavailable.into()),
            Err(fault) => Some(fault.into()),
        };
        if let Some(refused) = refused {
            found.secrets.delete(&id).await.map_err(not_changed)?;
            return Err(refused);
        }
        Ok(id)
    }

    /// Deletes the secret that is not in force.
    pub(crate) async fn drop_client_secret(&self, now: bool) -> Result<Report, CommandError> {
        let mut found = self.client_secret_in_force().await?;
        let [old, new] = found.active.as_slice() else {
            let text = "Cognito has only one secret for this client, so there is none to delete";
            return Err(CommandError::new("one_secret", text.to_owned()));
        };
        if found.version.changed_at.plus(CLOCKS_APART_SECONDS) < new.created_at {
            let text = format!(
                "{} was written last before {} was made, so that the older one is in force: write the new one there first",
                found.document_id, new.id
            );
            return Err(CommandError::new("not_in_force", text));
        }
        let from = found.version.changed_at.plus(SPREAD_SECONDS);
        if !now && self.clock.now() < from {
            let text = "a running function may not have read the new secret yet".to_owned();
            return Err(CommandError::new("too_early", text).allowed_from(from));
        }
        self.work
            .change("the old client secret deleted", found.secrets.delete(&old.id))
            .await
            .map_err(not_changed)?;
        let done = format!("dropped the client secret {}", old.id);
        found.active.remove(0);
        Ok(found.report(vec![done]))
    }

    async fn client_secret_in_force(&self) -> Result<InForce, CommandError> {
        let configuration = self.configuration().await?;
        let ProviderKind::Cognito(pool) = &configuration.provider else {
            let text = "the provider is not a Cognito user pool: add the secret there, and write it as `client_secret`";
            return Err(CommandError::new("no_user_pool", text.to_owned()));
        };
        let document_id = self.document_with_client_secret()?;
        let document = RingSecret::new(Arc::clone(&self.sdk), document_id.clone());
        let version = document.version().await?;
        let members: Map<String, Value> = serde_json::from_str(version.text.expose()).unwrap_or_default();
        if !members.get(CLIENT_SECRET).is_some_and(Value::is_string) {
            let text = format!("the JSON of {document_id} has no `{CLIENT_SECRET}`");
            return Err(CommandError::new("no_client_secret", text));
        }
        let client_id = configuration.client.id.clone();
        let secrets = ClientSecrets::new(Arc::clone(&self.sdk), pool.user_pool_id.clone(), client_id);
        let active = secrets.active().await.map_err(not_read)?;
        Ok(InForce { document, document_id, version, members, secrets, active })
    }

    fn document_with_client_secret(&self) -> Result<String, CommandError> {
        let Some(ConfigLocation::Secret(id)) = self.variable(CONFIG).map(ConfigLocation::parse) else {
            let text = format!("{CONFIG} names no secret that could be written");
            return Err(CommandError::new("no_document", text));
        };
        Ok(match id.strip_suffix(WITHOUT_SECRET) {
            Some(stack) => format!("{stack}{WITH_SECRET}"),
            None => id.to_owned(),
        })
    }
}

impl InForce {
    fn report(&self, done: Vec<String>) -> Report {
        let mut lines = done;
        lines.push(format!("document  {}", self.document_id));
        lines.push(format!("version   {}, last change {}", self.version.id, self.version.changed_at));
        lines.extend(
            self.active.iter().map(|secret| format!("secret    {} of {}", secret.id, secret.created_at)),
        );
        let next = if self.active.len() > 1 { "drop" } else { "rotate" };
        let from = (next == "drop").then(|| self.version.changed_at.plus(SPREAD_SECONDS).to_string());
        lines.push(match &from {
            Some(from) => format!("next      `client-secret drop`, from {from} on"),
            None => "next      `client-secret rotate`, when a new secret is wanted".to_owned(),
        });
        let secrets: Vec<Value> = self
            .active
            .iter()
            .map(|secret| json!({ "id": secret.id, "created_at": secret.created_at.to_string() }))
            .collect();
        let json = json!({
            "document": self.document_id,
            "version": self.version.id,
            "changed_at": self.version.changed_at.to_string(),
            "secrets": secrets,
            "next": next,
            "next_from": from,
        });
        Report { exit: Exit::Done, lines, json }
    }
}

fn not_read(fault: UserPoolFault) -> CommandError {
    refused(fault, "read (cognito-idp:ListUserPoolClientSecrets)", "")
}

/// Without a response it is unknown whether the change was made.
fn not_changed(fault: UserPoolFault) -> CommandError {
    refused(
        fault,
        "changed (cognito-idp:AddUserPoolClientSecret, DeleteUserPoolClientSecret)",
        "; a secret may have been made all the same: see `client-secret show`",
    )
}

fn refused(fault: UserPoolFault, denied: &str, unknown: &str) -> CommandError {
    match fault {
        UserPoolFault::Denied => {
            let text = format!("the client's secrets may not be {denied}");
            CommandError::unreachable("user_pool_access_denied", text)
        }
        other => CommandError::unreachable("user_pool_unavailable", format!("{other}{unknown}")),
    }
}
