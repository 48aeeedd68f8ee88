//! Names the kinds of front through which a request can come.

use crate::sign_in::attempt::{MAX_INLINE_RETURN_TARGET_BYTES, MAX_RETURN_TARGET_BYTES};

/// The front through which the request came. Fronts treat the headers that vestibule sets differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Front {
    /// A REST API overwrites the client's headers with our values, but only in the spelling that its mapping
    /// has (API Gateway, "Known issues": header names are processed in a case-sensitive way).
    Rest,
    /// Vestibule forwards the request itself. It removes reserved headers from the request, and can set
    /// cookies on the response.
    Proxy,
    /// Like [`Self::Proxy`], behind a function URL, which allows longer requests.
    FunctionUrl,
    /// Like [`Self::Proxy`], behind a load balancer. Only there can `x-amzn-oidc-*` come from the load
    /// balancer.
    LoadBalancer,
    /// A WebSocket API asks only when a connection is opened, which any site's page can do.
    WebSocket,
    /// Any other front: vestibule or API Gateway replaces a header in all spellings.
    Other,
}

impl Front {
    /// Tells whether vestibule forwards the requests itself.
    pub const fn forwards(self) -> bool {
        matches!(self, Self::Proxy | Self::FunctionUrl | Self::LoadBalancer)
    }

    /// The longest return target that sign-in keeps, bytes. A REST authorizer returns a location of at most
    /// 2,000 bytes, so behind a REST API no longer one occurs.
    pub(crate) const fn max_return_target_bytes(self) -> usize {
        match self {
            Self::Rest | Self::WebSocket => MAX_INLINE_RETURN_TARGET_BYTES,
            Self::Proxy | Self::FunctionUrl | Self::LoadBalancer | Self::Other => MAX_RETURN_TARGET_BYTES,
        }
    }

    /// The most bytes of request line and header fields, and of a response's header fields. API Gateway:
    /// "Total combined size of request line and header values" (quotas of HTTP APIs), and the same for REST
    /// APIs. AWS gives no number for a function URL, but CloudFront, which may be in front of it, takes
    /// 20,480 ("Quotas", "Maximum length of a request"). A load balancer takes 16 K for the request line and
    /// for each field.
    pub const fn max_head_bytes(self) -> usize {
        match self {
            Self::Rest | Self::WebSocket | Self::Proxy | Self::Other => 10_240,
            Self::FunctionUrl => 20_480,
            Self::LoadBalancer => 16_384,
        }
    }
}
