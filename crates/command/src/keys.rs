//! The key ring: append, promote, drop. Each step replaces only the version that was read, and reads the
//! result back.

use std::sync::Arc;

use aws::operator::ring_secret::{Replaced, RingSecret, Version};
use aws::secrets::SecretFault;
use aws::session_table::SealedRows;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use relying_party::configuration::{Configuration, RingDocument, SessionStorage};
use relying_party::sealing::KeyId;
use relying_party::sealing::rotation::{Rings, RotationRefusal, SPREAD_SECONDS, Stage, longest_sealed};
use relying_party::secret::Secret;
use serde_json::{Value, json};

use crate::Operator;
use crate::arguments::{DropOptions, Step};
use crate::command_error::{CommandError, Exit, Report, SIGN_IN};

use self::rekey::Rekeyed;

mod rekey;

/// The random bytes of a new key: 64 characters of base64url, as many as the template generates.
const KEY_BYTES: usize = 48;

/// The ring that is in force.
struct Current {
    version: Version,
    document: RingDocument,
    rings: Rings,
}

impl Operator {
    pub(crate) async fn show_ring(&self) -> Result<Report, CommandError> {
        let current = self.current().await?;
        let longest = self.configuration().await.ok().map(|configuration| longest_sealed(&configuration));
        Ok(self.report(&current, longest, Vec::new()))
    }

    pub(crate) async fn append_key(&self) -> Result<Report, CommandError> {
        let current = self.current().await?;
        current.rings.append()?;
        let key = Secret::new(URL_SAFE_NO_PAD.encode(self.random::<KEY_BYTES>()?));
        let id = KeyId::of(&key);
        let changed = self.change(&current, current.document.appending(key)).await?;
        let done = format!("appended the key {id}: it opens, and seals nothing yet");
        Ok(self.report(&changed, None, vec![done]))
    }

    pub(crate) async fn promote_key(&self, step: &Step) -> Result<Report, CommandError> {
        let current = self.current().await?;
        let id = current.rings.promote(step.key, self.clock.now(), step.now)?;
        let changed = self.change(&current, current.document.promoting(id)).await?;
        let longest = self.configuration().await.ok().map(|configuration| longest_sealed(&configuration));
        Ok(self.report(&changed, longest, vec![format!("promoted the key {id}: it seals now")]))
    }

    pub(crate) async fn drop_keys(&self, step: &Step, leave: DropOptions) -> Result<Report, CommandError> {
        let configuration = self.configuration().await?;
        let current = self.current().await?;
        let longest = longest_sealed(&configuration);
        let dropped_keys = current.rings.drop_keys(step.key, longest, self.clock.now(), step.now)?;
        let table = self.sealed_rows(&configuration, &current).await?;
        let mut carried = Rekeyed::default();
        if let Some(rows) = &table {
            no_sessions_left(rows, &dropped_keys, leave)?;
            carried = self.rekey_revocations(&configuration, &current, rows, &dropped_keys, leave).await?;
        }
        let changed = self.change(&current, current.document.dropping(&dropped_keys)).await?;
        let Rekeyed { mut lines, forgotten } = carried;
        lines.extend(dropped_keys.iter().map(|id| format!("dropped the key {id}")));
        let failed = self.forget_marks(&configuration, &forgotten).await.err();
        match &failed {
            Some(error) => lines.push(format!(
                "FAILED    revocations that nobody finds any more are still in the table: {}",
                error.0.text
            )),
            None if forgotten.is_empty() => {}
            None => lines.push(format!("forgot {} revocations of users who are not known", forgotten.len())),
        }
        lines.push(tried(table.as_ref()));
        let report = self.report(&changed, Some(longest), lines);
        Ok(if failed.is_some() { Report { exit: Exit::InPart, ..report } } else { report })
    }

