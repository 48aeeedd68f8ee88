//! Refreshes the tokens of a session by one request to the provider, however many requests need it.

use relying_party::http::cookie::{Cookies, set_session};
use relying_party::provider::call::{CallKind, Grant, ProviderResponse};
use relying_party::provider::client_authentication::ClientCredentials;
use relying_party::refusal::Refusal;
use relying_party::refusal::reason::Fault;
use relying_party::session::Session;
use relying_party::session::refresh::{Due, RefreshResponse, Unrefreshed, keeps_rotated, unrefreshed};
use relying_party::session::refresh_policy::{REPEATABLE_GRACE_SECONDS, RefreshRefusal};
use relying_party::session::state::{SessionState, TokenState};
use relying_party::time::Timestamp;
use relying_party::token::jwks::KeySet;
use sha2::{Digest, Sha256};

use crate::session::store::{Lease, Row, SessionStore, StoreFault, Written};
use crate::session::{Held, Kept, RefreshTokenHash, Sessions, Stored};

/// How long others wait for the result of a refresh, and how often they look.
const WAIT_MILLISECONDS: u64 = 3_000;
const LOOK_EVERY_MILLISECONDS: u64 = 100;

/// How long a refresh that came to nothing is not tried again, seconds: what `Retry-After` says of an outage.
const REFUSED_SECONDS: i64 = 5;

/// Taking the lease, and two attempts to write what was got, seconds.
const STORE_SECONDS: i64 = 6;

/// Says why tokens were not refreshed, and what has to be kept all the same.
struct NotRefreshed {
    refusal: Refusal,
    /// The session with the provider's new refresh token: the old one is spent, though the rest of the answer could
    /// not be used now.
    rotated: Option<Box<Session>>,
}

/// The endpoint to ask, found out before anybody holds a lease.
struct TokenEndpoint {
    url: String,
    client: ClientCredentials,
}

/// A lease that is held.
struct Leased<'a> {
    store: &'a dyn SessionStore,
    stored: &'a Stored,
    owner: [u8; 16],
    until: Timestamp,
}

impl Sessions {
    /// The session with a token that is not due, and the cookies that keep it then. A token outside its lead costs no token
    /// request.
    pub(crate) async fn refresh(
        &self,
        held: Held,
        state: SessionState,
        cookies: &Cookies<'_>,
        now: Timestamp,
    ) -> Result<(Session, Vec<String>), Refusal> {
        let Held { session, kept } = held;
        match (kept, state.token) {
            (Kept::InStore(stored), TokenState::Fresh) => {
                self.record_use(&session, &stored, state.renewal_due, now).await;
                Ok((session, Vec::new()))
            }
            (Kept::InStore(stored), TokenState::Due { usable }) => {
                Ok((Box::pin(self.refreshed_in_store(session, &stored, usable)).await?, Vec::new()))
            }
            (Kept::InCookie, _) => Box::pin(self.refreshed_in_cookie(session, state, cookies, now)).await,
        }
    }

    /// A stored session is refreshed under a lease, so that of many requests one asks the provider; the others use the token
    /// while it holds, else wait for the result.
    async fn refreshed_in_store(
        &self,
        session: Session,
        stored: &Stored,
        usable: bool,
    ) -> Result<Session, Refusal> {
        let store = self.store().ok_or(Refusal::Internal)?;
        if let Some(refusal) = self.refused_lately(&session) {
            return Err(refusal);
        }
        let endpoint = self.token_endpoint_and_client().await?;
        // Finding out whom to ask may have taken seconds, and the lease counts from now.
        match self.lease(store, stored, self.clock.now()).await? {
            Some(leased) => self.refresh_leased(&endpoint, leased, session).await,
            None if usable => Ok(session),
            None => self.others_result(&endpoint, store, stored).await,
        }
    }

