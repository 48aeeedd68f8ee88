//! Describes calls to the provider as values: a decision builds the request, a driver sends it, a decision
//! judges the response.

use std::fmt;
use std::time::Duration;

use http::Method;

use crate::refusal::reason::{self, Reason};
use crate::secret::Secret;

/// One request to the provider.
#[derive(Clone, Debug)]
pub struct ProviderRequest {
    /// GET or POST.
    pub method: Method,
    /// The absolute URL. It never contains a secret.
    pub url: String,
    /// Header fields, names in lower case. They include `accept` and, with a form, `content-type`.
    pub headers: Vec<(&'static str, Secret)>,
    /// The body, `application/x-www-form-urlencoded`.
    pub form: Option<Secret>,
    /// The kind of the call. It determines the limits.
    pub kind: CallKind,
}

/// The kinds of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
    /// OpenID Provider metadata (OIDC Discovery 1.0 section 4).
    Discovery,
    /// The key set (RFC 7517).
    Jwks,
    /// The revocation endpoint (RFC 7009).
    Revocation,
    /// The token endpoint (RFC 6749 section 3.2).
    Token {
        /// The grant that is exchanged for tokens.
        grant: Grant,
    },
    /// The UserInfo endpoint (OIDC Core section 5.3).
    UserInfo,
}

/// The grant that is exchanged for tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// An authorization code, which works once.
    AuthorizationCode,
    /// A refresh token, which works once if the provider rotates them.
    RefreshToken {
        /// Whether the request may be repeated even though it may have arrived: see
        /// [`RefreshTokenRotation::is_repeatable`](crate::session::refresh_policy::RefreshTokenRotation::is_repeatable).
        repeatable: bool,
    },
}

/// The provider's response. `Debug` shows only the size of the body, because it contains tokens.
#[derive(Clone)]
pub struct ProviderResponse {
    /// The status.
    pub status: u16,
    /// The `Content-Type`, as sent.
    pub content_type: Option<String>,
    /// The body, at most [`CallKind::max_bytes`].
    pub body: Vec<u8>,
}

/// Why the provider gave no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderFault {
    /// The connection broke, or the response is not HTTP. The provider may have processed the request.
    Broken,
    /// No byte of the request was sent: the name, the address, the connection or TLS failed.
    NotSent,
    /// The provider redirected. Redirects are not followed, because a secret would go to an address that is
    /// not configured.
    Redirected,
    /// The response did not arrive within [`CallKind::timeout_ms`].
    TimedOut,
    /// The response is larger than [`CallKind::max_bytes`].
    TooLarge,
}

impl ProviderFault {
    /// The code, status and texts of this refusal.
    pub const fn reason(self) -> &'static Reason {
        match self {
            Self::Broken => &reason::PROVIDER_CONNECTION_BROKEN,
            Self::NotSent => &reason::PROVIDER_UNREACHABLE,
            Self::Redirected => &reason::PROVIDER_REDIRECTED,
            Self::TimedOut => &reason::PROVIDER_TIMED_OUT,
            Self::TooLarge => &reason::PROVIDER_ANSWER_TOO_LARGE,
        }
    }
}

impl ProviderRequest {
    /// A GET for JSON without credentials.
    pub fn fetch(url: &str, kind: CallKind) -> Self {
        Self {
            method: Method::GET,
            url: url.to_owned(),
            headers: vec![("accept", Secret::new("application/json"))],
            form: None,
            kind,
        }
    }

    /// A POST of a form for JSON.
    pub fn post(url: &str, kind: CallKind, form: Secret) -> Self {
        Self {
            method: Method::POST,
            url: url.to_owned(),
            headers: vec![
                ("accept", Secret::new("application/json")),
                ("content-type", Secret::new("application/x-www-form-urlencoded")),
            ],
            form: Some(form),
            kind,
        }
    }

    /// Adds a header field.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: Secret) -> Self {
        self.headers.push((name, value));
        self
    }
}

impl fmt::Debug for ProviderResponse {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ProviderResponse")
            .field("status", &self.status)
            .field("content_type", &self.content_type)
            .field("body_bytes", &self.body.len())
            .finish()
    }
}

impl CallKind {
    /// The largest response that is read, in bytes.
    pub const fn max_bytes(self) -> usize {
        match self {
            // API Gateway has the same limit for a key set.
            Self::Jwks => 150_000,
            Self::Discovery | Self::Token { .. } | Self::UserInfo => 64 * 1024,
            Self::Revocation => 8 * 1024,
        }
    }

    /// How long a call may take, from connecting to the last byte of its last attempt, in milliseconds.
    pub const fn timeout_ms(self) -> u64 {
        match self {
            Self::Discovery | Self::Jwks | Self::UserInfo => 3000,
            // A user is waiting for the page after sign-out, and the session has ended anyway.
            Self::Revocation => 2000,
            Self::Token { .. } => 5000,
        }
    }

    /// [`Self::timeout_ms`] as a duration.
    pub const fn timeout(self) -> Duration {
        Duration::from_millis(self.timeout_ms())
    }

    /// How long one attempt may take, in milliseconds. If a call is repeated after a timeout, this leaves
    /// time for the second.
    pub const fn attempt_timeout_ms(self) -> u64 {
        if self.is_repeatable_refresh() { self.timeout_ms() / 2 } else { self.timeout_ms() }
    }

