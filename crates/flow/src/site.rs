//! One deployment at work: the relying party, its ports, and what it remembers between requests.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use relying_party::provider::call::{ProviderRequest, ProviderResponse};
use relying_party::provider::client_authentication::ClientCredentials;
use relying_party::refusal::Refusal;
use relying_party::relying_party::RelyingParty;
use relying_party::sealing::SealRefusal;
use relying_party::secret::Secret;
use relying_party::session::SessionRefusal;
use relying_party::session::index::KeyedHash;
use relying_party::sign_in::attempt::AttemptRefusal;
use relying_party::time::Timestamp;

use crate::ports::{ClientSecretSource, Clock, Entropy, Provider, UserSignOut};
use crate::provider::endpoints::Endpoints;
use crate::provider::keys::Keys;
use crate::provider::load_balancer_keys;
use crate::session::cache::{RowCache, TtlCache};
use crate::session::store::SessionStore;

/// Everything that the flows share. Built once per process from values.
pub struct Site {
    /// The decisions.
    pub relying_party: RelyingParty,
    pub(crate) endpoints: Arc<Endpoints>,
    pub(crate) keys: Arc<Keys>,
    pub(crate) load_balancer_keys: Arc<load_balancer_keys::Keys>,
    pub(crate) recent: Arc<RowCache>,
    /// By session: why a refresh came to nothing a moment ago.
    pub(crate) recent_refusals: Arc<TtlCache<String, Refusal>>,
    pub(crate) recent_revocation: Arc<TtlCache<KeyedHash, Option<Timestamp>>>,
    /// How many codes were refused in an attempt, by the name of its cookie, and why the last one was.
    pub(crate) refused_codes: Arc<TtlCache<String, (u8, Refusal)>>,
    ports: Ports,
    unknown_key: AtomicBool,
    note: Mutex<Option<String>>,
}

/// More than this of notes is no help to anybody, bytes.
const MAX_NOTE_BYTES: usize = 500;

/// What a site needs from outside.
#[derive(Clone)]
pub struct Ports {
    /// The provider.
    pub provider: Arc<dyn Provider>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Where sessions are kept; `None` when they are kept in cookies.
    pub sessions: Option<Arc<dyn SessionStore>>,
    /// Where the client secret is read from when the configuration has none.
    pub client_secret: Option<Arc<dyn ClientSecretSource>>,
    /// Who ends the provider's own sessions of a user, where that is set up.
    pub user_sign_out: Option<Arc<dyn UserSignOut>>,
}

impl Site {
    /// Puts the parts together. Does no IO.
    pub fn new(relying_party: RelyingParty, ports: Ports) -> Self {
        Self {
            relying_party,
            endpoints: Arc::default(),
            keys: Arc::default(),
            load_balancer_keys: Arc::default(),
            recent: Arc::default(),
            recent_refusals: Arc::default(),
            recent_revocation: Arc::default(),
            refused_codes: Arc::default(),
            ports,
            unknown_key: AtomicBool::new(false),
            note: Mutex::default(),
        }
    }

    /// The same site under another configuration, with all that it remembers. The provider must be the same.
    #[must_use]
    pub fn reconfigured(&self, relying_party: RelyingParty) -> Self {
        Self {
            relying_party,
            endpoints: Arc::clone(&self.endpoints),
            keys: Arc::clone(&self.keys),
            load_balancer_keys: Arc::clone(&self.load_balancer_keys),
            recent: Arc::clone(&self.recent),
            recent_refusals: Arc::clone(&self.recent_refusals),
            recent_revocation: Arc::clone(&self.recent_revocation),
            refused_codes: Arc::clone(&self.refused_codes),
            ports: self.ports.clone(),
            unknown_key: AtomicBool::new(false),
            note: Mutex::default(),
        }
    }

    /// Whether a cookie under a key that is not in the ring was seen since this was last asked.
    pub fn took_unknown_key(&self) -> bool {
        self.unknown_key.swap(false, Ordering::Relaxed)
    }

    /// Remembers that a cookie under a key that is not in the ring was seen.
    pub(crate) fn note_unknown_key(&self, refusal: &Refusal) {
        let unknown_key = matches!(
            refusal,
            Refusal::Session(SessionRefusal::Seal(SealRefusal::UnknownKey))
                | Refusal::Attempt(AttemptRefusal::NotAuthentic(SealRefusal::UnknownKey))
        );
        if unknown_key {
            self.unknown_key.store(true, Ordering::Relaxed);
        }
    }

    /// Notes for the log line of this request what was odd and was taken all the same. A function answers one request at a
    /// time; where a process answers several, as on a developer's machine, the next line has it.
    pub(crate) fn note(&self, text: Option<String>) {
        let (Some(text), Ok(mut note)) = (text, self.note.lock()) else { return };
        *note = Some(match note.take() {
            Some(earlier) if earlier.len() + text.len() > MAX_NOTE_BYTES => earlier,
            Some(earlier) if earlier.contains(&text) => earlier,
            Some(earlier) => format!("{earlier}; {text}"),
            None => text,
        });
    }

    /// What was noted since this was last asked.
    pub fn took_note(&self) -> Option<String> {
        self.note.lock().ok()?.take()
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    pub(crate) fn store(&self) -> Option<&dyn SessionStore> {
        self.ports.sessions.as_deref()
    }

    pub(crate) fn user_sign_out(&self) -> Option<&dyn UserSignOut> {
        self.ports.user_sign_out.as_deref()
    }

    pub(crate) async fn sleep(&self, milliseconds: u64) {
        self.ports.clock.sleep(milliseconds).await;
    }

    pub(crate) fn random<const N: usize>(&self) -> Result<[u8; N], Refusal> {
        let mut bytes = [0; N];
        self.ports.entropy.fill(&mut bytes).map_err(|_| Refusal::EntropyUnavailable)?;
        Ok(bytes)
    }

    pub(crate) async fn call(&self, request: &ProviderRequest) -> Result<ProviderResponse, Refusal> {
        Ok(self.ports.provider.send(request).await?)
    }

    /// Who we are to the token endpoint.
    pub(crate) async fn client(&self) -> Result<ClientCredentials, Refusal> {
        let client = &self.relying_party.configuration.client;
        let read = self.client_secret().await?;
        let secret = client.secret.as_ref().or(read.as_ref());
        Ok(ClientCredentials::new(&client.id, client.authentication, secret)?)
    }

    async fn client_secret(&self) -> Result<Option<Secret>, Refusal> {
        match &self.ports.client_secret {
            Some(source) => {
                source.client_secret().await.map(Some).map_err(|_| Refusal::ClientSecretUnavailable)
            }
            None => Ok(None),
        }
    }
}
