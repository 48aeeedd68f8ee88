//! Requests and answers as they are on the wire.

use std::net::IpAddr;

use percent_encoding::percent_decode_str;

/// One HTTP request. Header names keep the spelling of the client, and their order.
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// One HTTP answer, without `Content-Length`, `Date` and `Connection`, which the server adds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawResponse {
    /// 100 to 599.
    pub status: u16,
    /// Names and values in the order of the wire.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Vec<u8>,
}

impl RawResponse {
    /// The values of the header `name`, whatever its spelling.
    pub fn header_values<'answer>(&'answer self, name: &str) -> Vec<&'answer [u8]> {
        let named = self.headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_slice()).collect()
    }
}

/// The decoded pairs of a query. A semicolon splits like an ampersand (API Gateway developer guide, "Important notes").
pub(super) fn query_pairs(query: &str) -> Vec<(String, String)> {
    let parts = query.split(['&', ';']).filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (form_decoded(name), form_decoded(value))
        })
        .collect()
}

/// Percent-decodes text; bytes that are no UTF-8 become the replacement character.
pub(super) fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn form_decoded(text: &str) -> String {
    decoded(&text.replace('+', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_decoded_and_split_at_ampersands_and_semicolons() {
        let pairs = query_pairs("a=1%202&b=x+y;c&&d=%3D");
        let expected = [("a", "1 2"), ("b", "x y"), ("c", ""), ("d", "=")];
        let expected: Vec<_> =
            expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        assert_eq!(pairs, expected);
    }
}
