//! Reads the cookies that a browser sent, and writes those that it should store (RFC 6265bis).

mod chunks;
mod names;

pub use chunks::{SessionCookie, SessionCookieRefusal, SessionTooLarge, expire_session, set_session};
pub(crate) use chunks::{cookie_bytes, cut};
pub use names::{CookieNameFault, CookieNames};

use crate::http::request::Headers;

/// The longest cookie we set, with its name and attributes, in bytes (RFC 6265 section 6.1).
pub const MAX_COOKIE_BYTES: usize = 4096;

/// The most bytes that all cookies of vestibule may have together: `name=value` and separators. REST APIs
/// refuse requests whose header is longer than 10,240 bytes, and the application's own cookies need room too.
pub const MAX_COOKIES_BYTES: usize = 7 * 1024;

/// The values that a request presented under one cookie name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presented<'a> {
    /// No cookie of that name.
    Absent,
    /// Exactly one, with this value.
    One(&'a str),
    /// More than one. It is not known which is ours, so none is used.
    Several,
}

/// Every cookie of a request, in order, from all of its `Cookie` fields.
#[derive(Clone, Debug)]
pub struct Cookies<'a> {
    pairs: Vec<(&'a str, &'a str)>,
}

impl<'a> Cookies<'a> {
    /// Parses every `Cookie` field (the inverse of RFC 6265bis section 5.8.3). A part without `=` has no name
    /// and is skipped; spaces around names and values are not part of them.
    pub fn parse(headers: &'a Headers) -> Self {
        let pairs = headers
            .values("cookie")
            .flat_map(|field| field.split(';'))
            .filter_map(|part| part.split_once('='))
            .map(|(name, value)| (trim(name), trim(value)))
            .filter(|(name, _)| !name.is_empty())
            .collect();
        Self { pairs }
    }

    /// Every cookie, name and value.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, &'a str)> + '_ {
        self.pairs.iter().copied()
    }

    /// The value of `name` if there is exactly one.
    pub fn sole(&self, name: &str) -> Presented<'a> {
        let mut values =
            self.pairs.iter().filter(|(presented, _)| *presented == name).map(|(_, value)| *value);
        match (values.next(), values.next()) {
            (None, _) => Presented::Absent,
            (Some(value), None) => Presented::One(value),
            (Some(_), Some(_)) => Presented::Several,
        }
    }
}

/// The attributes that differ between our cookies. All of them have `Secure; HttpOnly; SameSite=Lax; Path=/`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attributes<'a> {
    /// How long the browser keeps it, seconds; `None` for until the browser closes.
    pub max_age: Option<i64>,
    /// The `Domain`, which a `__Host-` cookie must not have.
    pub domain: Option<&'a str>,
}

/// The `Set-Cookie` value that sets `name`.
pub fn set_cookie(name: &str, value: &str, attributes: Attributes<'_>) -> String {
    let mut text = format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax");
    if let Some(seconds) = attributes.max_age {
        text.push_str("; Max-Age=");
        text.push_str(&seconds.max(0).to_string());
    }
    if let Some(domain) = attributes.domain {
        text.push_str("; Domain=");
        text.push_str(domain);
    }
    text
}

/// The `Set-Cookie` value that makes the browser delete `name`, which was set with `domain`.
pub fn expire(name: &str, domain: Option<&str>) -> String {
    set_cookie(name, "", Attributes { max_age: Some(0), domain })
}

/// The `Cookie` field for the upstream: the request's fields joined into one, without the cookies that `ours`
/// names. The others are unchanged byte for byte. `None` when none is left.
pub fn without(headers: &Headers, ours: impl Fn(&str) -> bool) -> Option<String> {
    let mut kept = String::new();
    for field in headers.values("cookie") {
        let mut first_of_field = true;
        for part in field.split(';') {
            if ours(trim(part.split_once('=').map_or(part, |(name, _)| name))) {
                continue;
            }
            if kept.is_empty() {
                kept.push_str(part.trim_start_matches(BLANKS));
            } else {
                kept.push_str(if first_of_field { "; " } else { ";" });
                kept.push_str(if first_of_field { part.trim_start_matches(BLANKS) } else { part });
            }
            first_of_field = false;
        }
    }
    (!kept.is_empty()).then_some(kept)
}

const BLANKS: [char; 2] = [' ', '\t'];

fn trim(text: &str) -> &str {
    text.trim_matches(BLANKS)
}

#[cfg(test)]
mod tests;
