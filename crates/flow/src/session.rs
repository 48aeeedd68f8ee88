//! Stores, reads, refreshes and revokes sessions.

pub(crate) mod cache;
mod id;
pub mod memory_store;
mod refresh;
mod revocation;
pub(crate) mod session_hash;
pub mod store;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use relying_party::gate::GateRefusal;
use relying_party::http::cookie::{Cookies, SessionCookie};
use relying_party::refusal::Refusal;
use relying_party::relying_party::RelyingParty;
use relying_party::sealing::SealRefusal;
use relying_party::session::index::{Indexed, KeyedHash};
use relying_party::session::state::{SessionState, TokenState};
use relying_party::session::{Session, SessionRefusal};
use relying_party::time::Timestamp;

use crate::notes::Notes;
use crate::ports::{Clock, Entropy};
use crate::provider::ProviderClient;
use crate::session::cache::{RowCache, TtlCache};
use crate::session::id::SessionId;
use crate::session::store::{Listing, Row, RowKey, SessionStore, Use, Written};

/// A session that a browser presented, and its storage.
#[derive(Clone, Debug)]
pub(crate) struct LoadedSession {
    pub(crate) session: Session,
    pub(crate) stored_in: StoredIn,
}

/// The storage of a session.
#[derive(Clone, Debug)]
pub(crate) enum StoredIn {
    /// In the cookie itself.
    Cookie,
    /// In the store.
    Store(Stored),
}

/// A row of the store whose content was opened.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) id: SessionId,
    pub(crate) generation: u64,
    /// When the lease of a running refresh ends; `None` when no refresh is running.
    pub(crate) leased_until: Option<Timestamp>,
}

/// Until this time an id without a valid tag is looked up all the same. Ids used to be 256 random bits
/// without a tag, of the same length, and an upgrade must not sign anybody out. 2027-03-01T00:00:00Z.
const UNTAGGED_UNTIL: Timestamp = Timestamp::from_unix(1_803_859_200);

/// A use is recorded once this fraction (a tenth) of the idle limit has passed since the last record.
const RECORDED_PARTS_OF_IDLE: i64 = 10;

/// The SHA-256 of a refresh token.
type RefreshTokenHash = [u8; 32];

/// The sessions of one deployment, in cookies or in a store.
#[derive(Clone)]
pub(crate) struct Sessions {
    relying_party: Arc<RelyingParty>,
    notes: Arc<Notes>,
    provider: Arc<ProviderClient>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    /// `None` when sessions are kept in cookies.
    store: Option<Arc<dyn SessionStore>>,
    rows: Arc<RowCache>,
    /// Why recent refreshes failed.
    refresh_refusals: Arc<TtlCache<RefreshTokenHash, Refusal>>,
    revocations: Arc<TtlCache<KeyedHash, Option<Timestamp>>>,
}

impl Sessions {
    /// Creates it with empty caches. Does no IO.
    pub(crate) fn new(
        relying_party: Arc<RelyingParty>,
        notes: Arc<Notes>,
        provider: Arc<ProviderClient>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        store: Option<Arc<dyn SessionStore>>,
    ) -> Self {
        Self {
            relying_party,
            notes,
            provider,
            clock,
            entropy,
            store,
            rows: Arc::default(),
            refresh_refusals: Arc::default(),
            revocations: Arc::default(),
        }
    }

    pub(crate) fn store(&self) -> Option<&dyn SessionStore> {
        self.store.as_deref()
    }

    /// The session that the cookies present, whatever its age; `None` when they present none.
    pub(crate) async fn load(&self, cookies: &Cookies<'_>) -> Result<Option<LoadedSession>, Refusal> {
        self.presented(cookies).await.inspect_err(|refusal| self.notes.note_outdated(refusal))
    }

