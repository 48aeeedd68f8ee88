//! Answers vestibule's own endpoints, and notes for the log what each did.

mod backchannel_logout;
mod callback;
mod error;
mod login;
mod logout;
mod refresh;
mod session;

use http::StatusCode;
use relying_party::gate::front::Front;
use relying_party::http::endpoint::{Endpoint, EndpointRefusal, Place};
use relying_party::http::request::Request;
use relying_party::http::response::Response;
use relying_party::refusal::Refusal;
use relying_party::relying_party::RelyingParty;
use serde_json::json;

use crate::notes::Notes;
use crate::site::Site;

/// An answer and what the log is told.
#[derive(Debug)]
pub struct Handled {
    /// The answer.
    pub response: Response,
    /// The decision in a word or two.
    pub decision: &'static str,
    /// Why, when the request was refused or sent elsewhere.
    pub refusal: Option<Refusal>,
    /// A name for the session, when there is one.
    pub session_hash: Option<String>,
}

impl Site {
    /// Answers a request for one of the endpoints in `served`; for any other path it is not found.
    pub async fn answer(&self, request: &Request, served: &[Endpoint]) -> Handled {
        self.answer_behind(Front::Other, request, served).await
    }

    /// The same behind `front`: a load balancer may say who is signed in.
    pub async fn answer_behind(&self, front: Front, request: &Request, served: &[Endpoint]) -> Handled {
        let place = Place::of(&self.relying_party.configuration, &request.method, &request.path);
        self.answer_place(place, front, request, served).await
    }

    /// The same where it is known what the request is for.
    pub(crate) async fn answer_place(
        &self,
        place: Place,
        front: Front,
        request: &Request,
        served: &[Endpoint],
    ) -> Handled {
        match place {
            Place::Endpoint(endpoint) if served.contains(&endpoint) => {
                self.answer_at(endpoint, request, front).await
            }
            Place::Endpoint(_) | Place::Upstream => self.refuse(request, EndpointRefusal::NotFound),
            Place::Refused(refusal) => self.refuse(request, refusal),
        }
    }

    async fn answer_at(&self, endpoint: Endpoint, request: &Request, front: Front) -> Handled {
        let handled = match endpoint {
            Endpoint::BackchannelLogout => self.sign_out.backchannel_logout(request).await,
            Endpoint::Callback => Ok(self.sign_in.callback(request, front).await),
            Endpoint::Error => Ok(self.error(request, front).await),
            Endpoint::Health => {
                Ok(Handled::of("healthy", Response::json(StatusCode::OK, &json!({ "status": "ok" }))))
            }
            Endpoint::Login => self.sign_in.login(request, front).await,
            Endpoint::Logout => self.sign_out.logout(request, front).await,
            Endpoint::Refresh => Ok(self.refresh(request, front).await),
            Endpoint::Session => self.session(request, front).await,
            Endpoint::SignedOut => Ok(self.signed_out(request, front).await),
        };
        handled.unwrap_or_else(|refusal| self.refuse(request, refusal)).fitting(front)
    }

    async fn signed_out(&self, request: &Request, front: Front) -> Handled {
        let who = self.credentials.signed_in_as(request, front).await;
        let decision = if who.is_some() { "still_signed_in" } else { "signed_out" };
        Handled::of(decision, self.relying_party.signed_out_page(request, who.as_deref()))
    }

    /// The answer to a request that is refused.
    pub fn refuse(&self, request: &Request, refusal: impl Into<Refusal>) -> Handled {
        Handled::refused(&self.relying_party, &self.notes, request, refusal.into())
    }
}

impl Handled {
    pub(crate) const fn of(decision: &'static str, response: Response) -> Self {
        Self { response, decision, refusal: None, session_hash: None }
    }

    /// The answer to a request that is refused.
    pub(crate) fn refused(
        relying_party: &RelyingParty,
        notes: &Notes,
        request: &Request,
        refusal: Refusal,
    ) -> Self {
        notes.note_outdated(&refusal);
        Self::of("refuse", relying_party.refused(request, &refusal, None)).because(refusal)
    }

    pub(crate) fn because(mut self, refusal: impl Into<Refusal>) -> Self {
        self.refusal = Some(refusal.into());
        self
    }

    pub(crate) fn named(mut self, session_hash: String) -> Self {
        self.session_hash = Some(session_hash);
        self
    }

    /// The same, short enough for `front` to carry.
    pub(crate) fn fitting(self, front: Front) -> Self {
        Self { response: self.response.fitting(front.max_head_bytes()), ..self }
    }

    /// The same with those of these `Set-Cookie` values that it does not have.
    pub(crate) fn also_setting(mut self, set_cookies: Vec<String>) -> Self {
        let has = |cookie: &String| self.response.set_cookies.contains(cookie);
        let further: Vec<String> = set_cookies.into_iter().filter(|cookie| !has(cookie)).collect();
        self.response.set_cookies.extend(further);
        self
    }

    pub(crate) fn cookies(mut self, set_cookies: impl IntoIterator<Item = String>) -> Self {
        self.response.set_cookies.extend(set_cookies);
        self
    }
}
