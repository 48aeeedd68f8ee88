//! Lists the paths of vestibule's own endpoints.

use http::Method;
use percent_encoding::percent_decode_str;

use crate::configuration::Configuration;
use crate::gate::route::without_fragments;
use crate::refusal::reason::{self, Reason};

/// One of vestibule's own endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Endpoint {
    /// Receives the provider's notice that sessions have ended.
    BackchannelLogout,
    /// The redirection endpoint.
    Callback,
    /// Explains a refusal.
    Error,
    /// Tells that the function runs.
    Health,
    /// Starts sign-in.
    Login,
    /// Ends the session.
    Logout,
    /// Refreshes the session.
    Refresh,
    /// Tells who is signed in.
    Session,
    /// Confirms that sign-out is done.
    SignedOut,
}

/// Why a path below `auth_prefix` is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointRefusal {
    /// The endpoint does not support this method.
    MethodNotAllowed {
        /// The methods that it supports, as an `Allow` field.
        allow: &'static str,
    },
    /// There is no endpoint at this path.
    NotFound,
}

impl EndpointRefusal {
    /// The code, status and texts of this refusal.
    pub const fn reason(self) -> &'static Reason {
        match self {
            Self::MethodNotAllowed { .. } => &reason::METHOD_NOT_ALLOWED,
            Self::NotFound => &reason::NOT_FOUND,
        }
    }
}

/// The recipient of a request, by its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// One of vestibule's endpoints, with a method that it supports.
    Endpoint(Endpoint),
    /// The path is below `auth_prefix`, but no endpoint is there or it does not support the method.
    Refused(EndpointRefusal),
    /// The upstream.
    Upstream,
}

impl Recipient {
    /// Classifies a path below `public_url`. Our paths are compared byte by byte: another spelling of one is
    /// not found, and does not belong to the upstream either.
    pub fn of(configuration: &Configuration, method: &Method, path: &str) -> Self {
        match Endpoint::at(configuration, path) {
            Some(endpoint) if endpoint.takes(method) => Self::Endpoint(endpoint),
            Some(endpoint) => Self::Refused(EndpointRefusal::MethodNotAllowed { allow: endpoint.allow() }),
            None if imitates(configuration, path) => Self::Refused(EndpointRefusal::NotFound),
            None if is_below(path, &configuration.auth_prefix) => Self::Refused(EndpointRefusal::NotFound),
            None => Self::Upstream,
        }
    }
}

impl Endpoint {
    /// Every endpoint.
    pub const ALL: [Self; 9] = [
        Self::BackchannelLogout,
        Self::Callback,
        Self::Error,
        Self::Health,
        Self::Login,
        Self::Logout,
        Self::Refresh,
        Self::Session,
        Self::SignedOut,
    ];

    /// The endpoints that the logout function serves.
    pub const SERVED_BY_LOGOUT: &[Self] = &[Self::BackchannelLogout, Self::Logout, Self::SignedOut];

    /// The endpoints that the session function serves.
    pub const SERVED_BY_SESSION: &[Self] = &[Self::Error, Self::Health, Self::Refresh, Self::Session];

    /// The path below `auth_prefix`.
    pub const fn path(self) -> &'static str {
        match self {
            Self::BackchannelLogout => "/backchannel-logout",
            Self::Callback => "/callback",
            Self::Error => "/error",
            Self::Health => "/health",
            Self::Login => "/login",
            Self::Logout => "/logout",
            Self::Refresh => "/refresh",
            Self::Session => "/session",
            Self::SignedOut => "/signed-out",
        }
    }

    /// The methods that it supports, as an `Allow` field.
    pub const fn allow(self) -> &'static str {
        match self {
            Self::BackchannelLogout => "POST",
            Self::Logout | Self::Refresh => "GET, POST",
            Self::Callback | Self::Error | Self::Health | Self::Login | Self::Session | Self::SignedOut => {
                "GET"
            }
        }
    }

    fn takes(self, method: &Method) -> bool {
        self.allow().split(", ").any(|allowed| allowed == method.as_str())
    }

    fn at(configuration: &Configuration, path: &str) -> Option<Self> {
        if configuration.callback_paths.iter().any(|callback| callback == path) {
            return Some(Self::Callback);
        }
        let below = path.strip_prefix(configuration.auth_prefix.as_str())?;
        Self::ALL.into_iter().find(|endpoint| endpoint.path() == below)
    }
}

/// Tells whether a reader could take `path` for one at or below `prefix`, such as an upstream or a router
/// that decodes or ignores case. It could serve a page there that people take for one of ours.
pub fn reads_as_below(path: &str, prefix: &str) -> bool {
    is_read_below(&readings(path), prefix)
}

fn is_read_below(readings: &[Option<String>; 2], prefix: &str) -> bool {
    let prefix = prefix.to_lowercase();
    readings.iter().flatten().any(|read| is_below(read, &prefix))
}

/// The readings of a path by one who decodes and ignores case, and by one who then also cuts it at `#` or
/// `?`.
fn readings(path: &str) -> [Option<String>; 2] {
    let read = percent_decode_str(path).decode_utf8_lossy().to_lowercase();
    let cut = read.contains(['#', '?']).then(|| without_fragments(&read));
    [Some(read), cut]
}