    /// Asks the provider, and nobody else. The session that comes back may be the one that went in, without its refresh
    /// token.
    async fn refresh_session(&self, session: Session) -> Result<Session, Refusal> {
        let lately = self.refused_lately(&session);
        let is_new = lately.is_none();
        let refusal = if let Some(refusal) = lately {
            refusal
        } else {
            let endpoint = self.token_endpoint_and_client().await?;
            match self.refresh_at(&endpoint, session.clone()).await {
                Ok(refreshed) => return Ok(refreshed),
                Err(not_refreshed) => not_refreshed.refusal,
            }
        };
        self.remember_refused(&session, &refusal);
        match unrefreshed(session.clone(), &refusal, false, self.clock.now()) {
            Unrefreshed::Stays => Err(refusal),
            Unrefreshed::EndsWithToken(session) => {
                self.note_refused(&refusal);
                Ok(*session)
            }
            Unrefreshed::Ends => {
                self.note_refused(&refusal);
                if is_new {
                    self.give_back(&session, &refusal).await;
                }
                Err(RefreshRefusal::Refused.into())
            }
        }
    }

    /// Revokes the refresh token of a session that has ended here. Its failure changes nothing here, and what the provider
    /// itself has ended needs none.
    async fn give_back(&self, session: &Session, refusal: &Refusal) {
        if *refusal != Refusal::Refresh(RefreshRefusal::Refused) {
            drop(self.provider.revoke(session).await);
        }
    }

    fn refused_lately(&self, session: &Session) -> Option<Refusal> {
        let token = refresh_token_hash(session)?;
        self.refresh_refusals.value(&token, REFUSED_SECONDS, self.clock.now())
    }

    /// Remembers it from the first time on, so that the provider is asked again in the end.
    fn remember_refused(&self, session: &Session, refusal: &Refusal) {
        if let Some(token) = refresh_token_hash(session)
            && self.refused_lately(session).is_none()
        {
            self.refresh_refusals.remember(token, refusal.clone(), REFUSED_SECONDS, self.clock.now());
        }
    }

    /// Notes for the log why a session is not refreshed, which its own refusal does not tell.
    fn note_refused(&self, refusal: &Refusal) {
        if *refusal != Refusal::Refresh(RefreshRefusal::Refused) {
            self.notes.warn(format!("refresh: {}: {}", refusal.reason().code, refusal.detail()));
        }
    }

    async fn token_endpoint_and_client(&self) -> Result<TokenEndpoint, Refusal> {
        Ok(TokenEndpoint {
            url: self.provider.token_endpoint().await?,
            client: self.provider.client().await?,
        })
    }

    async fn refresh_at(&self, endpoint: &TokenEndpoint, session: Session) -> Result<Session, NotRefreshed> {
        let due = Due::of(session)?;
        let configuration = &self.relying_party.configuration;
        let request = |client: &_| due.token_request(&endpoint.url, client, configuration);
        let response = self.provider.call_as(&endpoint.client, request).await?;
        let received = due.received(&response)?;
        let rotated = received.rotated();
        self.judged(received).await.map_err(|refusal| {
            let rotated = rotated.filter(|_| keeps_rotated(&refusal)).map(Box::new);
            NotRefreshed { refusal, rotated }
        })
    }

    async fn judged(&self, received: RefreshResponse) -> Result<Session, Refusal> {
        let relying_party = &self.relying_party;
        let Some(issued) = received.issued() else {
            return received.session(relying_party, None, self.clock.now());
        };
        let check = |keys: &KeySet| received.session(relying_party, Some(keys), self.clock.now());
        let complete = |session: Session, user_info: &ProviderResponse| {
            session.with_user_info(user_info, &relying_party.configuration)
        };
        self.provider.checked(&issued, check, complete).await
    }

