//! Reads the credential in the `Authorization` header (RFC 9110 section 11.4, RFC 6750 section 2.1).

use crate::http::request::{Headers, is_token_byte};

/// The credential in `Authorization`. A bearer credential decides alone: if it is invalid, a cookie is not
/// used instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BearerCredential<'a> {
    /// No `Authorization` field.
    Absent,
    /// Several fields, or a bearer credential that is not exactly one token. It is refused as
    /// [`super::AccessTokenRefusal::MalformedCredential`].
    Malformed,
    /// Another scheme, which is meant for the upstream.
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
    // RFC 9110 section 5.5: white space around a field's value is not part of it.
    let (scheme, rest) = split_scheme(field);
    if scheme.is_empty() {
        return BearerCredential::Malformed;
    }
    // RFC 9110 section 11.1: "a case-insensitive token".
    let is_bearer = |scheme: &str| scheme.eq_ignore_ascii_case("bearer");
    if !is_bearer(scheme) {
        // An HTTP API joins several fields of one name with commas, but other schemes use commas between
        // their parameters.
        let joined = rest.split(',').skip(1).any(|element| is_bearer(split_scheme(element).0));
        return if joined { BearerCredential::Malformed } else { BearerCredential::Other };
    }
    let token = rest.trim_start_matches(' ');
    if token.len() == rest.len() || !is_b64token(token) {
        return BearerCredential::Malformed;
    }
    BearerCredential::Token(token)
}

/// The scheme, and the text after it.
fn split_scheme(credential: &str) -> (&str, &str) {
    let credential = credential.trim_matches([' ', '\t']);
    let end = credential.bytes().position(|byte| !is_token_byte(byte)).unwrap_or(credential.len());
    credential.split_at_checked(end).unwrap_or((credential, ""))
}

/// `b64token` of RFC 6750 section 2.1.
fn is_b64token(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    // Without an early exit the compiler can process many bytes at once.
    let only = body.bytes().fold(true, |only, byte| {
        only & (byte.is_ascii_alphanumeric() | matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/'))
    });
    !body.is_empty() && only
}
