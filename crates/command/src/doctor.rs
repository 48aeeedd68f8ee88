//! Looks at a whole deployment: gathers the facts once, and tells what is wrong, what it leads to, and the command that mends it.

mod check;
mod facts;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use aws::deployed_facts::{Cause, Looking};
use aws::deployed_stack::StackFault;
use aws::secrets::Secrets;
use aws::sources::Texts;
use check::CHECKS;
use facts::{Configured, Deployed, Facts};
use relying_party::configuration::{Configuration, ProviderKind, Role, SessionStorage, VARIABLE_PREFIX};
use relying_party::sealing::KeyId;
use relying_party::session::refresh_policy::Rotation;
use serde_json::json;

use crate::Operator;
use crate::refused::{CommandError, Exit, Report};

impl Operator {
    /// Looks at the deployment of a stack.
    pub(crate) async fn doctor(&self, stack: &str) -> Result<Report, CommandError> {
        Ok(report(&self.facts(stack).await?, stack))
    }

    async fn facts(&self, stack: &str) -> Result<Facts, CommandError> {
        let looking = Looking::new(Arc::clone(&self.sdk));
        let found = looking.stack(stack).await.map_err(|unseen| {
            CommandError::from(match unseen.cause {
                Cause::Denied => StackFault::Denied,
                Cause::NotFound => StackFault::NotFound,
                Cause::Unavailable => StackFault::Unavailable,
            })
        })?;
        let mut facts = Facts { stack: found, ..Facts::default() };
        let mut secret = None;
        for (id, name) in facts.stack.functions.clone() {
            let Some(role) = role(&id) else { continue };
            let function = looking.function(&name).await;
            let configuration = match &function {
                Ok(function) => Some(self.read(&function.environment, role).await),
                Err(_) => None,
            };
            let configuration = configuration.map(|read| {
                read.map(|read| {
                    secret = secret.take().or_else(|| read.client.secret.clone());
                    configured(&read)
                })
            });
            let reserved_concurrency = looking.reserved_concurrency(&name).await;
            facts.functions.push(Deployed { id, name, function, reserved_concurrency, configuration });
        }
        let Some(reference) = facts.reference().cloned() else { return Ok(facts) };
        if let Some(pool) = &reference.pool {
            let secret = secret.as_ref().map(relying_party::secret::Secret::expose);
            facts.client = Some(looking.client(pool, &reference.client_id, secret).await);
            facts.pool = Some(looking.pool(pool).await);
            facts.has_branding = Some(looking.has_branding(pool, &reference.client_id).await);
        }
        if let Some(table) = &reference.table {
            facts.table = Some(looking.table(table).await);
            facts.time_to_live = Some(looking.time_to_live(table).await);
        }
        Ok(facts)
    }

    /// The configuration of a function, read by the functions' own reader.
    async fn read(&self, variables: &[(String, String)], role: Role) -> Result<Configuration, Vec<String>> {
        let ours = variables.iter().filter(|(name, _)| name.starts_with(VARIABLE_PREFIX));
        let environment: Vec<(String, String)> = ours.cloned().collect();
        let secrets = Secrets::new(Arc::clone(&self.sdk));
        let texts = Texts::read(&environment, &secrets).await;
        texts.and_then(|texts| Configuration::from_sources(&texts.sources(&environment), role)).map_err(
            |faults| faults.0.iter().map(|fault| format!("{}: {}", fault.key, fault.problem)).collect(),
        )
    }
}

fn role(id: &str) -> Option<Role> {
    Some(match id {
        "AuthorizerFunction" => Role::Authorizer,
        "LoginFunction" => Role::Login,
        "CallbackFunction" => Role::Callback,
        "SessionFunction" => Role::Session,
        "LogoutFunction" => Role::Logout,
        "ProxyFunction" => Role::Proxy,
        _ => return None,
    })
}

fn configured(read: &Configuration) -> Configured {
    let pool = match &read.provider {
        ProviderKind::Cognito(pool) => Some(pool),
        ProviderKind::Oidc => None,
    };
    let table = match &read.session.storage {
        SessionStorage::DynamoDb { table } => Some(table.clone()),
        SessionStorage::Cookie | SessionStorage::Memory => None,
    };
    Configured {
        issuer: read.issuer.clone(),
        client_id: read.client.id.clone(),
        pool: pool.map(|pool| pool.user_pool_id.clone()),
        domain: pool.and_then(|pool| pool.domain.clone()),
        public_url: read.public_url.join("/"),
        redirect_uris: read.redirect_uris.clone(),
        logout_redirect_uri: read.logout_redirect_uri.clone(),
        scopes: read.scopes.clone(),
        keys: read.session.secrets.iter().map(|secret| KeyId::of(secret).to_string()).collect(),
        table,
        is_cookie: read.session.storage == SessionStorage::Cookie,
        revokes: read.logout_revoke,
        refresh_lead: read.refresh_lead,
        longest_session: read.session.absolute,
        rotation_grace: match read.rotation {
            Rotation::Off => Some(None),
            Rotation::On { grace } => Some(Some(grace)),
            Rotation::Unknown => None,
        },
    }
}

/// Tells every finding, in one table.
fn report(facts: &Facts, stack: &str) -> Report {
    let mut lines = Vec::new();
    let mut findings = Vec::new();
    let mut is_known = true;
    let mut is_well = true;
    for check in CHECKS {
        let unseen = matches!(check.name, "cannot_see" | "no_answer");
        for wrong in (check.find)(facts) {
            if unseen {
                is_known = false;
            } else {
                is_well = false;
            }
            let mend = filled_in(check.mend, facts, stack);
            lines.push(format!("{}  {wrong}", check.name));
            lines.push(format!("    leads to  {}", check.leads_to));
            lines.push(format!(
                "    mend      {mend}{}",
                if check.is_safe { "  (disturbs nobody)" } else { "" }
            ));
            findings.push(json!({
                "name": check.name, "wrong": wrong, "leads_to": check.leads_to, "mend": mend, "safe": check.is_safe,
            }));
        }
    }
    if findings.is_empty() {
        lines.push(format!("nothing found by {} checks", CHECKS.len()));
    }
    let exit = match (is_well, is_known) {
        (false, _) => Exit::Refused,
        (true, false) => Exit::Unreachable,
        (true, true) => Exit::Done,
    };
    Report { exit, lines, json: json!({ "stack": stack, "checks": CHECKS.len(), "findings": findings }) }
}

fn filled_in(mend: &str, facts: &Facts, stack: &str) -> String {
    let reference = facts.reference();
    let known = |value: Option<&str>, name: &str| value.unwrap_or(name).to_owned();
    mend.replace("{stack}", stack)
        .replace("{pool}", &known(reference.and_then(|one| one.pool.as_deref()), "POOL"))
        .replace("{client}", &known(reference.map(|one| one.client_id.as_str()), "CLIENT"))
        .replace("{table}", &known(reference.and_then(|one| one.table.as_deref()), "TABLE"))
}
