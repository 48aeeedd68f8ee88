//! The sessions of a user: lists and ends them, and shows and sets the revocation. Sessions are identified by
//! their hash in the table; no token is read and no session is opened.

use std::sync::Arc;

use aws::operator::user_directory::{PoolUser, UserDirectory};
use aws::session_table::SessionTable;
use aws::user_pool::UserPoolFault;
use flow::session::store::{List, Listed, MAX_LISTED, RowKey, SessionStore, StoreFault};
use relying_party::configuration::{CognitoPool, Configuration, ProviderKind, SessionStorage};
use relying_party::sealing::Ring;
use relying_party::session::index::{Indexed, KeyedHash};
use relying_party::session::revocation::kept_seconds;
use relying_party::session::store_outage::StoreOutage;
use relying_party::time::Timestamp;
use serde_json::{Value, json};

use crate::Operator;
use crate::arguments::{SessionsCommand, UserArguments};
use crate::command_error::{CommandError, Exit, Report};
use crate::work::Work;

mod end_all;

/// The sessions of one deployment.
struct UserSessions {
    configuration: Configuration,
    ring: Ring,
    store: SessionTable,
    work: Arc<Work>,
}

/// A user, as the provider identifies them.
struct User {
    issuer: String,
    subject: String,
    /// The user's name in the user pool, if it was looked up there.
    username: Option<String>,
}

impl User {
    fn indexed(&self) -> Indexed<'_> {
        Indexed::User { issuer: &self.issuer, subject: &self.subject }
    }

    fn json(&self) -> Value {
        json!({ "iss": self.issuer, "sub": self.subject })
    }
}

impl Operator {
    pub(crate) async fn sessions(&self, command: SessionsCommand) -> Result<Report, CommandError> {
        let sessions = self.open_sessions().await?;
        match command {
            SessionsCommand::List { user } => {
                let user = self.user(&sessions, user).await?;
                sessions.list(&user).await
            }
            SessionsCommand::End { session } => sessions.end(&session).await,
            SessionsCommand::EndAll { user, no_provider } => {
                let user = self.user(&sessions, user).await?;
                self.end_all(&sessions, &user, no_provider).await
            }
            SessionsCommand::Revocation { user, at } => {
                let user = self.user(&sessions, user).await?;
                sessions.revocation(&user, at.map(Timestamp::from_unix), self.clock.now()).await
            }
            SessionsCommand::Hash { user } => {
                let user = self.user(&sessions, user).await?;
                Ok(sessions.shown_hashes(&user))
            }
        }
    }

    async fn open_sessions(&self) -> Result<UserSessions, CommandError> {
        let configuration = self.configuration().await?;
        let SessionStorage::DynamoDb { table } = &configuration.session.storage else {
            let text =
                "sessions are not in a table: those in cookies cannot be listed, nor ended from outside";
            return Err(CommandError::new("sessions_not_stored", text.to_owned()));
        };
        let store = SessionTable::new(Arc::clone(&self.sdk), table.clone());
        let ring = Ring::new(&configuration.session.secrets, &configuration.client.id)
            .map_err(|fault| CommandError::new("configuration", format!("session_secret: {fault:?}")))?;
        Ok(UserSessions { configuration, ring, store, work: Arc::clone(&self.work) })
    }

    /// Returns the user; a name is looked up in the user pool.
    async fn user(&self, sessions: &UserSessions, user: UserArguments) -> Result<User, CommandError> {
        let configuration = &sessions.configuration;
        // The two forms of a user pool's issuer mean the same users; stored hashes use one of them.
        let issuer = user.issuer.as_deref().map_or_else(
            || configuration.issuer.clone(),
            |issuer| configuration.one_form(issuer).into_owned(),
        );
        let (subject, username) = match (user.sub, user.username) {
            (Some(subject), _) => (subject, None),
            (None, Some(name)) => {
                let found = self.looked_up(configuration, &name).await?;
                (found.subject, Some(found.username))
            }
            (None, None) => return Err(CommandError::new("no_user", "give --sub or --username".to_owned())),
        };
        Ok(User { issuer, subject, username })
    }

    async fn looked_up(&self, configuration: &Configuration, name: &str) -> Result<PoolUser, CommandError> {
        let ProviderKind::Cognito(pool) = &configuration.provider else {
            let text = "only users of a Cognito user pool can be looked up: give --sub";
            return Err(CommandError::new("no_user_pool", text.to_owned()));
        };
        self.directory(pool).called(name).await?.ok_or_else(|| {
            let text = format!("the user pool {} has no one user of this name or address", pool.user_pool_id);
            CommandError::new("user_not_found", text)
        })
    }

    pub(crate) fn directory(&self, pool: &CognitoPool) -> UserDirectory {
        UserDirectory::new(Arc::clone(&self.sdk), pool.user_pool_id.clone())
    }
}

impl UserSessions {
    async fn list(&self, user: &User) -> Result<Report, CommandError> {
        let revocation = self.read_revocation(user).await?;
        let mut listed = self.listed(user).await?;
        let complete = listed.len() < MAX_LISTED;
        listed.sort_by_key(|row| (row.signed_in_at, row.seen_at));
        let mut lines = vec![format!("user        {} at {}", user.subject, user.issuer)];
        lines.extend(revocation.map(|time| format!("revocation  {time}")));
        lines.push(format!(
            "sessions    {}{}",
            listed.len(),
            if complete { "" } else { " and perhaps more" }
        ));
        for row in &listed {
            lines.push(format!(
                "{}  signed in {}  seen {}  ends {}",
                row.key.as_str(),
                row.signed_in_at.map_or_else(|| "-".to_owned(), |time| time.to_string()),
                row.seen_at,
                row.ends_at
            ));
        }
        let json = json!({
            "user": user.json(),
            "revocation": revocation.map(|time| time.to_string()),
            "complete": complete,
            "sessions": listed.iter().map(session_json).collect::<Vec<_>>(),
        });
        Ok(Report { exit: Exit::Done, lines, json })
    }

