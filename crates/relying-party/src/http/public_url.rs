//! Holds an address under which browsers see the protected application.
//!
//! Every `Location` is built from it, never from a request's `Host`. That only selects one of the configured
//! addresses.

use url::{Host, Url};

use crate::http::request::Headers;

/// `public_url`: scheme, host, port and stage path as the browser sees them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    url: Url,
    origin: String,
    path: String,
}

/// Why a text is not a valid `public_url`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublicUrlFault {
    /// It has a user name or a password.
    #[error("must be an address without credentials")]
    Credentials,
    /// It is not an absolute URL.
    #[error("must be an absolute address")]
    NotAbsolute,
    /// Its path has an empty segment, or a `%`, which would make comparisons of paths ambiguous.
    #[error("must be a path without empty segments or percent signs")]
    Path,
    /// It has a query or a fragment.
    #[error("must be an address without query and fragment")]
    QueryOrFragment,
    /// Its scheme is neither `https` nor `http` on a loopback host. Browsers drop `Secure` cookies elsewhere.
    #[error("must be an https address (http on loopback only)")]
    Scheme,
}

impl PublicUrl {
    /// Parses an absolute URL. A slash at the end of the path is removed.
    ///
    /// # Errors
    ///
    /// The part of the text that a public URL must not have.
    pub fn parse(text: &str) -> Result<Self, PublicUrlFault> {
        let mut url = Url::parse(text).map_err(|_| PublicUrlFault::NotAbsolute)?;
        if !(url.scheme() == "https" || url.scheme() == "http" && is_loopback(&url)) {
            return Err(PublicUrlFault::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(PublicUrlFault::Credentials);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(PublicUrlFault::QueryOrFragment);
        }
        let path = url.path().strip_suffix('/').unwrap_or(url.path()).to_owned();
        if path.contains("//") || path.ends_with('/') || path.contains('%') {
            return Err(PublicUrlFault::Path);
        }
        url.set_path(&format!("{path}/"));
        let origin = url.origin().ascii_serialization();
        Ok(Self { url, origin, path })
    }

    /// Scheme, host and a port other than the scheme's own, as in an `Origin` field (RFC 6454 section 6.2).
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Host and a port other than the scheme's own, as a browser writes them into `Host` (RFC 9110 section 7.2).
    pub fn authority(&self) -> &str {
        self.origin.split_once("://").map_or("", |(_, authority)| authority)
    }

    /// Tells whether a request with these header fields is for this host. One without a `Host`, or with two,
    /// is not.
    pub fn is_host_of(&self, headers: &Headers) -> bool {
        headers.sole("host") == Some(self.authority())
    }

    /// The stage path: empty, or `/` and segments without a slash at the end.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The URL itself, with a slash at the end of its path, as the base for relative references.
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// The absolute URL of `path_and_query`, which starts with `/` and is relative to this URL's path.
    pub fn join(&self, path_and_query: &str) -> String {
        debug_assert!(path_and_query.starts_with('/'));
        [&self.origin, &self.path, path_and_query].concat()
    }
}

/// Tells whether the URL's host is always the local machine (RFC 6761 section 6.3 for the name).
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_stage_path_and_its_slash() {
        for text in ["https://app.example.com/prod", "https://app.example.com/prod/"] {
            let public_url = PublicUrl::parse(text).unwrap();
            assert_eq!(public_url.origin(), "https://app.example.com");
            assert_eq!(public_url.path(), "/prod");
            assert_eq!(
                public_url.join("/oauth2/login?rd=x"),
                "https://app.example.com/prod/oauth2/login?rd=x"
            );
            assert_eq!(public_url.url().as_str(), "https://app.example.com/prod/");
        }
    }

    #[test]
    fn no_path_and_the_default_port() {
        let public_url = PublicUrl::parse("HTTPS://App.Example.com:443").unwrap();
        assert_eq!((public_url.origin(), public_url.path()), ("https://app.example.com", ""));
        assert_eq!(public_url.join("/"), "https://app.example.com/");
    }

    #[test]
    fn only_the_exact_host_is_that_of_the_address() {
        for (url, host, expected) in [
            ("https://app.example.com", &["app.example.com"][..], true),
            ("https://app.example.com:8446/a", &["app.example.com:8446"], true),
            ("https://[::1]:8446", &["[::1]:8446"], true),
            ("https://app.example.com", &[], false),
            ("https://app.example.com", &["app.example.com", "app.example.com"], false),
            ("https://app.example.com", &["app.example.com:443"], false),
            ("https://app.example.com", &["APP.example.com"], false),
            ("https://app.example.com", &["app.example.com."], false),
            ("https://app.example.com", &["app.example.com:8446"], false),
            ("https://app.example.com", &["app.example.com.evil.example"], false),
            ("https://app.example.com", &["evil.example@app.example.com"], false),
            ("https://app.example.com", &["app.example.com, evil.example"], false),
            ("https://app.example.com", &[" app.example.com"], false),
            ("https://app.example.com", &[""], false),
        ] {
            let fields = host.iter().map(|host| ("Host".to_owned(), (*host).to_owned())).collect();
            let told = PublicUrl::parse(url).unwrap().is_host_of(&Headers::new(fields));
            assert_eq!(told, expected, "{url} {host:?}");
        }
    }

    #[test]
    fn http_only_on_loopback() {
        for text in
            ["http://localhost:8400", "http://127.0.0.1:8400", "http://[::1]:8400", "http://a.localhost"]
        {
            assert!(PublicUrl::parse(text).is_ok(), "{text}");
        }
        for text in ["http://app.example.com", "http://localhost.example.com", "ftp://localhost", "data:x"] {
            assert_eq!(PublicUrl::parse(text), Err(PublicUrlFault::Scheme), "{text}");
        }
    }

    #[test]
    fn faults() {
        for (text, fault) in [
            ("app.example.com", PublicUrlFault::NotAbsolute),
            ("", PublicUrlFault::NotAbsolute),
            ("/prod", PublicUrlFault::NotAbsolute),
            ("https://", PublicUrlFault::NotAbsolute),
            ("https://user@app.example.com", PublicUrlFault::Credentials),
            ("https://:secret@app.example.com", PublicUrlFault::Credentials),
            ("https://app.example.com/?a", PublicUrlFault::QueryOrFragment),
            ("https://app.example.com/#a", PublicUrlFault::QueryOrFragment),
            ("https://app.example.com//", PublicUrlFault::Path),
            ("https://app.example.com/a//b", PublicUrlFault::Path),
            ("https://app.example.com/a%2fb", PublicUrlFault::Path),
        ] {
            assert_eq!(PublicUrl::parse(text), Err(fault), "{text}");
        }
    }
}
