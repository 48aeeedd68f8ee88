//! Applies the configured redirects and sentences to a refused page load.

use percent_encoding::percent_decode_str;
use url::Url;

use crate::configuration::Configuration;
use crate::http::endpoint::{Endpoint, Recipient, reads_as};
use crate::http::page_load;
use crate::http::public_url::PublicUrl;
use crate::http::request::Request;
use crate::refusal::reason::{self, Reason};
use crate::relying_party::RelyingParty;

/// The two kinds of refusal for which pages and sentences can be configured, as in Kong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Denial {
    /// The user is signed in but does not meet the requirements.
    Forbidden,
    /// The person is not signed in, or sign-in failed.
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

    /// The configured address for a page load that is refused for this reason.
    fn target_of(&self, reason: &Reason) -> Option<&str> {
        match Denial::of(reason)? {
            Denial::Forbidden => self.forbidden_redirect_uri.as_deref(),
            Denial::Unauthorized => self.unauthorized_redirect_uri.as_deref(),
        }
    }
}

impl RelyingParty {
    /// The address to which a page load is redirected that is refused for this reason. It comes from the
    /// configuration only, never from the request. A page load of that address itself is not redirected, and
    /// gets our page.
    pub fn denied_to(&self, request: &Request, reason: &Reason) -> Option<&str> {
        let target = self.configuration.target_of(reason)?;
        let is_page =
            matches!(self.recipient(request), Recipient::Upstream | Recipient::Endpoint(Endpoint::Callback));
        (page_load::is_page_load(request)
            && is_page
            && !is_at(&self.configuration.public_url, request, target))
        .then_some(target)
    }
}

/// Tells whether `request` is for `target`, in any spelling of its path: a front may decode it or remove a
/// slash at the end.
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