    pub(crate) async fn check_ring(&self) -> Result<Report, CommandError> {
        let configuration = self.configuration().await?;
        let current = self.current().await?;
        let table = self.sealed_rows(&configuration, &current).await?;
        let mut report =
            self.report(&current, Some(longest_sealed(&configuration)), vec![tried(table.as_ref())]);
        let rows = table.unwrap_or_default();
        let mut problems = Vec::new();
        let marks = rows.marks_by_key();
        for (id, count) in &marks {
            if current.rings.current.contains(id) {
                report.lines.push(format!("table     {count} revocations and used logout tokens under {id}"));
            } else {
                problems.push(format!(
                    "{count} revocations and used logout tokens are found by {id}, which the ring does not hold: what they \
                     refuse is let in"
                ));
            }
        }
        for (id, count) in &rows.by_key {
            if current.rings.current.contains(id) {
                report.lines.push(format!("table     {count} sessions under {id}"));
            } else {
                problems
                    .push(format!("{count} sessions are sealed under {id}, which the ring does not hold"));
            }
        }
        if rows.unreadable > 0 {
            problems.push(format!("{} sessions name no key of a known layout", rows.unreadable));
        }
        if !problems.is_empty() {
            report.exit = Exit::Refused;
        }
        report.lines.extend(problems.iter().map(|problem| format!("WRONG     {problem}")));
        if let Some(members) = report.json.as_object_mut() {
            let by_key = rows.by_key.iter().map(|(id, count)| (id.to_string(), Value::from(*count)));
            members.insert("sessions_by_key".to_owned(), by_key.collect());
            let marks = marks.iter().map(|(id, count)| (id.to_string(), Value::from(*count)));
            members.insert("marks_by_key".to_owned(), marks.collect());
            members.insert("problems".to_owned(), problems.into());
        }
        Ok(report)
    }

    async fn current(&self) -> Result<Current, CommandError> {
        let version = self.ring_secret()?.version().await?;
        let document = RingDocument::parse(version.text.expose()).map_err(|faults| {
            CommandError::new("secret", format!("the secret is not as it has to be:\n{faults}"))
        })?;
        let previous = version.previous.as_ref().and_then(|text| RingDocument::parse(text.expose()).ok());
        let rings = Rings {
            current: document.key_ids(),
            previous: previous.map(|previous| previous.key_ids()),
            changed_at: version.changed_at,
        };
        Ok(Current { version, document, rings })
    }

    fn ring_secret(&self) -> Result<RingSecret, CommandError> {
        Ok(RingSecret::new(Arc::clone(&self.sdk), self.secret_id()?.to_owned()))
    }

    /// Puts `next` into force in place of `current` and reads it back.
    async fn change(&self, current: &Current, next: RingDocument) -> Result<Current, CommandError> {
        let token = self.version_token()?;
        let secret = self.ring_secret()?;
        let text = next.text();
        let replacing = async {
            let replaced = secret.replace(&current.version.id, &text, &token).await?;
            let Replaced::Done(id) = replaced else {
                let text = "the secret was changed by somebody else in the meantime: nothing was changed here; see `keys show`";
                return Err(CommandError::new("changed_meanwhile", text.to_owned()));
            };
            Ok(id)
        };
        let id = self.work.change("the secret written", replacing).await?;
        let found = self.current().await?;
        if found.version.id != id || found.rings.current != next.key_ids() {
            let text = "the secret was written, but another version is in force; see `keys show`";
            return Err(CommandError::new("not_in_force", text.to_owned()));
        }
        Ok(found)
    }

    /// Returns the rows that are sealed under another key than the first; `None` if sessions are in cookies.
    async fn sealed_rows(
        &self,
        configuration: &Configuration,
        current: &Current,
    ) -> Result<Option<SealedRows>, CommandError> {
        let (SessionStorage::DynamoDb { table }, Some(sealing)) =
            (&configuration.session.storage, current.rings.current.first())
        else {
            return Ok(None);
        };
        let show_count = |read| self.work.show_text(format!("{read} items of the table read"));
        let rows = SealedRows::scan(&self.sdk, table, *sealing, self.clock.now(), show_count).await;
        rows.map(Some).map_err(|_| {
            let text = format!("the table {table} cannot be read (dynamodb:Scan)");
            CommandError::unreachable("session_store_unavailable", text)
        })
    }

    /// Makes the id of a new version of a secret.
    pub(crate) fn version_token(&self) -> Result<String, CommandError> {
        Ok(format!("{:032x}", u128::from_be_bytes(self.random()?)))
    }

    fn random<const N: usize>(&self) -> Result<[u8; N], CommandError> {
        let mut bytes = [0; N];
        let filled = self.entropy.fill(&mut bytes);
        filled.map_err(|_| {
            CommandError::new("entropy_unavailable", "the system provided no random bytes".to_owned())
        })?;
        Ok(bytes)
    }