    async fn presented(&self, cookies: &Cookies<'_>) -> Result<Option<LoadedSession>, Refusal> {
        let relying_party = &self.relying_party;
        let Some(store) = self.store() else {
            let presented = Session::from_cookies(cookies, &relying_party.cookie_names, &relying_party.ring)?;
            let Some(session) = presented else { return Ok(None) };
            let session = session.of_issuer_in(&relying_party.configuration)?;
            let session = session.not_ended_in(cookies, relying_party, self.clock.now())?;
            return Ok(Some(LoadedSession { session, stored_in: StoredIn::Cookie }));
        };
        match self.presented_id(cookies)? {
            Some(id) => self.stored(store, id).await.map(Some),
            None => Ok(None),
        }
    }

    /// Reads the session of `id` from the store.
    async fn stored(&self, store: &dyn SessionStore, id: SessionId) -> Result<LoadedSession, Refusal> {
        let key = id.row_key();
        let Some(row) = store.read(&key).await? else {
            self.rows.forget(&key);
            return Err(Refusal::SessionNotStored);
        };
        self.cache_row(key, row.clone());
        self.opened(id, &row)
    }

    /// Caches a row for `session_cache_seconds`. The absence of a row is never cached.
    fn cache_row(&self, key: RowKey, row: Row) {
        self.rows.insert(key, row, self.relying_party.configuration.session.cache_seconds, self.clock.now());
    }

    /// The id of a stored session that the cookies present.
    fn presented_id(&self, cookies: &Cookies<'_>) -> Result<Option<SessionId>, Refusal> {
        match SessionCookie::read(cookies, self.relying_party.cookie_names.session()) {
            SessionCookie::Absent => Ok(None),
            SessionCookie::Broken(refusal) => Err(SessionRefusal::Cookie(refusal).into()),
            SessionCookie::Whole(value) => {
                let id = SessionId::parse(&value).ok_or(Refusal::SessionNotStored)?;
                if id.is_tagged(&self.relying_party.ring) || self.clock.now() < UNTAGGED_UNTIL {
                    return Ok(Some(id));
                }
                // A process with a newer ring may have made the id, so the cookie stays and the ring is read
                // again.
                Err(SessionRefusal::Seal(SealRefusal::UnknownKey).into())
            }
        }
    }

    fn opened(&self, id: SessionId, row: &Row) -> Result<LoadedSession, Refusal> {
        let sealed = self.relying_party.ring.open_stored(&id.0, &row.content);
        let session = Session::decode(&sealed.map_err(SessionRefusal::Seal)?)?;
        let mut session = session.of_issuer_in(&self.relying_party.configuration)?;
        session.seen_at = row.seen_at;
        session.renewed_at = row.renewed_at;
        let leased_until = row.lease.as_ref().map(|lease| lease.until);
        Ok(LoadedSession {
            session,
            stored_in: StoredIn::Store(Stored { id, generation: row.generation, leased_until }),
        })
    }

    /// Like [`Sessions::live`], but a stored session may come from the cache while no refresh is due. A
    /// session that was ended elsewhere is therefore accepted here for at most `session_cache_seconds`.
    pub(crate) async fn live_or_cached(
        &self,
        cookies: &Cookies<'_>,
        now: Timestamp,
    ) -> Result<(LoadedSession, SessionState), Refusal> {
        if let Some(loaded) = self.cached(cookies, now)
            && let Ok(state) = loaded.session.state_in(&self.relying_party.configuration, now)
            && state.token == TokenState::Fresh
            && self.is_not_revoked_in_cache(&loaded.session, now)
        {
            return Ok((loaded, state));
        }
        self.live(cookies, now).await
    }

    fn cached(&self, cookies: &Cookies<'_>, now: Timestamp) -> Option<LoadedSession> {
        self.store()?;
        let id = self.presented_id(cookies).ok()??;
        let seconds = self.relying_party.configuration.session.cache_seconds;
        let row = self.rows.value(&id.row_key(), seconds, now)?;
        self.opened(id, &row).ok()
    }

