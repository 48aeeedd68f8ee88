//! Serves the API Gateway Lambda authorizer with the outcomes that each kind of API supports.
//!
//! A REST API supports four. The authorizer allows; denies with a location, which the gateway response turns
//! into a redirect; fails with exactly `Unauthorized`, which becomes a fixed 401; or fails with any other
//! message, which becomes a fixed 503. A WebSocket API supports the same except the location, because a
//! handshake follows no redirect.

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use flow::gate::Decision;
use flow::site::Site;
use http::StatusCode;
use relying_party::forwarding::authorizer_context::{self, Caller, RemainingCookie, Spelling};
use relying_party::gate::front::Front;
use relying_party::gate::{Permit, Verdict};
use relying_party::http::cookie;
use relying_party::refusal::Refusal;
use relying_party::refusal::reason::Reason;
use tokio::time::Instant as Deadline;

use crate::authorizer_response::{AuthorizerResponse, render_authorizer, render_denial};
use crate::event::{AuthorizerEvent, AuthorizerForm, EventRefusal, RefusedEvent, parse_authorizer_event};
use crate::function_log::{self, FunctionLog};
use crate::log::Format;
use crate::{Function, FunctionError, FunctionResponse};

/// The authorizer.
pub struct AuthorizerFunction {
    site: Arc<Site>,
    log: FunctionLog,
}

/// The function's name in the log.
const NAME: &str = "authorizer";

/// The result that API Gateway reads.
enum AuthorizerOutcome {
    Allow(Box<Permit>),
    /// A REST API redirects to this location; an HTTP API answers 403. It is empty for a WebSocket.
    Deny {
        location: String,
    },
    Fail(FunctionError),
}

impl AuthorizerFunction {
    /// Makes the authorizer of this deployment.
    pub fn new(site: Arc<Site>) -> Self {
        let log = FunctionLog::new(NAME, Arc::clone(&site));
        Self { site, log }
    }

    /// Writes log lines in this format.
    #[must_use]
    pub fn logging(self, format: Format) -> Self {
        Self { log: self.log.formatted(format), ..self }
    }

    fn site_of(&self, event: &AuthorizerEvent) -> &Site {
        self.site.at_host_of(&event.request)
    }

    async fn decide(&self, event: &AuthorizerEvent) -> Decision {
        let site = self.site_of(event);
        if event.form == AuthorizerForm::RestToken
            && !site.relying_party.configuration.routes.rules().is_empty()
        {
            // A TOKEN event has one header and no path that route rules could rely on.
            return Decision::refused(Refusal::TokenAuthorizerWithRoutes);
        }
        if event.form == AuthorizerForm::WebSocket {
            let decision = site.authorize(&event.request, Front::WebSocket).await;
            return Decision { verdict: without_redirect(decision.verdict), ..decision };
        }
        let callback = site.relying_party.callback_on_application_path(&event.request);
        let elsewhere = callback.or_else(|| site.relying_party.logout_on_application_path(&event.request));
        if let Some((location, cause)) = elsewhere {
            return Decision::redirected(location, cause.into());
        }
        let front = match event.form {
            AuthorizerForm::RestRequest | AuthorizerForm::RestToken => Front::Rest,
            AuthorizerForm::WebSocket => Front::WebSocket,
            AuthorizerForm::HttpApiV1 | AuthorizerForm::HttpApiV2 => Front::Other,
        };
        site.authorize(&event.request, front).await
    }

    fn outcome(&self, verdict: Verdict, event: &AuthorizerEvent) -> AuthorizerOutcome {
        match verdict {
            Verdict::Forward(permit) => AuthorizerOutcome::Allow(permit),
            Verdict::Redirect { location, .. } => AuthorizerOutcome::Deny { location },
            Verdict::Refuse(refusal) => self.refusal_outcome(refusal.reason(), event),
        }
    }

    fn refusal_outcome(&self, reason: &'static Reason, event: &AuthorizerEvent) -> AuthorizerOutcome {
        let request = &event.request;
        let page_load =
            event.form != AuthorizerForm::WebSocket && relying_party::http::page_load::is_page_load(request);
        if !page_load && reason.status == StatusCode::UNAUTHORIZED {
            return AuthorizerOutcome::Fail(FunctionError::unauthorized());
        }
        if !page_load && reason.status.is_server_error() {
            return AuthorizerOutcome::Fail(FunctionError::failed(reason.code));
        }
        let denied_to = self.site_of(event).relying_party.denied_to(request, reason).filter(|_| page_load);
        let location = if let Some(location) = denied_to {
            location.to_owned()
        } else if reason.may_pass() && event.form != AuthorizerForm::WebSocket {
            let explanation = format!("/error?reason={}", reason.code);
            self.site_of(event).relying_party.with_return_target(&explanation, request)
        } else {
            explanation(self.site_of(event), event.form, reason)
        };
        AuthorizerOutcome::Deny { location }
    }

