//! `/oauth2/session` tells a page who is signed in; `/oauth2/error` shows a refusal.

use http::StatusCode;
use relying_party::forwarding::identity_header::Identity;
use relying_party::gate::GateRefusal;
use relying_party::gate::front::Front;
use relying_party::http::cookie::Cookies;
use relying_party::http::request::Request;
use relying_party::refusal::Refusal;
use relying_party::refusal::reason::Reason;
use relying_party::secret::Secret;
use relying_party::session::report;
use relying_party::token::access_token::{AccessTokenRefusal, BearerCredential, bearer_credential};

use super::Handled;
use crate::session::id::session_hash;
use crate::site::Site;

impl Site {
    pub(super) async fn report(&self, request: &Request, front: Front) -> Result<Handled, Refusal> {
        match bearer_credential(&request.headers) {
            BearerCredential::Absent | BearerCredential::Other => {
                match self.relying_party.said_by_load_balancer(request, front)? {
                    Some(presented) => {
                        let identity = self.load_balancer_identity(&presented).await?;
                        Ok(Handled::of("load_balancer", report::of_load_balancer(&identity)))
                    }
                    None => self.report_session(request).await,
                }
            }
            BearerCredential::Malformed => Err(AccessTokenRefusal::MalformedCredential.into()),
            BearerCredential::Token(_) if !self.relying_party.configuration.auth_methods.bearer => {
                Err(GateRefusal::BearerNotAccepted.into())
            }
            BearerCredential::Token(token) => {
                let access_token = self.access_token(token).await?;
                let expires_at = access_token.expires_at;
                let identity = Identity::from_access_token(access_token, Secret::new(token));
                Ok(Handled::of("bearer", report::of_bearer(&identity, expires_at)))
            }
        }
    }

    async fn report_session(&self, request: &Request) -> Result<Handled, Refusal> {
        let cookies = Cookies::parse(&request.headers);
        match self.sessions.live(&cookies, self.now()).await {
            Ok((held, _)) => {
                let limits = self.relying_party.limits_of(&held.session);
                let report = report::of_session(&held.session, &limits);
                Ok(Handled::of("session", report).named(session_hash(&held.session)))
            }
            Err(refusal) => {
                let expired = self.expired_unopenable(&cookies, &refusal);
                Ok(self.refuse(request, refusal).cookies(expired))
            }
        }
    }

    /// Explains a refusal of the authorizer, which could only redirect here. The reason comes from a closed list.
    pub(super) async fn explain(&self, request: &Request, front: Front) -> Handled {
        let values = request.query_values("reason");
        let [code] = values.as_slice() else { return self.refuse(request, Refusal::UnknownReason) };
        let Some(reason) = Reason::named(code) else { return self.refuse(request, Refusal::UnknownReason) };
        // A cache between keeps pages of errors, whatever they say: only the person who may not open a page is named.
        let who = match reason.status {
            StatusCode::FORBIDDEN => self.signed_in_as(request, front).await,
            _ => None,
        };
        Handled::of("explain", self.relying_party.explanation(request, reason, who.as_deref()))
    }

    /// Names the person who is signed in, for a page.
    pub(crate) async fn signed_in_as(&self, request: &Request, front: Front) -> Option<String> {
        if let Some(presented) = self.relying_party.said_by_load_balancer(request, front).ok()? {
            let identity = self.load_balancer_identity(&presented).await.ok()?;
            return Some(identity.email.or(identity.username).unwrap_or(identity.subject));
        }
        let (held, _) = self.sessions.live(&Cookies::parse(&request.headers), self.now()).await.ok()?;
        let session = held.session;
        Some(session.email.or(session.username).unwrap_or(session.subject))
    }
}
