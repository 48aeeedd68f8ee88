//! What a flow needs from outside, as traits: the provider, the clock, randomness.

use async_trait::async_trait;
use relying_party::{
    provider_call::{ProviderFault, ProviderRequest, ProviderResponse},
    secret::Secret,
    time::Timestamp,
};

/// Calls to the OpenID provider.
#[async_trait]
pub trait Provider: Send + Sync {
    /// Makes one call within the limits of its kind and hands back what came, whatever its status.
    ///
    /// # Errors
    ///
    /// [`ProviderFault`] when no whole answer came.
    async fn send(&self, request: &ProviderRequest) -> Result<ProviderResponse, ProviderFault>;
}

/// The time. Read once per request.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// Returns after about `milliseconds`.
    async fn sleep(&self, milliseconds: u64);
}

/// Randomness for seeds, nonces and session ids.
pub trait Entropy: Send + Sync {
    /// Fills `bytes` with unpredictable bytes.
    ///
    /// # Errors
    ///
    /// [`EntropyFault`] when the system has none to give; `bytes` must not be used then.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyFault>;
}

/// The system gave no random bytes.
///
/// `entropy_unavailable` outage 503
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntropyFault;

/// Where the client secret is read from when the configuration has none.
#[async_trait]
pub trait ClientSecretSource: Send + Sync {
    /// The secret; the source remembers it.
    ///
    /// # Errors
    ///
    /// [`ClientSecretFault`] when it cannot be read now.
    async fn client_secret(&self) -> Result<Secret, ClientSecretFault>;
}

/// The client secret could not be read.
///
/// `client_secret_unavailable` outage 503
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientSecretFault;
