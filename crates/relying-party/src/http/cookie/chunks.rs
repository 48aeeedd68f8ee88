//! Reads and writes the session cookie's value, in one cookie or in chunks.

use std::borrow::Cow;

use super::{Attributes, CookieNames, Cookies, MAX_COOKIE_BYTES, MAX_COOKIES_BYTES, set_cookie};
use crate::refusal::reason::{self, Reason};

/// The session cookies that a request presented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionCookie<'a> {
    /// No cookie of the session's name.
    Absent,
    /// A complete value.
    Whole(Cow<'a, str>),
    /// Cookies that do not form one value.
    Broken(SessionCookieRefusal),
}

/// Why session cookies give no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionCookieRefusal {
    /// A chunk before the last is missing.
    ChunkMissing,
    /// Two cookies have one name.
    Duplicate,
    /// There are both a whole cookie and chunks.
    Mixed,
}

impl SessionCookieRefusal {
    /// The code, status and texts of this refusal.
    pub const fn reason(self) -> &'static Reason {
        match self {
            Self::ChunkMissing => &reason::SESSION_CHUNK_MISSING,
            Self::Duplicate => &reason::SESSION_COOKIE_DUPLICATE,
            Self::Mixed => &reason::SESSION_COOKIE_MIXED,
        }
    }
}

/// A session needs more bytes than all cookies of vestibule may have together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionTooLarge {
    /// The bytes of all session cookies, `name=value` and separators.
    pub bytes: usize,
}

impl<'a> SessionCookie<'a> {
    /// Reads the session cookie called `name`, or its chunks `name.0`, `name.1`...
    pub fn read(cookies: &Cookies<'a>, name: &str) -> Self {
        let mut whole = None;
        let mut chunks: Vec<(usize, &'a str)> = Vec::new();
        for (presented, value) in cookies.iter() {
            match presented.strip_prefix(name) {
                Some("") if whole.replace(value).is_some() => {
                    return Self::Broken(SessionCookieRefusal::Duplicate);
                }
                Some(suffix) => chunks.extend(chunk_index(suffix).map(|index| (index, value))),
                None => {}
            }
        }
        match (whole, chunks.is_empty()) {
            (None, true) => Self::Absent,
            (Some(value), true) => Self::Whole(Cow::Borrowed(value)),
            (Some(_), false) => Self::Broken(SessionCookieRefusal::Mixed),
            (None, false) => join(chunks),
        }
    }
}

fn join(mut chunks: Vec<(usize, &str)>) -> SessionCookie<'_> {
    chunks.sort_by_key(|(index, _)| *index);
    if chunks.windows(2).any(|pair| matches!(pair, [(first, _), (second, _)] if first == second)) {
        return SessionCookie::Broken(SessionCookieRefusal::Duplicate);
    }
    if chunks.iter().enumerate().any(|(position, (index, _))| position != *index) {
        return SessionCookie::Broken(SessionCookieRefusal::ChunkMissing);
    }
    let mut value = String::with_capacity(chunks.iter().map(|(_, chunk)| chunk.len()).sum());
    value.extend(chunks.into_iter().map(|(_, chunk)| chunk));
    SessionCookie::Whole(Cow::Owned(value))
}

/// `.0` to `.99`, without leading zeros.
fn chunk_index(suffix: &str) -> Option<usize> {
    let digits = suffix.strip_prefix('.')?;
    let canonical = matches!(digits.as_bytes(), [b'0'..=b'9'] | [b'1'..=b'9', b'0'..=b'9']);
    if canonical { digits.parse().ok() } else { None }
}

/// `Set-Cookie` values that store `value` as the session, and that expire the chunks in `cookies` of an
/// earlier session with another number of chunks.
///
/// # Errors
///
/// [`SessionTooLarge`] when it exceeds the budget.
pub fn set_session(
    names: &CookieNames,
    value: &str,
    max_age: Option<i64>,
    cookies: &Cookies<'_>,
) -> Result<Vec<String>, SessionTooLarge> {
    let attributes = Attributes { max_age, domain: names.domain() };
    let parts = cut(names.session(), value, attributes);
    let bytes = parts.iter().map(|(name, part)| cookie_bytes(name, part)).sum();
    if bytes > MAX_COOKIES_BYTES {
        return Err(SessionTooLarge { bytes });
    }
    let mut set_cookies = expire_session(names, cookies, |name| parts.iter().any(|(kept, _)| kept == name));
    set_cookies.extend(parts.iter().map(|(name, part)| set_cookie(name, part, attributes)));
    Ok(set_cookies)
}

/// The most session cookies that one response expires. Vestibule sets three at most, but a sibling host can
/// set many `__Secure-` ones, and the response must not grow with the request.
const MAX_EXPIRED_OF_SESSION: usize = 16;

/// `Set-Cookie` values that expire the presented session cookies, except those that `keep` names. If there
/// are too many, those without which the session cannot be read are expired first. If they form no one value,
/// they are expired with every `Domain` that they can have, also those that `keep` names: the browser then has
/// cookies of another `session_cookie_domain` too.
pub fn expire_session(
    names: &CookieNames,
    cookies: &Cookies<'_>,
    keep: impl Fn(&str) -> bool,
) -> Vec<String> {
    let mut presented: Vec<&str> =
        cookies.iter().map(|(name, _)| name).filter(|name| names.is_session(name)).collect();
    presented.sort_unstable_by_key(|name| (place_in_series(names.session(), name), *name));
    presented.dedup();
    let several = matches!(SessionCookie::read(cookies, names.session()), SessionCookie::Broken(_));
    presented
        .into_iter()
        .flat_map(|name| {
            let here = (!keep(name)).then(|| names.expire(name));
            let elsewhere = several.then(|| names.expire_elsewhere(name));
            here.into_iter().chain(elsewhere.into_iter().flatten())
        })
        .take(MAX_EXPIRED_OF_SESSION)
        .collect()
}

/// The position of `name` in the order in which the cookies of the session `session` are read: the whole one,
/// chunks by number, then all others.
pub(super) fn place_in_series(session: &str, name: &str) -> usize {
    match name.strip_prefix(session) {
        Some("") => 0,
        Some(suffix) => chunk_index(suffix).map_or(usize::MAX, |index| index + 1),
        None => usize::MAX,
    }
}

/// The bytes of one cookie in a `Cookie` field: `name=value` and its separator.
pub(crate) fn cookie_bytes(name: &str, value: &str) -> usize {
    name.len() + 1 + value.len() + 2
}

/// The cookie `name` with `value`, cut into as many parts as needed so that each fits [`MAX_COOKIE_BYTES`].
pub(crate) fn cut<'v>(name: &str, value: &'v str, attributes: Attributes<'_>) -> Vec<(String, &'v str)> {
    let around = |name: &str| set_cookie(name, "", attributes).len();
    if around(name) + value.len() <= MAX_COOKIE_BYTES {
        return vec![(name.to_owned(), value)];
    }
    let room = MAX_COOKIE_BYTES.saturating_sub(around(&format!("{name}.00"))).max(1);
    let mut rest = value;
    let mut parts = Vec::new();
    while !rest.is_empty() {
        let (part, after) = rest.split_at_checked(room.min(rest.len())).unwrap_or((rest, ""));
        parts.push((format!("{name}.{}", parts.len()), part));
        rest = after;
    }
    parts
}

#[cfg(test)]
mod tests;
