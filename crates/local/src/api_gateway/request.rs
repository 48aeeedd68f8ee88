//! Holds requests and answers as they are on the wire.

use std::fmt;
use std::net::IpAddr;

use percent_encoding::percent_decode_str;

/// One HTTP request. Header names keep the client's spelling and order.
#[derive(Clone, PartialEq, Eq)]
pub struct RawRequest {
    /// The method, such as `GET`.
    pub method: String,
    /// Path and query, in the form that starts with a slash.
    pub target: String,
    /// Names and values in the order of the wire.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body without any transfer coding.
    pub body: Vec<u8>,
    /// Address of the client.
    pub peer: IpAddr,
}

/// A request to an HTTP integration. Header names keep their spelling.
#[derive(Clone, PartialEq, Eq)]
pub struct UpstreamRequest {
    /// Whether the integration's uri is `https`.
    pub secure: bool,
    /// Host and port of the integration; the `Host` header.
    pub authority: String,
    /// The method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Headers without `Host` and `Content-Length`.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Vec<u8>,
}

/// Prints names only: values, query and body hold cookies and tokens.
impl fmt::Debug for UpstreamRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("UpstreamRequest")
            .field("authority", &self.authority)
            .field("method", &self.method)
            .field("path", &path_of(&self.target))
            .field("headers", &names_of(&self.headers))
            .field("body", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// One HTTP answer, without `Content-Length`, `Date` and `Connection`, which the server adds.
#[derive(Clone, PartialEq, Eq)]
pub struct RawResponse {
    /// 100 to 599.
    pub status: u16,
    /// Names and values in the order of the wire.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Vec<u8>,
}

/// Prints names only: values, query and body hold cookies, tokens and codes.
impl fmt::Debug for RawRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RawRequest")
            .field("method", &self.method)
            .field("path", &path_of(&self.target))
            .field("headers", &names_of(&self.headers))
            .field("body", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Prints names only.
impl fmt::Debug for RawResponse {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RawResponse")
            .field("status", &self.status)
            .field("headers", &names_of(&self.headers))
            .field("body", &self.body.len())
            .finish()
    }
}

/// The values of a header, whatever the spelling of its name.
pub(crate) fn values<'a>(headers: &'a [(String, Vec<u8>)], name: &str) -> impl Iterator<Item = &'a [u8]> {
    let named = headers.iter().filter(move |(key, _)| key.eq_ignore_ascii_case(name));
    named.map(|(_, value)| value.as_slice())
}

/// The first value of a header as text; bytes that are not UTF-8 become the replacement character.
pub(crate) fn first_value(headers: &[(String, Vec<u8>)], name: &str) -> Option<String> {
    values(headers, name).next().map(|value| String::from_utf8_lossy(value).into_owned())
}

/// A target without its query.
pub(super) fn path_of(target: &str) -> &str {
    target.split_once('?').map_or(target, |(path, _)| path)
}

pub(super) fn names_of(headers: &[(String, Vec<u8>)]) -> Vec<&str> {
    headers.iter().map(|(name, _)| name.as_str()).collect()
}

/// The decoded pairs of a query. A semicolon separates pairs like an ampersand (API Gateway developer guide, "Important
/// notes").
pub(super) fn query_pairs(query: &str) -> Vec<(String, String)> {
    let parts = query.split(['&', ';']).filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (form_decoded(name), form_decoded(value))
        })
        .collect()
}

/// Percent-decodes text; bytes that are not UTF-8 become the replacement character.
pub(super) fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn form_decoded(text: &str) -> String {
    decoded(&text.replace('+', " "))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn nothing_secret_is_in_debug() {
        let headers = vec![("Cookie".to_owned(), b"s3cret".to_vec())];
        let request = RawRequest {
            method: "GET".to_owned(),
            target: "/a?code=s3cret".to_owned(),
            headers: headers.clone(),
            body: b"s3cret".to_vec(),
            peer: IpAddr::V4(Ipv4Addr::LOCALHOST),
        };
        let response = RawResponse { status: 200, headers, body: b"s3cret".to_vec() };
        let text = format!("{request:?} {response:?}");
        assert!(!text.contains("s3cret") && text.contains("Cookie"), "{text}");
    }

    #[test]
    fn a_query_is_decoded_and_split_at_ampersands_and_semicolons() {
        let pairs = query_pairs("a=1%202&b=x+y;c&&d=%3D");
        let expected = [("a", "1 2"), ("b", "x y"), ("c", ""), ("d", "=")];
        let expected: Vec<_> =
            expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        assert_eq!(pairs, expected);
    }
}
