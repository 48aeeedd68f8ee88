//! Not-befores as the flows see them: read and remembered, and moved when sessions are ended.

use relying_party::refusal::Refusal;
use relying_party::session::Session;
use relying_party::session::index::{Indexed, KeyedHash};
use relying_party::session::revocation::{NotBefore, NotBeforeHashes, kept_seconds};
use relying_party::time::Timestamp;
use relying_party::token::access_token::AccessToken;
use relying_party::token::load_balancer::{LoadBalancerRefusal, LoadBalancerUser};

use crate::session::store::{List, SessionStore, StoreFault};
use crate::site::Site;

impl Site {
    /// Refuses a session that was ended elsewhere, as the store knows it now.
    pub(crate) async fn still_holds(&self, session: &Session) -> Result<(), Refusal> {
        let Some(store) = self.store() else { return Ok(()) };
        let hashes = self.relying_party.session_not_before(session);
        let not_before = self.read_not_before(store, &hashes).await?;
        Ok(not_before.judge_session(session)?)
    }

    /// Whether a session holds by what was read lately; false when nothing was.
    pub(crate) fn held_lately(&self, session: &Session, now: Timestamp) -> bool {
        let hashes = self.relying_party.session_not_before(session);
        self.recent_not_before(&hashes, now).is_some_and(|found| found.judge_session(session).is_ok())
    }

    /// Refuses an access token of a user whose access was ended after its sign-in. One read per user and
    /// `session_cache_seconds`; none without a store.
    pub(crate) async fn token_still_holds(&self, token: &AccessToken) -> Result<(), Refusal> {
        let Some(store) = self.store() else { return Ok(()) };
        let hashes = self.relying_party.bearer_not_before(token);
        Ok(self.not_before_lately(store, &hashes).await?.judge_bearer(token)?)
    }

    /// Refuses somebody whom a load balancer has signed in nobody knows when, if their access was ever ended.
    pub(crate) async fn never_ended(&self, user: &LoadBalancerUser) -> Result<(), Refusal> {
        let Some(store) = self.store() else { return Ok(()) };
        let hashes = self.relying_party.load_balancer_not_before(&user.subject);
        match self.not_before_lately(store, &hashes).await?.user {
            Some(_) => Err(LoadBalancerRefusal::EndedEverywhere.into()),
            None => Ok(()),
        }
    }

    async fn not_before_lately(
        &self,
        store: &dyn SessionStore,
        hashes: &NotBeforeHashes,
    ) -> Result<NotBefore, Refusal> {
        match self.recent_not_before(hashes, self.now()) {
            Some(not_before) => Ok(not_before),
            None => self.read_not_before(store, hashes).await,
        }
    }

    async fn read_not_before(
        &self,
        store: &dyn SessionStore,
        hashes: &NotBeforeHashes,
    ) -> Result<NotBefore, Refusal> {
        let all: Vec<KeyedHash> = hashes.user.iter().chain(&hashes.provider).cloned().collect();
        let found = store.not_before(&all).await?;
        let seconds = self.relying_party.configuration.session.cache_seconds;
        let now = self.now();
        for (hash, time) in all.into_iter().zip(&found) {
            self.recent_not_before.remember(hash, *time, seconds, now);
        }
        let (user, provider) = found.split_at_checked(hashes.user.len()).ok_or(Refusal::Internal)?;
        Ok(NotBefore { user: latest(user), provider: latest(provider) })
    }

    /// `None` when one of them was not read lately.
    fn recent_not_before(&self, hashes: &NotBeforeHashes, now: Timestamp) -> Option<NotBefore> {
        let seconds = self.relying_party.configuration.session.cache_seconds;
        let of = |hashes: &[KeyedHash]| {
            let found: Option<Vec<_>> =
                hashes.iter().map(|hash| self.recent_not_before.value(hash, seconds, now)).collect();
            found.map(|found| latest(&found))
        };
        Some(NotBefore { user: of(&hashes.user)?, provider: of(&hashes.provider)? })
    }

    /// Ends what began at `time` or earlier. The not-before is written first; once it is there nothing of all that is
    /// let in, whatever the lists show. The rows that they show are deleted then; one that is left ends by itself.
    pub(crate) async fn end_all(
        &self,
        store: &dyn SessionStore,
        ended: Indexed<'_>,
        rows: (List, Indexed<'_>),
        time: Timestamp,
    ) -> Result<(), Refusal> {
        self.end_from(store, ended, time).await?;
        self.delete_listed(store, rows, time).await.ok();
        Ok(())
    }

    /// Writes the not-before alone.
    pub(crate) async fn end_from(
        &self,
        store: &dyn SessionStore,
        ended: Indexed<'_>,
        time: Timestamp,
    ) -> Result<(), Refusal> {
        let hash = ended.hash(&self.relying_party.ring);
        let kept = kept_seconds(&self.relying_party.configuration, ended);
        store.move_not_before(&hash, time, time.plus(kept)).await?;
        self.recent_not_before.forget(&hash);
        Ok(())
    }

    async fn delete_listed(
        &self,
        store: &dyn SessionStore,
        (list, of): (List, Indexed<'_>),
        time: Timestamp,
    ) -> Result<(), StoreFault> {
        for hash in of.hashes(&self.relying_party.ring) {
            for row in store.rows(list, &hash).await? {
                // Who signed in anew meanwhile stays.
                if row.signed_in_at.is_none_or(|began| began <= time) {
                    self.recent.forget(&row.key);
                    store.delete(&row.key).await?;
                }
            }
        }
        Ok(())
    }
}

fn latest(found: &[Option<Timestamp>]) -> Option<Timestamp> {
    found.iter().copied().flatten().max()
}
