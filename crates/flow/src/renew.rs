//! Renewing a session's tokens: one request to the provider, whoever asks.

use relying_party::cookie::{Cookies, expire_session, set_session};
use relying_party::gate::SessionUse;
use relying_party::provider_call::{CallKind, Grant};
use relying_party::refresh::RefreshRefusal;
use relying_party::refusal::Refusal;
use relying_party::renewal::Due;
use relying_party::session::{Session, Standing};
use relying_party::time::Timestamp;

use crate::session_store::{Lease, SessionStore, Written};
use crate::sessions::{Held, Kept, Stored};
use crate::site::Site;

/// How long others wait for the result of a renewal, and how often they look.
const WAIT_MILLISECONDS: u64 = 3_000;
const LOOK_EVERY_MILLISECONDS: u64 = 100;

/// Reading, judging and writing around the token request, seconds.
const LEASE_MARGIN_SECONDS: i64 = 10;

impl Site {
    /// The session with tokens that are not due. A stored session is renewed under a lease, so that of many requests
    /// one asks the provider; the others use the token while it holds, else wait for the result.
    pub(crate) async fn renewed(&self, held: Held, usable: bool, now: Timestamp) -> Result<Session, Refusal> {
        let (Kept::InStore(stored), Some(store)) = (&held.kept, self.store()) else {
            return self.renew(held.session).await;
        };
        let lease = Lease { owner: self.random()?, until: now.plus(lease_seconds()) };
        let owner = lease.owner;
        match store.lease(&stored.id.row_key(), stored.generation, lease, now).await? {
            Written::Done => self.renew_leased(store, stored, held.session.clone(), &owner).await,
            Written::Lost if usable => Ok(held.session),
            Written::Lost => self.others_result(store, stored).await,
        }
    }

    /// Asks the provider, and nobody else.
    pub(crate) async fn renew(&self, session: Session) -> Result<Session, Refusal> {
        let due = Due::of(session)?;
        let request = due.token_request(&self.token_endpoint().await?, &self.client().await?);
        let answered = due.answered(&self.call(&request).await?)?;
        let kid = match answered.unverified_id_token()? {
            None => return answered.session(&self.relying_party, None, self.now()),
            Some(token) => token.unverified_kid().map(str::to_owned),
        };
        let keys = self.own_keys(kid.as_deref()).await?;
        let user_info_request =
            self.relying_party.user_info_endpoint().map(|endpoint| answered.user_info_request(endpoint));
        let session = answered.session(&self.relying_party, Some(&keys), self.now())?;
        match user_info_request {
            Some(request) => self.relying_party.with_user_info(session, &self.call(&request).await?),
            None => Ok(session),
        }
    }

    /// A session that is kept in its cookie, with tokens that are not due, and the cookies that keep it then. A token
    /// outside its lead costs no token request.
    pub(crate) async fn renewed_in_cookie(
        &self,
        session: Session,
        good_for: SessionUse,
        cookies: &Cookies<'_>,
        now: Timestamp,
    ) -> Result<(Session, Vec<String>), Refusal> {
        let due = self.relying_party.limits().standing(&session, now) == Standing::Live { renewal_due: true };
        let session = match good_for {
            SessionUse::Renew { .. } => self.renew(session).await?,
            SessionUse::Use if due => Session { renewed_at: now, ..session },
            SessionUse::Use => return Ok((session, Vec::new())),
        };
        let cookie_value = self.keep(&session).await?;
        let set_cookies = set_session(&self.relying_party.cookie_names, &cookie_value, None, cookies)?;
        Ok((session, set_cookies))
    }

    /// `Set-Cookie` values for a session that the provider has ended.
    pub(crate) fn ended(&self, cookies: &Cookies<'_>, refusal: &Refusal) -> Vec<String> {
        if *refusal != Refusal::Refresh(RefreshRefusal::Refused) {
            return Vec::new();
        }
        expire_session(&self.relying_party.cookie_names, cookies, |_| false)
    }

    async fn renew_leased(
        &self,
        store: &dyn SessionStore,
        stored: &Stored,
        session: Session,
        owner: &[u8; 16],
    ) -> Result<Session, Refusal> {
        let key = stored.id.row_key();
        match self.renew(session).await {
            Ok(renewed) => {
                let next = stored.generation.saturating_add(1);
                match store.replace(&key, owner, self.row(&renewed, &stored.id, next)?).await? {
                    Written::Done => Ok(renewed),
                    // Signed out meanwhile, or the lease ran out and somebody else was faster.
                    Written::Lost => Ok(self.stored(store, stored.id.clone()).await?.session),
                }
            }
            Err(refused @ Refusal::Refresh(RefreshRefusal::Refused)) => {
                let row = store.read(&key).await?.ok_or(Refusal::SessionNotStored)?;
                if row.generation == stored.generation {
                    store.delete(&key).await?;
                    return Err(refused);
                }
                Ok(self.stored(store, stored.id.clone()).await?.session)
            }
            Err(passing) => {
                store.release(&key, owner).await?;
                Err(passing)
            }
        }
    }

    async fn others_result(&self, store: &dyn SessionStore, stored: &Stored) -> Result<Session, Refusal> {
        for _ in 0..WAIT_MILLISECONDS / LOOK_EVERY_MILLISECONDS {
            self.sleep(LOOK_EVERY_MILLISECONDS).await;
            let held = self.stored(store, stored.id.clone()).await?;
            if self.relying_party.session_use(&held.session, self.now())? == SessionUse::Use {
                return Ok(held.session);
            }
        }
        Err(RefreshRefusal::InProgress.into())
    }
}

/// Longer than the token request with all of its attempts.
fn lease_seconds() -> i64 {
    let kind = CallKind::Token { grant: Grant::RefreshToken };
    let milliseconds = kind.timeout_ms().saturating_mul(u64::from(kind.max_attempts()));
    i64::try_from(milliseconds / 1_000).unwrap_or(0).saturating_add(LEASE_MARGIN_SECONDS)
}
