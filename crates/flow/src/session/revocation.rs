//! Reads and caches revocations, and writes one when sessions are ended.

use relying_party::refusal::Refusal;
use relying_party::session::Session;
use relying_party::session::index::{Indexed, KeyedHash};
use relying_party::session::revocation::{Revocation, RevocationHashes, kept_seconds};
use relying_party::time::Timestamp;
use relying_party::token::access_token::AccessToken;
use relying_party::token::load_balancer::{LoadBalancerRefusal, LoadBalancerUser};

use crate::session::Sessions;
use crate::session::store::{List, SessionStore, StoreFault};

impl Sessions {
    /// Refuses a session that was ended elsewhere, according to a fresh read of the store.
    pub(crate) async fn check_not_revoked(&self, session: &Session) -> Result<(), Refusal> {
        let Some(store) = self.store() else { return Ok(()) };
        let hashes = RevocationHashes::of_session(session, &self.relying_party);
        let revocation = self.read_revocation(store, &hashes).await?;
        Ok(revocation.check_session(session)?)
    }

    /// Tells whether a session is valid according to cached revocations; false when none are cached.
    pub(crate) fn is_not_revoked_in_cache(&self, session: &Session, now: Timestamp) -> bool {
        let hashes = RevocationHashes::of_session(session, &self.relying_party);
        self.cached_revocation(&hashes, now).is_some_and(|found| found.check_session(session).is_ok())
    }

    /// Refuses an access token from a sign-in that was revoked later. It reads once per user and
    /// `session_cache_seconds`, and never without a store.
    pub(crate) async fn check_token_not_revoked(&self, token: &AccessToken) -> Result<(), Refusal> {
        let Some(store) = self.store() else { return Ok(()) };
        let hashes = RevocationHashes::of_bearer(token, &self.relying_party);
        Ok(self.cached_or_read_revocation(store, &hashes).await?.check_bearer(token)?)
    }

    /// Refuses a user of a load balancer whose access was ever revoked. The load balancer does not tell when
    /// they signed in.
    pub(crate) async fn check_never_revoked(&self, user: &LoadBalancerUser) -> Result<(), Refusal> {
        let Some(store) = self.store() else { return Ok(()) };
        let hashes = RevocationHashes::of_load_balancer_user(&user.subject, &self.relying_party);
        match self.cached_or_read_revocation(store, &hashes).await?.user {
            Some(_) => Err(LoadBalancerRefusal::EndedEverywhere.into()),
            None => Ok(()),
        }
    }

    async fn cached_or_read_revocation(
        &self,
        store: &dyn SessionStore,
        hashes: &RevocationHashes,
    ) -> Result<Revocation, Refusal> {
        match self.cached_revocation(hashes, self.clock.now()) {
            Some(revocation) => Ok(revocation),
            None => self.read_revocation(store, hashes).await,
        }
    }

    async fn read_revocation(
        &self,
        store: &dyn SessionStore,
        hashes: &RevocationHashes,
    ) -> Result<Revocation, Refusal> {
        let all: Vec<KeyedHash> = hashes.user.iter().chain(&hashes.provider).cloned().collect();
        let found = store.revocation(&all).await?;
        let seconds = self.relying_party.configuration.session.cache_seconds;
        let now = self.clock.now();
        for (hash, time) in all.into_iter().zip(&found) {
            self.revocations.insert(hash, *time, seconds, now);
        }
        let (user, provider) = found.split_at_checked(hashes.user.len()).ok_or(Refusal::Internal)?;
        Ok(Revocation { user: latest(user), provider: latest(provider) })
    }

    /// `None` unless all of them are cached.
    fn cached_revocation(&self, hashes: &RevocationHashes, now: Timestamp) -> Option<Revocation> {
        let seconds = self.relying_party.configuration.session.cache_seconds;
        let of = |hashes: &[KeyedHash]| {
            let found: Option<Vec<_>> =
                hashes.iter().map(|hash| self.revocations.value(hash, seconds, now)).collect();
            found.map(|found| latest(&found))
        };
        Some(Revocation { user: of(&hashes.user)?, provider: of(&hashes.provider)? })
    }

    /// Ends everything that began at `time` or earlier. The revocation is written first; from then on such a
    /// session is refused, whether or not the lists contain it. Then the listed rows are deleted; one that is
    /// missed expires by itself.
    pub(crate) async fn revoke_all(
        &self,
        store: &dyn SessionStore,
        ended: Indexed<'_>,
        rows: (List, Indexed<'_>),
        time: Timestamp,
    ) -> Result<(), Refusal> {
        self.write_revocation(store, ended, time).await?;
        self.delete_listed(store, rows, time).await.ok();
        Ok(())
    }

    /// Writes the revocation only.
    pub(crate) async fn write_revocation(
        &self,
        store: &dyn SessionStore,
        ended: Indexed<'_>,
        time: Timestamp,
    ) -> Result<(), Refusal> {
        let hash = ended.hash(&self.relying_party.ring);
        let kept = kept_seconds(&self.relying_party.configuration, ended);
        store.raise_revocation(&hash, time, time.plus(kept)).await?;
        self.revocations.forget(&hash);
        Ok(())
    }

    async fn delete_listed(
        &self,
        store: &dyn SessionStore,
        (list, of): (List, Indexed<'_>),
        time: Timestamp,
    ) -> Result<(), StoreFault> {
        for hash in of.hashes_of_forms(&self.relying_party.ring, &self.relying_party.configuration) {
            for row in store.rows(list, &hash).await? {
                // A session that began after the revocation stays.
                if row.signed_in_at.is_none_or(|began| began <= time) {
                    self.rows.forget(&row.key);
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
