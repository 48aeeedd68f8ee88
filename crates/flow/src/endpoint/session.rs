//! `/oauth2/session` tells a page who is signed in.

use relying_party::forwarding::identity_header::Identity;
use relying_party::gate::GateRefusal;
use relying_party::gate::front::Front;
use relying_party::http::cookie::Cookies;
use relying_party::http::request::Request;
use relying_party::refusal::Refusal;
use relying_party::secret::Secret;
use relying_party::session::report;
use relying_party::token::access_token::{AccessTokenRefusal, BearerCredential, bearer_credential};

use crate::logged_response::LoggedResponse;
use crate::session::session_hash::session_hash;
use crate::site::Site;

impl Site {
    pub(super) async fn session(&self, request: &Request, front: Front) -> Result<LoggedResponse, Refusal> {
        match bearer_credential(&request.headers) {
            BearerCredential::Absent | BearerCredential::Other => {
                match self.relying_party.load_balancer_headers(request, front)? {
                    Some(presented) => {
                        let identity = self.credentials.load_balancer_identity(&presented).await?;
                        Ok(LoggedResponse::of("load_balancer", report::of_identity(&identity, None)))
                    }
                    None => self.report_session(request).await,
                }
            }
            BearerCredential::Malformed => Err(AccessTokenRefusal::MalformedCredential.into()),
            BearerCredential::Token(_) if !self.relying_party.configuration.auth_methods.bearer => {
                Err(GateRefusal::BearerNotAccepted.into())
            }
            BearerCredential::Token(token) => {
                let access_token = self.credentials.access_token(token).await?;
                let expires_at = access_token.expires_at;
                let identity = Identity::from_access_token(access_token, Secret::new(token));
                Ok(LoggedResponse::of("bearer", report::of_identity(&identity, Some(expires_at))))
            }
        }
    }

    async fn report_session(&self, request: &Request) -> Result<LoggedResponse, Refusal> {
        let cookies = Cookies::parse(&request.headers);
        match self.sessions.live(&cookies, self.now()).await {
            Ok((loaded, _)) => {
                let limits = loaded.session.limits_in(&self.relying_party.configuration.session);
                let report = report::of_session(&loaded.session, &limits);
                Ok(LoggedResponse::of("session", report).named(session_hash(&loaded.session)))
            }
            Err(refusal) => {
                let expired = self.relying_party.expire_unusable(&refusal, &cookies);
                Ok(self.refuse(request, refusal).cookies(expired))
            }
        }
    }
}
