//! Decides where a request goes, and translates an address there for the browser.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use url::Url;

use super::ForwardingRefusal;
use crate::gate::route::Rule;
use crate::http::public_url::PublicUrl;
use crate::http::request::Request;
use crate::relying_party::RelyingParty;

/// The upstream of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// `https` or `http`.
    pub(super) scheme: String,
    /// Host, and port where it is not the scheme's own.
    pub(super) authority: String,
    /// The base path at the upstream; empty, or `/` and segments.
    pub(super) base: String,
    /// The part before the path that only the browser has: the segments that `strip_path` takes off.
    pub(super) stripped: String,
    /// Path and query as the upstream gets them.
    pub(super) target: String,
    /// Whether `host` says the public name.
    pub(super) preserve_host: bool,
}

/// The characters that cannot stand in a request target. An event may have a path decoded that the client sent encoded; what was
/// encoded in the event stays as it is.
const NOT_IN_PATH: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'?').add(b'`');
const NOT_IN_QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>');

/// The longest target of a request, bytes: what sends it takes a URL of just under 64 KiB, of which a host name has 253.
/// RFC 9110 section 4.1 asks for 8,000, and few applications take more.
const MAX_TARGET_BYTES: usize = 64_000;

impl Destination {
    /// The upstream that the matching rule names, else the common one.
    ///
    /// # Errors
    ///
    /// There is none, the path can be read in two ways, or the target is too long to be sent.
    pub fn of(relying_party: &RelyingParty, request: &Request) -> Result<Self, crate::refusal::Refusal> {
        let configuration = &relying_party.configuration;
        let rule = configuration.routes.governing(request)?.rule;
        let own = rule.upstream.url.as_deref();
        let address = own.or(configuration.upstream.url.as_deref());
        let address = address.and_then(|text| Url::parse(text).ok());
        let destination = Self::at(&address.ok_or(ForwardingRefusal::UpstreamMissing)?, rule, request);
        if destination.target.len() > MAX_TARGET_BYTES {
            return Err(ForwardingRefusal::TargetTooLong.into());
        }
        Ok(destination)
    }

    fn at(address: &Url, rule: &Rule, request: &Request) -> Self {
        let (stripped, path) = if rule.upstream.strip_path {
            split_after(&request.path, rule.matched_segments(&request.path))
        } else {
            ("", request.path.as_str())
        };
        let base = address.path().trim_end_matches('/');
        let mut target = base.to_owned();
        target.extend(utf8_percent_encode(if path.is_empty() { "/" } else { path }, NOT_IN_PATH));
        if !request.query.is_empty() {
            target.push('?');
            target.extend(utf8_percent_encode(&request.query, NOT_IN_QUERY));
        }
        Self {
            scheme: address.scheme().to_owned(),
            authority: authority(address),
            base: base.to_owned(),
            stripped: stripped.to_owned(),
            target,
            preserve_host: rule.upstream.preserve_host,
        }
    }

    /// An address that the upstream told, as the browser has to read it: its own origin and base become `public`, and so
    /// does a path that browsers take for the address of a host. An address that leads elsewhere stays as it is.
    pub(super) fn to_public(&self, location: &str, public: &PublicUrl) -> Option<String> {
        let told = as_browsers_read(location);
        let after_scheme = after_http(&told);
        let rest = after_scheme.unwrap_or(&told);
        // A host that is only there once a browser has read it is nothing that the upstream meant.
        if names_a_host(rest) && told == location {
            return self.host_to_public(location, public);
        }
        if after_scheme.is_none() && !rest.starts_with(['/', '\\']) {
            return None;
        }
        let slash = if rest.starts_with('/') { "" } else { "/" };
        let path = format!("{slash}{rest}");
        let origin = public.origin();
        let Some(below) = below(&path, &self.base) else {
            return if stays_on_its_host(&path) {
                after_scheme.map(|_| path)
            } else {
                Some(format!("{origin}{path}"))
            };
        };
        let whole = format!("{}{}{below}", public.path(), self.stripped);
        Some(if stays_on_its_host(&whole) {
            whole
        } else {
            absolute(&format!("{origin}{}", public.path()), &self.stripped, below)
        })
    }