    async fn refreshed_in_cookie(
        &self,
        session: Session,
        state: SessionState,
        cookies: &Cookies<'_>,
        now: Timestamp,
    ) -> Result<(Session, Vec<String>), Refusal> {
        let refreshed = match state.token {
            TokenState::Due { .. } => self.refresh_session(session.clone()).await?,
            TokenState::Fresh if state.renewal_due => session.clone(),
            TokenState::Fresh => return Ok((session, Vec::new())),
        };
        // A session that goes on without a refresh was used all the same.
        let renewed_at = if state.renewal_due { now } else { refreshed.renewed_at };
        let refreshed = Session { renewed_at, ..refreshed };
        let cookie_value = self.save(&refreshed).await?;
        let seconds = refreshed.cookie_seconds(&self.relying_party.configuration.session, now);
        let set_cookies = set_session(&self.relying_party.cookie_names, &cookie_value, seconds, cookies)
            .map_err(Refusal::from)
            // The browser keeps the session as it was.
            .inspect_err(|refusal| self.remember_refused(&session, refusal))?;
        Ok((refreshed, set_cookies))
    }

    /// `None` when somebody else holds the lease, or has refreshed or ended the session meanwhile.
    async fn lease<'a>(
        &self,
        store: &'a dyn SessionStore,
        stored: &'a Stored,
        now: Timestamp,
    ) -> Result<Option<Leased<'a>>, Refusal> {
        let lease = Lease { owner: self.entropy.random()?, until: now.plus(LEASE_SECONDS) };
        let (owner, until) = (lease.owner, lease.until);
        let written = store.lease(&stored.id.row_key(), stored.generation, lease, now).await?;
        Ok((written == Written::Done).then_some(Leased { store, stored, owner, until }))
    }

    async fn refresh_leased(
        &self,
        endpoint: &TokenEndpoint,
        leased: Leased<'_>,
        session: Session,
    ) -> Result<Session, Refusal> {
        self.rows.forget(&leased.stored.id.row_key());
        let before = session.clone();
        match self.refresh_at(endpoint, session).await {
            Ok(refreshed) => self.keep_refreshed(&leased, refreshed).await,
            Err(not_refreshed) => self.settle(&leased, before, not_refreshed).await,
        }
    }

    /// Keeps what is to be kept of a session that was not refreshed. Somebody else may have spent the refresh token: after our
    /// lease ran out, or before, when they died or had no answer and never gave theirs up. Theirs may be the tokens that
    /// nobody has now; ours were not taken back, and last until they expire.
    async fn settle(
        &self,
        leased: &Leased<'_>,
        before: Session,
        not_refreshed: NotRefreshed,
    ) -> Result<Session, Refusal> {
        let NotRefreshed { refusal, rotated } = not_refreshed;
        let spent_by_another = leased.stored.leased_until.is_some();
        let outlasts_lease =
            before.access_token_expires_at.is_none_or(|expires_at| expires_at >= leased.until);
        match unrefreshed(before.clone(), &refusal, spent_by_another, self.clock.now()) {
            Unrefreshed::Stays => {
                self.remember_refused(rotated.as_deref().unwrap_or(&before), &refusal);
                if let Some(session) = rotated {
                    // Without it the session ends a little later; the refusal says why.
                    leased.replace(&leased.next_row(self, &session)?).await.ok();
                } else if refusal.reason().fault != Fault::Outage || !outlasts_lease {
                    // Others go on with a token that outlives the lease: kept, it spares them a provider that is in
                    // trouble. Otherwise they are not to wait. One that is not given up runs out.
                    leased.store.release(&leased.stored.id.row_key(), &leased.owner).await.ok();
                }
                Err(refusal)
            }
            Unrefreshed::EndsWithToken(session) => {
                self.note_refused(&refusal);
                self.keep_refreshed(leased, *session).await
            }
            Unrefreshed::Ends => {
                self.note_refused(&refusal);
                let ended = self.end(leased).await;
                if matches!(ended, Err(Refusal::Refresh(RefreshRefusal::Refused))) {
                    self.give_back(&before, &refusal).await;
                }
                ended
            }
        }
    }

    async fn keep_refreshed(&self, leased: &Leased<'_>, refreshed: Session) -> Result<Session, Refusal> {
        let row = leased.next_row(self, &refreshed)?;
        if leased.replace(&row).await? == Written::Done {
            self.remember(leased.stored.id.row_key(), row);
            return Ok(refreshed);
        }
        match self.stored(leased.store, leased.stored.id.clone()).await {
            Ok(held) if self.is_good(&held.session) => Ok(held.session),
            // The lease ran out, and whoever has it now has no result yet. These tokens are good for this request.
            Ok(_) => Ok(refreshed),
            Err(refusal @ Refusal::SessionNotStored) => {
                // Signed out meanwhile: what was just issued is to end too. Its failure changes nothing here.
                drop(self.provider.revoke(&refreshed).await);
                Err(refusal)
            }
            Err(refusal) => Err(refusal),
        }
    }

    /// Ends a session that is not refreshed any more, unless somebody else was first.
    async fn end(&self, leased: &Leased<'_>) -> Result<Session, Refusal> {
        match leased.store.end(&leased.stored.id.row_key(), &leased.owner).await? {
            Written::Done => Err(RefreshRefusal::Refused.into()),
            Written::Lost => {
                let held = self.stored(leased.store, leased.stored.id.clone()).await?;
                if self.is_good(&held.session) {
                    Ok(held.session)
                } else {
                    Err(RefreshRefusal::InProgress.into())
                }
            }
        }
    }

    async fn others_result(
        &self,
        endpoint: &TokenEndpoint,
        store: &dyn SessionStore,
        stored: &Stored,
    ) -> Result<Session, Refusal> {
        for _ in 0..WAIT_MILLISECONDS / LOOK_EVERY_MILLISECONDS {
            self.clock.sleep(LOOK_EVERY_MILLISECONDS).await;
            let held = self.stored(store, stored.id.clone()).await?;
            if self.is_good(&held.session) {
                return Ok(held.session);
            }
            let Kept::InStore(stored) = &held.kept else { break };
            let now = self.clock.now();
            match stored.leased_until {
                // Given up: the provider has no answer for anybody just now.
                None => break,
                Some(until) if until > now => {}
                // Its holder is dead.
                Some(_) => {
                    if let Some(leased) = self.lease(store, stored, now).await? {
                        return self.refresh_leased(endpoint, leased, held.session).await;
                    }
                }
            }
        }
        Err(RefreshRefusal::InProgress.into())
    }

    fn is_good(&self, session: &Session) -> bool {
        let state = session.state_in(&self.relying_party.configuration, self.clock.now());
        state.is_ok_and(|state| state.token == TokenState::Fresh)
    }
}

