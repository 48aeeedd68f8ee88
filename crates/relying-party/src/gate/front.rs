//! Names the kinds of front that a request can come through.

use crate::sign_in::attempt::{MAX_INLINE_RETURN_TARGET_BYTES, MAX_RETURN_TARGET_BYTES};

/// The front that the request came through. Fronts differ in what they do to headers that vestibule sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Front {
    /// A REST API maps what we return over the client's headers, but only over the spelling that its mapping has
    /// (API Gateway, "Known issues": header names are processed in a case-sensitive way).
    Rest,
    /// We forward by ourselves: what only we set is taken out of the request, and cookies can be set on the answer.
    Proxy,
    /// The same behind a function URL, which lets longer requests through.
    FunctionUrl,
    /// The same, and the event is a load balancer's: only then can `x-amzn-oidc-*` be the load balancer's word.
    LoadBalancer,
    /// A WebSocket API asks about a connection alone, which may come from a page of anybody.
    WebSocket,
    /// Anything else: we set or API Gateway replaces a header in all spellings.
    Other,
}

impl Front {
    /// Tells whether we forward by ourselves.
    pub const fn forwards(self) -> bool {
        matches!(self, Self::Proxy | Self::FunctionUrl | Self::LoadBalancer)
    }

    /// The longest return target that sign-in keeps, in bytes. An authorizer hands over a location of 2,000 bytes, so behind
    /// a REST API there is nothing longer to keep.
    pub const fn max_return_target_bytes(self) -> usize {
        match self {
            Self::Rest | Self::WebSocket => MAX_INLINE_RETURN_TARGET_BYTES,
            Self::Proxy | Self::FunctionUrl | Self::LoadBalancer | Self::Other => MAX_RETURN_TARGET_BYTES,
        }
    }

    /// The most bytes of request line and header fields, and of an answer's header fields. API Gateway:
    /// "Total combined size of request line and header values" (quotas of HTTP APIs), and the same for REST APIs. AWS
    /// gives no number for a function URL, but CloudFront, which may stand before it, takes 20,480 ("Quotas", "Maximum length of a
    /// request"). A load balancer takes 16 K for the request line and for each field.
    pub const fn max_head_bytes(self) -> usize {
        match self {
            Self::Rest | Self::WebSocket | Self::Proxy | Self::Other => 10_240,
            Self::FunctionUrl => 20_480,
            Self::LoadBalancer => 16_384,
        }
    }
}
