//! Lists the fields that concern one connection only (RFC 9110 section 7.6.1).

use std::collections::HashSet;

use crate::gate::reserved_header::canonical;

/// Hop-by-hop fields that `Connection` need not name. `http2-settings`: RFC 9113 appendix B.
const HOP_BY_HOP: [&str; 10] = [
    "connection",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
];

/// The fields that are not forwarded: the fixed ones, `upgrade`, and those that `connection` lists.
pub(super) struct HopByHop(HashSet<String>);

impl HopByHop {
    /// Built from every `Connection` value of a message.
    pub(super) fn of<'a>(connection: impl Iterator<Item = &'a str>) -> Self {
        let named =
            connection.flat_map(|value| value.split(',')).map(|name| name.trim().to_ascii_lowercase());
        Self(named.filter(|name| !name.is_empty()).collect())
    }

    /// Tells whether the field `name` is one of these, in any spelling that a reader could take for one.
    pub(super) fn holds(&self, name: &str) -> bool {
        let canonical = canonical(name);
        canonical == "upgrade"
            || HOP_BY_HOP.contains(&canonical.as_str())
            || self.0.contains(&name.to_ascii_lowercase())
    }
}
