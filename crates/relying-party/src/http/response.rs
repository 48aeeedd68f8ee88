//! Holds an HTTP response as a value; every front renders it in its own form.

use http::StatusCode;

/// One answer of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// Header fields in lower case, `set-cookie` excepted.
    pub headers: Vec<(&'static str, String)>,
    /// One `Set-Cookie` value each.
    pub set_cookies: Vec<String>,
    /// The body, UTF-8.
    pub body: String,
}

impl Response {
    /// An answer without a body that no cache keeps.
    pub fn new(status: StatusCode) -> Self {
        Self {
            status,
            headers: vec![("cache-control", "no-store".to_owned())],
            set_cookies: Vec::new(),
            body: String::new(),
        }
    }

    /// A redirect to the absolute `location`. 302 or 303 only: 307 and 308 would repeat a body elsewhere.
    pub fn redirect(status: StatusCode, location: String) -> Self {
        debug_assert!(status == StatusCode::FOUND || status == StatusCode::SEE_OTHER);
        Self::new(status).header("referrer-policy", "no-referrer".to_owned()).header("location", location)
    }

    /// A JSON answer.
    pub fn json(status: StatusCode, body: &serde_json::Value) -> Self {
        Self::typed(status, "application/json", body.to_string())
    }

    /// An answer with a body of the media type `content_type`.
    pub fn typed(status: StatusCode, content_type: &str, body: String) -> Self {
        let mut response = Self::new(status)
            .header("content-type", content_type.to_owned())
            .header("x-content-type-options", "nosniff".to_owned());
        response.body = body;
        response
    }

    /// The same with one more header field.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The bytes of its header fields, and a kilobyte for those that come later or that the front adds.
    pub fn head_bytes(&self) -> usize {
        let fields = self.headers.iter().map(|(name, value)| (*name, value));
        let cookies = self.set_cookies.iter().map(|value| ("set-cookie", value));
        1_024
            + fields
                .chain(cookies)
                .map(|(name, value)| name.len() + ": ".len() + value.len() + "\r\n".len())
                .sum::<usize>()
    }

    /// The same with these `Set-Cookie` values added.
    #[must_use]
    pub fn cookies(mut self, set_cookies: impl IntoIterator<Item = String>) -> Self {
        self.set_cookies.extend(set_cookies);
        self
    }
}
