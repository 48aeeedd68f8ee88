//! Fakes the ports for unit tests, and builds parts of a site with them.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails when it cannot be set up")]

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

/// A clock that advances when a flow sleeps, or when the test advances it.
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

/// An entropy source that gives different bytes each time.
#[derive(Default)]
pub(crate) struct FakeEntropy(AtomicU8);

impl Entropy for FakeEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyFault> {
        bytes.fill(self.0.fetch_add(1, Ordering::SeqCst));
        Ok(())
    }
}

/// An entropy source that always fails.
pub(crate) struct NoEntropy;

impl Entropy for NoEntropy {
    fn fill(&self, _: &mut [u8]) -> Result<(), EntropyFault> {
        Err(EntropyFault)
    }
}

/// A provider that answers each address as the test sets it, and records which addresses were asked.
#[derive(Default)]
pub(crate) struct FakeProvider {
    answers: Mutex<Vec<(String, Result<ProviderResponse, ProviderFault>)>>,
    asked: Mutex<Vec<String>>,
}

impl FakeProvider {
    /// Sets the response of the address with this path below the issuer.
    pub(crate) fn answer(&self, path: &str, status: u16, body: &Value) {
        let body = body.to_string().into_bytes();
        let content_type = Some("application/json".to_owned());
        self.set(path, Ok(ProviderResponse { status, content_type, body }));
    }

    /// Makes the address fail.
    pub(crate) fn fail(&self, path: &str, fault: ProviderFault) {
        self.set(path, Err(fault));
    }

    fn set(&self, path: &str, answer: Result<ProviderResponse, ProviderFault>) {
        self.answers.lock().unwrap().insert(0, (format!("{ISSUER}{path}"), answer));
    }

    /// Takes the paths below the issuer that were asked since the last call.
    pub(crate) fn took_asked(&self) -> Vec<String> {
        let asked = std::mem::take(&mut *self.asked.lock().unwrap());
        asked.iter().map(|url| url.strip_prefix(ISSUER).unwrap().to_owned()).collect()
    }
}

#[async_trait]
impl Provider for FakeProvider {
    async fn send(&self, request: &ProviderRequest) -> Result<ProviderResponse, ProviderFault> {
        self.asked.lock().unwrap().push(request.url.clone());
        // Lets the other requests run meanwhile.
        tokio::task::yield_now().await;
        let answers = self.answers.lock().unwrap();
        let answer = answers.iter().find(|(url, _)| *url == request.url);
        answer.unwrap_or_else(|| panic!("{} was not to be asked", request.url)).1.clone()
    }
}

/// A relying party with every endpoint configured, and with these settings; a null removes a key.
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

/// A client of `provider` with these settings.
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
