//! Reads and writes request and response heads.

use super::wire_error::WireError;
use crate::api_gateway::request::values;

const MAXIMUM_HEADERS: usize = 256;

/// The head of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RequestHead {
    pub(super) method: String,
    /// Path and query.
    pub(super) target: String,
    /// Whether the version is HTTP/1.0.
    pub(super) old: bool,
    pub(super) headers: Vec<(String, Vec<u8>)>,
}

/// The head of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ResponseHead {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, Vec<u8>)>,
}

/// Parses a whole request head, including its empty line.
pub(super) fn request(bytes: &[u8]) -> Result<RequestHead, WireError> {
    refuse_bare_line_feeds(bytes)?;
    let mut headers = [httparse::EMPTY_HEADER; MAXIMUM_HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    match parsed.parse(bytes) {
        Ok(httparse::Status::Complete(length)) if length == bytes.len() => {}
        Ok(_) => return Err(WireError::malformed("the head is not complete")),
        Err(httparse::Error::TooManyHeaders) => return Err(WireError::TooManyHeaders),
        Err(error) => return Err(WireError::malformed(error.to_string())),
    }
    let method = parsed.method.ok_or_else(|| WireError::malformed("no method"))?.to_owned();
    let target = origin_form(parsed.path.ok_or_else(|| WireError::malformed("no target"))?)?;
    let old = parsed.version == Some(0);
    let headers = owned(parsed.headers)?;
    let hosts = values(&headers, "host").count();
    if hosts > 1 || (hosts == 0 && !old) {
        return Err(WireError::malformed("not exactly one Host"));
    }
    Ok(RequestHead { method, target, old, headers })
}

/// Parses a whole response head, including its empty line.
pub(super) fn response(bytes: &[u8]) -> Result<ResponseHead, WireError> {
    refuse_bare_line_feeds(bytes)?;
    let mut headers = [httparse::EMPTY_HEADER; MAXIMUM_HEADERS];
    let mut parsed = httparse::Response::new(&mut headers);
    match parsed.parse(bytes) {
        Ok(httparse::Status::Complete(length)) if length == bytes.len() => {}
        Ok(_) => return Err(WireError::malformed("the head is not complete")),
        Err(error) => return Err(WireError::malformed(error.to_string())),
    }
    let status = parsed.code.ok_or_else(|| WireError::malformed("no status"))?;
    Ok(ResponseHead { status, headers: owned(parsed.headers)? })
}

/// Writes header fields as they are.
pub(super) fn write_fields(bytes: &mut Vec<u8>, headers: &[(String, Vec<u8>)]) {
    for (name, value) in headers {
        bytes.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
    }
}

/// RFC 9112 section 2.2 allows a recipient to accept a lone line feed as a line end, so two recipients could
/// disagree.
fn refuse_bare_line_feeds(bytes: &[u8]) -> Result<(), WireError> {
    let bare = bytes
        .iter()
        .enumerate()
        .any(|(index, byte)| *byte == b'\n' && bytes.get(index.wrapping_sub(1)) != Some(&b'\r'));
    if bare { Err(WireError::malformed("a line feed without carriage return")) } else { Ok(()) }
}

/// The target from its slash on (RFC 9112 section 3.2). The authority of an absolute form is removed.
fn origin_form(target: &str) -> Result<String, WireError> {
    let absolute = target.strip_prefix("http://").or_else(|| target.strip_prefix("https://"));
    let target = match absolute {
        Some(rest) => {
            let start = rest.find(['/', '?']).unwrap_or(rest.len());
            let path = rest.get(start..).unwrap_or_default();
            if path.starts_with('/') { path.to_owned() } else { format!("/{path}") }
        }
        None => target.to_owned(),
    };
    if !target.starts_with('/') || target.contains('#') {
        return Err(WireError::malformed("the target is not a path"));
    }
    Ok(target)
}

fn owned(headers: &[httparse::Header<'_>]) -> Result<Vec<(String, Vec<u8>)>, WireError> {
    headers.iter().map(|header| Ok((name_of(header)?, header.value.to_vec()))).collect()
}

fn name_of(header: &httparse::Header<'_>) -> Result<String, WireError> {
    if header.name.is_empty() {
        return Err(WireError::malformed("a header without a name"));
    }
    if header.value.iter().any(|byte| *byte == 0 || *byte == b'\r' || *byte == b'\n') {
        return Err(WireError::malformed("a header value has a control character"));
    }
    Ok(header.name.to_owned())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    const GOOD: &str = "GET /a?b=c HTTP/1.1\r\nHost: x\r\ncOOkie: a=1\r\n\r\n";

    fn refused(text: &str) -> bool {
        matches!(request(text.as_bytes()), Err(WireError::Malformed(_)))
    }

    #[test]
    fn the_spelling_of_names_is_kept() {
        let head = request(GOOD.as_bytes()).unwrap();
        assert_eq!(head.headers.last().unwrap(), &("cOOkie".to_owned(), b"a=1".to_vec()));
        assert_eq!((head.method.as_str(), head.target.as_str()), ("GET", "/a?b=c"));
    }

    #[test]
    fn an_absolute_target_loses_its_authority() {
        let head = request(GOOD.replace("/a?b=c", "http://other/x?y").as_bytes()).unwrap();
        assert_eq!(head.target, "/x?y");
        let head = request(GOOD.replace("/a?b=c", "http://other").as_bytes()).unwrap();
        assert_eq!(head.target, "/");
    }

    #[test]
    fn other_targets_are_refused() {
        for target in ["*", "a", "other:443", "ftp://x/", "/a#b"] {
            assert!(refused(&GOOD.replace("/a?b=c", target)), "{target}");
        }
    }

    #[test]
    fn one_host_is_needed() {
        assert!(refused(&GOOD.replace("Host: x\r\n", "")));
        assert!(refused(&GOOD.replace("Host: x\r\n", "Host: x\r\nhost: y\r\n")));
    }

    #[test]
    fn a_folded_line_is_refused() {
        assert!(refused(&GOOD.replace("a=1", "a=1\r\n b=2")));
        assert!(refused(&GOOD.replace("a=1", "a=1\r\n\tb=2")));
    }

    #[test]
    fn control_characters_are_refused() {
        assert!(refused(&GOOD.replace("a=1", "a\0=1")));
        assert!(refused(&GOOD.replace("a=1", "a\r=1")));
        assert!(refused(&GOOD.replace("cOOkie", "cOO\0kie")));
    }

    #[test]
    fn a_space_before_the_colon_is_refused() {
        assert!(refused(&GOOD.replace("cOOkie:", "cOOkie :")));
    }

    #[test]
    fn a_bare_line_feed_is_refused() {
        assert!(refused(&GOOD.replace("x\r\ncOOkie", "x\ncOOkie")));
    }

    #[test]
    fn another_version_is_refused() {
        assert!(refused(&GOOD.replace("HTTP/1.1", "HTTP/2.0")));
        assert!(refused(&GOOD.replace(" HTTP/1.1", "")));
    }

    #[test]
    fn too_many_headers_are_refused() {
        let many = "X: y\r\n".repeat(300);
        let text = GOOD.replace("cOOkie: a=1\r\n", &many);
        assert_eq!(request(text.as_bytes()), Err(WireError::TooManyHeaders));
    }
}