/// Tells whether `path` can be read as one of ours without being its exact spelling: at or below
/// `auth_prefix`, or as a `redirect_uri` outside it, where an application would receive the code and `state`
/// in the query.
pub fn imitates(configuration: &Configuration, path: &str) -> bool {
    let (prefix, callbacks) = (&configuration.auth_prefix, &configuration.callback_paths);
    let readings = readings(path);
    !is_below(path, prefix) && is_read_below(&readings, prefix)
        || callbacks.iter().all(|callback| callback != path)
            && callbacks.iter().any(|callback| is_read_as(&readings, callback))
}

/// Tells whether `path` is at or below `prefix`, byte by byte.
pub(crate) fn is_below(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Tells whether a reader could take `path` for `own`: as in [`reads_as_below`], or by removing a slash at
/// the end.
pub(crate) fn reads_as(path: &str, own: &str) -> bool {
    is_read_as(&readings(path), own)
}

fn is_read_as(readings: &[Option<String>; 2], own: &str) -> bool {
    let own = own.to_lowercase();
    readings.iter().flatten().any(|read| *read == own || read.strip_suffix('/') == Some(&own))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::configuration::{Role, Sources};

    #[test]
    fn a_path_that_reads_as_ours_is_not_the_upstreams() {
        for (path, below, imitating) in [
            ("/oauth2", true, false),
            ("/oauth2/", true, false),
            ("/oauth2/login", true, false),
            ("/oauth2/x", true, false),
            ("/oauth2/Login", true, false),
            ("/OAUTH2/login", true, true),
            ("/OAuth2", true, true),
            ("/%6fauth2/login", true, true),
            ("/%6F%61%75%74%68%32/login", true, true),
            ("/%4Fauth2/x", true, true),
            ("/oauth2%2flogin", true, true),
            ("/oauth2%2Fx/y", true, true),
            ("/oauth2x", false, false),
            ("/oauth2-docs", false, false),
            ("/oauth", false, false),
            ("/a/oauth2/login", false, false),
            ("/oauth2%20/login", false, false),
            ("/oauth2%23", true, true),
            ("/oauth2%3Fa/login", true, true),
            ("/OAUTH2?/login", true, true),
            ("/oauth2/%23", true, false),
            ("/%23/oauth2/login", true, true),
            ("/a%23/oauth2/login", false, false),
            ("/%ffoauth2/login", false, false),
            ("/", false, false),
        ] {
            assert_eq!(reads_as_below(path, "/oauth2"), below, "{path}");
            assert_eq!(imitates(&configuration(None), path), imitating, "{path}");
        }
        assert!(reads_as_below("/auth/%c3%bc", "/Auth"));
    }

    #[test]
    fn a_path_that_reads_as_the_callback_is_not_the_upstreams() {
        let configuration = configuration(Some("https://app.example.com/Sign-in/oidc"));
        for (path, expected) in [
            ("/Sign-in/oidc", Recipient::Endpoint(Endpoint::Callback)),
            ("/sign-in/oidc", Recipient::Refused(EndpointRefusal::NotFound)),
            ("/SIGN-IN/OIDC", Recipient::Refused(EndpointRefusal::NotFound)),
            ("/Sign-in/%6fidc", Recipient::Refused(EndpointRefusal::NotFound)),
            ("/%53ign-in/oidc", Recipient::Refused(EndpointRefusal::NotFound)),
            ("/Sign-in%2Foidc", Recipient::Refused(EndpointRefusal::NotFound)),
            ("/Sign-in/oidc/", Recipient::Refused(EndpointRefusal::NotFound)),
            ("/sign-in/oidc%2f", Recipient::Refused(EndpointRefusal::NotFound)),
            ("/OAUTH2/callback", Recipient::Refused(EndpointRefusal::NotFound)),
            ("/Sign-in/oidc/x", Recipient::Upstream),
            ("/Sign-in/oidc2", Recipient::Upstream),
            ("/Sign-in", Recipient::Upstream),
            ("/a/Sign-in/oidc", Recipient::Upstream),
        ] {
            assert_eq!(Recipient::of(&configuration, &Method::GET, path), expected, "{path}");
            let is_imitation = expected == Recipient::Refused(EndpointRefusal::NotFound);
            assert_eq!(imitates(&configuration, path), is_imitation, "{path}");
        }
    }

    fn configuration(redirect_uri: Option<&str>) -> Configuration {
        let document = serde_json::json!({
            "provider": "oidc",
            "issuer": "https://id.example.com",
            "client_id": "the-client",
            "client_secret": "the-client-secret",
            "public_url": "https://app.example.com",
            "redirect_uri": redirect_uri.unwrap_or("https://app.example.com/oauth2/callback"),
            "session_secret": "thirty-two bytes for a session and no less",
            "upstream_url": "http://upstream.internal:8080",
        });
        let document = document.to_string();
        let sources = Sources { document: Some(&document), ..Sources::default() };
        Configuration::from_sources(&sources, Role::Proxy).unwrap()
    }
}
