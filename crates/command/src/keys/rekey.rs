//! Rekeys revocations under a key that is to be dropped. A revocation is found by a hash of its user, made
//! with the key that sealed at the time, and the hash does not reveal the user. A user pool helps, because it
//! can list all its users.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws::session_table::{RevocationItem, SealedRows, SessionTable, StoredRevocation};
use relying_party::configuration::{Configuration, ProviderKind, SessionStorage};
use relying_party::sealing::{KeyId, Ring};
use relying_party::session::index::{Indexed, KeyedHash};

use super::Current;
use crate::Operator;
use crate::arguments::DropOptions;
use crate::command_error::CommandError;

/// A page of `ListUsers`.
const USERS_TOLD: u64 = 60;

/// The items under keys that are to be dropped.
#[derive(Default)]
pub(super) struct Rekeyed<'a> {
    /// The report.
    pub(super) lines: Vec<String>,
    /// Marks whose users are unknown. They are deleted only after the key is gone.
    pub(super) forgotten: Vec<&'a RevocationItem>,
}

/// A revocation whose user is known.
struct Known<'a> {
    mark: &'a RevocationItem,
    found: &'a StoredRevocation,
    /// The user's hash under the sealing key.
    hash: KeyedHash,
}

impl Operator {
    /// Rewrites the revocations under `dropped_keys` under the sealing key. If the users of some are unknown
    /// and may not be forgotten, it refuses and writes nothing.
    pub(super) async fn rekey_revocations<'a>(
        &self,
        configuration: &Configuration,
        current: &Current,
        rows: &'a SealedRows,
        dropped_keys: &[KeyId],
        leave: DropOptions,
    ) -> Result<Rekeyed<'a>, CommandError> {
        let mut marks: BTreeMap<&str, &RevocationItem> = BTreeMap::new();
        let mut forgotten = Vec::new();
        for mark in rows.marks.iter().filter(|mark| dropped_keys.contains(&mark.key_id)) {
            match &mark.revocation {
                Some(found) => drop(marks.insert(found.hash.as_str(), mark)),
                None => forgotten.push(mark),
            }
        }
        let mut lines = Vec::new();
        let ring = current.document.ring(&configuration.client.id);
        let ring =
            ring.map_err(|fault| CommandError::new("configuration", format!("session_secret: {fault:?}")))?;
        let known = match self.known(configuration, &ring, &mut marks).await {
            Ok(known) => known,
            Err(error) if leave.forget_revocations => {
                lines.push(format!("no revocation was rewritten: {}", error.0.text));
                Vec::new()
            }
            Err(error) => return Err(error),
        };
        forgotten.extend(marks.into_values());
        if !forgotten.is_empty() && !leave.forget_revocations {
            return Err(marks_left(forgotten.len(), configuration));
        }
        if let (Some(table), false) = (self.table(configuration), known.is_empty()) {
            self.work.steps(known.len());
            self.work.step("rewriting revocations");
            for Known { mark, found, hash } in &known {
                let writing = table.rekey_revocation(mark, found, hash);
                self.work.change("a revocation rewritten under the sealing key", writing).await?;
                self.work.stepped();
            }
            lines.push(format!("rewrote {} revocations under the sealing key", known.len()));
        }
        Ok(Rekeyed { lines, forgotten })
    }

    /// Takes those of `marks` whose users are in the pool out of it and returns them.
    async fn known<'a>(
        &self,
        configuration: &Configuration,
        ring: &Ring,
        marks: &mut BTreeMap<&'a str, &'a RevocationItem>,
    ) -> Result<Vec<Known<'a>>, CommandError> {
        let mut known = Vec::new();
        let (ProviderKind::Cognito(pool), false) = (&configuration.provider, marks.is_empty()) else {
            return Ok(known);
        };
        let mut read: u64 = 0;
        let each = |subject: &str| {
            read += 1;
            if read.is_multiple_of(USERS_TOLD) {
                self.work.show_text(format!("{read} users of the pool read"));
            }
            let user = Indexed::User { issuer: &configuration.issuer, subject };
            for hash in user.hashes_of_forms(ring, configuration) {
                let mark = marks.remove(hash.as_str());
                let found = mark.and_then(|mark| Some((mark, mark.revocation.as_ref()?)));
                known.extend(found.map(|(mark, found)| Known { mark, found, hash: user.hash(ring) }));
            }
        };
        self.directory(pool).each_subject(each).await?;
        Ok(known)
    }

    /// Deletes marks whose key is gone; returns the error if one cannot be deleted.
    pub(super) async fn forget_marks(
        &self,
        configuration: &Configuration,
        marks: &[&RevocationItem],
    ) -> Result<(), CommandError> {
        let Some(table) = self.table(configuration) else { return Ok(()) };
        self.work.steps(marks.len());
        self.work.step("forgetting revocations");
        for mark in marks {
            self.work.change("a revocation forgotten", table.forget(mark)).await?;
            self.work.stepped();
        }
        Ok(())
    }

    fn table(&self, configuration: &Configuration) -> Option<SessionTable> {
        match &configuration.session.storage {
            SessionStorage::DynamoDb { table } => {
                Some(SessionTable::new(Arc::clone(&self.sdk), table.clone()))
            }
            SessionStorage::Cookie | SessionStorage::Memory => None,
        }
    }
}

fn marks_left(count: usize, configuration: &Configuration) -> CommandError {
    let whose = if configuration.is_cognito() {
        "of users whom the user pool no longer has, or of another issuer"
    } else {
        "of users, whom only a Cognito user pool could name all"
    };
    let text = format!(
        "{count} entries in the table (revocations {whose}) are found only by the key that would go: keep the key, which \
         seals nothing any more, or forget them with --forget-revocations"
    );
    CommandError::new("marks_left", text)
}
