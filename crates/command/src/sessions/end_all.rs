//! Ends all sign-ins of a user: writes the revocation, deletes the rows, and signs the user out at the user
//! pool.

use std::sync::Arc;

use aws::user_pool::{UserPoolFault, UserPools};
use flow::session::store::SessionStore;
use relying_party::configuration::{CognitoPool, ProviderKind};
use relying_party::time::Timestamp;
use serde_json::{Value, json};

use super::{User, UserSessions};
use crate::Operator;
use crate::command_error::{CommandError, Exit, Report};

/// The outcome for the user pool's own sign-ins.
enum AtProvider {
    Ended,
    /// The pool was not called, for this reason.
    NotAsked(&'static str),
    Failed(CommandError),
}

impl Operator {
    /// The revocation is written first. From then on all earlier sign-ins are refused, even if a later step
    /// fails or the list is incomplete. A later failure is therefore reported, but the other steps are still
    /// attempted.
    pub(super) async fn end_all(
        &self,
        sessions: &UserSessions,
        user: &User,
        no_provider: bool,
    ) -> Result<Report, CommandError> {
        let now = self.clock.now();
        sessions.raise_revocation(user, now, now).await?;
        let mut ended = Vec::new();
        let left = sessions.delete_until(user, now, &mut ended).await.err();
        let at_provider = self.end_at_provider(sessions, user, no_provider).await;

        let mut lines = vec![
            format!("revocation  {now}: sessions and tokens that began by then are refused"),
            format!("ended       {} sessions", ended.len()),
        ];
        let mut failures = Vec::new();
        if let Some(error) = left {
            lines.push(format!(
                "FAILED      the other sessions are refused and still stored: {}; run the command again",
                error.0.text
            ));
            failures.push(failure("table", &error));
        }
        let outcome = match at_provider {
            AtProvider::Ended => {
                lines.push("user pool   signed out there: the refresh tokens no longer work".to_owned());
                "ended"
            }
            AtProvider::NotAsked(why) => {
                lines.push(format!(
                    "user pool   not asked: {why}. Refresh tokens that others hold stay valid there"
                ));
                "not_asked"
            }
            AtProvider::Failed(error) => {
                lines.push(format!(
                    "FAILED      not signed out of the user pool, where refresh tokens stay valid: {}",
                    error.0.text
                ));
                failures.push(failure("user_pool", &error));
                "failed"
            }
        };
        lines.push(format!(
            "A warm function may answer for them for {} s more.",
            sessions.configuration.session.cache_seconds
        ));
        let exit = if failures.is_empty() { Exit::Done } else { Exit::InPart };
        let json = json!({
            "user": user.json(),
            "revocation": now.to_string(),
            "ended": ended,
            "at_provider": outcome,
            "failures": failures,
        });
        Ok(Report { exit, lines, json })
    }

    async fn end_at_provider(&self, sessions: &UserSessions, user: &User, no_provider: bool) -> AtProvider {
        let configuration = &sessions.configuration;
        let ProviderKind::Cognito(pool) = &configuration.provider else {
            return AtProvider::NotAsked("the provider is not a Cognito user pool");
        };
        if no_provider {
            return AtProvider::NotAsked("--no-provider");
        }
        if user.issuer != configuration.issuer {
            return AtProvider::NotAsked("the issuer is another than that of the configured user pool");
        }
        match self.work.change("signed out of the user pool", self.sign_out_of(pool, user)).await {
            Ok(()) => AtProvider::Ended,
            Err(fault) => AtProvider::Failed(unended(fault, pool, user)),
        }
    }

    async fn sign_out_of(&self, pool: &CognitoPool, user: &User) -> Result<(), UserPoolFault> {
        let pools = UserPools::new(Arc::clone(&self.sdk));
        let name = user.username.as_deref().unwrap_or(&user.subject);
        match pools.sign_out(&pool.user_pool_id, name).await {
            // The API accepts a `sub` as the user name for local users only.
            Err(UserPoolFault::NotFound) if user.username.is_none() => {
                let found = self.directory(pool).of_subject(&user.subject).await?;
                let name = found.ok_or(UserPoolFault::NotFound)?.username;
                pools.sign_out(&pool.user_pool_id, &name).await
            }
            done => done,
        }
    }
}

impl UserSessions {
    /// Deletes the listed rows; sessions that began later stay.
    async fn delete_until(
        &self,
        user: &User,
        time: Timestamp,
        ended: &mut Vec<String>,
    ) -> Result<(), CommandError> {
        let listed = self.listed(user).await?;
        self.work.steps(listed.len());
        self.work.step("ending sessions");
        for row in listed {
            if row.signed_in_at.is_none_or(|began| began <= time) {
                self.work.change("a session ended", self.store.delete(&row.key)).await?;
                ended.push(row.key.as_str().to_owned());
            }
            self.work.stepped();
        }
        Ok(())
    }
}

fn failure(what: &str, error: &CommandError) -> Value {
    json!({ "what": what, "code": error.0.code, "message": error.0.text })
}

fn unended(fault: UserPoolFault, pool: &CognitoPool, user: &User) -> CommandError {
    let pool = &pool.user_pool_id;
    let by_hand = format!(
        "aws cognito-idp admin-user-global-sign-out --user-pool-id {pool} --username {}",
        user.username.as_deref().unwrap_or("<name>")
    );
    let (code, why) = match fault {
        UserPoolFault::Denied => (
            "user_pool_access_denied",
            "that is not allowed here (cognito-idp:AdminUserGlobalSignOut, and ListUsers for who comes from another \
             provider)"
                .to_owned(),
        ),
        UserPoolFault::NotFound => ("user_not_found", format!("there is no such user in {pool}")),
        other => ("user_pool_unavailable", other.to_string()),
    };
    CommandError::new(code, format!("{why}; by hand: {by_hand}"))
}
