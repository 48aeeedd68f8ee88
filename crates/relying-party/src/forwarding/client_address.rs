//! Decides which address the application gets as the client's: one that somebody vouches for, or none.

use std::net::{IpAddr, SocketAddr};

use crate::configuration::ClientAddress;
use crate::gate::reserved_header::canonical;
use crate::http::request::Request;

/// CloudFront writes the port behind every address, and no brackets around one of IPv6 (CloudFront developer guide, "Add CloudFront
/// request headers"), so that the last part could be read as a piece of the address.
const ALWAYS_WITH_PORT: &str = "cloudfront-viewer-address";

impl ClientAddress {
    /// The client's address. A request that [`check_front`](crate::relying_party::RelyingParty::check_front) let pass comes from the front, whose header is then believed.
    pub fn of(&self, request: &Request) -> Option<String> {
        let name = match self {
            // The test form of API Gateway's console, and samples of events, have a text there.
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

/// An address, with or without a port, and with brackets or without. A load balancer adds the client's port where
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
