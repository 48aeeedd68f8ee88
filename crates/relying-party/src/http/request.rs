//! Holds an HTTP request as a value, independent of its front.

use http::Method;
use percent_encoding::{AsciiSet, utf8_percent_encode};

/// One request as the client sent it. Ambiguous parts are refused, never repaired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The method that the upstream would see.
    pub method: Method,
    /// The path below `public_url`, starting with `/`, without stage, base path mapping and query.
    /// Percent-encoded as in the event.
    pub path: String,
    /// The raw query without the `?`; empty when there is none.
    pub query: String,
    /// Header fields in the order and spelling of the event.
    pub headers: Headers,
    /// The body, already decoded from base64.
    pub body: Vec<u8>,
    /// The client's address according to the front.
    pub source_ip: Option<String>,
    /// The front's id of this request, for the log and for pages.
    pub request_id: String,
    /// A second id from a REST API, for the log. A client can choose `requestId`, but not this one. Empty for
    /// other fronts.
    pub extended_request_id: String,
}

/// Header fields in order, with duplicates and their spelling.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// Fields as received.
    pub const fn new(fields: Vec<(String, String)>) -> Self {
        Self(fields)
    }

    /// Every field, name as received.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Every value of the fields called `name` in any case (RFC 9110 section 5.1).
    pub fn values<'a, 'n>(&'a self, name: &'n str) -> impl Iterator<Item = &'a str> + use<'a, 'n> {
        self.0
            .iter()
            .filter(move |(field, _)| field.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Tells whether there is a field called `name`.
    pub fn contains(&self, name: &str) -> bool {
        self.values(name).next().is_some()
    }

    /// The only value of `name`; `None` when there is none or several.
    pub fn sole(&self, name: &str) -> Option<&str> {
        let mut values = self.values(name);
        let first = values.next()?;
        values.next().is_none().then_some(first)
    }

    /// The media type of the body, if exactly one field names one.
    pub fn media_type(&self) -> Option<&str> {
        self.sole("content-type").map(media_type)
    }
}

/// The media type in a `Content-Type`, without parameters (RFC 9110 section 8.3.1). It is case-insensitive.
pub fn media_type(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or_default().trim()
}

/// The method that `text` names. Methods are case-sensitive (RFC 9110 section 9.1), and every registered one
/// consists of capital letters and hyphens (IANA, "HTTP Method Registry"). Some applications read `get` as
/// `GET`, so that this spelling would get past a rule for `GET`. Any other token is therefore refused.
pub fn method(text: &str) -> Option<Method> {
    let is_registered_form = text.starts_with(|letter: char| letter.is_ascii_uppercase())
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-');
    Method::from_bytes(text.as_bytes()).ok().filter(|_| is_registered_form)
}

/// Tells whether `name` is a valid field name: a token (RFC 9110 sections 5.1 and 5.6.2).
pub fn is_field_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(is_token_byte)
}

/// `tchar` of RFC 9110 section 5.6.2.
pub(crate) const fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        )
}

/// The characters that would end the path of a target. An HTTP API passes paths decoded.
const END_OF_PATH: &AsciiSet = &AsciiSet::EMPTY.add(b'#').add(b'?');

impl Request {
    /// Path and query, as in an address.
    pub fn target(&self) -> String {
        let mut target = utf8_percent_encode(&self.path, END_OF_PATH).to_string();
        if !self.query.is_empty() {
            target.push('?');
            target.push_str(&self.query);
        }
        target
    }

    /// Every value of the query parameter `name`, form-decoded (WHATWG URL section 5.1).
    pub fn query_values(&self, name: &str) -> Vec<String> {
        url::form_urlencoded::parse(self.query.as_bytes())
            .filter(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::is_field_name;

    #[test]
    fn a_field_name_is_what_the_http_crate_takes_for_one() {
        for byte in 0..=u8::MAX {
            let name = format!("x{}", char::from(byte));
            let taken = http::HeaderName::from_bytes(name.as_bytes()).is_ok();
            assert_eq!(is_field_name(&name), taken, "{name:?}");
        }
        assert!(!is_field_name(""));
    }
}
