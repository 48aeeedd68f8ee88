//! Declares as traits everything that a flow needs from outside: the provider, the upstream, the clock,
//! randomness.

use async_trait::async_trait;
use bytes::Bytes;
use relying_party::{
    forwarding::{UpstreamFault, UpstreamRequest, UpstreamResponseHead},
    provider::call::{ProviderFault, ProviderRequest, ProviderResponse},
    refusal::Refusal,
    secret::Secret,
    time::Timestamp,
};
use tokio::time::Instant;

/// Calls to the OpenID provider.
#[async_trait]
pub trait Provider: Send + Sync {
    /// Makes one call within the limits of its kind and returns the response, whatever its status.
    ///
    /// # Errors
    ///
    /// [`ProviderFault`] when no complete response arrived.
    async fn send(&self, request: &ProviderRequest) -> Result<ProviderResponse, ProviderFault>;
}

/// The protected application.
#[async_trait]
pub trait Upstream: Send + Sync {
    /// Sends one request and returns the head of the response as soon as it arrives. Follows no redirect.
    ///
    /// # Errors
    ///
    /// [`UpstreamFault`] when no head arrived by `until`.
    async fn send(&self, request: UpstreamRequest, until: Instant)
    -> Result<UpstreamResponse, UpstreamFault>;
}

/// A response of the upstream whose body is still on its way.
pub struct UpstreamResponse {
    /// The head.
    pub head: UpstreamResponseHead,
    /// The body.
    pub body: Box<dyn UpstreamBody>,
}

/// A body, read piece by piece as it arrives.
#[async_trait]
pub trait UpstreamBody: Send {
    /// The next piece; `None` at the end.
    ///
    /// # Errors
    ///
    /// When the connection broke before the end of the body.
    async fn chunk(&mut self) -> Result<Option<Bytes>, UpstreamFault>;
}

/// The time. It is read once per request.
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
    /// [`EntropyFault`] when the system provides none; `bytes` must not be used then.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyFault>;
}

impl dyn Entropy {
    pub(crate) fn random<const N: usize>(&self) -> Result<[u8; N], Refusal> {
        let mut bytes = [0; N];
        self.fill(&mut bytes).map_err(|_| Refusal::EntropyUnavailable)?;
        Ok(bytes)
    }
}

/// The system provided no random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntropyFault;

/// Where the client secret is kept.
#[async_trait]
pub trait ClientSecretSource: Send + Sync {
    /// Reads the secret as it is now. Implementations do not cache it.
    ///
    /// # Errors
    ///
    /// [`ClientSecretFault`] when it cannot be read now.
    async fn read(&self) -> Result<Secret, ClientSecretFault>;
}

/// The client secret could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientSecretFault;

/// Ends all of a user's sign-ins at the provider, through the provider's administration API.
#[async_trait]
pub trait UserSignOut: Send + Sync {
    /// Ends them. The user's refresh tokens no longer work afterwards.
    ///
    /// # Errors
    ///
    /// [`UserSignOutFault`] when it is not certain that it was done.
    async fn sign_out(&self, username: &str) -> Result<(), UserSignOutFault>;
}

/// The provider did not confirm the sign-out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserSignOutFault;
