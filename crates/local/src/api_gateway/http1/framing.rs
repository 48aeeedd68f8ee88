//! Determines the length of a body (RFC 9112 section 6).

use super::wire_error::WireError;
use crate::api_gateway::request::values;

/// Where a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    Length(usize),
    Chunked,
    /// No length is given: a request has no body, a response ends with the connection.
    Open,
}

/// Reads `Content-Length` and `Transfer-Encoding`. Two of one, or one of each, are refused, because they allow request
/// smuggling.
pub(super) fn framing(headers: &[(String, Vec<u8>)]) -> Result<Framing, WireError> {
    let lengths: Vec<&[u8]> = values(headers, "content-length").collect();
    let codings: Vec<&[u8]> = values(headers, "transfer-encoding").collect();
    match (lengths.as_slice(), codings.as_slice()) {
        ([], []) => Ok(Framing::Open),
        ([length], []) => length_of(length).map(Framing::Length),
        ([], [coding]) if coding.eq_ignore_ascii_case(b"chunked") => Ok(Framing::Chunked),
        ([], [_]) => Err(WireError::malformed("an unknown Transfer-Encoding")),
        ([], _) => Err(WireError::malformed("several Transfer-Encoding")),
        (_, []) => Err(WireError::malformed("several Content-Length")),
        _ => Err(WireError::malformed("Content-Length and Transfer-Encoding")),
    }
}

/// The size in the first line of a chunk. Extensions are ignored.
pub(super) fn chunk_size(line: &[u8]) -> Result<usize, WireError> {
    let digits: Vec<u8> = line.iter().copied().take_while(u8::is_ascii_hexdigit).collect();
    let rest = line.get(digits.len()..).unwrap_or_default();
    if digits.is_empty() || digits.len() > 8 || !(rest.is_empty() || rest.starts_with(b";")) {
        return Err(WireError::malformed("a malformed chunk size"));
    }
    let text = String::from_utf8_lossy(&digits);
    usize::from_str_radix(&text, 16).map_err(|_| WireError::malformed("a malformed chunk size"))
}

/// Accepts digits only: no sign, no list, no space.
fn length_of(value: &[u8]) -> Result<usize, WireError> {
    let digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    let number = std::str::from_utf8(value).ok().filter(|_| digits).and_then(|text| text.parse().ok());
    number.ok_or_else(|| WireError::malformed("a malformed Content-Length"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(pairs: &[(&str, &str)]) -> Result<Framing, WireError> {
        let headers: Vec<_> =
            pairs.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect();
        framing(&headers)
    }

    fn reason(pairs: &[(&str, &str)]) -> String {
        framed(pairs).map_or_else(|error| error.to_string(), |framing| format!("{framing:?}"))
    }

    #[test]
    fn one_length_or_one_coding_frames_a_body() {
        assert_eq!(framed(&[]), Ok(Framing::Open));
        assert_eq!(framed(&[("content-length", "12")]), Ok(Framing::Length(12)));
        assert_eq!(framed(&[("Transfer-Encoding", "Chunked")]), Ok(Framing::Chunked));
    }

    #[test]
    fn two_lengths_are_refused_even_when_they_agree() {
        let reason = reason(&[("Content-Length", "5"), ("content-length", "5")]);
        assert_eq!(reason, "malformed: several Content-Length");
    }

    #[test]
    fn a_length_and_a_coding_are_refused() {
        let reason = reason(&[("Content-Length", "5"), ("Transfer-Encoding", "chunked")]);
        assert_eq!(reason, "malformed: Content-Length and Transfer-Encoding");
    }

    #[test]
    fn odd_lengths_are_refused() {
        for value in ["", "+5", "-5", "5,5", "5 5", "0x5", "99999999999999999999999"] {
            assert_eq!(
                reason(&[("Content-Length", value)]),
                "malformed: a malformed Content-Length",
                "{value}"
            );
        }
    }

    #[test]
    fn odd_codings_are_refused() {
        for value in ["gzip", "chunked, chunked", "identity", "xchunked", "chunked "] {
            let reason = reason(&[("Transfer-Encoding", value)]);
            assert_eq!(reason, "malformed: an unknown Transfer-Encoding", "{value}");
        }
        let twice = reason(&[("Transfer-Encoding", "chunked"), ("transfer-encoding", "chunked")]);
        assert_eq!(twice, "malformed: several Transfer-Encoding");
    }

    #[test]
    fn chunk_sizes_are_hexadecimal() {
        assert_eq!(chunk_size(b"1aF"), Ok(0x1af));
        assert_eq!(chunk_size(b"5;name=value"), Ok(5));
        for line in [&b""[..], b"g", b"-1", b"5 ", b"0x5", b"123456789"] {
            assert!(chunk_size(line).is_err(), "{line:?}");
        }
    }
}
