//! Requests for paths of the application that ask for sign-out, as Kong's plugin takes them.

use http::Method;

use crate::gate::GateRefusal;
use crate::http::endpoint::{Endpoint, Place};
use crate::http::request::Request;
use crate::relying_party::RelyingParty;

/// The requests for paths of the application that ask for sign-out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogoutRequests {
    /// The query parameter by which one asks, whatever its value.
    pub query_arg: Option<String>,
    /// The end of a path by which one asks.
    pub uri_suffix: Option<String>,
    /// The methods by which one can ask.
    pub methods: Vec<Method>,
}

impl LogoutRequests {
    /// Tells whether a request for a path of the application asks for sign-out. It never reaches the application, so it passes
    /// no rule; and it is judged as one for `/oauth2/logout` is, so no other site signs anybody out. A body is not looked at: it is the application's.
    pub fn cover(&self, method: &Method, path: &str, query: &str) -> bool {
        self.methods.contains(method) && (self.ends_so(path) || self.has_argument(query))
    }

    /// Tells whether `path` has the end by which one asks.
    pub(crate) fn ends_so(&self, path: &str) -> bool {
        self.uri_suffix.as_ref().is_some_and(|suffix| path.ends_with(suffix.as_str()))
    }

    fn has_argument(&self, query: &str) -> bool {
        let Some(argument) = &self.query_arg else { return false };
        url::form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == argument.as_str())
    }
}

impl RelyingParty {
    /// Tells whether a request is for `/oauth2/logout` itself.
    pub(super) fn is_own_logout(&self, request: &Request) -> bool {
        let below = request.path.strip_prefix(self.configuration.auth_prefix.as_str());
        below == Some(Endpoint::Logout.path())
    }

    /// Where an authorizer sends a request that asks for sign-out: it can end no session itself. The browser tells there
    /// who asks, as it would have here.
    pub fn logout_elsewhere(&self, request: &Request) -> Option<(String, GateRefusal)> {
        let asks = self.place(request) == Place::Endpoint(Endpoint::Logout) && !self.is_own_logout(request);
        asks.then(|| (self.own_url(Endpoint::Logout.path()), GateRefusal::LogoutElsewhere))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_asks_by_its_method_and_by_query_or_path() {
        let requests = LogoutRequests {
            query_arg: Some("logout".to_owned()),
            uri_suffix: Some("/log-out".to_owned()),
            methods: vec![Method::GET, Method::DELETE],
        };
        for (method, path, query, asks) in [
            (Method::GET, "/", "logout", true),
            (Method::GET, "/a/b", "x=1&logout=true", true),
            (Method::GET, "/a", "logout=false", true),
            (Method::GET, "/a", "%6cogout", true),
            (Method::DELETE, "/a/log-out", "", true),
            (Method::POST, "/a/log-out", "logout", false),
            (Method::HEAD, "/", "logout", false),
            (Method::OPTIONS, "/", "logout", false),
            (Method::GET, "/log-out", "", true),
            (Method::GET, "/a-log-out", "", false),
            (Method::GET, "/log-out/", "", false),
            (Method::GET, "/Log-Out", "", false),
            (Method::GET, "/%6cog-out", "", false),
            (Method::GET, "/a", "Logout", false),
            (Method::GET, "/a", "x=logout", false),
            (Method::GET, "/a", "logout2", false),
            (Method::GET, "/a", "", false),
        ] {
            assert_eq!(requests.cover(&method, path, query), asks, "{method} {path}?{query}");
        }
        let none = LogoutRequests { query_arg: None, uri_suffix: None, ..requests };
        assert!(!none.cover(&Method::GET, "/log-out", "logout&="));
    }
}
