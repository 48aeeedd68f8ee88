//! Decides where a request goes, and translates the upstream's addresses for the browser.

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
    /// Host, and port where it is not the scheme's default.
    pub(super) authority: String,
    /// The base path at the upstream; empty, or `/` and segments.
    pub(super) base: String,
    /// The segments that `strip_path` removes. Only the browser's path has them.
    pub(super) stripped: String,
    /// Path and query as the upstream receives them.
    pub(super) target: String,
    /// Whether `host` has the public name.
    pub(super) preserve_host: bool,
}

/// The characters that a request target cannot have. An event may have a path decoded that the client sent
/// encoded. Existing escapes in the event stay as they are.
const NOT_IN_PATH: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'?').add(b'`');
const NOT_IN_QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>');

/// The longest target of a request, bytes. The HTTP client takes a URL of just under 64 KiB, of which a host
/// name has 253. RFC 9110 section 4.1 asks for 8,000, and few applications take more.
const MAX_TARGET_BYTES: usize = 64_000;

impl Destination {
    /// The upstream that the matching rule names, otherwise the common one.
    ///
    /// # Errors
    ///
    /// No upstream is configured, the path can be read in two ways, or the target is too long to send.
    pub fn of(relying_party: &RelyingParty, request: &Request) -> Result<Self, crate::refusal::Refusal> {
        let configuration = &relying_party.configuration;
        let rule = configuration.routes.matched(request)?.rule;
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

    /// Translates an address from the upstream for the browser. The upstream's own origin and base are
    /// replaced by `public`, and so is a path that browsers would read as a host. `None` for an address that
    /// leads elsewhere and stays as it is.
    pub(super) fn to_public(&self, location: &str, public: &PublicUrl) -> Option<String> {
        let as_read = as_browsers_read(location);
        let after_scheme = after_http(&as_read);
        let rest = after_scheme.unwrap_or(&as_read);
        // If there is a host only after the browser's cleaning, the upstream did not mean one.
        if names_a_host(rest) && as_read == location {
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

    /// Like [`Self::to_public`], for an address with a host.
    fn host_to_public(&self, location: &str, public: &PublicUrl) -> Option<String> {
        let origin = public.origin();
        // RFC 3986 section 4.2: without a scheme, the page's applies.
        let with_scheme = location.starts_with("//").then(|| format!("{}:{location}", self.scheme));
        let location = with_scheme.as_deref().unwrap_or(location);
        let url = Url::parse(location).ok()?;
        if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some()
        {
            return None;
        }
        // The rest comes from the text, because the parsed URL has been normalised.
        let after_scheme = location.split_once("://").map_or("", |(_, rest)| rest);
        let start = after_scheme.find(['/', '?', '#']).unwrap_or(after_scheme.len());
        let rest = after_scheme.get(start..).unwrap_or_default();
        let is_public = self.is_public(&url, public);
        // An application that is told the public host uses it for its own addresses, often without knowing of
        // TLS.
        let named = authority(&url).eq_ignore_ascii_case(&self.authority) || is_public && self.preserve_host;
        match below(rest, &self.base).filter(|_| named) {
            Some(rest) => Some(format!("{origin}{}{}{rest}", public.path(), self.stripped)),
            None => is_public.then(|| format!("{origin}{rest}")),
        }
    }

    /// Tells whether `url` is on the public host, whatever the scheme. A server may combine the name from
    /// `Host` with the port on which it listens, as nginx does by default (`port_in_redirect`). Any other
    /// port is another server.
    fn is_public(&self, url: &Url, public: &PublicUrl) -> bool {
        let is_at = |address: &Url| url.port_or_known_default() == address.port_or_known_default();
        let own = Url::parse(&format!("{}://{}", self.scheme, self.authority)).ok();
        let is_at_own_port = self.preserve_host && own.is_some_and(|own| is_at(&own));
        authority(url) == public.authority()
            || url.host() == public.url().host() && (is_at(public.url()) || is_at_own_port)
    }
}

/// Removes the characters that browsers remove before they parse a reference (WHATWG URL section 4.4).
fn as_browsers_read(location: &str) -> String {
    let trimmed = location.trim_matches(|character: char| character <= ' ');
    trimmed.chars().filter(|character| !matches!(character, '\t' | '\n' | '\r')).collect()
}

/// The rest after `http:` or `https:`. Browsers do not require slashes after it: on a page of `https` they
/// read `https:x` as a path, and `http:x` as a host.
fn after_http(location: &str) -> Option<&str> {
    let (scheme, rest) = location.split_once(':')?;
    ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)).then_some(rest)
}

/// Tells whether a host follows two slashes. More slashes, or backslashes, start a host for browsers only.
fn names_a_host(rest: &str) -> bool {
    rest.strip_prefix("//").is_some_and(|host| !host.is_empty() && !host.starts_with(['/', '\\']))
}

/// Tells whether a browser reads `path` as a path on the page's own host. Once the base is removed, a path
/// may begin with a second slash, or with a backslash that browsers read as one, and then names a host.
/// Browsers drop tabs first. An empty path would be the page itself again.
fn stays_on_its_host(path: &str) -> bool {
    let mut read = path.chars().filter(|character| *character != '\t');
    read.next() == Some('/') && !matches!(read.next(), Some('/' | '\\'))
}

fn absolute(public: &str, stripped: &str, rest: &str) -> String {
    let slash = if stripped.is_empty() && !rest.starts_with('/') { "/" } else { "" };
    format!("{public}{stripped}{slash}{rest}")
}

/// Host, and port where it is not the scheme's default.
fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// The rest of `path` after `base`, if that ends on a segment boundary.
fn below<'p>(path: &'p str, base: &str) -> Option<&'p str> {
    path.strip_prefix(base).filter(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
}

/// Splits `path` after this number of segments.
fn split_after(path: &str, segments: usize) -> (&str, &str) {
    let mut slashes = path.match_indices('/').map(|(index, _)| index);
    slashes.nth(segments).and_then(|index| path.split_at_checked(index)).unwrap_or((path, ""))
}
