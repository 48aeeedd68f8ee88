//! A refusal as the answer that its client can use: a page for a navigation, `application/problem+json` (RFC 9457)
//! otherwise.

use http::StatusCode;
use serde_json::json;

use crate::access_token::{BearerCredential, bearer_credential};
use crate::answer::Answer;
use crate::endpoint::EndpointRefusal;
use crate::landing::{self, LandingRefusal};
use crate::page::{Page, PageContext};
use crate::page_load;
use crate::reason::{Fault, Reason};
use crate::refresh::{self, RefreshRefusal};
use crate::refusal::Refusal;
use crate::relying_party::RelyingParty;
use crate::request::Request;

/// After how many seconds a client may try again when something is down.
const RETRY_AFTER_SECONDS: &str = "5";

impl RelyingParty {
    /// The answer to a request that is refused. `signed_in_as` names who is signed in, if anybody is.
    pub fn refused(&self, request: &Request, refusal: &Refusal, signed_in_as: Option<&str>) -> Answer {
        let answer = self.explained(request, refusal.reason(), signed_in_as);
        match refusal {
            Refusal::Endpoint(EndpointRefusal::MethodNotAllowed { allow }) => {
                answer.header("allow", (*allow).to_owned())
            }
            // A loop is broken once. A person who then tries again gets a fresh start.
            Refusal::Landing(LandingRefusal::SignInLoop) => answer.cookies([landing::reset()]),
            Refusal::Refresh(RefreshRefusal::RefreshLoop) => answer.cookies([refresh::unmark()]),
            _ => answer,
        }
    }

    /// The same by reason alone, for an event that could not be read as a request and for the error page.
    pub fn explained(&self, request: &Request, reason: &Reason, signed_in_as: Option<&str>) -> Answer {
        let answer = if page_load::is_navigation(request) {
            self.page(request, reason, signed_in_as)
        } else {
            problem(reason, &request.request_id, self.configuration.display_errors)
        };
        let answer = if reason.status == StatusCode::UNAUTHORIZED {
            answer.header("www-authenticate", challenge(request, reason))
        } else {
            answer
        };
        if reason.fault == Fault::Outage {
            answer.header("retry-after", RETRY_AFTER_SECONDS.to_owned())
        } else {
            answer
        }
    }

    fn page(&self, request: &Request, reason: &Reason, signed_in_as: Option<&str>) -> Answer {
        let home = self.configuration.public_url.join("/");
        let sign_in = self.own_url("/login");
        let sign_out = self.own_url("/logout");
        let can_sign_in = signed_in_as.is_none() && self.configuration.auth_methods.authorization_code;
        let page = Page::Refused { status: reason.status, reason: reason.code, sentence: reason.sentence };
        page.answer(&PageContext {
            request_id: &request.request_id,
            home: Some(&home),
            sign_in: can_sign_in.then_some(&sign_in),
            remembered_sign_in: None,
            sign_out: signed_in_as.is_some().then_some(&sign_out),
            signed_in_as,
        })
    }
}

/// A refusal as JSON, where nobody knows the client better.
pub fn problem(reason: &Reason, request_id: &str, display_errors: bool) -> Answer {
    let mut problem = json!({
        "title": reason.sentence,
        "status": reason.status.as_u16(),
        "reason": reason.code,
        "request_id": request_id,
    });
    if let (true, Some(members)) = (display_errors, problem.as_object_mut()) {
        members.insert("detail".to_owned(), json!(reason.log));
    }
    Answer::typed(reason.status, "application/problem+json", problem.to_string())
}

/// RFC 6750 section 3: a client that presented no token is told of no error.
fn challenge(request: &Request, reason: &Reason) -> String {
    match bearer_credential(&request.headers) {
        BearerCredential::Token(_) | BearerCredential::Malformed => {
            format!("Bearer error=\"invalid_token\", error_description=\"{}\"", reason.code)
        }
        BearerCredential::Absent | BearerCredential::Other => "Bearer".to_owned(),
    }
}
