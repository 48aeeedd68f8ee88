//! Decides which client address the application gets: one from a trusted source, or none.

use std::net::{IpAddr, SocketAddr};

use crate::configuration::ClientAddress;
use crate::gate::reserved_header::canonical;
use crate::http::request::Request;

/// CloudFront writes the port after every address, without brackets around an IPv6 address (CloudFront
/// developer guide, "Add CloudFront request headers"), so the port could be read as part of the address.
const ALWAYS_WITH_PORT: &str = "cloudfront-viewer-address";

impl ClientAddress {
    /// The client's address. If [`check_front`](crate::relying_party::RelyingParty::check_front) let the
    /// request pass, it came from the front, so the front's header is trusted.
    pub fn of(&self, request: &Request) -> Option<String> {
        let name = match self {
            // The test form of API Gateway's console, and sample events, have arbitrary text there.
            Self::OfConnection => return Some(address(request.source_ip.as_deref()?)?.to_string()),
            Self::Untold => return None,
            Self::Header(name) => canonical(name),
        };
        let mut fields = request.headers.iter().filter(|(field, _)| canonical(field) == name);
        let (Some((_, value)), None) = (fields.next(), fields.next()) else { return None };
        let address = if name == ALWAYS_WITH_PORT { before_port(value) } else { address(value) };
        address.map(|address| address.to_string())
    }
}

/// An address with or without a port, and with or without brackets. A load balancer adds the client's port if
/// `routing.http.xff_client_port.enabled` is set.
pub fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|both| both.ip()))
}

fn before_port(text: &str) -> Option<IpAddr> {
    let (host, port) = text.trim().rsplit_once(':')?;
    port.parse::<u16>().ok()?;
    host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host).parse().ok()
}