impl Leased<'_> {
    fn next_row(&self, sessions: &Sessions, session: &Session) -> Result<Row, Refusal> {
        sessions.row(session, &self.stored.id, self.stored.generation.saturating_add(1))
    }

    /// Tries twice: a rotated refresh token is kept nowhere else.
    async fn replace(&self, row: &Row) -> Result<Written, StoreFault> {
        let key = self.stored.id.row_key();
        match self.store.replace(&key, &self.owner, row.clone()).await {
            Err(StoreFault::Unavailable) => self.store.replace(&key, &self.owner, row.clone()).await,
            written => written,
        }
    }
}

/// Makes the hash by which a refusal is remembered: it is about this refresh token and no other, so an old copy of a
/// session's cookie decides nothing about the session.
fn refresh_token_hash(session: &Session) -> Option<RefreshTokenHash> {
    session.refresh_token.as_ref().map(|token| Sha256::digest(token.expose()).into())
}

impl From<Refusal> for NotRefreshed {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, rotated: None }
    }
}

/// Longer than all that is done under a lease, each with all of its attempts: the token request, the keys (discovery
/// included), userinfo, writing. And shorter than the grace period from which on a refresh is repeated: whoever dies with
/// the lease leaves time for another.
const LEASE_SECONDS: i64 =
    longest_seconds(CallKind::Token { grant: Grant::RefreshToken { repeatable: true } })
        + longest_seconds(CallKind::Discovery)
        + longest_seconds(CallKind::Jwks)
        + longest_seconds(CallKind::UserInfo)
        + STORE_SECONDS;

const _: () = assert!(LEASE_SECONDS < REPEATABLE_GRACE_SECONDS, "nobody could take over in time");

const fn longest_seconds(kind: CallKind) -> i64 {
    kind.timeout_ms().div_ceil(1_000).cast_signed()
}