    /// How often a call is sent at most.
    pub const fn max_attempts(self) -> u32 {
        match self {
            Self::Revocation => 1,
            Self::Discovery | Self::Jwks | Self::Token { .. } | Self::UserInfo => 2,
        }
    }

    /// Tells whether a call with this outcome may be repeated. A code or a rotated refresh token works once,
    /// so a token request with one is repeated only if no byte of it was sent.
    pub fn may_repeat(self, outcome: &Result<ProviderResponse, ProviderFault>) -> bool {
        match outcome {
            Ok(response) => self.is_repeatable_refresh() && response.status >= 500,
            Err(ProviderFault::NotSent) => !matches!(self, Self::Revocation),
            Err(ProviderFault::Broken) => match self {
                Self::Discovery | Self::Jwks | Self::UserInfo => true,
                Self::Revocation | Self::Token { .. } => self.is_repeatable_refresh(),
            },
            // The other kinds have used up all their time.
            Err(ProviderFault::TimedOut) => self.is_repeatable_refresh(),
            // A repetition would have the same outcome.
            Err(ProviderFault::Redirected | ProviderFault::TooLarge) => false,
        }
    }

    /// Tells whether a call with this outcome was processed by nobody, because the endpoint may have moved.
    pub fn may_have_moved(outcome: &Result<ProviderResponse, ProviderFault>) -> bool {
        match outcome {
            Ok(response) => matches!(response.status, 404 | 405 | 410),
            Err(fault) => matches!(fault, ProviderFault::NotSent | ProviderFault::Redirected),
        }
    }

    const fn is_repeatable_refresh(self) -> bool {
        matches!(self, Self::Token { grant: Grant::RefreshToken { repeatable: true } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: CallKind = CallKind::Token { grant: Grant::AuthorizationCode };

    const fn refresh(repeatable: bool) -> CallKind {
        CallKind::Token { grant: Grant::RefreshToken { repeatable } }
    }

    const KINDS: [CallKind; 7] = [
        CallKind::Discovery,
        CallKind::Jwks,
        CallKind::Revocation,
        CODE,
        refresh(false),
        refresh(true),
        CallKind::UserInfo,
    ];

    #[expect(clippy::unnecessary_wraps, reason = "`may_repeat` needs this type")]
    const fn answered(status: u16) -> Result<ProviderResponse, ProviderFault> {
        Ok(ProviderResponse { status, content_type: None, body: Vec::new() })
    }

    #[test]
    fn a_token_request_is_repeated_only_when_no_byte_was_sent() {
        for kind in [CODE, refresh(false)] {
            assert!(kind.may_repeat(&Err(ProviderFault::NotSent)));
            for outcome in [
                Err(ProviderFault::Broken),
                Err(ProviderFault::Redirected),
                Err(ProviderFault::TimedOut),
                Err(ProviderFault::TooLarge),
                answered(500),
                answered(503),
            ] {
                assert!(!kind.may_repeat(&outcome), "{kind:?} {outcome:?}");
            }
            assert_eq!(kind.attempt_timeout_ms(), kind.timeout_ms());
        }
    }

    #[test]
    fn a_refresh_whose_token_works_again_is_repeated_on_a_timeout_or_5xx_too() {
        let kind = refresh(true);
        for outcome in [
            Err(ProviderFault::NotSent),
            Err(ProviderFault::Broken),
            Err(ProviderFault::TimedOut),
            answered(500),
            answered(503),
        ] {
            assert!(kind.may_repeat(&outcome), "{outcome:?}");
        }
        for outcome in [answered(200), answered(400), answered(401), answered(429)] {
            assert!(!kind.may_repeat(&outcome), "{outcome:?}");
        }
    }

    #[test]
    fn attempts_that_time_out_leave_time_for_the_others() {
        for kind in KINDS.into_iter().filter(|kind| kind.may_repeat(&Err(ProviderFault::TimedOut))) {
            let attempts = kind.attempt_timeout_ms() * u64::from(kind.max_attempts());
            assert!(attempts <= kind.timeout_ms(), "{kind:?}");
        }
    }

    #[test]
    fn a_call_that_would_come_out_the_same_is_not_repeated() {
        for kind in KINDS {
            assert!(!kind.may_repeat(&Err(ProviderFault::Redirected)), "{kind:?}");
            assert!(!kind.may_repeat(&Err(ProviderFault::TooLarge)), "{kind:?}");
        }
    }

    #[test]
    fn a_revocation_is_sent_once() {
        assert_eq!(CallKind::Revocation.max_attempts(), 1);
        assert!(!CallKind::Revocation.may_repeat(&Err(ProviderFault::NotSent)));
    }

    #[test]
    fn all_attempts_together_end_before_api_gateway_gives_up() {
        for kind in KINDS {
            assert!(kind.timeout_ms() * u64::from(kind.max_attempts()) <= 10_000, "{kind:?}");
        }
    }

    #[test]
    fn debug_shows_no_body() {
        let response = ProviderResponse {
            status: 200,
            content_type: None,
            body: br#"{"access_token":"t0ken"}"#.to_vec(),
        };
        let shown = format!("{response:?}");
        assert!(shown.contains("body_bytes: 24") && !shown.contains("t0ken"), "{shown}");
    }
}