    /// Renders the result, or a denial with its refusal if the result is too large.
    fn render(
        &self,
        event: &AuthorizerEvent,
        outcome: AuthorizerOutcome,
    ) -> (Result<Vec<u8>, FunctionError>, Option<Refusal>) {
        let verdict = match outcome {
            AuthorizerOutcome::Allow(permit) => self.allow(event, &permit),
            AuthorizerOutcome::Deny { location } => deny(location),
            AuthorizerOutcome::Fail(error) => return (Err(error), None),
        };
        match render_authorizer(event.form, &event.arn, &verdict) {
            Ok(rendered) => (Ok(rendered), None),
            Err(refusal) => {
                let location = explanation(self.site_of(event), event.form, refusal.reason());
                let rendered = render_authorizer(event.form, &event.arn, &deny(location))
                    .map_err(|_| FunctionError::failed(refusal.reason().code));
                (rendered, Some(refusal))
            }
        }
    }

    fn allow(&self, event: &AuthorizerEvent, permit: &Permit) -> AuthorizerResponse {
        let request = &event.request;
        let relying_party = &self.site_of(event).relying_party;
        let configuration = &relying_party.configuration;
        let caller = match &permit.identity {
            Some(identity) => Caller::Identified(identity),
            None if permit.preflight => {
                Caller::Preflight { authorization: request.headers.contains("authorization") }
            }
            None => Caller::Anonymous {
                mistakable: configuration.upstream.would_be_taken_for_ours(&request.headers),
            },
        };
        let others = cookie::without(&request.headers, |name| relying_party.cookie_names.is_ours(name));
        let remaining = RemainingCookie::new(request.headers.contains("cookie"), others);
        let context = authorizer_context::context(
            caller,
            remaining,
            &configuration.upstream,
            &configuration.public_url,
            match event.form {
                AuthorizerForm::RestRequest => Spelling::Of(&request.headers),
                // The event has no header names.
                AuthorizerForm::RestToken => Spelling::Unknown,
                // An HTTP API's mappings match names in any spelling, and a WebSocket API's mappings read the
                // context values that they name.
                AuthorizerForm::WebSocket | AuthorizerForm::HttpApiV1 | AuthorizerForm::HttpApiV2 => {
                    Spelling::Any
                }
            },
        );
        AuthorizerResponse {
            allowed: true,
            principal: permit
                .identity
                .as_ref()
                .map_or_else(|| "anonymous".to_owned(), |who| who.subject.clone()),
            context,
        }
    }

    /// Answers an event that only keeps the function warm. The response denies, so nobody can use it.
    fn warm(&self, form: AuthorizerForm, since: Instant) -> Vec<u8> {
        self.log.log_warming(since, None);
        render_denial(form, "")
    }

    fn refuse_event(
        &self,
        refused: &RefusedEvent<AuthorizerForm>,
        since: Instant,
    ) -> Result<Vec<u8>, FunctionError> {
        self.log.log_refused_event(refused, since, None);
        let reason = refused.refusal.reason();
        match refused.refusal {
            EventRefusal::Unsupported => Err(FunctionError::failed(reason.code)),
            _ => Ok(render_denial(refused.shape, &explanation(&self.site, refused.shape, reason))),
        }
    }
}

#[async_trait]
impl Function for AuthorizerFunction {
    async fn call(&self, event: &[u8], _: Deadline) -> Result<FunctionResponse, FunctionError> {
        let since = Instant::now();
        let event = match parse_authorizer_event(event) {
            Ok(event) => event,
            Err(refused) if refused.only_warms(event) => {
                return Ok(FunctionResponse::Whole(self.warm(refused.shape, since)));
            }
            Err(refused) => return self.refuse_event(&refused, since).map(FunctionResponse::Whole),
        };
        let Decision { verdict, session_hash, .. } = self.decide(&event).await;
        let described = described(&verdict);
        let outcome = self.outcome(verdict, &event);
        let (rendered, too_large) = self.render(&event, outcome);
        let (decision, refusal) = match too_large {
            Some(refusal) => ("refuse", Some(refusal)),
            None => described,
        };
        let answered = function_log::LoggedOutcome {
            decision,
            refusal: refusal.as_ref(),
            status: None,
            session_hash: session_hash.as_deref(),
        };
        self.log.log_response(&event.request, since, &answered);
        rendered.map(FunctionResponse::Whole)
    }
}

/// A WebSocket handshake is never redirected, even if it looks like a page load.
fn without_redirect(verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Redirect { cause, .. } => Verdict::Refuse(cause),
        Verdict::Forward(_) | Verdict::Refuse(_) => verdict,
    }
}

/// Returns the address of the page that explains the reason. A handshake has none because nobody could read
/// it.
fn explanation(site: &Site, form: AuthorizerForm, reason: &Reason) -> String {
    if form == AuthorizerForm::WebSocket {
        return String::new();
    }
    site.relying_party.own_url(&format!("/error?reason={}", reason.code))
}

fn deny(location: String) -> AuthorizerResponse {
    AuthorizerResponse {
        allowed: false,
        principal: "nobody".to_owned(),
        context: vec![("location", location)],
    }
}

fn described(verdict: &Verdict) -> (&'static str, Option<Refusal>) {
    match verdict {
        Verdict::Forward(_) => ("allow", None),
        Verdict::Redirect { cause, .. } => ("redirect", Some(cause.clone())),
        Verdict::Refuse(refusal) => ("refuse", Some(refusal.clone())),
    }
}
