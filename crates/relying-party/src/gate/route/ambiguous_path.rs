//! Reads a path as the upstream reads it, as far as that is known.

use percent_encoding::percent_decode_str;

use super::AmbiguousPath;

/// The readings of a path.
#[derive(Debug)]
pub(super) struct Reading {
    /// The decoded path.
    pub(super) decoded: String,
    /// The readings of an upstream that does not decode exactly once; empty if every upstream reads the path
    /// alike.
    pub(super) others: Vec<String>,
}

impl Reading {
    /// # Errors
    ///
    /// Even two upstreams that decode once could read different paths.
    pub(super) fn of(path: &str) -> Result<Self, AmbiguousPath> {
        unambiguous(path).map(|decoded| Self { decoded, others: Vec::new() }).or_else(|_| Self::once(path))
    }

    /// An upstream that decodes once reads a percent sign, `#` and `?` as ordinary characters. A percent sign
    /// is accepted only if decoding again finds no escape and so reads the same. `#` and `?` also end the
    /// path, or a segment of it, for readers that decode before they look for them.
    fn once(path: &str) -> Result<Self, AmbiguousPath> {
        let decoded = decoded(path, &["2f", "5c", "3b"], &['\\', ';'])?;
        if has_escape(&decoded) {
            return Err(AmbiguousPath);
        }
        let whole = decoded.split(FRAGMENT_OR_QUERY).next().unwrap_or_default().to_owned();
        let each = without_fragments(&decoded);
        if has_dot_segment(&each) {
            return Err(AmbiguousPath);
        }
        Ok(Self { decoded, others: vec![whole, each] })
    }
}

const FRAGMENT_OR_QUERY: [char; 2] = ['#', '?'];

/// The decoded path with each segment cut where a fragment or a query would begin, without segments that
/// become empty.
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

/// The decoded path, if it means the same raw and decoded. API Gateway decodes a path once on its way to the
/// upstream; other fronts do not.
pub(super) fn unambiguous(path: &str) -> Result<String, AmbiguousPath> {
    decoded(path, &["2f", "5c", "3b", "25"], &['\\', ';', '#', '?'])
}

/// The decoded path, if it has none of these escapes, and none of these characters, raw or decoded.
fn decoded(path: &str, escapes: &[&str], letters: &[char]) -> Result<String, AmbiguousPath> {
    if !is_plain(path, letters) || has_refused_escape(path, escapes) {
        return Err(AmbiguousPath);
    }
    let decoded = percent_decode_str(path).decode_utf8().map_err(|_| AmbiguousPath)?;
    if is_plain(&decoded, letters) { Ok(decoded.into_owned()) } else { Err(AmbiguousPath) }
}

/// An HTTP API replaces bytes that are not UTF-8 with U+FFFD, so the original path is lost.
fn is_plain(path: &str, refused: &[char]) -> bool {
    let is_refused = |letter: char| {
        letter.is_control() || letter == char::REPLACEMENT_CHARACTER || refused.contains(&letter)
    };
    path.starts_with('/') && !path.contains("//") && !path.chars().any(is_refused) && !has_dot_segment(path)
}

fn has_dot_segment(path: &str) -> bool {
    path.split('/').any(|segment| matches!(segment, "." | ".."))
}

/// Tells whether a `%` starts no escape, or the escape of a slash, a backslash, a semicolon or another
/// refused character. A reader that decodes those sees other segments than one that does not.
pub(crate) fn has_refused_escape(path: &str, refused: &[&str]) -> bool {
    path.split('%').skip(1).any(|rest| {
        escape(rest).is_none_or(|escape| refused.iter().any(|refused| refused.eq_ignore_ascii_case(escape)))
    })
}

/// The two digits of an escape, after its percent sign.
fn escape(rest: &str) -> Option<&str> {
    rest.get(..2).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
}

/// Tells whether decoding the decoded path again would find an escape. Some servers also know `%u`.
pub(crate) fn has_escape(decoded: &str) -> bool {
    decoded.split('%').skip(1).any(|rest| escape(rest).is_some() || rest.starts_with(['u', 'U']))
}
