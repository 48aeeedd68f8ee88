//! The paths that vestibule answers itself.

use http::Method;

use crate::configuration::Configuration;

/// One of our own endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Endpoint {
    /// Where the provider says that sessions have ended.
    BackchannelLogout,
    /// The redirection endpoint.
    Callback,
    /// Explains a refusal.
    Error,
    /// Says that the function runs.
    Health,
    /// Starts sign-in.
    Login,
    /// Ends the session.
    Logout,
    /// Renews the session.
    Refresh,
    /// Says who is signed in.
    Session,
    /// Says that sign-out is done.
    SignedOut,
}

/// Why a path below `auth_prefix` is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointRefusal {
    /// The endpoint does not take this method.
    MethodNotAllowed {
        /// What it takes, as an `Allow` field.
        allow: &'static str,
    },
    /// There is nothing here.
    NotFound,
}

/// What a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// One of our endpoints, and a method it takes.
    Endpoint(Endpoint),
    /// Below our prefix, but nothing is there or not by this method.
    Refused(EndpointRefusal),
    /// The upstream's.
    Upstream,
}

impl Place {
    /// Reads a path below `public_url`. Paths of ours are compared byte by byte: a variant spelling is not found.
    pub fn of(configuration: &Configuration, method: &Method, path: &str) -> Self {
        match Endpoint::at(configuration, path) {
            Some(endpoint) if endpoint.takes(method) => Self::Endpoint(endpoint),
            Some(endpoint) => Self::Refused(EndpointRefusal::MethodNotAllowed { allow: endpoint.allow() }),
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

    /// What the logout function serves.
    pub const SERVED_BY_LOGOUT: &[Self] = &[Self::BackchannelLogout, Self::Logout, Self::SignedOut];

    /// What the session function serves.
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

    /// The methods that it takes.
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
        if path == configuration.callback_path {
            return Some(Self::Callback);
        }
        let below = path.strip_prefix(configuration.auth_prefix.as_str())?;
        Self::ALL.into_iter().find(|endpoint| endpoint.path() == below)
    }
}

fn is_below(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