    async fn end(&self, hash: &str) -> Result<Report, CommandError> {
        let key = RowKey::new(hash.to_owned());
        match self.store.read(&key).await {
            Ok(None) => {
                let text = "the table has no session of this hash".to_owned();
                return Err(CommandError::new("session_not_stored", text));
            }
            Err(fault @ StoreFault::Unavailable(_)) => return Err(fault.into()),
            // A session that cannot be read is ended nevertheless.
            Ok(Some(_)) | Err(StoreFault::Malformed | StoreFault::UnknownFormat) => {}
        }
        self.work.change("the session ended", self.store.delete(&key)).await?;
        let line = format!(
            "ended the session {hash}; a warm function may answer for it for {} s more",
            self.configuration.session.cache_seconds
        );
        Ok(Report { exit: Exit::Done, lines: vec![line], json: json!({ "ended": [hash] }) })
    }

    /// Shows the revocation, or moves it forward. It never moves back.
    async fn revocation(
        &self,
        user: &User,
        at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Report, CommandError> {
        if let Some(at) = at {
            if at > now {
                let text = "a revocation in the future would refuse every sign-in until then".to_owned();
                return Err(CommandError::new("in_the_future", text));
            }
            self.raise_revocation(user, at, now).await?;
        }
        let found = self.read_revocation(user).await?;
        if let Some(at) = at
            && found != Some(at)
        {
            let text = format!(
                "the revocation stays at {}: it is there already, and never goes back",
                found.map_or_else(|| "none".to_owned(), |time| time.to_string())
            );
            return Err(CommandError::new("revocation_is_later", text));
        }
        let line =
            format!("revocation  {}", found.map_or_else(|| "none".to_owned(), |time| time.to_string()));
        let json = json!({ "user": user.json(), "revocation": found.map(|time| time.to_string()) });
        Ok(Report { exit: Exit::Done, lines: vec![line], json })
    }

    /// Shows the hashes by which the AWS CLI finds a user.
    fn shown_hashes(&self, user: &User) -> Report {
        let hashes: Vec<String> = self.hashes_of(user).iter().map(|hash| hash.as_str().to_owned()).collect();
        let json = json!({ "user": user.json(), "hashes": hashes });
        Report { exit: Exit::Done, lines: hashes, json }
    }

    /// Under every key of the ring and every form of the issuer.
    fn hashes_of(&self, user: &User) -> Vec<KeyedHash> {
        user.indexed().hashes_of_forms(&self.ring, &self.configuration)
    }

    async fn listed(&self, user: &User) -> Result<Vec<Listed>, CommandError> {
        let mut listed = Vec::new();
        for hash in self.hashes_of(user) {
            listed.extend(self.store.rows(List::User, &hash).await?);
            self.work.show_text(format!("{} sessions found", listed.len()));
        }
        Ok(listed)
    }

    async fn read_revocation(&self, user: &User) -> Result<Option<Timestamp>, CommandError> {
        let hashes: Vec<KeyedHash> = self.hashes_of(user);
        Ok(self.store.revocation(&hashes).await?.into_iter().flatten().max())
    }

    async fn raise_revocation(&self, user: &User, at: Timestamp, now: Timestamp) -> Result<(), CommandError> {
        let kept = kept_seconds(&self.configuration, user.indexed());
        let hash = user.indexed().hash(&self.ring);
        let moving = self.store.raise_revocation(&hash, at, now.plus(kept));
        Ok(self.work.change("the revocation written", moving).await?)
    }
}

fn session_json(row: &Listed) -> Value {
    json!({
        "session": row.key.as_str(),
        "signed_in_at": row.signed_in_at.map(|time| time.to_string()),
        "seen_at": row.seen_at.to_string(),
        "renewed_at": row.renewed_at.to_string(),
        "ends_at": row.ends_at.to_string(),
    })
}

impl From<StoreFault> for CommandError {
    fn from(fault: StoreFault) -> Self {
        let text = match fault {
            StoreFault::Unavailable(StoreOutage::Denied) => format!(
                "{}: it needs dynamodb:Query on the index, GetItem, BatchGetItem, UpdateItem and DeleteItem",
                StoreOutage::Denied
            ),
            StoreFault::Unavailable(outage) => outage.to_string(),
            StoreFault::Malformed | StoreFault::UnknownFormat => {
                "the table holds something that this release cannot read".to_owned()
            }
        };
        Self::unreachable("session_store_unavailable", text)
    }
}

impl From<UserPoolFault> for CommandError {
    fn from(fault: UserPoolFault) -> Self {
        let (code, text) = match fault {
            UserPoolFault::Denied => (
                "user_pool_access_denied",
                "users may not be looked up (cognito-idp:AdminGetUser, ListUsers)".to_owned(),
            ),
            other => ("user_pool_unavailable", other.to_string()),
        };
        Self::unreachable(code, text)
    }
}
