//! Refreshes the tokens of a session with one request to the provider, however many requests need it.

use relying_party::http::cookie::{Cookies, set_session};
use relying_party::provider::call::{CallKind, Grant, ProviderResponse};
use relying_party::provider::client_authentication::ClientCredentials;
use relying_party::refusal::Refusal;
use relying_party::refusal::reason::Fault;
use relying_party::session::Session;
use relying_party::session::refresh::{
    RefreshResponse, RefreshableSession, Unrefreshed, keeps_rotated, unrefreshed,
};
use relying_party::session::refresh_policy::{REPEATABLE_GRACE_SECONDS, RefreshRefusal};
use relying_party::session::state::{SessionState, TokenState};
use relying_party::time::Timestamp;
use relying_party::token::jwks::KeySet;
use sha2::{Digest, Sha256};

use crate::session::store::{Lease, Row, SessionStore, StoreFault, Written};
use crate::session::{LoadedSession, RefreshTokenHash, Sessions, Stored, StoredIn};

/// How long other requests wait for the result of a refresh, and how often they look.
const WAIT_MILLISECONDS: u64 = 3_000;
const LOOK_EVERY_MILLISECONDS: u64 = 100;

/// How long a failed refresh is not tried again, seconds. An outage sends the same value as `Retry-After`.
const REFUSED_SECONDS: i64 = 5;

/// The time for taking the lease and for two attempts to write the result, seconds.
const STORE_SECONDS: i64 = 6;

/// Why tokens were not refreshed, and the part of the response that has to be saved nevertheless.
struct NotRefreshed {
    refusal: Refusal,
    /// The session with the provider's new refresh token. The old one is spent, although the rest of the
    /// response could not be used.
    rotated: Option<Box<Session>>,
}

/// The endpoint to ask, determined before the lease is taken.
struct TokenEndpoint {
    url: String,
    client: ClientCredentials,
}

/// A lease that this request holds.
struct Leased<'a> {
    store: &'a dyn SessionStore,
    stored: &'a Stored,
    owner: [u8; 16],
    until: Timestamp,
}

/// Refreshing is boxed. Otherwise its state would be part of every request's future.
impl Sessions {
    /// Returns the session with an access token that is not due, and the cookies that store it. A token whose
    /// refresh is not due costs no token request.
    pub(crate) async fn refresh(
        &self,
        loaded: LoadedSession,
        state: SessionState,
        cookies: &Cookies<'_>,
        now: Timestamp,
    ) -> Result<(Session, Vec<String>), Refusal> {
        let LoadedSession { session, stored_in } = loaded;
        match (stored_in, state.token) {
            (StoredIn::Store(stored), TokenState::Fresh) => {
                self.record_use(&session, &stored, state.renewal_due, now).await;
                Ok((session, Vec::new()))
            }
            (StoredIn::Store(stored), TokenState::Due { usable }) => {
                Ok((Box::pin(self.refreshed_in_store(session, &stored, usable)).await?, Vec::new()))
            }
            (StoredIn::Cookie, _) => Box::pin(self.refreshed_in_cookie(session, state, cookies, now)).await,
        }
    }

    /// Refreshes a stored session under a lease, so that only one of many requests asks the provider. The
    /// others use the token while it is valid, and otherwise wait for the result.
    async fn refreshed_in_store(
        &self,
        session: Session,
        stored: &Stored,
        usable: bool,
    ) -> Result<Session, Refusal> {
        let store = self.store().ok_or(Refusal::Internal)?;
        if let Some(refusal) = self.cached_refusal(&session) {
            return Err(refusal);
        }
        let endpoint = self.token_endpoint_and_client().await?;
        // Discovery may have taken seconds, and the lease starts now.
        match self.lease(store, stored, self.clock.now()).await? {
            Some(leased) => self.refresh_under_lease(&endpoint, leased, session).await,
            None if usable => Ok(session),
            None => self.wait_for_other_refresh(&endpoint, store, stored).await,
        }
    }

    /// Asks the provider without a lease. The returned session may be the given one without its refresh
    /// token.
    async fn refresh_without_lease(&self, session: Session) -> Result<Session, Refusal> {
        let cached = self.cached_refusal(&session);
        let is_new = cached.is_none();
        let refusal = if let Some(refusal) = cached {
            refusal
        } else {
            let endpoint = self.token_endpoint_and_client().await?;
            match self.refresh_at(&endpoint, session.clone()).await {
                Ok(refreshed) => return Ok(refreshed),
                Err(not_refreshed) => not_refreshed.refusal,
            }
        };
        self.cache_refusal(&session, &refusal);
        match unrefreshed(session.clone(), &refusal, false, self.clock.now()) {
            Unrefreshed::Stays => Err(refusal),
            Unrefreshed::EndsWithToken(session) => {
                self.note_refused(&refusal);
                Ok(*session)
            }
            Unrefreshed::Ends => {
                self.note_refused(&refusal);
                if is_new {
                    self.revoke_refresh_token(&session, &refusal).await;
                }
                Err(RefreshRefusal::Refused.into())
            }
        }
    }

