//! Decides about the request to the upstream and its response (RFC 9110 section 7.6): which head goes out, which comes back, and
//! which requests are not forwarded at all.
//!
//! It sends only what the route rules judged: method, path and query as the event has them. A field that only the front or
//! vestibule can know comes from them, and never from the client.

pub mod authorizer_context;
pub mod identity_header;

mod address_field;
pub mod client_address;
mod destination;
mod fields;
mod front_secret;
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
    /// Host and, where it is not the scheme's own, port: where to connect. The `host` field may say another name.
    pub authority: String,
    /// Path and query in origin form (RFC 9112 section 3.2.1).
    pub target: String,
    /// Fields in order, names in lower case, `host` the first. Without `content-length`, which follows from the body.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl UpstreamConfiguration {
    /// Tells whether the application would take the `Authorization` of somebody anonymous, which nobody has checked,
    /// for one of ours: a bearer token is where the application looks for the access token.
    pub fn would_be_taken_for_ours(&self, headers: &Headers) -> bool {
        self.access_token_header == AccessTokenHeader::Authorization
            && matches!(bearer_credential(headers), BearerCredential::Token(_) | BearerCredential::Malformed)
    }
}

/// Says why a request is not passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForwardingRefusal {
    /// The secret header that the front adds to each request is missing: the client goes round the front.
    FrontSecretMissing,
    /// The secret header has another value, or is there twice.
    FrontSecretWrong,
    /// `Host` is there more than once, or is no host name or address with an optional port (RFC 9110 section 7.2).
    HostMalformed,
    /// The request came through this deployment before: `upstream_url` leads back to it.
    ///
    /// Anybody can say so in `Via`, so it is no error in the log.
    Loop,
    /// `CONNECT` asks for a tunnel and `TRACE` for an echo that would show what is added on the way.
    MethodNotForwarded,
    /// The request is larger than its front lets through.
    RequestTooLarge,
    /// Path and query, encoded as the upstream gets them, are longer than they can be sent.
    TargetTooLong,
    /// There is no `upstream_url`.
    UpstreamMissing,
    /// A WebSocket needs a connection that stays; a function answers and is done (RFC 6455 section 4.1).
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

/// Says why the upstream gave no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpstreamFault {
    /// The response cannot be passed on: it is no HTTP, or has two lengths, too large a head or a status of another protocol.
    ResponseMalformed,
    /// The response is larger than the front lets through.
    ResponseTooLarge,
    /// The connection ended before the response did.
    Broken,
    /// No trusted root signed its certificate, or TLS failed otherwise.
    Tls,
    /// The response did not come in time.
    TimedOut,
    /// There is no connection: the name is unknown, or nothing listens there.
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

/// Tells whether an answer has no body, whatever its fields say (RFC 9110 section 6.4.1).
pub fn is_bodiless(method: &Method, status: StatusCode) -> bool {
    *method == Method::HEAD || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
}