    /// The same of an address with a host.
    fn host_to_public(&self, location: &str, public: &PublicUrl) -> Option<String> {
        let origin = public.origin();
        // RFC 3986 section 4.2: without a scheme it is that of the page.
        let with_scheme = location.starts_with("//").then(|| format!("{}:{location}", self.scheme));
        let location = with_scheme.as_deref().unwrap_or(location);
        let url = Url::parse(location).ok()?;
        if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some()
        {
            return None;
        }
        // From the text, not from the parsed URL: that one has been normalised.
        let after_scheme = location.split_once("://").map_or("", |(_, rest)| rest);
        let start = after_scheme.find(['/', '?', '#']).unwrap_or(after_scheme.len());
        let rest = after_scheme.get(start..).unwrap_or_default();
        let is_public = self.is_public(&url, public);
        // An application that is told the public host names itself by it, often without knowing of TLS.
        let named = authority(&url).eq_ignore_ascii_case(&self.authority) || is_public && self.preserve_host;
        match below(rest, &self.base).filter(|_| named) {
            Some(rest) => Some(format!("{origin}{}{}{rest}", public.path(), self.stripped)),
            None => is_public.then(|| format!("{origin}{rest}")),
        }
    }

    /// Tells whether `url` is of the public host, whatever the scheme. Beside the name that `Host` told it a server may write the port
    /// at which it listens itself, as nginx does by default (`port_in_redirect`). Behind any other port is somebody else.
    fn is_public(&self, url: &Url, public: &PublicUrl) -> bool {
        let is_at = |address: &Url| url.port_or_known_default() == address.port_or_known_default();
        let own = Url::parse(&format!("{}://{}", self.scheme, self.authority)).ok();
        let is_at_own_port = self.preserve_host && own.is_some_and(|own| is_at(&own));
        authority(url) == public.authority()
            || url.host() == public.url().host() && (is_at(public.url()) || is_at_own_port)
    }
}

/// A reference without what browsers take out before they read it (WHATWG URL section 4.4).
fn as_browsers_read(location: &str) -> String {
    let trimmed = location.trim_matches(|character: char| character <= ' ');
    trimmed.chars().filter(|character| !matches!(character, '\t' | '\n' | '\r')).collect()
}

/// Gives the rest after `http:` or `https:`. Browsers need no slashes after them: of `https:x` they read a path, of `http:x`
/// on a page of `https` a host.
fn after_http(location: &str) -> Option<&str> {
    let (scheme, rest) = location.split_once(':')?;
    ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)).then_some(rest)
}

/// Tells whether there is a host after two slashes. More slashes, or backslashes, begin no host for anybody but browsers.
fn names_a_host(rest: &str) -> bool {
    rest.strip_prefix("//").is_some_and(|host| !host.is_empty() && !host.starts_with(['/', '\\']))
}

/// Tells whether a browser reads `path` as one of the page's own host. Without its base a path may begin with a second
/// slash, or a backslash that browsers take for one, and then names a host; they drop tabs first. An empty one is the
/// page itself again.
fn stays_on_its_host(path: &str) -> bool {
    let mut read = path.chars().filter(|character| *character != '\t');
    read.next() == Some('/') && !matches!(read.next(), Some('/' | '\\'))
}

fn absolute(public: &str, stripped: &str, rest: &str) -> String {
    let slash = if stripped.is_empty() && !rest.starts_with('/') { "/" } else { "" };
    format!("{public}{stripped}{slash}{rest}")
}

/// Host and, where it is not the scheme's own, port.
fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Gives the rest of `path` after `base`, on a segment boundary.
fn below<'p>(path: &'p str, base: &str) -> Option<&'p str> {
    path.strip_prefix(base).filter(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
}

/// `path` cut after so many of its segments.
fn split_after(path: &str, segments: usize) -> (&str, &str) {
    let mut slashes = path.match_indices('/').map(|(index, _)| index);
    slashes.nth(segments).and_then(|index| path.split_at_checked(index)).unwrap_or((path, ""))
}
