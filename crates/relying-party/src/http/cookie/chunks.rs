//! Reads and writes the session cookie's value, in one cookie or in chunks.

use std::borrow::Cow;

use super::{Attributes, CookieNames, Cookies, MAX_COOKIE_BYTES, MAX_COOKIES_BYTES, set_cookie};
use crate::refusal::reason::{self, Reason};

/// The session cookies that a request presented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionCookie<'a> {
    /// No cookie of the session's name.
    Absent,
    /// A whole value.
    Whole(Cow<'a, str>),
    /// Something, but no session.
    Broken(SessionCookieRefusal),
}

/// Says why session cookies give no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionCookieRefusal {
    /// A chunk before the last is missing.
    ChunkMissing,
    /// Two cookies have one name.
    Duplicate,
    /// There are a whole cookie and chunks.
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

/// Says why a session cannot be kept in cookies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionTooLarge {
    /// The session needs more bytes than vestibule's cookies may have together.
    Budget {
        /// The bytes of all session cookies, `name=value` and separators.
        bytes: usize,
    },
}

impl SessionTooLarge {
    /// The code, status and texts of this refusal.
    pub const fn reason(self) -> &'static Reason {
        match self {
            Self::Budget { .. } => &reason::SESSION_TOO_LARGE,
        }
    }
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

/// `.0` to `.99`, written in one way only.
fn chunk_index(suffix: &str) -> Option<usize> {
    let digits = suffix.strip_prefix('.')?;
    let canonical = matches!(digits.as_bytes(), [b'0'..=b'9'] | [b'1'..=b'9', b'0'..=b'9']);
    if canonical { digits.parse().ok() } else { None }
}

/// `Set-Cookie` values that keep `value` as the session, and that expire what `cookies` still hold of an earlier,
/// differently cut one.
///
/// # Errors
/// [`SessionTooLarge`] when it does not fit the budget.
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
        return Err(SessionTooLarge::Budget { bytes });
    }
    let mut set_cookies = expire_session(names, cookies, |name| parts.iter().any(|(kept, _)| kept == name));
    set_cookies.extend(parts.iter().map(|(name, part)| set_cookie(name, part, attributes)));
    Ok(set_cookies)
}

/// The most session cookies that one answer expires. We set three at most, but a sibling host can set many `__Secure-` ones, and the
/// answer must not grow with the request.
const MAX_EXPIRED_OF_SESSION: usize = 16;

/// `Set-Cookie` values that make the browser forget the session cookies it presented, those that `keep` names
/// excepted, and of many first those without which the session could be read.
pub fn expire_session(
    names: &CookieNames,
    cookies: &Cookies<'_>,
    keep: impl Fn(&str) -> bool,
) -> Vec<String> {
    let mut presented: Vec<&str> =
        cookies.iter().map(|(name, _)| name).filter(|name| names.is_session(name) && !keep(name)).collect();
    presented.sort_unstable_by_key(|name| (place_in_series(names.session(), name), *name));
    presented.dedup();
    presented.into_iter().take(MAX_EXPIRED_OF_SESSION).map(|name| names.expire(name)).collect()
}

/// The place of `name` among the cookies that are read as the session called `session`: whole, then by number, then all others.
pub(super) fn place_in_series(session: &str, name: &str) -> usize {
    match name.strip_prefix(session) {
        Some("") => 0,
        Some(suffix) => chunk_index(suffix).map_or(usize::MAX, |index| index + 1),
        None => usize::MAX,
    }
}

/// Bytes that one cookie takes of a `Cookie` field: `name=value` and its separator.
pub(crate) fn cookie_bytes(name: &str, value: &str) -> usize {
    name.len() + 1 + value.len() + 2
}

/// The cookie `name` with `value`, or as many parts of it as fit [`MAX_COOKIE_BYTES`] each.
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
