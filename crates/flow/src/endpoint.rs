//! Answers vestibule's own endpoints, and records for the log what each did.

mod backchannel_logout;
mod callback;
mod error;
mod health;
mod login;
mod logout;
mod refresh;
mod session;
mod signed_out;

use relying_party::gate::front::Front;
use relying_party::http::endpoint::{Endpoint, EndpointRefusal, Recipient};
use relying_party::http::request::Request;
use relying_party::refusal::Refusal;

use crate::logged_response::LoggedResponse;
use crate::site::Site;

impl Site {
    /// Answers a request for one of the endpoints in `served`. Any other path is answered as not found.
    pub async fn answer(&self, request: &Request, served: &[Endpoint]) -> LoggedResponse {
        self.answer_behind(Front::Other, request, served).await
    }

    /// Like [`Self::answer`], but behind `front`. A load balancer there may name the signed-in person.
    pub async fn answer_behind(
        &self,
        front: Front,
        request: &Request,
        served: &[Endpoint],
    ) -> LoggedResponse {
        let recipient = Recipient::of(&self.relying_party.configuration, &request.method, &request.path);
        self.answer_as(recipient, front, request, served).await
    }

    /// Like [`Self::answer_behind`], when the recipient of the request is already known.
    pub(crate) async fn answer_as(
        &self,
        recipient: Recipient,
        front: Front,
        request: &Request,
        served: &[Endpoint],
    ) -> LoggedResponse {
        match recipient {
            Recipient::Endpoint(endpoint) if served.contains(&endpoint) => {
                self.answer_at(endpoint, request, front).await
            }
            Recipient::Endpoint(_) | Recipient::Upstream => self.refuse(request, EndpointRefusal::NotFound),
            Recipient::Refused(refusal) => self.refuse(request, refusal),
        }
    }

    async fn answer_at(&self, endpoint: Endpoint, request: &Request, front: Front) -> LoggedResponse {
        let logged = match endpoint {
            Endpoint::BackchannelLogout => self.sign_out.backchannel_logout(request).await,
            Endpoint::Callback => Ok(self.sign_in.callback(request, front).await),
            Endpoint::Error => Ok(self.error(request, front).await),
            Endpoint::Health => Ok(health::health()),
            Endpoint::Login => self.sign_in.login(request, front).await,
            Endpoint::Logout => self.sign_out.logout(request, front).await,
            Endpoint::Refresh => Ok(self.refresh(request, front).await),
            Endpoint::Session => self.session(request, front).await,
            Endpoint::SignedOut => Ok(self.signed_out(request, front).await),
        };
        logged.unwrap_or_else(|refusal| self.refuse(request, refusal)).fitting(front)
    }

    /// The response to a refused request.
    pub fn refuse(&self, request: &Request, refusal: impl Into<Refusal>) -> LoggedResponse {
        LoggedResponse::refused(&self.relying_party, &self.notes, request, refusal.into())
    }
}
