//! One deployment at work: the relying party, its ports, and what it remembers between requests.

use std::sync::Arc;

use relying_party::refusal::Refusal;
use relying_party::relying_party::RelyingParty;
use relying_party::session::index::KeyedHash;
use relying_party::time::Timestamp;

use crate::notes::Notes;
use crate::ports::{ClientSecretSource, Clock, Entropy, Provider, UserSignOut};
use crate::provider::ProviderClient;
use crate::session::cache::{RowCache, TtlCache};
use crate::session::store::SessionStore;

/// Everything that the flows share. Built once per process from values.
pub struct Site {
    /// The decisions.
    pub relying_party: Arc<RelyingParty>,
    pub(crate) provider: ProviderClient,
    pub(crate) notes: Arc<Notes>,
    pub(crate) recent: Arc<RowCache>,
    /// By session: why a refresh came to nothing a moment ago.
    pub(crate) recent_refusals: Arc<TtlCache<String, Refusal>>,
    pub(crate) recent_revocation: Arc<TtlCache<KeyedHash, Option<Timestamp>>>,
    /// How many codes were refused in an attempt, by the name of its cookie, and why the last one was.
    pub(crate) refused_codes: Arc<TtlCache<String, (u8, Refusal)>>,
    ports: Ports,
}

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
        let relying_party = Arc::new(relying_party);
        let notes = Arc::<Notes>::default();
        Self {
            provider: ProviderClient::new(
                Arc::clone(&relying_party),
                Arc::clone(&notes),
                Arc::clone(&ports.provider),
                Arc::clone(&ports.clock),
                ports.client_secret.clone(),
            ),
            relying_party,
            notes,
            recent: Arc::default(),
            recent_refusals: Arc::default(),
            recent_revocation: Arc::default(),
            refused_codes: Arc::default(),
            ports,
        }
    }

    /// The same site under another configuration, with all that it remembers. The provider must be the same.
    #[must_use]
    pub fn reconfigured(&self, relying_party: RelyingParty) -> Self {
        let relying_party = Arc::new(relying_party);
        let notes = Arc::<Notes>::default();
        Self {
            provider: self.provider.reconfigured(Arc::clone(&relying_party), Arc::clone(&notes)),
            relying_party,
            notes,
            recent: Arc::clone(&self.recent),
            recent_refusals: Arc::clone(&self.recent_refusals),
            recent_revocation: Arc::clone(&self.recent_revocation),
            refused_codes: Arc::clone(&self.refused_codes),
            ports: self.ports.clone(),
        }
    }

    /// Whether a cookie under a key that is not in the ring was seen since this was last asked.
    pub fn took_unknown_key(&self) -> bool {
        self.notes.took_unknown_key()
    }

    /// What was noted since this was last asked.
    pub fn took_note(&self) -> Option<String> {
        self.notes.took_note()
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
        self.ports.entropy.random()
    }
}