    /// Reports the ring, the state of the rotation, and the next step. `longest` is the longest session in
    /// the functions' configuration, if known.
    fn report(&self, current: &Current, longest: Option<i64>, done: Vec<String>) -> Report {
        let Rings { current: ids, changed_at, .. } = &current.rings;
        let secret = self.secret_id().unwrap_or_default();
        let mut lines = done;
        lines.push(format!("secret    {secret}"));
        lines.push(format!("version   {}, last change {changed_at}", current.version.id));
        for (index, id) in ids.iter().enumerate() {
            lines.push(format!("key       {id} {}", if index == 0 { "seals and opens" } else { "opens" }));
        }
        let (stage, next, from) = match current.rings.stage() {
            Stage::Settled => ("settled", Some("append"), None),
            Stage::Appended { .. } => ("appended", Some("promote"), Some(current.rings.promotable_from())),
            Stage::Promoted { .. } => {
                ("promoted", Some("drop"), longest.map(|longest| current.rings.droppable_from(longest)))
            }
            Stage::Unclear => ("unclear", None, None),
        };
        lines.push(format!("rotation  {stage}"));
        lines.push(match (next, from) {
            (Some("append"), _) => "next      `keys append`, when a new key is wanted".to_owned(),
            (Some(step), Some(from)) => format!("next      `keys {step}`, from {from} on"),
            (Some(step), None) => {
                format!("next      `keys {step}`, {SPREAD_SECONDS} seconds and the longest session after the change")
            }
            (None, _) => "next      name the key: `keys promote --key` or `keys drop --key`".to_owned(),
        });
        let keys: Vec<Value> = ids
            .iter()
            .enumerate()
            .map(|(index, id)| json!({ "id": id.to_string(), "seals": index == 0 }))
            .collect();
        let json = json!({
            "secret": secret,
            "version": current.version.id,
            "changed_at": changed_at.to_string(),
            "keys": keys,
            "rotation": stage,
            "next": next,
            "next_from": from.map(|time| time.to_string()),
        });
        Report { exit: Exit::Done, lines, json }
    }
}

/// Refuses to drop a key under which the table still has a session.
fn no_sessions_left(
    rows: &SealedRows,
    dropped_keys: &[KeyId],
    leave: DropOptions,
) -> Result<(), CommandError> {
    match rows.by_key.iter().find(|(id, _)| dropped_keys.contains(id)) {
        Some((id, count)) if !leave.end_sessions => {
            let text = format!(
                "{count} sessions in the table are still sealed under {id}: wait until they have ended, or end them with \
                 --end-sessions"
            );
            Err(CommandError::new("sessions_left", text))
        }
        _ => Ok(()),
    }
}

/// Describes the contents of the table.
fn tried(table: Option<&SealedRows>) -> String {
    match table {
        Some(rows) => {
            let others = rows.by_key.values().sum::<u64>() + rows.unreadable;
            format!("table     {} items read, {others} live sessions not under the key that seals", rows.read)
        }
        None => "table     none: sessions are in cookies, which nobody can count".to_owned(),
    }
}

impl From<RotationRefusal> for CommandError {
    fn from(refusal: RotationRefusal) -> Self {
        let error = Self::new(refusal.code(), refusal.to_string());
        match refusal {
            RotationRefusal::TooEarly { from, .. } => error.allowed_from(from),
            _ => error,
        }
    }
}

impl From<SecretFault> for CommandError {
    fn from(fault: SecretFault) -> Self {
        let (code, text) = match fault {
            SecretFault::Denied => (
                "secret_access_denied",
                "the secret may not be used: secretsmanager:GetSecretValue and DescribeSecret to look, PutSecretValue \
                 and UpdateSecretVersionStage to change, kms:Decrypt and kms:GenerateDataKey under a key of your own"
                    .to_owned(),
            ),
            SecretFault::NotFound => ("secret_not_found", fault.to_string()),
            SecretFault::NotText => ("secret_not_text", fault.to_string()),
            SecretFault::Unavailable => (
                "secret_unavailable",
                format!("{fault}; a change may have been made all the same: see `keys show`; {SIGN_IN}"),
            ),
            SecretFault::Unconfigured => ("secrets_manager_not_configured", format!("{fault}; {SIGN_IN}")),
        };
        match fault {
            SecretFault::NotFound | SecretFault::NotText => Self::new(code, text),
            SecretFault::Denied | SecretFault::Unavailable | SecretFault::Unconfigured => {
                Self::unreachable(code, text)
            }
        }
    }
}
