//! Sessions in cookies or in a store, as the flows see them: found, opened, kept, forgotten.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use relying_party::cookie::{Cookies, SessionCookie};
use relying_party::gate::{GateRefusal, SessionUse};
use relying_party::refusal::Refusal;
use relying_party::session::{Session, SessionRefusal, Standing};
use relying_party::time::Timestamp;
use sha2::{Digest, Sha256};

use crate::session_store::{Row, RowKey, SessionStore, Use, Written};
use crate::site::Site;

/// A session that a browser presented, and where it is kept.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) session: Session,
    pub(crate) kept: Kept,
}

/// Where a session is kept.
#[derive(Clone, Debug)]
pub(crate) enum Kept {
    /// In the cookie itself.
    InCookie,
    /// In the store.
    InStore(Stored),
}

/// A row of the store that was opened.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) id: SessionId,
    pub(crate) generation: u64,
}

/// The opaque id in the cookie: 256 random bits.
#[derive(Clone)]
pub(crate) struct SessionId([u8; 32]);

/// A use is recorded once a tenth of the idle limit has passed since the last record.
const RECORDED_PARTS_OF_IDLE: i64 = 10;

impl Site {
    /// The session that the cookies present, whatever its age; `None` when they present none.
    pub(crate) async fn held(&self, cookies: &Cookies<'_>) -> Result<Option<Held>, Refusal> {
        self.presented(cookies).await.inspect_err(|refusal| self.note_unknown_key(refusal))
    }

    async fn presented(&self, cookies: &Cookies<'_>) -> Result<Option<Held>, Refusal> {
        let relying_party = &self.relying_party;
        let Some(store) = self.store() else {
            let session = Session::from_cookies(cookies, &relying_party.cookie_names, &relying_party.ring)?;
            return Ok(session.map(|session| Held { session, kept: Kept::InCookie }));
        };
        let value = match SessionCookie::read(cookies, relying_party.cookie_names.session()) {
            SessionCookie::Absent => return Ok(None),
            SessionCookie::Broken(refusal) => return Err(SessionRefusal::Cookie(refusal).into()),
            SessionCookie::Whole(value) => value,
        };
        let id = SessionId::parse(&value).ok_or(Refusal::SessionNotStored)?;
        self.stored(store, id).await.map(Some)
    }

    /// The session of `id` as the store has it now.
    pub(crate) async fn stored(&self, store: &dyn SessionStore, id: SessionId) -> Result<Held, Refusal> {
        let row = store.read(&id.row_key()).await?.ok_or(Refusal::SessionNotStored)?;
        let sealed = self.relying_party.ring.open_stored(&id.0, &row.content);
        let mut session = Session::decode(&sealed.map_err(SessionRefusal::Seal)?)?;
        session.seen_at = row.seen_at;
        session.renewed_at = row.renewed_at;
        Ok(Held { session, kept: Kept::InStore(Stored { id, generation: row.generation }) })
    }

    /// A session that holds now, and what it is good for.
    pub(crate) async fn live(
        &self,
        cookies: &Cookies<'_>,
        now: Timestamp,
    ) -> Result<(Held, SessionUse), Refusal> {
        let held = self.held(cookies).await?.ok_or(GateRefusal::NoSession)?;
        let good_for = self.relying_party.session_use(&held.session, now)?;
        Ok((held, good_for))
    }

    /// Keeps a new session; the cookie value that presents it.
    pub(crate) async fn keep(&self, session: &Session) -> Result<String, Refusal> {
        let relying_party = &self.relying_party;
        let Some(store) = self.store() else {
            return Ok(session.seal(&relying_party.cookie_names, &relying_party.ring, self.random()?));
        };
        let id = SessionId(self.random()?);
        match store.create(&id.row_key(), self.row(session, &id, 0)?).await? {
            Written::Done => Ok(id.text()),
            // Two equal ids of 256 random bits: the randomness is broken.
            Written::Lost => Err(Refusal::Internal),
        }
    }

    /// Ends a session where it is kept; its cookies are the caller's to expire.
    pub(crate) async fn forget(&self, kept: &Kept) -> Result<(), Refusal> {
        match (kept, self.store()) {
            (Kept::InStore(stored), Some(store)) => Ok(store.delete(&stored.id.row_key()).await?),
            (Kept::InCookie, _) | (_, None) => Ok(()),
        }
    }

    /// Records that a stored session was used, when that is due. A lost record is somebody else's newer one.
    pub(crate) async fn record_use(&self, held: &Held, now: Timestamp) -> Result<(), Refusal> {
        let (Kept::InStore(stored), Some(store)) = (&held.kept, self.store()) else { return Ok(()) };
        let limits = self.relying_party.limits();
        let renewal_due = limits.standing(&held.session, now) == Standing::Live { renewal_due: true };
        let idle_due = limits
            .idling
            .is_some_and(|idling| now.since(held.session.seen_at) >= idling / RECORDED_PARTS_OF_IDLE);
        if !renewal_due && !idle_due {
            return Ok(());
        }
        let renewed_at = if renewal_due { now } else { held.session.renewed_at };
        let used = Use { seen_at: now, renewed_at, ends_at: held.session.signed_in_at.plus(limits.absolute) };
        store.record_use(&stored.id.row_key(), stored.generation, used).await?;
        Ok(())
    }

    /// The row that keeps `session` under `id`.
    pub(crate) fn row(&self, session: &Session, id: &SessionId, generation: u64) -> Result<Row, Refusal> {
        let nonce = self.random()?;
        let limits = self.relying_party.limits();
        Ok(Row {
            content: self.relying_party.ring.seal_stored(&id.0, &session.encode(), nonce),
            generation,
            seen_at: session.seen_at,
            renewed_at: session.renewed_at,
            ends_at: session.signed_in_at.plus(limits.absolute),
            lease: None,
        })
    }
}

impl SessionId {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    pub(crate) fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    pub(crate) fn row_key(&self) -> RowKey {
        RowKey::new(hex(&Sha256::digest(self.0)))
    }
}

impl std::fmt::Debug for SessionId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SessionId")
    }
}

/// A short name of a session for the log: it finds lines of one session and opens nothing.
pub(crate) fn session_hash(session: &Session) -> String {
    let mut hash = Sha256::new();
    hash.update(session.issuer.as_bytes());
    hash.update([0]);
    hash.update(session.subject.as_bytes());
    hash.update(session.signed_in_at.unix().to_be_bytes());
    hex(&hash.finalize()).chars().take(16).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
        }
        text
    })
}
