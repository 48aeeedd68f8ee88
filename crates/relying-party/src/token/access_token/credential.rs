//! Reads the credential in the `Authorization` header (RFC 9110 section 11.4, RFC 6750 section 2.1).

use crate::http::request::{Headers, is_token_byte};

/// The credential in `Authorization`. A bearer credential decides alone: a bad one never falls through to a
/// cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BearerCredential<'a> {
    /// No `Authorization` field.
    Absent,
    /// Several fields, or a bearer credential that is not exactly one token. Refused as
    /// [`super::AccessTokenRefusal::MalformedCredential`].
    Malformed,
    /// Another scheme, which is the upstream's.
    Other,
    /// One bearer token, unverified.
    Token(&'a str),
}

/// Reads `Authorization`.
pub fn bearer_credential(headers: &Headers) -> BearerCredential<'_> {
    let mut fields = headers.values("authorization");
    let Some(field) = fields.next() else {
        return BearerCredential::Absent;
    };
    if fields.next().is_some() {
        return BearerCredential::Malformed;
    }
    // RFC 9110 section 5.5: white space around a field's value is no part of it.
    let field = field.trim_matches([' ', '\t']);
    let scheme_end = field.bytes().position(|byte| !is_token_byte(byte)).unwrap_or(field.len());
    let Some((scheme, rest)) = field.split_at_checked(scheme_end) else {
        return BearerCredential::Malformed;
    };
    if scheme.is_empty() {
        return BearerCredential::Malformed;
    }
    // RFC 9110 section 11.1: "a case-insensitive token".
    if !scheme.eq_ignore_ascii_case("bearer") {
        return BearerCredential::Other;
    }
    let token = rest.trim_start_matches(' ');
    if token.len() == rest.len() || !is_b64token(token) {
        return BearerCredential::Malformed;
    }
    BearerCredential::Token(token)
}

/// `b64token` of RFC 6750 section 2.1.
fn is_b64token(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    // Without a way out before the end the compiler looks at many bytes at once.
    let only = body.bytes().fold(true, |only, byte| {
        only & (byte.is_ascii_alphanumeric() | matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/'))
    });
    !body.is_empty() && only
}
