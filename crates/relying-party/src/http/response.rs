//! Holds an HTTP response as a value. Each front renders it in its own form.

use std::collections::BTreeSet;

use http::StatusCode;

use super::cookie::CookieNames;

/// One response of vestibule's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// Header fields, names in lower case, without `set-cookie`.
    pub headers: Vec<(&'static str, String)>,
    /// One `Set-Cookie` value per entry.
    pub set_cookies: Vec<String>,
    /// The body, UTF-8.
    pub body: String,
}

impl Response {
    /// A response without a body that must not be cached.
    pub fn new(status: StatusCode) -> Self {
        Self {
            status,
            headers: vec![("cache-control", "no-store".to_owned())],
            set_cookies: Vec::new(),
            body: String::new(),
        }
    }

    /// A redirect to the absolute `location`, with 302 or 303 only. 307 and 308 would send a body to the
    /// other address.
    pub fn redirect(status: StatusCode, location: String) -> Self {
        debug_assert!(status == StatusCode::FOUND || status == StatusCode::SEE_OTHER);
        Self::new(status).header("referrer-policy", "no-referrer".to_owned()).header("location", location)
    }

    /// A JSON response.
    pub fn json(status: StatusCode, body: &serde_json::Value) -> Self {
        Self::typed(status, "application/json", body.to_string())
    }

    /// A response with a body of the media type `content_type`.
    pub fn typed(status: StatusCode, content_type: &str, body: String) -> Self {
        let mut response = Self::new(status)
            .header("content-type", content_type.to_owned())
            .header("x-content-type-options", "nosniff".to_owned());
        response.body = body;
        response
    }

    /// Adds a header field.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The bytes of its header fields, plus a kilobyte for those that are added later or by the front.
    pub fn head_bytes(&self) -> usize {
        let fields = self.headers.iter().map(|(name, value)| (*name, value));
        let cookies = self.set_cookies.iter().map(|value| ("set-cookie", value));
        1_024 + fields.chain(cookies).map(|(name, value)| field_bytes(name, value)).sum::<usize>()
    }

    /// Removes `Set-Cookie` values that only expire a cookie until the header has at most `most` bytes. Those
    /// of attempts go first, then the last ones. The next response expires the rest.
    #[must_use]
    pub fn fitting(mut self, most: usize) -> Self {
        let mut surplus = self.head_bytes().saturating_sub(most);
        if surplus == 0 {
            return self;
        }
        let expired = self.set_cookies.iter().enumerate().filter_map(|(place, cookie)| {
            let (name, _) = cookie.split_once('=').filter(|(_, rest)| rest.starts_with(';'))?;
            Some((place, CookieNames::attempt_of(name).is_some()))
        });
        let (of_attempts, others): (Vec<_>, Vec<_>) = expired.partition(|(_, of_attempt)| *of_attempt);
        let mut left_out = BTreeSet::new();
        for (place, _) in of_attempts.into_iter().chain(others.into_iter().rev()) {
            if surplus == 0 {
                break;
            }
            let cookie = self.set_cookies.get(place).map_or(0, |cookie| field_bytes("set-cookie", cookie));
            surplus = surplus.saturating_sub(cookie);
            left_out.insert(place);
        }
        let mut place = 0..;
        self.set_cookies.retain(|_| place.next().is_none_or(|place| !left_out.contains(&place)));
        self
    }

    /// Adds these `Set-Cookie` values.
    #[must_use]
    pub fn cookies(mut self, set_cookies: impl IntoIterator<Item = String>) -> Self {
        self.set_cookies.extend(set_cookies);
        self
    }
}

const fn field_bytes(name: &str, value: &str) -> usize {
    name.len() + ": ".len() + value.len() + "\r\n".len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::cookie::{Attributes, expire, set_cookie};

    #[test]
    fn an_expiry_goes_with_the_next_response_attempts_first() {
        let session = |number: usize| expire(&format!("__Host-app.{number}"), None);
        let attempt = |number: usize| expire(&format!("__Host-attempt-{number:08}"), None);
        let kept = set_cookie("__Host-app", &"x".repeat(4_000), Attributes::default());
        let all: Vec<String> =
            (0..20).map(attempt).chain((0..16).map(session)).chain([kept.clone()]).collect();
        let whole = Response::redirect(StatusCode::FOUND, "https://app.example.com/".to_owned()).cookies(all);
        let size = whole.head_bytes();
        for most in [size, size - 1, size - 1_000, size - 2_500, 6_000, 0] {
            let response = whole.clone().fitting(most);
            assert!(response.head_bytes() <= most || response.set_cookies == [kept.as_str()], "{most}");
            let left = |of: &dyn Fn(usize) -> String, count: usize| {
                (0..count).filter(|number| response.set_cookies.contains(&of(*number))).collect::<Vec<_>>()
            };
            let (attempts, sessions) = (left(&attempt, 20), left(&session, 16));
            assert!(attempts.is_empty() || sessions.len() == 16, "{most}");
            assert_eq!(attempts, (20 - attempts.len()..20).collect::<Vec<_>>(), "{most}");
            assert_eq!(sessions, (0..sessions.len()).collect::<Vec<_>>(), "{most}");
            assert_eq!(response.set_cookies.last(), Some(&kept), "{most}");
            assert!(whole.clone().fitting(most + 100).set_cookies.len() >= response.set_cookies.len());
        }
        assert_eq!(whole.clone().fitting(size), whole);
    }
}
