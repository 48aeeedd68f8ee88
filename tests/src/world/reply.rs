//! An answer of the front to a request on the wire.

use local::api_gateway::RawResponse;

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// Header fields in order.
    pub headers: Vec<(String, String)>,
    /// The body as text.
    pub body: String,
}

impl Reply {
    pub(super) fn of(response: &RawResponse) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            status: response.status,
            headers: response.headers.iter().map(|(name, value)| (name.clone(), text(value))).collect(),
            body: text(&response.body),
        }
    }

    /// Every value of a header.
    pub fn values(&self, name: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(found, _)| found.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.values(name).first().copied()
    }

    /// `Location`, or nothing.
    pub fn location(&self) -> &str {
        self.header("location").unwrap_or_default()
    }

    /// The reason: of the JSON body, of the error page's address, or of the page.
    pub fn reason(&self) -> Option<String> {
        if let Some((_, reason)) = self.location().split_once("/oauth2/error?reason=") {
            return Some(reason.to_owned());
        }
        crate::browser::reason_in(&self.body)
    }
}
