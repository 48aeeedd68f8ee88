//! `/oauth2/refresh` refreshes the session, because cookies can be set here.

use http::{Method, StatusCode};
use relying_party::gate::front::Front;
use relying_party::http::cookie::Cookies;
use relying_party::http::page_load;
use relying_party::http::request::Request;
use relying_party::http::response::Response;
use relying_party::refusal::Refusal;
use relying_party::refusal::reason::Fault;
use relying_party::session::Session;
use relying_party::session::refresh_policy::{self, RefreshRefusal};
use relying_party::session::report;
use relying_party::sign_in::SignIn;
use relying_party::sign_in::return_target::ReturnTarget;

use crate::logged_response::LoggedResponse;
use crate::session::session_hash::session_hash;
use crate::site::Site;

impl Site {
    pub(super) async fn refresh(&self, request: &Request, front: Front) -> LoggedResponse {
        let refreshed = if request.method == Method::POST {
            self.refresh_for_script(request).await
        } else {
            self.refresh_for_page(request, front).await
        };
        refreshed.unwrap_or_else(|refusal| {
            let cookies = Cookies::parse(&request.headers);
            let ended = self.relying_party.cookies_of_ended(&refusal, &cookies, self.now());
            self.refuse(request, refusal).cookies(ended)
        })
    }

    async fn refresh_for_script(&self, request: &Request) -> Result<LoggedResponse, Refusal> {
        if !page_load::is_own_action(request, self.relying_party.configuration.public_url.origin()) {
            return Err(RefreshRefusal::NotSameOrigin.into());
        }
        if !is_json(request) {
            return Err(RefreshRefusal::NotJson.into());
        }
        let (session, set_cookies) = self.refreshed_session(request).await?;
        let report =
            report::of_session(&session, &session.limits_in(&self.relying_party.configuration.session));
        Ok(LoggedResponse::of("refreshed", report).cookies(set_cookies).named(session_hash(&session)))
    }

    async fn refresh_for_page(&self, request: &Request, front: Front) -> Result<LoggedResponse, Refusal> {
        if !page_load::is_page_load(request) {
            return Err(RefreshRefusal::NotAPageLoad.into());
        }
        let configuration = &self.relying_party.configuration;
        let requested = ReturnTarget::requested(request, front, configuration);
        let target = ReturnTarget::or_default(requested, configuration);
        let cookies = Cookies::parse(&request.headers);
        refresh_policy::check_mark(&cookies, &target)?;
        match self.refreshed_session(request).await {
            Ok((session, set_cookies)) => {
                let response = Response::redirect(StatusCode::SEE_OTHER, target.clone());
                Ok(LoggedResponse::of("refreshed", response)
                    .cookies(set_cookies)
                    .cookies([refresh_policy::mark(&target)])
                    .named(session_hash(&session)))
            }
            Err(refusal) if leads_to_sign_in(&refusal) => {
                let sign_in = SignIn::unasked(target, configuration);
                let ended = self.relying_party.cookies_of_ended(&refusal, &cookies, self.now());
                Ok(self
                    .sign_in
                    .to_provider((request, front), sign_in, Some(refusal.clone()))
                    .await?
                    .cookies(ended)
                    .because(refusal))
            }
            Err(refusal) => Err(refusal),
        }
    }

    /// The refreshed session and the cookies that store it.
    async fn refreshed_session(&self, request: &Request) -> Result<(Session, Vec<String>), Refusal> {
        let cookies = Cookies::parse(&request.headers);
        let now = self.now();
        let (loaded, state) = self.sessions.live(&cookies, now).await?;
        self.sessions.refresh(loaded, state, &cookies, now).await
    }
}

/// Tells whether the page load goes to sign-in because no session can be refreshed. During an outage it has
/// to wait.
fn leads_to_sign_in(refusal: &Refusal) -> bool {
    refusal.reason().status == StatusCode::UNAUTHORIZED && refusal.reason().fault != Fault::Outage
}

fn is_json(request: &Request) -> bool {
    request.headers.media_type().is_some_and(|text| text.eq_ignore_ascii_case("application/json"))
}
