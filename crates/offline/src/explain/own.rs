//! Explains the requests that vestibule answers itself: endpoints, callbacks, sign-out on paths of the
//! application, at each host.

use std::fmt::Write as _;

use percent_encoding::percent_decode_str;
use relying_party::configuration::{Configuration, SessionStorage};
use relying_party::gate::front::Front;
use relying_party::http::endpoint::{Endpoint, Recipient};
use relying_party::http::request::{Headers, Request};
use relying_party::refusal::reason::Reason;
use relying_party::relying_party::RelyingParty;
use relying_party::sign_in::SignInRefusal;
use relying_party::sign_out::logout_token::LogoutTokenRefusal;
use url::{Position, Url};

use crate::arguments::FrontKind;

/// The address of a request.
pub(super) struct Address {
    /// Host and port as a browser sends them; `None` if only a path was given.
    pub(super) authority: Option<String>,
    /// The path below `public_url`.
    pub(super) path: String,
    pub(super) query: String,
    /// Whether the path is not below that of `public_url`.
    pub(super) is_outside: bool,
}

impl Address {
    /// Reads a path as a client sends it, or a whole URL as a browser reads it. An HTTP API decodes the path once,
    /// so that is the path which the functions get.
    pub(super) fn new(text: &str, front: FrontKind) -> Self {
        let whole = text.split_once("://").and_then(|_| Url::parse(text).ok()).filter(Url::has_host);
        let authority = whole.as_ref().map(|url| url[Position::BeforeHost..Position::AfterPort].to_owned());
        let rest = whole.as_ref().map(|url| &url[Position::BeforePath..Position::AfterQuery]);
        let (path, query) = rest.unwrap_or(text).split_once('?').unwrap_or((rest.unwrap_or(text), ""));
        let path = match front {
            FrontKind::HttpApi => percent_decode_str(path).decode_utf8_lossy().into_owned(),
            FrontKind::Rest | FrontKind::FunctionUrl | FrontKind::Alb => path.to_owned(),
        };
        Self { authority, path, query: query.to_owned(), is_outside: false }
    }

    /// Returns the relying party for the host of the address, and a note about it.
    pub(super) fn host(&mut self, first: RelyingParty) -> (RelyingParty, Option<String>) {
        let Some(authority) = self.authority.clone() else { return (first, None) };
        let headers = Headers::new(vec![("host".to_owned(), authority.clone())]);
        let (found, mut note) = match first.other_host(&headers) {
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
        let base = found.configuration.public_url.path();
        match self.path.strip_prefix(base) {
            Some("") => "/".clone_into(&mut self.path),
            Some(below) if below.starts_with('/') => self.path = below.to_owned(),
            _ => {
                self.is_outside = true;
                let _ = write!(note, "; {} is not below {base}", self.path);
            }
        }
        (found, Some(note))
    }
}

/// Tells what the functions behind `front` take the request for. A REST API sends exactly the paths below
/// `auth_prefix` to the functions that answer there, and any other spelling to the authorizer, which has no
/// endpoints.
pub(super) fn recipient(relying_party: &RelyingParty, request: &Request, front: Front) -> Recipient {
    let recipient = relying_party.recipient(request);
    let below = request.path.strip_prefix(relying_party.configuration.auth_prefix.as_str());
    let is_own = below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    match recipient {
        Recipient::Refused(_) if front == Front::Rest && !is_own => Recipient::Upstream,
        recipient => recipient,
    }
}

/// Why an endpoint refuses every request in this configuration, if so.
pub(super) fn turned_off(relying_party: &RelyingParty, endpoint: Endpoint) -> Option<&'static Reason> {
    let configuration = &relying_party.configuration;
    match endpoint {
        Endpoint::Login if !configuration.auth_methods.authorization_code => {
            Some(SignInRefusal::NotAccepted.reason())
        }
        Endpoint::BackchannelLogout
            if !configuration.takes_logout_tokens()
                || configuration.session.storage == SessionStorage::Cookie =>
        {
            Some(LogoutTokenRefusal::NotSupported.reason())
        }
        _ => None,
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
