//! Builds the head of the response to the client from the upstream's.

use http::StatusCode;

use super::address_field::{in_link, in_refresh};
use super::hop_by_hop::HopByHop;
use super::{Destination, UpstreamFault};
use crate::gate::reserved_header::canonical;
use crate::relying_party::RelyingParty;

/// The head of the upstream's response, as received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamResponseHead {
    /// The status.
    pub status: StatusCode,
    /// Fields in order.
    pub headers: Vec<(String, Vec<u8>)>,
}

/// The head of the response that the client receives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForwardedHead {
    /// The status.
    pub status: StatusCode,
    /// Fields in order, names in lower case, without `set-cookie`.
    pub headers: Vec<(String, String)>,
    /// One `Set-Cookie` value per entry.
    pub set_cookies: Vec<String>,
}

impl ForwardedHead {
    /// Adds vestibule's own cookies.
    pub fn set(&mut self, set_cookies: Vec<String>) {
        if set_cookies.is_empty() {
            return;
        }
        // A shared cache would give our cookie to other users.
        self.headers.retain(|(name, _)| !is_for_a_cache(name));
        self.headers.push(("cache-control".to_owned(), "no-store".to_owned()));
        self.set_cookies.extend(set_cookies);
    }

    /// Keeps the response to somebody signed in out of shared caches, unless the upstream allows it there.
    ///
    /// A shared cache does not store the response to a request with `Authorization` unless `public`, `s-maxage`
    /// or `must-revalidate` allows it (RFC 9111 section 3.5). The upstream gets that field, and relies on this.
    /// But a request with a session in its cookies has none on its way to us, so a cache there would store what
    /// is merely fresh, or what it asks us about before each use (`no-cache`). Fields that take precedence over
    /// `Cache-Control` are removed, unless they forbid to store too.
    pub fn keep_from_shared_caches(&mut self) {
        let is_cache_control = |name: &str| name == "cache-control";
        let mut fields = self.headers.iter().filter(|(name, _)| is_cache_control(name));
        if fields.any(|(_, value)| decides_about_shared_caches(value)) {
            return;
        }
        self.headers.retain(|(name, value)| !takes_precedence(name) || forbids(value));
        match self.headers.iter_mut().rev().find(|(name, _)| is_cache_control(name)) {
            Some((_, value)) if !value.trim().is_empty() => value.push_str(", private"),
            Some((_, value)) => "private".clone_into(value),
            None => self.headers.push(("cache-control".to_owned(), "private".to_owned())),
        }
    }
}

/// Tells whether a value of `Cache-Control` has a directive by which the upstream decides itself whether a
/// shared cache may give the response to others.
fn decides_about_shared_caches(value: &str) -> bool {
    let is = |name: &str, directive: &str| name.eq_ignore_ascii_case(directive);
    forbids(value)
        || directives(value).any(|(name, has_value)| {
            is(name, "s-maxage") || !has_value && (is(name, "public") || is(name, "must-revalidate"))
        })
}

/// Tells whether a value forbids a shared cache to store the response. `private` with the names of fields
/// leaves the rest of the response to it.
fn forbids(value: &str) -> bool {
    let is = |name: &str, directive: &str| name.eq_ignore_ascii_case(directive);
    directives(value).any(|(name, has_value)| !has_value && (is(name, "private") || is(name, "no-store")))
}

/// The names of the directives in a value, and whether each has a value.
fn directives(value: &str) -> impl Iterator<Item = (&str, bool)> {
    let mut in_quotes = false;
    let directives = value.split(move |character| {
        in_quotes ^= character == '"';
        character == ',' && !in_quotes
    });
    directives.map(|directive| match directive.split_once('=') {
        Some((name, _)) => (name.trim(), true),
        None => (directive.trim(), false),
    })
}

impl RelyingParty {
    /// Builds the client's head from the upstream's response.
    ///
    /// # Errors
    ///
    /// The response cannot be forwarded.
    pub fn forwarded_head(
        &self,
        response: UpstreamResponseHead,
        destination: &Destination,
    ) -> Result<ForwardedHead, UpstreamFault> {
        // A 1xx response is not final, and no other protocol was requested.
        if response.status.is_informational() {
            return Err(UpstreamFault::ResponseMalformed);
        }
        let headers: Vec<(String, String)> = response
            .headers
            .into_iter()
            .map(|(name, value)| (name.to_ascii_lowercase(), text(value)))
            .collect();
        if !is_framed_once(&headers) {
            return Err(UpstreamFault::ResponseMalformed);
        }
        let connection =
            headers.iter().filter(|(name, _)| name == "connection").map(|(_, value)| value.as_str());
        let hop_by_hop = HopByHop::of(connection);
        let public_url = &self.configuration.public_url;
        let public_address =
            |location: String| destination.to_public(&location, public_url).unwrap_or(location);
        let mut head =
            ForwardedHead { status: response.status, headers: Vec::new(), set_cookies: Vec::new() };
        for (name, value) in headers {
            match name.as_str() {
                "set-cookie" if self.cookie_names.are_set_by(&value) => {}
                "set-cookie" => head.set_cookies.push(value),
                // The field tells the browser to use another address than ours (RFC 7838).
                "alt-svc" => {}
                "location" | "content-location" => {
                    head.headers.push((name, public_address(value)));
                }
                "refresh" => {
                    let value = in_refresh(&value, |address| public_address(address.to_owned()));
                    head.headers.push((name, value));
                }
                "link" => {
                    let value = in_link(&value, |address| public_address(address.to_owned()));
                    head.headers.push((name, value));
                }
                _ if hop_by_hop.holds(&name) || is_misspelled(&name) => {}
                _ => head.headers.push((name, value)),
            }
        }
        Ok(head)
    }
}

/// Tells whether caches read the field. Besides `Expires` and `Cache-Control` there are fields that only
/// shared caches read and that take precedence: `CDN-Cache-Control` and those named after one CDN (RFC 9213
/// section 2), `Surrogate-Control`, `X-Accel-Expires`, and Akamai's `Edge-Control`, which has `!no-store`.
fn is_for_a_cache(name: &str) -> bool {
    matches!(name, "cache-control" | "expires") || takes_precedence(name)
}

fn takes_precedence(name: &str) -> bool {
    name != "cache-control" && name.ends_with("cache-control")
        || matches!(name, "edge-control" | "surrogate-control" | "x-accel-expires")
}

/// Tells whether a reader that normalises other bytes to `-` could take `name` for `content-length`, or for a
/// `set-cookie` that was not checked.
fn is_misspelled(name: &str) -> bool {
    let canonical = canonical(name);
    canonical != name && matches!(canonical.as_str(), "content-length" | "set-cookie")
}

/// RFC 9112 section 6.1: a length besides a transfer coding is used to smuggle responses. `chunked` is the
/// only coding that has been decoded.
fn is_framed_once(headers: &[(String, String)]) -> bool {
    let values =
        |wanted: &'static str| headers.iter().filter(move |(name, _)| name == wanted).map(|(_, value)| value);
    let mut codings = values("transfer-encoding");
    match (codings.next(), codings.next()) {
        (None, _) => true,
        (Some(coding), None) => {
            coding.trim().eq_ignore_ascii_case("chunked") && values("content-length").next().is_none()
        }
        (Some(_), Some(_)) => false,
    }
}

/// A field value as text. Bytes that are not UTF-8 are read as ISO-8859-1, the original definition (RFC 9110
/// section 5.5).
fn text(value: Vec<u8>) -> String {
    String::from_utf8(value).unwrap_or_else(|error| error.into_bytes().into_iter().map(char::from).collect())
}
