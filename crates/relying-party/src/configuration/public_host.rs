//! The hosts under which browsers see one application, and the addresses on each.

use super::Configuration;
use crate::http::public_url::{PublicUrl, is_loopback};

/// The addresses of one host under which browsers see the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// [`Configuration::public_url`].
    pub public_url: PublicUrl,
    /// [`Configuration::redirect_uri`].
    pub redirect_uri: String,
    /// [`Configuration::callback_paths`].
    pub callback_paths: Vec<String>,
    /// [`Configuration::login_redirect_uri`].
    pub login_redirect_uri: String,
    /// [`Configuration::logout_redirect_uri`].
    pub logout_redirect_uri: String,
    /// [`Configuration::forbidden_redirect_uri`].
    pub forbidden_redirect_uri: Option<String>,
    /// [`Configuration::unauthorized_redirect_uri`].
    pub unauthorized_redirect_uri: Option<String>,
}

impl Addresses {
    /// Every `redirect_uri` of this host. The first is the one that is sent.
    pub(crate) fn redirect_uris(&self) -> impl Iterator<Item = String> {
        self.callback_paths.iter().map(|path| self.public_url.join(path))
    }
}

impl Configuration {
    /// The configuration as it applies to a request on one of the other hosts.
    #[must_use]
    pub fn at(&self, addresses: &Addresses) -> Self {
        let host = addresses.clone();
        Self {
            public_url: host.public_url,
            other_hosts: Vec::new(),
            redirect_uri: host.redirect_uri,
            callback_paths: host.callback_paths,
            login_redirect_uri: host.login_redirect_uri,
            logout_redirect_uri: host.logout_redirect_uri,
            forbidden_redirect_uri: host.forbidden_redirect_uri,
            unauthorized_redirect_uri: host.unauthorized_redirect_uri,
            ..self.clone()
        }
    }

    /// Every `public_url`, starting with the main one.
    pub(crate) fn public_urls(&self) -> impl Iterator<Item = &PublicUrl> {
        std::iter::once(&self.public_url).chain(self.other_hosts.iter().map(|host| &host.public_url))
    }

    /// Tells whether other machines can reach it.
    pub fn is_public(&self) -> bool {
        self.public_urls().any(|public_url| !is_loopback(public_url.url()))
    }
}
