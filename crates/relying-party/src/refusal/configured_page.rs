//! Where a page load goes that is refused, and what it is told, where the configuration says so.

use percent_encoding::percent_decode_str;
use url::Url;

use crate::configuration::Configuration;
use crate::http::endpoint::{Endpoint, Place, reads_as};
use crate::http::page_load;
use crate::http::public_url::PublicUrl;
use crate::http::request::Request;
use crate::refusal::reason::{self, Reason};
use crate::relying_party::RelyingParty;

/// The two kinds of refusal that Kong's users have pages and texts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Denial {
    /// Somebody is signed in and lacks what is required.
    Forbidden,
    /// Nobody is signed in, or sign-in did not let them in.
    Unauthorized,
}

impl Denial {
    fn of(reason: &Reason) -> Option<Self> {
        let forbidden = [
            reason::AUDIENCE_NOT_ALLOWED,
            reason::GROUP_MISSING,
            reason::INSUFFICIENT_SCOPE,
            reason::ROLE_MISSING,
        ];
        if forbidden.contains(reason) {
            return Some(Self::Forbidden);
        }
        let unauthorized =
            reason.status == http::StatusCode::UNAUTHORIZED || *reason == reason::PROVIDER_DENIED;
        unauthorized.then_some(Self::Unauthorized)
    }
}

impl Configuration {
    /// The public sentence of a refusal.
    pub(crate) fn sentence_of<'a>(&'a self, reason: &'a Reason) -> &'a str {
        let configured = match Denial::of(reason) {
            Some(Denial::Forbidden) => self.forbidden_error_message.as_deref(),
            Some(Denial::Unauthorized) => self.unauthorized_error_message.as_deref(),
            None => None,
        };
        configured.unwrap_or(reason.sentence)
    }

    /// Where a page load of this reason is sent on to.
    fn target_of(&self, reason: &Reason) -> Option<&str> {
        match Denial::of(reason)? {
            Denial::Forbidden => self.forbidden_redirect_uri.as_deref(),
            Denial::Unauthorized => self.unauthorized_redirect_uri.as_deref(),
        }
    }
}

impl RelyingParty {
    /// Where a page load goes that is refused for this reason: an address of the configuration, and nothing of the request. At
    /// that address itself nobody is sent on: whoever is refused there too gets our page.
    pub fn denied_to(&self, request: &Request, reason: &Reason) -> Option<&str> {
        let target = self.configuration.target_of(reason)?;
        let is_page = matches!(self.place(request), Place::Upstream | Place::Endpoint(Endpoint::Callback));
        (page_load::is_page_load(request)
            && is_page
            && !is_at(&self.configuration.public_url, request, target))
        .then_some(target)
    }
}

/// Tells whether `request` is for `target`, however its path is spelled: a front may decode it or take its slash off.
fn is_at(own: &PublicUrl, request: &Request, target: &str) -> bool {
    let Ok(url) = Url::parse(target) else { return false };
    if url.origin().ascii_serialization() != own.origin() {
        return false;
    }
    let Some(path) = url.path().strip_prefix(own.path()) else { return false };
    let path = percent_decode_str(path).decode_utf8_lossy();
    let path = path.trim_end_matches('/');
    if path.is_empty() { request.path == "/" } else { reads_as(&request.path, path) }
}