    /// A session that is valid now, and its state.
    pub(crate) async fn live(
        &self,
        cookies: &Cookies<'_>,
        now: Timestamp,
    ) -> Result<(LoadedSession, SessionState), Refusal> {
        let loaded = self.load(cookies).await?.ok_or(GateRefusal::NoSession)?;
        let state = loaded.session.state_in(&self.relying_party.configuration, now)?;
        self.check_not_revoked(&loaded.session).await?;
        Ok((loaded, state))
    }

    /// Saves a new session and returns the cookie value that presents it.
    pub(crate) async fn save(&self, session: &Session) -> Result<String, Refusal> {
        let relying_party = &self.relying_party;
        let Some(store) = self.store() else {
            return Ok(session.seal(
                &relying_party.cookie_names,
                &relying_party.ring,
                self.entropy.random()?,
            ));
        };
        let id = SessionId::new(&self.entropy.random()?, &relying_party.ring);
        self.notes.note_done();
        match store.create(&id.row_key(), self.row(session, &id, 0)?).await? {
            Written::Done => Ok(id.text()),
            // Two equal ids of 128 random bits mean that the randomness is broken.
            Written::Lost => Err(Refusal::Internal),
        }
    }

    /// Deletes the stored session that the cookies present, even if it cannot be opened. Where the session is
    /// in the cookies, the caller has to expire them.
    pub(crate) async fn delete(&self, cookies: &Cookies<'_>) -> Result<(), Refusal> {
        let (Some(store), Ok(Some(id))) = (self.store(), self.presented_id(cookies)) else { return Ok(()) };
        let key = id.row_key();
        self.rows.forget(&key);
        self.notes.note_done();
        Ok(store.delete(&key).await?)
    }

    /// Records that a stored session was used, if that is due. If the write is lost, another request has
    /// recorded a newer use. An error is ignored: the session has been checked, and without records it ends
    /// at the idle limit.
    async fn record_use(&self, session: &Session, stored: &Stored, renewal_due: bool, now: Timestamp) {
        let Some(store) = self.store() else { return };
        let Some(used) = self.use_due(session, renewal_due, now) else { return };
        let key = stored.id.row_key();
        match store.record_use(&key, stored.generation, used).await {
            Ok(Written::Done) => self.rows.used(&key, used),
            Ok(Written::Lost) => self.rows.forget(&key),
            Err(_) => {}
        }
    }

    fn use_due(&self, session: &Session, renewal_due: bool, now: Timestamp) -> Option<Use> {
        let limits = session.limits_in(&self.relying_party.configuration.session);
        let idle_due =
            limits.idling.is_some_and(|idling| now.since(session.seen_at) >= idling / RECORDED_PARTS_OF_IDLE);
        if !renewal_due && !idle_due {
            return None;
        }
        let renewed_at = if renewal_due { now } else { session.renewed_at };
        Some(Use { seen_at: now, renewed_at, ends_at: limits.absolute_end(session) })
    }

    /// The row that stores `session` under `id`.
    fn row(&self, session: &Session, id: &SessionId, generation: u64) -> Result<Row, Refusal> {
        let nonce = self.entropy.random()?;
        let limits = session.limits_in(&self.relying_party.configuration.session);
        Ok(Row {
            content: self.relying_party.ring.seal_stored(&id.0, &session.encode(), nonce),
            generation,
            seen_at: session.seen_at,
            renewed_at: session.renewed_at,
            ends_at: limits.absolute_end(session),
            lease: None,
            listing: self.listing(session),
        })
    }

    /// The listing is hashed with the key that seals the content, so a renewal moves both to the ring's first
    /// key.
    fn listing(&self, session: &Session) -> Listing {
        let ring = &self.relying_party.ring;
        let issuer = session.issuer.as_str();
        let provider_session =
            session.sid.as_deref().map(|sid| Indexed::ProviderSession { issuer, sid }.hash(ring));
        Listing {
            user: Some(Indexed::User { issuer, subject: &session.subject }.hash(ring)),
            provider_session,
            signed_in_at: Some(session.signed_in_at),
        }
    }
}
