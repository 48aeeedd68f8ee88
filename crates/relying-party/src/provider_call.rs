//! A call to the provider as a value, and its answer as a value.

use crate::secret::Secret;

/// One call to the provider.
#[derive(Clone, Debug)]
pub struct ProviderRequest {
    /// The method.
    pub method: http::Method,
    /// The absolute URL.
    pub url: String,
    /// Header fields beside those that every call has.
    pub headers: Vec<(&'static str, Secret)>,
    /// The body, form-urlencoded.
    pub form: Option<Secret>,
    /// What the call is for; its limits hang on it.
    pub kind: CallKind,
}

/// What a call is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
    /// The discovery document.
    Discovery,
    /// The key set.
    Jwks,
    /// A token request.
    Token {
        /// Its grant.
        grant: Grant,
    },
    /// A token revocation.
    Revocation,
    /// The user-info endpoint.
    UserInfo,
}

/// The grant of a token request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// `authorization_code`.
    AuthorizationCode,
    /// `refresh_token`.
    RefreshToken,
}

/// What came back.
#[derive(Clone, PartialEq, Eq)]
pub struct ProviderResponse {
    /// The status.
    pub status: u16,
    /// The `Content-Type`.
    pub content_type: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for ProviderResponse {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("ProviderResponse").field("status", &self.status).finish_non_exhaustive()
    }
}

/// Why no whole answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderFault {
    /// No byte was sent.
    NotSent,
    /// The time limit passed.
    TimedOut,
    /// The answer is larger than its kind allows.
    TooLarge,
    /// The connection or the answer broke.
    Broken,
    /// The answer is a redirect.
    Redirected,
}

impl CallKind {
    /// The largest body, in bytes.
    pub const fn max_bytes(self) -> usize {
        match self {
            Self::Jwks => 150 * 1024,
            _ => 64 * 1024,
        }
    }

    /// The time for the whole call, in milliseconds.
    pub const fn timeout_ms(self) -> u64 {
        5_000
    }
}
