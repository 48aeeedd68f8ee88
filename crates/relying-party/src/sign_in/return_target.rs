//! Checks the address to which a browser returns after sign-in, so that a link cannot send it to another
//! site.

use percent_encoding::percent_decode_str;
use url::Url;

use crate::configuration::Configuration;
use crate::gate::front::Front;
use crate::gate::route::{has_escape, has_refused_escape};
use crate::http::{endpoint::reads_as_below, public_url::PublicUrl, request::Request};

/// An address below `public_url`, as an absolute URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnTarget(String);

/// For the log, which never contains the address itself.
pub const ADDRESS_TOO_LONG: &str = "the address of the page is too long to return to";

/// For the log, if the address would fit into a request with fewer or smaller cookies.
pub(crate) const ADDRESS_DOES_NOT_FIT: &str =
    "the address of the page does not fit what browser and front carry, beside the other cookies";

/// Why `rd` is not followed. The caller uses its default address instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReturnTargetRefusal {
    /// The path has an encoded slash, backslash, escape or control character, `//`, or invalid UTF-8.
    AmbiguousPath,
    /// A backslash, which browsers read as a slash.
    Backslash,
    /// A control character, or a space at either end, which URL parsers drop.
    ControlCharacter,
    /// A user name or password.
    Credentials,
    /// More than one `rd`.
    Duplicate,
    /// An empty `rd`.
    Empty,
    /// No `rd`.
    Missing,
    /// Not a URL.
    NotAUrl,
    /// Another scheme, host or port.
    OtherOrigin,
    /// Not below the path of `public_url`.
    OutsidePath,
    /// One of vestibule's own paths.
    OwnPath,
    /// Too long, as received or as it would be sent.
    TooLong,
}

impl ReturnTarget {
    /// Parses the values of `rd`: a URL or a reference that is resolved against `public_url` by the WHATWG
    /// URL standard, as browsers do. It must be on the same origin, below its path, not below `auth_prefix`,
    /// and at most `most` bytes long.
    ///
    /// # Errors
    ///
    /// The reason why it is not followed.
    pub fn parse(
        values: &[String],
        public_url: &PublicUrl,
        auth_prefix: &str,
        most: usize,
    ) -> Result<Self, ReturnTargetRefusal> {
        let text = match values {
            [] => return Err(ReturnTargetRefusal::Missing),
            [text] => text.as_str(),
            _ => return Err(ReturnTargetRefusal::Duplicate),
        };
        check_text(text, most)?;
        let url = public_url.url().join(text).map_err(|_| ReturnTargetRefusal::NotAUrl)?;
        check_origin(&url, public_url)?;
        check_path(url.path(), public_url.path(), auth_prefix)?;
        let target = String::from(url);
        if target.len() > most {
            return Err(ReturnTargetRefusal::TooLong);
        }
        Ok(Self(target))
    }

    /// The `rd` of the request, of at most the length that `front` carries.
    ///
    /// # Errors
    ///
    /// The reason why it is not followed.
    pub fn requested(
        request: &Request,
        front: Front,
        configuration: &Configuration,
    ) -> Result<Self, ReturnTargetRefusal> {
        Self::among(&request.query_values("rd"), front, configuration)
    }

    /// The address of the page that `request` asks for.
    pub(crate) fn of_page(
        request: &Request,
        front: Front,
        configuration: &Configuration,
    ) -> Result<Self, ReturnTargetRefusal> {
        Self::among(&[configuration.public_url.join(&request.target())], front, configuration)
    }

    /// The `address` from an attempt, checked again because the configuration may have changed. Another front
    /// may have stored it, so the caller checks its length again when it is followed.
    pub(crate) fn kept(address: &str, configuration: &Configuration) -> Result<Self, ReturnTargetRefusal> {
        Self::among(&[address.to_owned()], Front::Other, configuration)
    }

    fn among(
        values: &[String],
        front: Front,
        configuration: &Configuration,
    ) -> Result<Self, ReturnTargetRefusal> {
        let most = front.max_return_target_bytes();
        Self::parse(values, &configuration.public_url, &configuration.auth_prefix, most)
    }

    /// The address of `target`; `login_redirect_uri` if it is not followed.
    pub fn or_default(target: Result<Self, ReturnTargetRefusal>, configuration: &Configuration) -> String {
        target.map_or_else(|_| configuration.login_redirect_uri.clone(), Self::into_string)
    }

    /// The absolute URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The absolute URL.
    pub fn into_string(self) -> String {
        self.0
    }
}

fn check_text(text: &str, most: usize) -> Result<(), ReturnTargetRefusal> {
    if text.is_empty() {
        return Err(ReturnTargetRefusal::Empty);
    }
    if text.len() > most {
        return Err(ReturnTargetRefusal::TooLong);
    }
    if text.contains('\\') {
        return Err(ReturnTargetRefusal::Backslash);
    }
    if text.chars().any(char::is_control) || text.trim() != text {
        return Err(ReturnTargetRefusal::ControlCharacter);
    }
    Ok(())
}

/// Scheme, host and port are compared separately, because the origin of a `blob:` URL is that of the inner
/// URL.
fn check_origin(url: &Url, public_url: &PublicUrl) -> Result<(), ReturnTargetRefusal> {
    let ours = public_url.url();
    let same = url.scheme() == ours.scheme()
        && url.host() == ours.host()
        && url.port_or_known_default() == ours.port_or_known_default();
    if !same {
        return Err(ReturnTargetRefusal::OtherOrigin);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(ReturnTargetRefusal::Credentials);
    }
    Ok(())
}

/// `path` is already serialised, so dot segments, even encoded ones, are resolved.
fn check_path(path: &str, public_path: &str, auth_prefix: &str) -> Result<(), ReturnTargetRefusal> {
    let below = path.strip_prefix(public_path).ok_or(ReturnTargetRefusal::OutsidePath)?;
    if !(below.is_empty() || below.starts_with('/')) {
        return Err(ReturnTargetRefusal::OutsidePath);
    }
    let decoded = percent_decode_str(below).decode_utf8().map_err(|_| ReturnTargetRefusal::AmbiguousPath)?;
    let unclear = has_refused_escape(below, &[]) || has_escape(&decoded);
    let ambiguous = |character: char| character == '\\' || character.is_control();
    if unclear || decoded.contains(ambiguous) || decoded.contains("//") || slashes(&decoded) != slashes(below)
    {
        return Err(ReturnTargetRefusal::AmbiguousPath);
    }
    if reads_as_below(below, auth_prefix) {
        return Err(ReturnTargetRefusal::OwnPath);
    }
    Ok(())
}

fn slashes(text: &str) -> usize {
    text.matches('/').count()
}

#[cfg(test)]
mod tests;
