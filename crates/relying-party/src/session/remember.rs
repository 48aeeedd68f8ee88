//! Decides which sessions outlive the browser, and how long the browser keeps the cookie.

use crate::configuration::{Remember, SessionConfiguration, SessionStorage};
use crate::http::page_load;
use crate::http::request::Request;
use crate::session::{Limits, Session};
use crate::time::Timestamp;

impl Remember {
    /// Tells whether the session of this sign-in outlives the browser. The user chooses with `remember` in
    /// the link to sign-in. In a link that may come from another site, only `remember=false` counts.
    pub(crate) fn covers(self, request: &Request) -> bool {
        let foreign = page_load::may_be_cross_site(&request.headers);
        let choice = choice(&request.query_values("remember")).filter(|remember| !(foreign && *remember));
        match self {
            Self::Everybody => choice != Some(false),
            Self::Nobody => false,
            Self::WhoAsks => choice == Some(true),
        }
    }

    /// Tells the same for a sign-in without such a link.
    pub(crate) fn covers_unasked(self) -> bool {
        self == Self::Everybody
    }
}

impl Session {
    /// The limits of this session. If sessions are no longer remembered, a session that was remembered before
    /// has the common limits.
    pub const fn limits_in(&self, configured: &SessionConfiguration) -> Limits {
        if self.remembered && !matches!(configured.remember, Remember::Nobody) {
            // Every use renews the rolling limit, so an idle limit would have no effect.
            return Limits {
                idling: None,
                rolling: configured.remember_rolling,
                absolute: configured.remember_absolute,
                remembered: true,
            };
        }
        Limits {
            idling: configured.idling,
            rolling: configured.rolling,
            absolute: configured.absolute,
            remembered: false,
        }
    }

    /// How many seconds the browser keeps the cookie; `None` for until it is closed. With a store the cookie
    /// is set once, for the maximum length of the session; otherwise it is set again with each renewal.
    pub fn cookie_seconds(&self, configured: &SessionConfiguration, now: Timestamp) -> Option<i64> {
        let limits = self.limits_in(configured);
        let ends_at = match configured.storage {
            SessionStorage::Cookie => limits.expires_at(self),
            SessionStorage::DynamoDb { .. } | SessionStorage::Memory => limits.absolute_end(self),
        };
        limits.remembered.then(|| ends_at.since(now).max(1))
    }
}

fn choice(values: &[String]) -> Option<bool> {
    match values {
        [value] if value == "true" => Some(true),
        [value] if value == "false" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use http::Method;
    use serde_json::json;

    use super::*;
    use crate::configuration::{Configuration, Role, Sources};
    use crate::http::request::Headers;

    const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

    fn configured(remember: &str, storage: &str) -> SessionConfiguration {
        let document = json!({
            "issuer": "https://id.example.com",
            "client_id": "app",
            "client_secret": "secret",
            "public_url": "https://app.example.com",
            "session_secret": "0123456789abcdef0123456789abcdef",
            "session_storage": storage,
            "session_remember": remember,
        });
        let document = document.to_string();
        let sources = Sources { document: Some(&document), ..Sources::default() };
        Configuration::from_sources(&sources, Role::Callback).unwrap().session
    }

    fn request(query: &str, site: &str) -> Request {
        let headers =
            [("sec-fetch-site", site), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
        Request {
            method: Method::GET,
            path: "/oauth2/login".to_owned(),
            query: query.to_owned(),
            headers: Headers::new(
                headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            ),
            body: Vec::new(),
            source_ip: None,
            request_id: "request".to_owned(),
            extended_request_id: String::new(),
        }
    }

    fn session(remembered: bool) -> Session {
        let later = NOW.plus(1_000);
        Session {
            remembered,
            renewed_at: later,
            seen_at: later,
            ..Session::bare("https://id.example.com", "ada", NOW)
        }
    }

    #[test]
    fn a_user_is_remembered_by_setting_and_choice() {
        for (query, everybody, who_asks) in [
            ("", true, false),
            ("remember=true", true, true),
            ("remember=false", false, false),
            ("remember=1", true, false),
            ("remember=", true, false),
            ("remember=true&remember=true", true, false),
            ("rd=/a%3Fremember%3Dtrue", true, false),
        ] {
            let request = request(query, "same-origin");
            assert_eq!(Remember::Everybody.covers(&request), everybody, "{query}");
            assert_eq!(Remember::WhoAsks.covers(&request), who_asks, "{query}");
            assert!(!Remember::Nobody.covers(&request), "{query}");
        }
    }

    #[test]
    fn another_site_does_not_say_who_is_remembered() {
        let ask = Remember::WhoAsks;
        assert!(ask.covers(&request("remember=true", "none")));
        let everybody = Remember::Everybody;
        for site in [Some("cross-site"), None] {
            let foreign = |query: &str| match site {
                Some(site) => request(query, site),
                None => Request { headers: Headers::default(), ..request(query, "none") },
            };
            assert!(!ask.covers(&foreign("remember=true")), "{site:?}");
            assert!(everybody.covers(&foreign("")), "{site:?}");
            assert!(!everybody.covers(&foreign("remember=false")), "{site:?}");
        }
    }

    #[test]
    fn a_remembered_session_has_limits_of_its_own() {
        for storage in ["memory", "cookie"] {
            for (remember, remembered) in [("true", true), ("ask", true), ("false", false)] {
                let limits = session(true).limits_in(&configured(remember, storage));
                assert_eq!(limits.remembered, remembered);
                let expected = if remembered { (604_800, 2_592_000) } else { (limits.rolling, 86_400) };
                assert_eq!((limits.rolling, limits.absolute), expected, "{remember}");
                assert_eq!(limits.idling.is_some(), !remembered && storage == "memory");
            }
            let common = session(false).limits_in(&configured("true", storage));
            assert!(!common.remembered && common.absolute == 86_400);
        }
    }

    #[test]
    fn the_cookie_of_a_remembered_session_lasts_as_long_as_the_session_can() {
        let seconds = |storage, remembered| {
            session(remembered).cookie_seconds(&configured("ask", storage), NOW.plus(1_000))
        };
        assert_eq!(seconds("memory", true), Some(2_592_000 - 1_000));
        assert_eq!(seconds("cookie", true), Some(604_800));
        assert_eq!(seconds("memory", false), None);
        assert_eq!(seconds("cookie", false), None);
        assert_eq!(session(true).cookie_seconds(&configured("false", "memory"), NOW), None);
    }
}
