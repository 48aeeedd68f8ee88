//! Represents the front's response to a request on the wire.

use local::api_gateway::RawResponse;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrontResponse {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl FrontResponse {
    pub(super) fn of(response: &RawResponse) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            status: response.status,
            headers: response.headers.iter().map(|(name, value)| (name.clone(), text(value))).collect(),
            body: text(&response.body),
        }
    }

    pub fn values(&self, name: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(found, _)| found.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str()).collect()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.values(name).first().copied()
    }

    pub fn location(&self) -> &str {
        self.header("location").unwrap_or_default()
    }

    /// The reason: from the JSON body, from the error page's address, or from the page.
    pub fn reason(&self) -> Option<String> {
        if let Some((_, reason)) = self.location().split_once("/oauth2/error?reason=") {
            return Some(reason.to_owned());
        }
        crate::browser::reason_in(&self.body)
    }
}
