//! Holds one deployment: the relying party, its ports, and the values that it keeps between requests.

use std::sync::Arc;

use relying_party::http::request::Request;
use relying_party::relying_party::RelyingParty;
use relying_party::time::Timestamp;

use crate::credentials::Credentials;
use crate::notes::Notes;
pub use crate::notes::ReloadSign;
use crate::ports::{ClientSecretSource, Clock, Entropy, Provider, UserSignOut};
use crate::provider::ProviderClient;
use crate::session::Sessions;
use crate::session::store::SessionStore;
use crate::sign_in::{RefusedCodes, SignInFlow};
use crate::sign_out::SignOutFlow;

/// One deployment on one host, with everything that its flows share. It is built once per process.
pub struct Site {
    /// The decisions.
    pub relying_party: Arc<RelyingParty>,
    pub(crate) notes: Arc<Notes>,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) credentials: Arc<Credentials>,
    pub(crate) sign_in: SignInFlow,
    pub(crate) sign_out: SignOutFlow,
    clock: Arc<dyn Clock>,
    /// The same deployment on each of the other hosts.
    at_other_hosts: Vec<Self>,
}

/// The ports that a site needs.
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
    /// The source of the client secret; `None` where it comes from the configuration only.
    pub client_secret: Option<Arc<dyn ClientSecretSource>>,
    /// The port that ends the provider's own sessions of a user, where that is configured.
    pub user_sign_out: Option<Arc<dyn UserSignOut>>,
}

impl Site {
    /// Builds the site. Does no IO.
    pub fn new(relying_party: RelyingParty, ports: Ports) -> Self {
        Self::with_fetched(relying_party, ports, None)
    }

    /// A site with another configuration and its own ports. If the provider is the same, the fetched metadata
    /// and keys are kept, so that nobody is signed out if the provider is down.
    #[must_use]
    pub fn reconfigured(&self, relying_party: RelyingParty, ports: Ports) -> Self {
        let is_same = relying_party.configuration.has_providers_of(&self.relying_party.configuration);
        Self::with_fetched(relying_party, ports, is_same.then_some(&*self.sign_in.provider))
    }

    fn with_fetched(relying_party: RelyingParty, ports: Ports, fetched: Option<&ProviderClient>) -> Self {
        let Ports { provider, clock, entropy, sessions, client_secret, user_sign_out } = ports;
        let relying_party = Arc::new(relying_party);
        let notes = Arc::<Notes>::default();
        let provider = ProviderClient::new(
            Arc::clone(&relying_party),
            Arc::clone(&notes),
            provider,
            Arc::clone(&clock),
            client_secret,
        );
        let provider = Arc::new(match fetched {
            Some(other) => provider.with_fetched(other),
            None => provider,
        });
        let sessions = Arc::new(Sessions::new(
            Arc::clone(&relying_party),
            Arc::clone(&notes),
            Arc::clone(&provider),
            Arc::clone(&clock),
            Arc::clone(&entropy),
            sessions,
        ));
        let shared = Shared {
            provider,
            notes,
            sessions,
            refused_codes: Arc::default(),
            entropy,
            user_sign_out,
            clock,
        };
        let others = relying_party.at_other_hosts();
        let at_other_hosts = others.into_iter().map(|other| shared.at(Arc::new(other))).collect();
        Self { at_other_hosts, ..shared.at(relying_party) }
    }

    /// The site on the host that `request` is for. It gives every response to that request.
    pub fn at_host_of(&self, request: &Request) -> &Self {
        let host = self.relying_party.other_host(&request.headers);
        host.and_then(|host| self.at_other_hosts.get(host)).unwrap_or(self)
    }

    /// Returns the sign of an outdated configuration that was seen since the last call.
    pub fn take_reload_sign(&self) -> Option<ReloadSign> {
        self.notes.take_reload_sign()
    }

    /// Takes the notes that were made since the last call.
    pub fn take_notes(&self) -> Option<String> {
        self.notes.take_notes()
    }

    /// Tells whether one of these notes is a warning.
    pub fn take_warning(&self) -> bool {
        self.notes.take_warning()
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// The parts that all hosts share. Everything that is kept between requests is here.
struct Shared {
    provider: Arc<ProviderClient>,
    notes: Arc<Notes>,
    sessions: Arc<Sessions>,
    refused_codes: Arc<RefusedCodes>,
    entropy: Arc<dyn Entropy>,
    user_sign_out: Option<Arc<dyn UserSignOut>>,
    clock: Arc<dyn Clock>,
}

impl Shared {
    /// The site on the host of `relying_party`, without the others.
    fn at(&self, relying_party: Arc<RelyingParty>) -> Site {
        let credentials = Arc::new(Credentials {
            relying_party: Arc::clone(&relying_party),
            provider: Arc::clone(&self.provider),
            sessions: Arc::clone(&self.sessions),
            notes: Arc::clone(&self.notes),
            clock: Arc::clone(&self.clock),
        });
        let sign_in = SignInFlow {
            relying_party: Arc::clone(&relying_party),
            provider: Arc::clone(&self.provider),
            sessions: Arc::clone(&self.sessions),
            refused_codes: Arc::clone(&self.refused_codes),
            notes: Arc::clone(&self.notes),
            entropy: Arc::clone(&self.entropy),
            clock: Arc::clone(&self.clock),
        };
        let sign_out = SignOutFlow {
            relying_party: Arc::clone(&relying_party),
            provider: Arc::clone(&self.provider),
            sessions: Arc::clone(&self.sessions),
            credentials: Arc::clone(&credentials),
            user_sign_out: self.user_sign_out.clone(),
            entropy: Arc::clone(&self.entropy),
            clock: Arc::clone(&self.clock),
        };
        Site {
            relying_party,
            notes: Arc::clone(&self.notes),
            sessions: Arc::clone(&self.sessions),
            credentials,
            sign_in,
            sign_out,
            clock: Arc::clone(&self.clock),
            at_other_hosts: Vec::new(),
        }
    }
}
