//! A `redirect_uri` on a path of the application: the callback there is only what answers an attempt of this browser.

use crate::gate::GateRefusal;
use crate::http::cookie::Cookies;
use crate::http::endpoint::{self, Endpoint, EndpointRefusal, Place};
use crate::http::page_load;
use crate::http::request::Request;
use crate::relying_party::RelyingParty;
use crate::sign_in::attempt::Attempt;
use crate::sign_in::state::StateText;

use super::MAX_LOCATION_BYTES;

impl RelyingParty {
    /// Tells what a request is for. At a `redirect_uri` outside of `auth_prefix` it is for the callback when it has one `state` and this
    /// browser the attempt, by whatever method: the application would write the code into its log. Anything else there is the
    /// application's, and so is another spelling of it without a `state`.
    pub fn place(&self, request: &Request) -> Place {
        if self.has_callback_elsewhere() {
            let callback = &self.configuration.callback_path;
            // A path that reads as one of ours is never the application's, even when it is configured.
            if request.path == *callback
                && !endpoint::reads_as_below(callback, &self.configuration.auth_prefix)
            {
                let ours = self.answers_attempt(request);
                return if ours {
                    Place::of(&self.configuration, &request.method, &request.path)
                } else {
                    Place::Upstream
                };
            }
            if endpoint::reads_as(&request.path, callback) {
                let ours = self.imitates_own_path(request);
                return if ours { Place::Refused(EndpointRefusal::NotFound) } else { Place::Upstream };
            }
        }
        Place::of(&self.configuration, &request.method, &request.path)
    }

    /// The location for a page load on a `redirect_uri` outside `auth_prefix` that answers an attempt: an API whose routes are
    /// fixed sends all of its paths but ours to the authorizer.
    pub fn callback_elsewhere(&self, request: &Request) -> Option<(String, GateRefusal)> {
        if !self.is_callback_elsewhere(request) || !page_load::is_page_load(request) {
            return None;
        }
        let location = format!("{}?{}", self.own_url(Endpoint::Callback.path()), request.query);
        (location.len() <= MAX_LOCATION_BYTES).then_some((location, GateRefusal::CallbackElsewhere))
    }

    /// Tells whether `request` is an authorization response at a `redirect_uri` outside `auth_prefix`.
    pub(super) fn is_callback_elsewhere(&self, request: &Request) -> bool {
        self.has_callback_elsewhere()
            && request.path == self.configuration.callback_path
            && self.answers_attempt(request)
    }

    /// The location for a page load that would be sent to sign in and has come from there: with a `state` of ours, without its
    /// attempt. The callback counts how often that happens, so a browser that keeps no cookies is in no loop.
    pub(super) fn stray_elsewhere(&self, request: &Request) -> Option<String> {
        if !self.has_callback_elsewhere() || request.path != self.configuration.callback_path {
            return None;
        }
        let state = StateText::parse(&request.query_values("state")).ok()?;
        state.restarts(&self.ring)?;
        Some(format!("{}?state={}", self.own_url(Endpoint::Callback.path()), state.text()))
    }

    /// Tells whether the path could be read as one of ours and is not the spelling that is served. That of a `redirect_uri` outside
    /// of `auth_prefix` is the application's where there is no `state` that it could take for its own.
    pub(super) fn imitates_own_path(&self, request: &Request) -> bool {
        let (configuration, path) = (&self.configuration, request.path.as_str());
        if !endpoint::imitates(configuration, path) {
            return false;
        }
        !self.has_callback_elsewhere()
            || endpoint::reads_as_below(path, &configuration.auth_prefix)
            || !request.query_values("state").is_empty()
    }

    fn has_callback_elsewhere(&self) -> bool {
        !endpoint::is_below(&self.configuration.callback_path, &self.configuration.auth_prefix)
    }

    /// Tells whether there is exactly one `state`, and this browser has the attempt for it.
    fn answers_attempt(&self, request: &Request) -> bool {
        StateText::parse(&request.query_values("state"))
            .is_ok_and(|state| Attempt::is_begun_for(&state, &Cookies::parse(&request.headers), &self.ring))
    }
}
