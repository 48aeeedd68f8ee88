//! Reads the address of a service that is written as one text.

use url::Url;

use crate::placeholder;

/// The parts of the address of a service.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) scheme: String,
    pub(super) host: String,
    pub(super) port: Option<String>,
    pub(super) path: String,
}

impl Address {
    /// Reads `text`, whose placeholders stay as they are written. A URL parser would change or refuse them.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if placeholder::has_any(text) {
            return Self::with_placeholders(text);
        }
        let url = Url::parse(text).ok()?;
        Some(Self {
            scheme: url.scheme().to_owned(),
            host: url.host_str().unwrap_or_default().to_owned(),
            port: url.port().map(|port| port.to_string()),
            path: url.path().to_owned(),
        })
    }

    fn with_placeholders(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        if scheme.is_empty() || !scheme.bytes().all(|byte| byte.is_ascii_lowercase()) {
            return None;
        }
        let mut depth = 0_usize;
        let ends = |letter: char| {
            match letter {
                '{' => depth += 1,
                '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && letter == '/'
        };
        let (authority, path) = rest.find(ends).map_or((rest, ""), |place| rest.split_at(place));
        let is_port = |port: &str| port.starts_with('$') || port.bytes().all(|byte| byte.is_ascii_digit());
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if is_port(port) => (host, Some(port.to_owned())),
            _ => (authority, None),
        };
        Some(Self { scheme: scheme.to_owned(), host: host.to_owned(), port, path: path.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn placeholders_stay_as_they_are_written() {
        for (text, scheme, host, port, path) in [
            ("https://web.example.com:8443/x", "https", "web.example.com", Some("8443"), "/x"),
            ("http://WEB.example.com", "http", "web.example.com", None, "/"),
            (
                "https://web-${STAGE}.example.com:8443/x",
                "https",
                "web-${STAGE}.example.com",
                Some("8443"),
                "/x",
            ),
            ("http://$HOST:$PORT/$PATH", "http", "$HOST", Some("$PORT"), "/$PATH"),
            ("http://${{ env \"DECK_HOST\" }}/x", "http", "${{ env \"DECK_HOST\" }}", None, "/x"),
            ("http://{vault://env/host}:80", "http", "{vault://env/host}", Some("80"), ""),
            ("http://{vault://env/host}/x", "http", "{vault://env/host}", None, "/x"),
        ] {
            let expected = Address {
                scheme: scheme.to_owned(),
                host: host.to_owned(),
                port: port.map(str::to_owned),
                path: path.to_owned(),
            };
            assert_eq!(Address::parse(text), Some(expected), "{text}");
        }
        for text in ["", "web", "$URL", "{vault://env/url}"] {
            assert_eq!(Address::parse(text), None, "{text}");
        }
    }
}
