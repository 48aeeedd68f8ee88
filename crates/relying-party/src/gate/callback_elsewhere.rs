//! A `redirect_uri` on a path of the application: the callback there is only what answers an attempt of this browser.

use std::fmt::Write as _;

use url::form_urlencoded;

use crate::gate::GateRefusal;
use crate::http::cookie::Cookies;
use crate::http::endpoint::{self, Endpoint, Place};
use crate::http::page_load;
use crate::http::request::Request;
use crate::relying_party::RelyingParty;
use crate::sign_in::attempt::Attempt;
use crate::sign_in::state::StateText;

use super::MAX_LOCATION_BYTES;

/// The query parameter with which an authorizer says at which of several paths the answer came.
const HANDED_OVER_FROM: &str = "callback_path";

impl RelyingParty {
    /// Tells what a request is for. At a `redirect_uri` outside of `auth_prefix` it is for the callback when it has one `state` and this
    /// browser the attempt, by whatever method: the application would write the code into its log. Anything else there is the
    /// application's, and so is another spelling of it without a `state`. A request that asks for sign-out there is for the endpoint that signs out.
    pub fn place(&self, request: &Request) -> Place {
        let path = request.path.as_str();
        let elsewhere = self.callbacks_elsewhere();
        let is_upstreams = if elsewhere.has(path) {
            // A path that reads as one of ours is never the application's, even when it is configured.
            !endpoint::reads_as_below(path, &self.configuration.auth_prefix)
                && !elsewhere.answers_attempt(request)
        } else {
            let is_spelling = elsewhere.paths().any(|callback| endpoint::reads_as(path, callback));
            is_spelling && !elsewhere.imitates_own_path(request)
        };
        let place = if is_upstreams {
            Place::Upstream
        } else {
            Place::of(&self.configuration, &request.method, path)
        };
        // The answer to a sign-in was found before: sign-out is the last purpose that a path of the application can have.
        let logout_requests = &self.configuration.logout_requests;
        if place == Place::Upstream && logout_requests.cover(&request.method, path, &request.query) {
            return Place::Endpoint(Endpoint::Logout);
        }
        place
    }

    /// The location for a page load on a `redirect_uri` outside `auth_prefix` that answers an attempt: an API whose routes are
    /// fixed sends all of its paths but ours to the authorizer.
    pub fn callback_elsewhere(&self, request: &Request) -> Option<(String, GateRefusal)> {
        if !self.callbacks_elsewhere().is_answer(request) || !page_load::is_page_load(request) {
            return None;
        }
        let mut location = format!("{}?{}", self.own_url(Endpoint::Callback.path()), request.query);
        if self.configuration.callback_paths.len() > 1 {
            let path: String = form_urlencoded::byte_serialize(request.path.as_bytes()).collect();
            let _ = write!(location, "&{HANDED_OVER_FROM}={path}");
        }
        (location.len() <= MAX_LOCATION_BYTES).then_some((location, GateRefusal::CallbackElsewhere))
    }

    /// The callbacks outside of `auth_prefix`.
    pub(crate) const fn callbacks_elsewhere(&self) -> CallbacksElsewhere<'_> {
        CallbacksElsewhere { relying_party: self }
    }
}

/// The callbacks of this host outside of `auth_prefix`.
#[derive(Clone, Copy)]
pub(crate) struct CallbacksElsewhere<'a> {
    relying_party: &'a RelyingParty,
}

impl<'a> CallbacksElsewhere<'a> {
    /// The path at which an answer came that was handed over to the callback of `auth_prefix`. A client that claims one gains
    /// nothing: it has to be served, and to be the one that was sent.
    pub(crate) fn handed_over_from(self, request: &Request) -> Option<&'a str> {
        let claimed = request.query_values(HANDED_OVER_FROM);
        let [.., claimed] = claimed.as_slice() else { return None };
        self.paths().find(|callback| callback == claimed)
    }

    /// Tells whether `request` is an authorization response at a `redirect_uri` outside `auth_prefix`.
    pub(super) fn is_answer(self, request: &Request) -> bool {
        self.has(&request.path) && self.answers_attempt(request)
    }

    /// The location for a page load that would be sent to sign in and has come from there: with a `state` of ours, without its
    /// attempt. The callback counts how often that happens, so a browser that keeps no cookies is in no loop.
    pub(super) fn stray(self, request: &Request) -> Option<String> {
        if !self.has(&request.path) {
            return None;
        }
        let state = StateText::parse(&request.query_values("state")).ok()?;
        state.restarts(&self.relying_party.ring)?;
        Some(format!("{}?state={}", self.relying_party.own_url(Endpoint::Callback.path()), state.text()))
    }

    /// Tells whether the path could be read as one of ours and is not the spelling that is served. That of a `redirect_uri` outside
    /// of `auth_prefix` is the application's where there is no `state` that it could take for its own.
    pub(super) fn imitates_own_path(self, request: &Request) -> bool {
        let (configuration, path) = (&self.relying_party.configuration, request.path.as_str());
        if !endpoint::imitates(configuration, path) {
            return false;
        }
        self.paths().next().is_none()
            || endpoint::reads_as_below(path, &configuration.auth_prefix)
            || !request.query_values("state").is_empty()
    }

    /// The paths of this host outside of `auth_prefix` at which the provider answers.
    fn paths(self) -> impl Iterator<Item = &'a str> {
        let configuration = &self.relying_party.configuration;
        let paths = configuration.callback_paths.iter().map(String::as_str);
        paths.filter(|path| !endpoint::is_below(path, &configuration.auth_prefix))
    }

    fn has(self, path: &str) -> bool {
        self.paths().any(|callback| callback == path)
    }

    /// Tells whether there is exactly one `state`, and this browser has the attempt for it.
    fn answers_attempt(self, request: &Request) -> bool {
        let (relying_party, cookies) = (self.relying_party, Cookies::parse(&request.headers));
        let sealed_for = (&*relying_party.ring, relying_party.configuration.redirect_uris.as_slice());
        StateText::parse(&request.query_values("state"))
            .is_ok_and(|state| Attempt::is_begun_for(&state, &cookies, sealed_for))
    }
}
