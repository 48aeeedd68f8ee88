//! Explains the requests that vestibule answers itself: endpoints, callbacks, sign-out on paths of the
//! application, at each host.

use http::Uri;
use http::uri::Authority;
use relying_party::configuration::Configuration;
use relying_party::http::endpoint::Endpoint;
use relying_party::http::request::Headers;
use relying_party::relying_party::RelyingParty;

use crate::arguments::FrontKind;

/// The address of a request.
pub(super) struct Address {
    /// `None` if only a path was given.
    pub(super) authority: Option<Authority>,
    /// The path below `public_url`.
    pub(super) path: String,
    pub(super) query: String,
}

impl Address {
    /// Reads a path or a whole URL.
    pub(super) fn new(text: &str) -> Self {
        let whole = text.split_once("://").and_then(|_| text.parse::<Uri>().ok());
        let authority = whole.as_ref().and_then(Uri::authority).cloned();
        let rest = whole.as_ref().and_then(Uri::path_and_query).map_or(text, |rest| rest.as_str());
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        Self { authority, path: path.to_owned(), query: query.to_owned() }
    }

    /// Returns the relying party for the host of the address, and a note about it.
    pub(super) fn host(&mut self, first: RelyingParty) -> (RelyingParty, Option<String>) {
        let Some(authority) = self.authority.as_ref().map(ToString::to_string) else { return (first, None) };
        let headers = Headers::new(vec![("host".to_owned(), authority.clone())]);
        let (found, note) = match first.other_host(&headers) {
            Some(place) => {
                let other = first.at_other_hosts().into_iter().nth(place).unwrap_or(first);
                (other, format!("{authority}, which is public_url[{}]", place + 1))
            }
            None if first.configuration.public_url.is_host_of(&headers) => {
                (first, format!("{authority}, which is that of public_url"))
            }
            None => {
                let taken = first.configuration.public_url.authority().to_owned();
                (first, format!("{authority}, which no public_url has, so that {taken} answers in its place"))
            }
        };
        let base = found.configuration.public_url.path().trim_end_matches('/');
        if let Some(below) = self.path.strip_prefix(base).filter(|below| below.starts_with('/')) {
            self.path = below.to_owned();
        }
        (found, Some(note))
    }
}

/// Describes the effect of an endpoint in this configuration.
pub(super) fn endpoint(
    configuration: &Configuration,
    endpoint: Endpoint,
    path: &str,
    front: FrontKind,
) -> String {
    let is_own = path.strip_prefix(&configuration.auth_prefix) == Some(endpoint.path());
    let provider = &configuration.issuer;
    match endpoint {
        Endpoint::BackchannelLogout => format!("{provider} says here that sessions have ended"),
        Endpoint::Callback => {
            format!("the answer of {provider} to a sign-in; anything else starts sign-in again or is refused")
        }
        Endpoint::Error => "explains a refusal".to_owned(),
        Endpoint::Health => "says that the function runs".to_owned(),
        Endpoint::Login => {
            format!("starts sign-in at {provider}, which answers at {}", configuration.redirect_uri)
        }
        Endpoint::Logout => {
            let goes_on = format!(
                "signs out, there and at {provider}, which returns to {}; another site gets a button",
                configuration.logout_redirect_uri
            );
            match (is_own, front) {
                (true, _) => goes_on,
                (false, FrontKind::Rest) => format!(
                    "asks for sign-out, so that a page load is sent to {}{}, which {goes_on}",
                    configuration.auth_prefix,
                    endpoint.path()
                ),
                (false, _) => format!("asks for sign-out: {goes_on}"),
            }
        }
        Endpoint::Refresh => "refreshes the session".to_owned(),
        Endpoint::Session => "says who is signed in".to_owned(),
        Endpoint::SignedOut => "says that sign-out is done".to_owned(),
    }
}

/// Describes a path of the application that is also a callback.
pub(super) fn callback(configuration: &Configuration, path: &str) -> Option<String> {
    configuration.callback_paths.iter().any(|callback| callback == path).then(|| {
        format!("the answer of {} to a sign-in of this browser ends here; any other request is the application's, as below", configuration.issuer)
    })
}
