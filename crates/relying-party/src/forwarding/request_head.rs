//! Builds the head of the request to the upstream.

use http::Method;

use super::hop_by_hop::HopByHop;
use super::{Destination, ForwardingRefusal, UpstreamRequest};
use crate::configuration::{AccessTokenHeader, Configuration, UpstreamConfiguration};
use crate::forwarding::identity_header::{IdentityKind, identity_headers};
use crate::gate::Permit;
use crate::gate::reserved_header::canonical;
use crate::gate::reserved_header::trusted_header::applications_trust;
use crate::http::cookie;
use crate::http::request::{Headers, Request};
use crate::relying_party::RelyingParty;

/// Fields that belong to the client's connection, or that are set again.
const DROPPED: [&str; 4] = ["content-length", "expect", "host", "via"];

impl RelyingParty {
    /// Checks whether a request could be forwarded at all, before its credential is examined.
    ///
    /// # Errors
    ///
    /// The reason why no upstream may receive it.
    pub fn check_forwardable(&self, request: &Request) -> Result<(), ForwardingRefusal> {
        if matches!(request.method, Method::CONNECT | Method::TRACE) {
            return Err(ForwardingRefusal::MethodNotForwarded);
        }
        if !has_sound_host(&request.headers) {
            return Err(ForwardingRefusal::HostMalformed);
        }
        if tokens(&request.headers, "upgrade").any(|protocol| protocol.eq_ignore_ascii_case("websocket")) {
            return Err(ForwardingRefusal::WebSocket);
        }
        let pseudonym = self.pseudonym.as_str();
        let came_by = |received: &str| received.split_ascii_whitespace().nth(1) == Some(pseudonym);
        if tokens(&request.headers, "via").any(came_by) {
            return Err(ForwardingRefusal::Loop);
        }
        Ok(())
    }

    /// The request for `destination` from a permitted caller. The body is passed separately, so that it is
    /// moved and not copied.
    pub fn upstream_request(
        &self,
        request: &Request,
        body: Vec<u8>,
        permit: &Permit,
        destination: &Destination,
    ) -> UpstreamRequest {
        let headers = RequestHead { relying_party: self, request, permit }.fields(destination);
        UpstreamRequest {
            method: request.method.clone(),
            scheme: destination.scheme.clone(),
            authority: destination.authority.clone(),
            target: destination.target.clone(),
            headers,
            body,
        }
    }
}

/// The head of a permitted request.
struct RequestHead<'a> {
    relying_party: &'a RelyingParty,
    request: &'a Request,
    permit: &'a Permit,
}

impl RequestHead<'_> {
    fn fields(&self, destination: &Destination) -> Vec<(String, String)> {
        let Self { relying_party, request, permit } = *self;
        let configuration = &relying_party.configuration;
        let upstream = &configuration.upstream;
        let (scheme, public_host) = configuration.public_url.origin().split_once("://").unwrap_or_default();
        let host = if destination.preserve_host { public_host } else { &destination.authority };
        let mut head = vec![("host".to_owned(), host.to_owned())];
        head.extend(self.passed_on());
        let mut set = |name: &str, value: &str| head.push((name.to_owned(), value.to_owned()));
        if let Some(address) = configuration.client_address.of(request) {
            set("x-forwarded-for", &address);
        }
        set("x-forwarded-host", public_host);
        set("x-forwarded-proto", scheme);
        if !request.request_id.is_empty() {
            set("x-request-id", &request.request_id);
        }
        set("via", &self.via());
        if let Some(secret) = &upstream.secret_header {
            set(&secret.name, secret.value.expose());
        }
        head.extend(identity_headers(permit.identity.as_ref(), upstream));
        head
    }

    /// The client's fields that are forwarded.
    fn passed_on(&self) -> Vec<(String, String)> {
        let Self { relying_party, request, permit } = *self;
        let Configuration { upstream, load_balancers, .. } = &relying_party.configuration;
        let is_load_balancers =
            |name: &str| load_balancers.as_ref().is_some_and(|trusted| trusted.is_session_cookie(name));
        let hop_by_hop = HopByHop::of(request.headers.values("connection"));
        let keeps_authorization = keeps_authorization(request, permit, upstream);
        let mut cookie = if permit.preflight {
            None
        } else {
            cookie::without(&request.headers, |name| {
                relying_party.cookie_names.is_ours(name) || is_load_balancers(name)
            })
        };
        let mut head = Vec::new();
        for (name, value) in request.headers.iter() {
            let canonical = canonical(name);
            if hop_by_hop.holds(name) || self.is_dropped(&canonical) {
                continue;
            }
            match canonical.as_str() {
                "cookie" => head.extend(cookie.take().map(|rest| ("cookie".to_owned(), rest))),
                "authorization" if !keeps_authorization => {}
                _ => head.push((name.to_ascii_lowercase(), value.to_owned())),
            }
        }
        head
    }

    fn is_dropped(&self, canonical: &str) -> bool {
        self.relying_party.reserved_headers.contains(canonical)
            || DROPPED.contains(&canonical)
            || applications_trust(canonical)
            // Our id identifies the log line.
            || canonical == "x-request-id"
    }

    /// `Via` with an entry of ours (RFC 9110 section 7.6.3).
    fn via(&self) -> String {
        let mut via: Vec<&str> = self.request.headers.values("via").collect();
        let own = format!("1.1 {}", self.relying_party.pseudonym);
        via.push(&own);
        via.join(", ")
    }
}

/// Tells whether the client's own `Authorization` is kept. It is removed if ours replaces it, if it would be
/// taken for ours, if it was the credential and credentials are hidden, and from a preflight.
fn keeps_authorization(request: &Request, permit: &Permit, upstream: &UpstreamConfiguration) -> bool {
    let Some(identity) = &permit.identity else {
        return !permit.preflight && !upstream.would_be_taken_for_ours(&request.headers);
    };
    let replaced =
        upstream.access_token_header == AccessTokenHeader::Authorization && identity.access_token.is_some();
    let hidden = upstream.hide_credentials && identity.kind == IdentityKind::Bearer;
    !replaced && !hidden
}

/// The list elements of every field called `name`, in any spelling.
fn tokens<'a>(headers: &'a Headers, name: &'a str) -> impl Iterator<Item = &'a str> {
    headers
        .iter()
        .filter(move |(field, _)| canonical(field) == name)
        .flat_map(|(_, value)| value.split(','))
        .map(str::trim)
}

/// Tells whether there is at most one `Host`, with only a name or an address and an optional port. The field
/// is not forwarded, but a malformed one is an attempt to be read in two ways.
fn has_sound_host(headers: &Headers) -> bool {
    let mut hosts = headers.iter().filter(|(name, _)| canonical(name) == "host").map(|(_, value)| value);
    match (hosts.next(), hosts.next()) {
        (None, _) => true,
        (Some(host), None) => is_host(host),
        (Some(_), Some(_)) => false,
    }
}

fn is_host(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, rest)) => {
            if address.parse::<std::net::Ipv6Addr>().is_err() {
                return false;
            }
            (address, if rest.is_empty() { None } else { Some(rest.strip_prefix(':').unwrap_or("no port")) })
        }
        None => text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
    };
    let named = text.starts_with('[')
        || !host.is_empty()
            && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    let digits = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    named && port.is_none_or(|port| digits(port) && port.parse::<u16>().is_ok_and(|port| port > 0))
}