    /// Revokes the refresh token of a session that has ended here. A failure is ignored. If the provider
    /// refused the token, there is nothing to revoke.
    async fn revoke_refresh_token(&self, session: &Session, refusal: &Refusal) {
        if *refusal != Refusal::Refresh(RefreshRefusal::Refused) {
            drop(self.provider.revoke(session).await);
        }
    }

    fn cached_refusal(&self, session: &Session) -> Option<Refusal> {
        let token = refresh_token_hash(session)?;
        self.refresh_refusals.value(&token, REFUSED_SECONDS, self.clock.now())
    }

    /// Caches a refusal. Its time counts from the first occurrence, so that the provider is asked again
    /// eventually.
    fn cache_refusal(&self, session: &Session, refusal: &Refusal) {
        if let Some(token) = refresh_token_hash(session)
            && self.cached_refusal(session).is_none()
        {
            self.refresh_refusals.insert(token, refusal.clone(), REFUSED_SECONDS, self.clock.now());
        }
    }

    /// Notes for the log why a session is not refreshed, because the refusal of the request does not say so.
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
        let refreshable = RefreshableSession::of(session)?;
        let configuration = &self.relying_party.configuration;
        let request = |client: &_| refreshable.token_request(&endpoint.url, client, configuration);
        let response = self.provider.call_as(&endpoint.client, request).await?;
        let received = refreshable.received(&response)?;
        let rotated = received.rotated();
        self.check_response(received).await.map_err(|refusal| {
            let rotated = rotated.filter(|_| keeps_rotated(&refusal)).map(Box::new);
            NotRefreshed { refusal, rotated }
        })
    }

    async fn check_response(&self, received: RefreshResponse) -> Result<Session, Refusal> {
        let relying_party = &self.relying_party;
        let Some(issued) = received.issued() else {
            return received.session(relying_party, None, self.clock.now());
        };
        let check = |keys: &KeySet| received.session(relying_party, Some(keys), self.clock.now());
        let complete = |session: Session, user_info: &ProviderResponse| {
            session.with_user_info(user_info, &relying_party.configuration).map_err(Refusal::from)
        };
        self.provider.verify_and_complete(&issued, check, complete).await
    }

    async fn refreshed_in_cookie(
        &self,
        session: Session,
        state: SessionState,
        cookies: &Cookies<'_>,
        now: Timestamp,
    ) -> Result<(Session, Vec<String>), Refusal> {
        let refreshed = match state.token {
            TokenState::Due { .. } => self.refresh_without_lease(session.clone()).await?,
            TokenState::Fresh if state.renewal_due => session.clone(),
            TokenState::Fresh => return Ok((session, Vec::new())),
        };
        // The session was used, even if it goes on without a refresh.
        let renewed_at = if state.renewal_due { now } else { refreshed.renewed_at };
        let refreshed = Session { renewed_at, ..refreshed };
        let cookie_value = self.save(&refreshed).await?;
        let seconds = refreshed.cookie_seconds(&self.relying_party.configuration.session, now);
        let set_cookies = set_session(&self.relying_party.cookie_names, &cookie_value, seconds, cookies)
            .map_err(Refusal::from)
            // No cookie is set, so the browser keeps the session as it was.
            .inspect_err(|refusal| self.cache_refusal(&session, refusal))?;
        Ok((refreshed, set_cookies))
    }

    /// `None` when another request holds the lease, or has refreshed or ended the session meanwhile.
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

    async fn refresh_under_lease(
        &self,
        endpoint: &TokenEndpoint,
        leased: Leased<'_>,
        session: Session,
    ) -> Result<Session, Refusal> {
        self.rows.forget(&leased.stored.id.row_key());
        let before = session.clone();
        match self.refresh_at(endpoint, session).await {
            Ok(refreshed) => self.keep_refreshed(&leased, refreshed).await,
            Err(not_refreshed) => self.save_after_refusal(&leased, before, not_refreshed).await,
        }
    }

    /// Saves what is left of a session that was not refreshed.
    ///
    /// Another request may have spent the refresh token: after our lease ran out, or before it if that
    /// request died or got no response and never gave up its lease. Then the valid tokens may be lost with that
    /// request; the present access token was not revoked and lasts until it expires.
    async fn save_after_refusal(
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
                self.cache_refusal(rotated.as_deref().unwrap_or(&before), &refusal);
                if let Some(session) = rotated {
                    // If this write fails, the session ends a little later. The refusal says why.
                    leased.replace(&leased.next_row(self, &session)?).await.ok();
                } else if refusal.reason().fault != Fault::Outage || !outlasts_lease {
                    // While the token outlives the lease, the others use it, and keeping the lease spares a
                    // provider in trouble their requests. Otherwise the lease is released so that they need
                    // not wait. A lease that is not released runs out.
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
                    self.revoke_refresh_token(&before, &refusal).await;
                }
                ended
            }
        }
    }

    async fn keep_refreshed(&self, leased: &Leased<'_>, refreshed: Session) -> Result<Session, Refusal> {
        let row = leased.next_row(self, &refreshed)?;
        if leased.replace(&row).await? == Written::Done {
            self.cache_row(leased.stored.id.row_key(), row);
            return Ok(refreshed);
        }
        match self.stored(leased.store, leased.stored.id.clone()).await {
            Ok(loaded) if self.has_fresh_token(&loaded.session) => Ok(loaded.session),
            // The lease ran out, and its new holder has no result yet. These tokens are good for this
            // request.
            Ok(_) => Ok(refreshed),
            Err(refusal @ Refusal::SessionNotStored) => {
                // The user signed out meanwhile, so the tokens just issued are revoked. A failure is ignored.
                drop(self.provider.revoke(&refreshed).await);
                Err(refusal)
            }
            Err(refusal) => Err(refusal),
        }
    }

    /// Ends a session that can no longer be refreshed, unless another request has written first.
    async fn end(&self, leased: &Leased<'_>) -> Result<Session, Refusal> {
        match leased.store.end(&leased.stored.id.row_key(), &leased.owner).await? {
            Written::Done => Err(RefreshRefusal::Refused.into()),
            Written::Lost => {
                let loaded = self.stored(leased.store, leased.stored.id.clone()).await?;
                if self.has_fresh_token(&loaded.session) {
                    Ok(loaded.session)
                } else {
                    Err(RefreshRefusal::InProgress.into())
                }
            }
        }
    }

    async fn wait_for_other_refresh(
        &self,
        endpoint: &TokenEndpoint,
        store: &dyn SessionStore,
        stored: &Stored,
    ) -> Result<Session, Refusal> {
        for _ in 0..WAIT_MILLISECONDS / LOOK_EVERY_MILLISECONDS {
            self.clock.sleep(LOOK_EVERY_MILLISECONDS).await;
            let loaded = self.stored(store, stored.id.clone()).await?;
            if self.has_fresh_token(&loaded.session) {
                return Ok(loaded.session);
            }
            let StoredIn::Store(stored) = &loaded.stored_in else { break };
            let now = self.clock.now();
            match stored.leased_until {
                // The lease was released: the provider answers nobody at the moment.
                None => break,
                Some(until) if until > now => {}
                // The lease ran out, so its holder has died.
                Some(_) => {
                    if let Some(leased) = self.lease(store, stored, now).await? {
                        return self.refresh_under_lease(endpoint, leased, loaded.session).await;
                    }
                }
            }
        }
        Err(RefreshRefusal::InProgress.into())
    }

    fn has_fresh_token(&self, session: &Session) -> bool {
        let state = session.state_in(&self.relying_party.configuration, self.clock.now());
        state.is_ok_and(|state| state.token == TokenState::Fresh)
    }
}

impl Leased<'_> {
    fn next_row(&self, sessions: &Sessions, session: &Session) -> Result<Row, Refusal> {
        sessions.row(session, &self.stored.id, self.stored.generation.saturating_add(1))
    }

    /// Tries twice, because a rotated refresh token is stored nowhere else.
    async fn replace(&self, row: &Row) -> Result<Written, StoreFault> {
        let key = self.stored.id.row_key();
        match self.store.replace(&key, &self.owner, row.clone()).await {
            Err(StoreFault::Unavailable(_)) => self.store.replace(&key, &self.owner, row.clone()).await,
            written => written,
        }
    }
}

/// Hashes the refresh token. A cached refusal applies to this token only, so an old copy of a session's
/// cookie does not affect the session.
fn refresh_token_hash(session: &Session) -> Option<RefreshTokenHash> {
    session.refresh_token.as_ref().map(|token| Sha256::digest(token.expose()).into())
}

impl From<Refusal> for NotRefreshed {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, rotated: None }
    }
}

/// The sum of everything that is done under a lease, with all attempts: the token request, the keys (with
/// discovery), userinfo, writing. It is shorter than the grace period from which on a refresh is repeated, so
/// that another request can take over after a holder has died.
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
