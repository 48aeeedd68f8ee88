//! Builds the head of the request to the upstream and of the response to the client (RFC 9110 section 7.6),
//! and decides which requests are not forwarded.
//!
//! It forwards exactly what the route rules judged: method, path and query as the event has them. A field
//! that only the front or vestibule can know comes from them, and never from the client.

pub mod authorizer_context;
pub mod identity_header;

mod address_field;
pub mod client_address;
mod destination;
mod front_secret;
mod hop_by_hop;
mod request_head;
mod response_head;
#[cfg(test)]
mod tests;
pub(crate) mod via;

use http::{Method, StatusCode};

use crate::configuration::{AccessTokenHeader, UpstreamConfiguration};
use crate::http::request::Headers;
use crate::refusal::reason::{self, Reason};
use crate::token::access_token::{BearerCredential, bearer_credential};

pub use destination::Destination;
pub use response_head::{ForwardedHead, UpstreamResponseHead};

/// A request for the upstream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamRequest {
    /// The method.
    pub method: Method,
    /// `https` or `http`.
    pub scheme: String,
    /// Host, and port where it is not the scheme's default: the address to connect to. The `host` field may
    /// differ.
    pub authority: String,
    /// Path and query in origin form (RFC 9112 section 3.2.1).
    pub target: String,
    /// Fields in order, names in lower case, `host` first. Without `content-length`, which follows from the
    /// body.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl UpstreamConfiguration {
    /// Tells whether the application would mistake an anonymous request's unchecked `Authorization` for one
    /// that vestibule set. It would if that is a bearer token and the application expects the access token
    /// there.
    pub fn would_be_taken_for_ours(&self, headers: &Headers) -> bool {
        self.access_token_header == AccessTokenHeader::Authorization
            && matches!(bearer_credential(headers), BearerCredential::Token(_) | BearerCredential::Malformed)
    }
}

/// Why a request is not forwarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForwardingRefusal {
    /// The secret header that the front adds to each request is missing, so the client bypassed the front.
    FrontSecretMissing,
    /// The secret header has a wrong value, or is present twice.
    FrontSecretWrong,
    /// `Host` is present more than once, or is not a host name or address with an optional port (RFC 9110
    /// section 7.2).
    HostMalformed,
    /// The request has passed this deployment before: `upstream_url` leads back to it.
    ///
    /// A client can write the entry in `Via` too, so the log does not treat this as an error.
    Loop,
    /// `CONNECT` asks for a tunnel, and `TRACE` for an echo that would show the headers that are added on the
    /// way.
    MethodNotForwarded,
    /// The request is larger than its front allows.
    RequestTooLarge,
    /// Path and query, encoded for the upstream, are too long to send.
    TargetTooLong,
    /// No `upstream_url` is configured.
    UpstreamMissing,
    /// A WebSocket needs a lasting connection, but a function ends when it has answered (RFC 6455 section
    /// 4.1).
    WebSocket,
}

impl ForwardingRefusal {
    /// The code, status and texts of this refusal.
    pub const fn reason(self) -> &'static Reason {
        match self {
            Self::FrontSecretMissing => &reason::FRONT_SECRET_MISSING,
            Self::FrontSecretWrong => &reason::FRONT_SECRET_WRONG,
            Self::HostMalformed => &reason::HOST_MALFORMED,
            Self::Loop => &reason::REQUEST_LOOP,
            Self::MethodNotForwarded => &reason::METHOD_NOT_FORWARDED,
            Self::RequestTooLarge => &reason::REQUEST_TOO_LARGE,
            Self::TargetTooLong => &reason::TARGET_TOO_LONG,
            Self::UpstreamMissing => &reason::UPSTREAM_MISSING,
            Self::WebSocket => &reason::WEBSOCKET_UNSUPPORTED,
        }
    }
}

/// Why the upstream gave no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpstreamFault {
    /// The response cannot be forwarded: it is not HTTP, or has two lengths, a head that is too large or the
    /// status of another protocol.
    ResponseMalformed,
    /// The response is larger than the front allows.
    ResponseTooLarge,
    /// The connection ended before the end of the response.
    Broken,
    /// No trusted root signed its certificate, or TLS failed otherwise.
    Tls,
    /// The response did not arrive in time.
    TimedOut,
    /// No connection was established: the name is unknown, or nothing listens there.
    Unreachable,
}

impl UpstreamFault {
    /// The code, status and texts of this refusal.
    pub const fn reason(self) -> &'static Reason {
        match self {
            Self::ResponseMalformed => &reason::UPSTREAM_ANSWER_MALFORMED,
            Self::ResponseTooLarge => &reason::UPSTREAM_ANSWER_TOO_LARGE,
            Self::Broken => &reason::UPSTREAM_CONNECTION_BROKEN,
            Self::Tls => &reason::UPSTREAM_TLS_FAILED,
            Self::TimedOut => &reason::UPSTREAM_TIMED_OUT,
            Self::Unreachable => &reason::UPSTREAM_UNREACHABLE,
        }
    }
}

/// Tells whether a request may be sent a second time after a connection broke (RFC 9110 section 9.2.2).
pub fn may_repeat(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS | Method::PUT | Method::DELETE)
}

/// Tells whether a response has no body, whatever its fields say (RFC 9110 section 6.4.1).
pub fn is_bodiless(method: &Method, status: StatusCode) -> bool {
    *method == Method::HEAD || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
}
