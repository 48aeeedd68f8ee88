//! Fakes the ports for unit tests, and builds parts of a site over them.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up has failed")]

use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use relying_party::configuration::{Configuration, Role, Sources};
use relying_party::provider::call::{ProviderFault, ProviderRequest, ProviderResponse};
use relying_party::relying_party::RelyingParty;
use relying_party::time::Timestamp;
use serde_json::{Value, json};

use crate::notes::Notes;
use crate::ports::{ClientSecretSource, Clock, Entropy, EntropyFault, Provider};
use crate::provider::ProviderClient;

pub(crate) const ISSUER: &str = "https://login.example.com";
pub(crate) const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

/// A clock that goes on when somebody sleeps, or by the test's hand.
#[derive(Default)]
pub(crate) struct FakeClock(AtomicI64);

impl FakeClock {
    pub(crate) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000, Ordering::SeqCst);
    }
}

#[async_trait]
impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        NOW.plus(self.0.load(Ordering::SeqCst) / 1_000)
    }

    async fn sleep(&self, milliseconds: u64) {
        self.0.fetch_add(i64::try_from(milliseconds).unwrap(), Ordering::SeqCst);
        tokio::task::yield_now().await;
    }
}

/// Other bytes each time.
#[derive(Default)]
pub(crate) struct FakeEntropy(AtomicU8);

impl Entropy for FakeEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyFault> {
        bytes.fill(self.0.fetch_add(1, Ordering::SeqCst));
        Ok(())
    }
}

/// An entropy source that has none.
pub(crate) struct NoEntropy;

impl Entropy for NoEntropy {
    fn fill(&self, _: &mut [u8]) -> Result<(), EntropyFault> {
        Err(EntropyFault)
    }
}

/// A provider whose every address answers what it was told to, and that keeps which were asked.
#[derive(Default)]
pub(crate) struct FakeProvider {
    answers: Mutex<Vec<(String, Result<ProviderResponse, ProviderFault>)>>,
    asked: Mutex<Vec<String>>,
}

impl FakeProvider {
    /// From now on the address below the issuer answers so.
    pub(crate) fn answer(&self, path: &str, status: u16, body: &Value) {
        let body = body.to_string().into_bytes();
        let content_type = Some("application/json".to_owned());
        self.set(path, Ok(ProviderResponse { status, content_type, body }));
    }

    /// From now on it does not.
    pub(crate) fn fail(&self, path: &str, fault: ProviderFault) {
        self.set(path, Err(fault));
    }

    fn set(&self, path: &str, answer: Result<ProviderResponse, ProviderFault>) {
        self.answers.lock().unwrap().insert(0, (format!("{ISSUER}{path}"), answer));
    }

    /// The addresses that were asked since the last call of this, below the issuer.
    pub(crate) fn took_asked(&self) -> Vec<String> {
        let asked = std::mem::take(&mut *self.asked.lock().unwrap());
        asked.iter().map(|url| url.strip_prefix(ISSUER).unwrap().to_owned()).collect()
    }
}

#[async_trait]
impl Provider for FakeProvider {
    async fn send(&self, request: &ProviderRequest) -> Result<ProviderResponse, ProviderFault> {
        self.asked.lock().unwrap().push(request.url.clone());
        // Others come meanwhile.
        tokio::task::yield_now().await;
        let answers = self.answers.lock().unwrap();
        let answer = answers.iter().find(|(url, _)| *url == request.url);
        answer.unwrap_or_else(|| panic!("{} was not to be asked", request.url)).1.clone()
    }
}

/// A relying party with every endpoint by hand, and with these settings; a null takes a key away.
pub(crate) fn relying_party(settings: &Value) -> Arc<RelyingParty> {
    let mut document = json!({
        "provider": "oidc",
        "issuer": ISSUER,
        "client_id": "the-client",
        "client_secret": "not-a-secret",
        "public_url": "https://app.example.com",
        "authorization_endpoint": format!("{ISSUER}/authorize"),
        "token_endpoint": format!("{ISSUER}/token"),
        "jwks_endpoint": format!("{ISSUER}/keys"),
        "revocation_endpoint": format!("{ISSUER}/revoke"),
        "signing_algorithms": ["EdDSA"],
        "session_secret": "a text of at least thirty-two bytes",
        "session_storage": "memory",
        "upstream_url": "http://127.0.0.1:1",
    });
    let members = document.as_object_mut().unwrap();
    members.extend(settings.as_object().unwrap().clone());
    members.retain(|_, value| !value.is_null());
    let document = document.to_string();
    let sources = Sources { document: Some(&document), ..Sources::default() };
    let configuration = Configuration::from_sources(&sources, Role::Proxy).unwrap();
    Arc::new(RelyingParty::new(configuration).unwrap())
}

/// A client of `provider` under these settings.
pub(crate) fn client(
    relying_party: &Arc<RelyingParty>,
    provider: &Arc<FakeProvider>,
    client_secret: Option<Arc<dyn ClientSecretSource>>,
) -> ProviderClient {
    ProviderClient::new(
        Arc::clone(relying_party),
        Arc::<Notes>::default(),
        Arc::<FakeProvider>::clone(provider),
        Arc::<FakeClock>::default(),
        client_secret,
    )
}
