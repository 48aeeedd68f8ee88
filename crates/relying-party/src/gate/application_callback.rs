//! Handles a `redirect_uri` on a path of the application. Only a response to an attempt of this browser is a
//! callback there.

use std::fmt::Write as _;

use url::form_urlencoded;

use crate::gate::GateRefusal;
use crate::http::cookie::Cookies;
use crate::http::endpoint::{self, Endpoint, Recipient};
use crate::http::page_load;
use crate::http::request::Request;
use crate::relying_party::RelyingParty;
use crate::sign_in::attempt::Attempt;
use crate::sign_in::state::StateText;

use super::MAX_LOCATION_BYTES;

/// The query parameter with which an authorizer passes on the path at which the response arrived.
const CALLBACK_PATH_PARAMETER: &str = "callback_path";

impl RelyingParty {
    /// Tells what a request is for.
    ///
    /// At a `redirect_uri` outside `auth_prefix` it is for the callback if it has exactly one `state` and
    /// this browser has the attempt for it, whatever the method; otherwise the application could log the
    /// code. Any other request there is for the application, and so is another spelling of the path without a
    /// `state`. One that asks for sign-out there is for the sign-out endpoint.
    pub fn recipient(&self, request: &Request) -> Recipient {
        let path = request.path.as_str();
        let callbacks = self.application_callbacks();
        let is_upstreams = if callbacks.has(path) {
            // A path that can be read as one of ours is never the application's, even if it is configured.
            !endpoint::reads_as_below(path, &self.configuration.auth_prefix)
                && !callbacks.has_attempt(request)
        } else {
            let is_spelling = callbacks.paths().any(|callback| endpoint::reads_as(path, callback));
            is_spelling && !callbacks.imitates_own_path(request)
        };
        let recipient = if is_upstreams {
            Recipient::Upstream
        } else {
            Recipient::of(&self.configuration, &request.method, path)
        };
        // Responses to a sign-in have been handled above, so sign-out is the last possible purpose.
        let logout_requests = &self.configuration.logout_requests;
        if recipient == Recipient::Upstream && logout_requests.cover(&request.method, path, &request.query) {
            return Recipient::Endpoint(Endpoint::Logout);
        }
        recipient
    }

    /// The location to which a page load is redirected that arrived at a `redirect_uri` outside `auth_prefix`
    /// and answers an attempt. An API with fixed routes sends every path except ours to the authorizer.
    pub fn callback_on_application_path(&self, request: &Request) -> Option<(String, GateRefusal)> {
        if !self.application_callbacks().is_authorization_response(request)
            || !page_load::is_page_load(request)
        {
            return None;
        }
        let mut location = format!("{}?{}", self.own_url(Endpoint::Callback.path()), request.query);
        if self.configuration.callback_paths.len() > 1 {
            let path: String = form_urlencoded::byte_serialize(request.path.as_bytes()).collect();
            let _ = write!(location, "&{CALLBACK_PATH_PARAMETER}={path}");
        }
        (location.len() <= MAX_LOCATION_BYTES).then_some((location, GateRefusal::CallbackOnApplicationPath))
    }

    /// The callbacks outside `auth_prefix`.
    pub(crate) const fn application_callbacks(&self) -> ApplicationCallbacks<'_> {
        ApplicationCallbacks { relying_party: self }
    }
}

/// The callbacks of this host outside `auth_prefix`.
#[derive(Clone, Copy)]
pub(crate) struct ApplicationCallbacks<'a> {
    relying_party: &'a RelyingParty,
}

impl<'a> ApplicationCallbacks<'a> {
    /// The path at which a response arrived before it was passed on to the callback of `auth_prefix`. A
    /// client gains nothing by inventing one: the path must be configured and must be the one that was sent
    /// to the provider.
    pub(crate) fn passed_on_from(self, request: &Request) -> Option<&'a str> {
        let claimed = request.query_values(CALLBACK_PATH_PARAMETER);
        let [.., claimed] = claimed.as_slice() else { return None };
        self.paths().find(|callback| callback == claimed)
    }

    /// Tells whether `request` is an authorization response at a `redirect_uri` outside `auth_prefix`.
    pub(super) fn is_authorization_response(self, request: &Request) -> bool {
        self.has(&request.path) && self.has_attempt(request)
    }

    /// The location for a page load at such a path that has one of our `state` values but no attempt, in
    /// place of a sign-in. The callback counts how often that happens, so that a browser without cookies does
    /// not loop.
    pub(super) fn stray(self, request: &Request) -> Option<String> {
        if !self.has(&request.path) {
            return None;
        }
        let state = StateText::parse(&request.query_values("state")).ok()?;
        state.restarts(&self.relying_party.ring)?;
        Some(format!("{}?state={}", self.relying_party.own_url(Endpoint::Callback.path()), state.text()))
    }

    /// Tells whether the path could be read as one of ours without being its exact spelling. A spelling of a
    /// `redirect_uri` outside `auth_prefix` belongs to the application if there is no `state` that the
    /// application could mistake for its own.
    pub(super) fn imitates_own_path(self, request: &Request) -> bool {
        let (configuration, path) = (&self.relying_party.configuration, request.path.as_str());
        if !endpoint::imitates(configuration, path) {
            return false;
        }
        self.paths().next().is_none()
            || endpoint::reads_as_below(path, &configuration.auth_prefix)
            || !request.query_values("state").is_empty()
    }

    /// The paths of this host outside `auth_prefix` to which the provider redirects.
    fn paths(self) -> impl Iterator<Item = &'a str> {
        let configuration = &self.relying_party.configuration;
        let paths = configuration.callback_paths.iter().map(String::as_str);
        paths.filter(|path| !endpoint::is_below(path, &configuration.auth_prefix))
    }

    fn has(self, path: &str) -> bool {
        self.paths().any(|callback| callback == path)
    }

    /// Tells whether there is exactly one `state`, and this browser has the attempt for it.
    fn has_attempt(self, request: &Request) -> bool {
        let (relying_party, cookies) = (self.relying_party, Cookies::parse(&request.headers));
        let sealed_for = (&*relying_party.ring, relying_party.configuration.redirect_uris.as_slice());
        StateText::parse(&request.query_values("state"))
            .is_ok_and(|state| Attempt::is_begun_for(&state, &cookies, sealed_for))
    }
}
