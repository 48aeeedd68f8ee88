//! Runs the proxy's flow: it answers vestibule's own paths and forwards permitted requests.

use std::mem;

use http::{Method, StatusCode};
use relying_party::forwarding::{Destination, ForwardedHead};
use relying_party::gate::front::Front;
use relying_party::gate::{Permit, Verdict};
use relying_party::http::endpoint::{Endpoint, Recipient};
use relying_party::http::request::Request;
use relying_party::http::response::Response;
use relying_party::refusal::Refusal;
use tokio::time::Instant;

use crate::logged_response::LoggedResponse;
use crate::ports::{Upstream, UpstreamBody};
use crate::site::Site;

/// The ways in which a request is answered.
pub enum Served {
    /// A response of vestibule's own.
    Ours(Box<LoggedResponse>),
    /// A response of the upstream.
    Upstream(Box<Forwarded>),
}

/// A response of the upstream on its way to the client.
pub struct Forwarded {
    /// The method of the request. It decides whether the response has a body.
    pub method: Method,
    /// The head as the client receives it.
    pub head: ForwardedHead,
    /// The body.
    pub body: Box<dyn UpstreamBody>,
    /// A name for the session in the log, when there is a session.
    pub session_hash: Option<String>,
}

impl Site {
    /// Answers one request: with one of vestibule's endpoints, a refusal, a redirect, or the upstream's
    /// response, which has to arrive by `until`. Takes the body out of `request`.
    ///
    /// `front` is one that [forwards](Front::forwards).
    pub async fn serve(
        &self,
        request: &mut Request,
        front: Front,
        upstream: &dyn Upstream,
        until: Instant,
    ) -> Served {
        if let Err(refusal) = self.relying_party.check_front(request) {
            return ours(self.refuse(request, refusal));
        }
        let recipient = self.relying_party.recipient(request);
        if recipient != Recipient::Upstream {
            // Boxed, because otherwise the state of every endpoint's flow would be part of every forwarded
            // request's future.
            return ours(Box::pin(self.answer_as(recipient, front, request, &Endpoint::ALL)).await);
        }
        if let Err(refusal) = self.relying_party.check_forwardable(request) {
            return ours(self.refuse(request, refusal));
        }
        let decision = self.authorize(request, front).await;
        let named =
            |logged: LoggedResponse| LoggedResponse { session_hash: decision.session_hash.clone(), ..logged };
        match decision.verdict {
            Verdict::Forward(permit) => {
                let body = mem::take(&mut request.body);
                self.notes.note_done();
                match self.forward(request, body, &permit, upstream, until).await {
                    Ok((mut head, body)) => {
                        if permit.is_unseen_by_caches() {
                            head.keep_from_shared_caches();
                        }
                        head.set(decision.set_cookies);
                        let session_hash = decision.session_hash;
                        Served::Upstream(Box::new(Forwarded {
                            method: request.method.clone(),
                            head,
                            body,
                            session_hash,
                        }))
                    }
                    Err(refusal) => ours(named(self.refuse(request, refusal)).cookies(decision.set_cookies)),
                }
            }
            Verdict::Redirect { location, cause } if self.relying_party.drops_return_target(&location) => {
                let begun = Box::pin(self.sign_in_from((request, front), cause)).await;
                ours(named(begun).also_setting(decision.set_cookies).fitting(front))
            }
            Verdict::Redirect { location, cause } => {
                let response = Response::redirect(StatusCode::FOUND, location);
                let logged = LoggedResponse::of("redirect", response).because(cause);
                ours(named(logged).cookies(decision.set_cookies))
            }
            Verdict::Refuse(refusal) => {
                let logged = Box::pin(self.refuse_signed_in(request, front, refusal)).await;
                ours(named(logged).cookies(decision.set_cookies))
            }
        }
    }

    async fn forward(
        &self,
        request: &Request,
        body: Vec<u8>,
        permit: &Permit,
        upstream: &dyn Upstream,
        until: Instant,
    ) -> Result<(ForwardedHead, Box<dyn UpstreamBody>), Refusal> {
        let destination = Destination::of(&self.relying_party, request)?;
        let sent = self.relying_party.upstream_request(request, body, permit, &destination);
        let response = upstream.send(sent, until).await?;
        Ok((self.relying_party.forwarded_head(response.head, &destination)?, response.body))
    }

    /// Redirects a page load to the provider directly, because its address is too long to be passed through
    /// `/login`.
    async fn sign_in_from(&self, (request, front): (&Request, Front), cause: Refusal) -> LoggedResponse {
        let relying_party = &self.relying_party;
        let (sign_in, dropped_return_target) = relying_party.sign_in_from(request, front);
        self.notes.note(dropped_return_target.map(str::to_owned));
        match self.sign_in.to_provider((request, front), sign_in, Some(cause.clone())).await {
            Ok(logged) => logged.because(cause),
            Err(refusal) => self.refuse(request, refusal),
        }
    }

    /// Names the signed-in user on the page of a forbidden request, because they may have used the wrong
    /// account.
    async fn refuse_signed_in(&self, request: &Request, front: Front, refusal: Refusal) -> LoggedResponse {
        if refusal.reason().status != StatusCode::FORBIDDEN {
            return self.refuse(request, refusal);
        }
        let who = self.credentials.signed_in_as(request, front).await;
        let response = self.relying_party.refused(request, &refusal, who.as_deref());
        LoggedResponse::of("refuse", response).because(refusal)
    }
}

fn ours(logged: LoggedResponse) -> Served {
    Served::Ours(Box::new(logged))
}
