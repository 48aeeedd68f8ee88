//! Names the kinds of front that a request can come through.

/// The front that the request came through. Fronts differ in what they do to headers that vestibule sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Front {
    /// A REST API maps what we return over the client's headers, but only over the spelling that its mapping has
    /// (API Gateway, "Known issues": header names are processed in a case-sensitive way).
    Rest,
    /// We forward by ourselves: what only we set is taken out of the request, and cookies can be set on the answer.
    Proxy,
    /// The same, and the event is a load balancer's: only then can `x-amzn-oidc-*` be the load balancer's word.
    LoadBalancer,
    /// Anything else: we set or API Gateway replaces a header in all spellings.
    Other,
}

impl Front {
    /// Tells whether we forward by ourselves.
    pub const fn forwards(self) -> bool {
        matches!(self, Self::Proxy | Self::LoadBalancer)
    }
}
