//! Implements the ports of a deployment with fixed values: a clock that only a story moves, bytes from a
//! seed, and the Cognito stand-in as the provider.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::body::{Body, to_bytes};
use flow::ports::{Clock, Entropy, EntropyFault, Provider};
use local::api_gateway::{RequestClock, RequestStamp};
use local::cognito::StandIn;
use relying_party::provider::call::{CallKind, ProviderFault, ProviderRequest, ProviderResponse};
use relying_party::time::Timestamp;
use tower::ServiceExt as _;

/// The time at which a story begins.
pub const START: i64 = 1_800_000_000;

/// A stopped clock that a story advances. Clones are the same clock.
#[derive(Clone, Debug)]
pub struct StoryClock(Arc<AtomicI64>);

impl Default for StoryClock {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(START)))
    }
}

impl StoryClock {
    pub fn unix(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    /// Advances the clock by this many seconds.
    pub fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

#[async_trait]
impl Clock for StoryClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.unix())
    }

    /// Yields to other tasks; no time passes.
    async fn sleep(&self, _milliseconds: u64) {
        tokio::task::yield_now().await;
    }
}

impl RequestClock for StoryClock {
    fn next(&self) -> RequestStamp {
        RequestStamp {
            time: Duration::from_secs(u64::try_from(self.unix()).unwrap()),
            id: "0123456789abcdef0123456789abcdef".to_owned(),
        }
    }
}

/// Random bytes that are the same in every run and do not repeat within one (SplitMix64).
#[derive(Clone, Debug)]
pub struct SeededEntropy(Arc<AtomicU64>);

impl SeededEntropy {
    /// The bytes that `seed` generates.
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(AtomicU64::new(seed)))
    }

    pub fn fill_with(&self, bytes: &mut [u8]) {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        for chunk in bytes.chunks_mut(8) {
            let mut word = self.0.fetch_add(STEP, Ordering::SeqCst).wrapping_add(STEP);
            word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            word ^= word >> 31;
            for (byte, random) in chunk.iter_mut().zip(word.to_le_bytes()) {
                *byte = random;
            }
        }
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyFault> {
        self.fill_with(bytes);
        Ok(())
    }
}

/// The address of AWS's public keys for load balancers.
pub const LOAD_BALANCER_KEYS: &str = "http://127.0.0.1:9/keys";

/// The stand-in as the provider port, with the limits of the real client and without a socket.
#[derive(Clone)]
pub struct InProcessProvider {
    stand_in: StandIn,
    down: Arc<AtomicBool>,
    withholds_refresh_tokens: Arc<AtomicBool>,
    load_balancer_key: Arc<Mutex<Option<String>>>,
    calls: Arc<Mutex<Vec<CallKind>>>,
}

impl InProcessProvider {
    pub fn new(stand_in: StandIn) -> Self {
        Self {
            stand_in,
            down: Arc::default(),
            withholds_refresh_tokens: Arc::default(),
            load_balancer_key: Arc::default(),
            calls: Arc::default(),
        }
    }

    /// Sets whether connections to the provider fail.
    pub fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }

    /// Sets whether token answers lack a refresh token.
    pub fn set_withholding_refresh_tokens(&self, withholding: bool) {
        self.withholds_refresh_tokens.store(withholding, Ordering::SeqCst);
    }

    /// Publishes a load balancer's key, in PEM, below [`LOAD_BALANCER_KEYS`], whatever its id.
    pub fn set_load_balancer_key(&self, pem: String) {
        *self.load_balancer_key.lock().unwrap() = Some(pem);
    }

    /// Every attempted call, in order.
    pub fn calls(&self) -> Vec<CallKind> {
        self.calls.lock().unwrap().clone()
    }
}

#[async_trait]
impl Provider for InProcessProvider {
    async fn send(&self, request: &ProviderRequest) -> Result<ProviderResponse, ProviderFault> {
        self.calls.lock().unwrap().push(request.kind);
        if self.down.load(Ordering::SeqCst) {
            return Err(ProviderFault::NotSent);
        }
        let pem = self.load_balancer_key.lock().unwrap().clone();
        if let Some(pem) = pem.filter(|_| request.url.starts_with(LOAD_BALANCER_KEYS)) {
            return Ok(ProviderResponse { status: 200, content_type: None, body: pem.into_bytes() });
        }
        let headers = request.headers.iter().fold(
            http::Request::builder().method(&request.method).uri(&request.url),
            |builder, (name, value)| builder.header(*name, value.expose()),
        );
        let form = request.form.as_ref().map_or("", |form| form.expose()).to_owned();
        let answered = self.stand_in.router().oneshot(headers.body(Body::from(form)).unwrap()).await;
        let (parts, body) = answered.unwrap().into_parts();
        if parts.status.is_redirection() {
            return Err(ProviderFault::Redirected);
        }
        let body = to_bytes(body, usize::MAX).await.map_err(|_| ProviderFault::Broken)?;
        if body.len() > request.kind.max_bytes() {
            return Err(ProviderFault::TooLarge);
        }
        let body = if self.withholds_refresh_tokens.load(Ordering::SeqCst) {
            without_refresh_token(&body)
        } else {
            body.to_vec()
        };
        let content_type = parts.headers.get("content-type").map(|value| value.to_str().unwrap().to_owned());
        Ok(ProviderResponse { status: parts.status.as_u16(), content_type, body })
    }
}

fn without_refresh_token(body: &[u8]) -> Vec<u8> {
    let Ok(serde_json::Value::Object(mut members)) = serde_json::from_slice(body) else {
        return body.to_vec();
    };
    members.remove("refresh_token");
    serde_json::Value::Object(members).to_string().into_bytes()
}
