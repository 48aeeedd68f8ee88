//! Reads a path as the upstream reads it, where that can be told.

use percent_encoding::percent_decode_str;

use super::RouteRefusal;

/// Says how a path is read.
#[derive(Debug)]
pub(super) struct Reading {
    /// The decoded path.
    pub(super) decoded: String,
    /// The readings of an upstream that does not decode exactly once; empty where everybody reads the same.
    pub(super) others: Vec<String>,
}

impl Reading {
    /// # Errors
    ///
    /// Even of those who decode once two could read different paths.
    pub(super) fn of(path: &str) -> Result<Self, RouteRefusal> {
        unambiguous(path).map(|decoded| Self { decoded, others: Vec::new() }).or_else(|_| Self::once(path))
    }

    /// A percent sign, `#` and `?` are letters for an upstream that decodes once. A percent sign is one only where whoever
    /// decodes again finds no escape, and so reads the same. `#` and `?` also end the path, or a segment of it, for those who
    /// decode before they look for them.
    fn once(path: &str) -> Result<Self, RouteRefusal> {
        let decoded = decoded(path, &["2f", "5c", "3b"], &['\\', ';'])?;
        if has_escape(&decoded) {
            return Err(RouteRefusal::AmbiguousPath);
        }
        let whole = decoded.split(FRAGMENT_OR_QUERY).next().unwrap_or_default().to_owned();
        let each = without_fragments(&decoded);
        if has_dot_segment(&each) {
            return Err(RouteRefusal::AmbiguousPath);
        }
        Ok(Self { decoded, others: vec![whole, each] })
    }
}

const FRAGMENT_OR_QUERY: [char; 2] = ['#', '?'];

/// A decoded path whose segments end where a fragment or a query would begin, without those that are then empty.
pub(crate) fn without_fragments(decoded: &str) -> String {
    let mut rest = String::with_capacity(decoded.len());
    for segment in decoded.split('/') {
        let kept = segment.split(FRAGMENT_OR_QUERY).next().unwrap_or_default();
        if !kept.is_empty() {
            rest.push('/');
            rest.push_str(kept);
        }
    }
    if rest.is_empty() || decoded.ends_with('/') {
        rest.push('/');
    }
    rest
}

/// The decoded path, if raw and decoded form leave nothing to guess: API Gateway decodes a path once on its way to the
/// upstream, other fronts do not.
pub(super) fn unambiguous(path: &str) -> Result<String, RouteRefusal> {
    decoded(path, &["2f", "5c", "3b", "25"], &['\\', ';', '#', '?'])
}

/// The decoded path, where it has none of these escapes, and none of these letters, raw or decoded.
fn decoded(path: &str, escapes: &[&str], letters: &[char]) -> Result<String, RouteRefusal> {
    if !is_plain(path, letters) || has_refused_escape(path, escapes) {
        return Err(RouteRefusal::AmbiguousPath);
    }
    let decoded = percent_decode_str(path).decode_utf8().map_err(|_| RouteRefusal::AmbiguousPath)?;
    if is_plain(&decoded, letters) { Ok(decoded.into_owned()) } else { Err(RouteRefusal::AmbiguousPath) }
}

/// An HTTP API that has decoded what is no UTF-8 puts U+FFFD in its place, and nobody knows any more for what.
fn is_plain(path: &str, refused: &[char]) -> bool {
    let is_refused = |letter: char| {
        letter.is_control() || letter == char::REPLACEMENT_CHARACTER || refused.contains(&letter)
    };
    path.starts_with('/') && !path.contains("//") && !path.chars().any(is_refused) && !has_dot_segment(path)
}

fn has_dot_segment(path: &str) -> bool {
    path.split('/').any(|segment| matches!(segment, "." | ".."))
}

/// A `%` must start an escape, and none of a slash, a backslash or a semicolon, and perhaps of a percent sign: whoever decodes
/// those sees other segments than who does not.
pub(crate) fn has_refused_escape(path: &str, refused: &[&str]) -> bool {
    path.split('%').skip(1).any(|rest| {
        escape(rest).is_none_or(|escape| refused.iter().any(|refused| refused.eq_ignore_ascii_case(escape)))
    })
}

/// The two digits of an escape, after its percent sign.
fn escape(rest: &str) -> Option<&str> {
    rest.get(..2).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
}

/// Tells whether somebody who decodes a decoded path again finds an escape in it; some servers know `%u` too.
pub(crate) fn has_escape(decoded: &str) -> bool {
    decoded.split('%').skip(1).any(|rest| escape(rest).is_some() || rest.starts_with(['u', 'U']))
}
