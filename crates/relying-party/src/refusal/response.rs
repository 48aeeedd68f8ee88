//! Renders a refusal in the form that its client can use: a page for a navigation, otherwise
//! `application/problem+json` (RFC 9457).

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use crate::gate::front::Front;
use crate::http::endpoint::{Endpoint, EndpointRefusal, Recipient};
use crate::http::page::{Page, PageContext};
use crate::http::page_load;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::refusal::Refusal;
use crate::refusal::reason::{self, Fault, Reason};
use crate::relying_party::RelyingParty;
use crate::session::refresh_policy::{self, RefreshRefusal};
use crate::sign_in::loop_guard;
use crate::sign_in::return_target::ReturnTarget;
use crate::token::access_token::{BearerCredential, bearer_credential};

/// After how many seconds a client may retry during an outage.
const RETRY_AFTER_SECONDS: &str = "5";

impl RelyingParty {
    /// The response to a refused request. `signed_in_as` names the signed-in user, if there is one.
    pub fn refused(&self, request: &Request, refusal: &Refusal, signed_in_as: Option<&str>) -> Response {
        let reason = refusal.reason();
        if let Some(location) = self.denied_to(request, reason) {
            return Response::redirect(StatusCode::FOUND, location.to_owned());
        }
        let explanation = Explanation { relying_party: self, request, reason, signed_in_as };
        let response = explanation.response();
        match refusal {
            // Back-Channel Logout 1.0 section 2.8: for the provider's log, with the error codes of RFC 6749
            // section 5.2.
            Refusal::LogoutToken(_) if !page_load::is_navigation(request) => {
                let mut members = explanation.members();
                members.insert("error".to_owned(), json!("invalid_request"));
                members.insert("error_description".to_owned(), json!(reason.code));
                problem_of(reason, members)
            }
            Refusal::Endpoint(EndpointRefusal::MethodNotAllowed { allow }) => {
                response.header("allow", (*allow).to_owned())
            }
            // The loop is interrupted once. If the person then tries again, the count starts anew.
            Refusal::SignInLoop => response.cookies([loop_guard::reset()]),
            Refusal::Refresh(RefreshRefusal::RefreshLoop) => response.cookies([refresh_policy::unmark()]),
            _ => response,
        }
    }

    /// Like [`Self::refused`], from the reason alone, for an event that could not be read as a request and
    /// for the error page.
    pub fn explained(&self, request: &Request, reason: &Reason, signed_in_as: Option<&str>) -> Response {
        Explanation { relying_party: self, request, reason, signed_in_as }.response()
    }

    /// The response of the error page. The client can choose the reason in the query, so it never causes a
    /// 5xx.
    pub fn explanation(&self, request: &Request, reason: &Reason, signed_in_as: Option<&str>) -> Response {
        Explanation { relying_party: self, request, reason, signed_in_as }.of_named_reason()
    }
}

/// The response to one request for one reason.
struct Explanation<'a> {
    relying_party: &'a RelyingParty,
    request: &'a Request,
    reason: &'a Reason,
    signed_in_as: Option<&'a str>,
}

impl Explanation<'_> {
    fn response(&self) -> Response {
        let Self { request, reason, .. } = *self;
        let response =
            if page_load::is_navigation(request) { self.page() } else { problem_of(reason, self.members()) };
        let response = if reason.status == StatusCode::UNAUTHORIZED {
            response.header("www-authenticate", challenge(request, reason))
        } else {
            response
        };
        if reason.fault == Fault::Outage {
            response.header("retry-after", RETRY_AFTER_SECONDS.to_owned())
        } else {
            response
        }
    }

    fn of_named_reason(&self) -> Response {
        let response = self.response();
        if !self.reason.status.is_server_error() {
            return response;
        }
        let status = StatusCode::BAD_REQUEST;
        if page_load::is_navigation(self.request) {
            return Response { status, ..response };
        }
        let mut members = self.members();
        members.insert("status".to_owned(), json!(status.as_u16()));
        Response { status, body: Value::Object(members).to_string(), ..response }
    }

    fn members(&self) -> Map<String, Value> {
        let configuration = &self.relying_party.configuration;
        let mut members = members(self.reason, &self.request.request_id, configuration.display_errors);
        members.insert("title".to_owned(), json!(configuration.sentence_of(self.reason)));
        members
    }

    fn page(&self) -> Response {
        let Self { relying_party, request, reason, signed_in_as } = *self;
        let configuration = &relying_party.configuration;
        let home = configuration.public_url.join("/");
        let sign_in = relying_party.own_url("/login");
        let sign_out = relying_party.own_url("/logout");
        // The load balancer would name the same user until its cookie is gone.
        let must_sign_out = *reason == reason::ALB_ENDED_EVERYWHERE;
        let may_sign_out = must_sign_out || *reason == reason::SIGN_OUT_EVERYWHERE_NOT_SUPPORTED;
        let recipient = relying_party.recipient(request);
        let again = self.retry_link(&recipient);
        // Sign-in fixes neither an address nor an application. While sessions cannot be stored, no other link
        // helps either.
        let is_down = [reason::SESSION_STORE_UNAVAILABLE, reason::REFRESH_IN_PROGRESS].contains(reason);
        let may_help = if again.is_some() {
            self.sign_in_link(&recipient).is_some()
        } else {
            sign_in_may_help(reason, &recipient)
        };
        let can_sign_in = !may_sign_out
            && !is_down
            && may_help
            && signed_in_as.is_none()
            && configuration.auth_methods.authorization_code;
        let sign_in = self.sign_in_link(&recipient).unwrap_or(sign_in);
        let sentence = configuration.sentence_of(reason);
        let page = Page::Refused { status: reason.status, reason: reason.code, sentence };
        page.response(&PageContext {
            again: again.as_deref(),
            home: (!must_sign_out).then_some(&home),
            sign_in: can_sign_in.then_some(&sign_in),
            sign_out: (signed_in_as.is_some() || may_sign_out).then_some(&sign_out),
            signed_in_as,
            ..relying_party.page_context(request)
        })
    }

    /// The address at which a person whose session cannot be refreshed signs in again for the same page.
    /// Retrying may fail for as long as the session lasts.
    fn sign_in_link(&self, recipient: &Recipient) -> Option<String> {
        let is_refresh = matches!(
            recipient,
            Recipient::Upstream | Recipient::Endpoint(Endpoint::Error | Endpoint::Refresh)
        );
        let target =
            self.retry_link(recipient).filter(|_| is_refresh && NOT_REFRESHED.contains(self.reason))?;
        Some(self.sign_in_for(&target))
    }

    fn sign_in_for(&self, target: &str) -> String {
        let target: String = form_urlencoded::byte_serialize(target.as_bytes()).collect();
        self.relying_party.own_url(&format!("/login?rd={target}"))
    }

    /// The address that repeats the request, because a failed service may have recovered by then.
    fn retry_link(&self, recipient: &Recipient) -> Option<String> {
        let Self { relying_party, request, .. } = *self;
        let configuration = &relying_party.configuration;
        let requested = || ReturnTarget::requested(request, Front::Other, configuration);
        if !self.reason.may_pass() || request.method != Method::GET {
            return None;
        }
        match recipient {
            Recipient::Upstream => ReturnTarget::of_page(request, Front::Other, configuration)
                .ok()
                .map(ReturnTarget::into_string),
            Recipient::Endpoint(Endpoint::Error | Endpoint::Refresh) => {
                requested().ok().map(ReturnTarget::into_string)
            }
            Recipient::Endpoint(Endpoint::Login) => Some(match requested() {
                Err(_) => relying_party.own_url("/login"),
                Ok(target) => self.sign_in_for(target.as_str()),
            }),
            Recipient::Endpoint(Endpoint::Logout) => Some(relying_party.own_url("/logout")),
            Recipient::Endpoint(_) | Recipient::Refused(_) => None,
        }
    }
}

/// The reasons of a provider that cannot refresh a session at the moment. A new sign-in works without that
/// session. A test checks for every outage whether it is listed.
pub(super) const NOT_REFRESHED: [Reason; 8] = [
    reason::CLIENT_SECRET_UNAVAILABLE,
    reason::DISCOVERY_UNAVAILABLE,
    reason::JWKS_UNAVAILABLE,
    reason::PROVIDER_CONNECTION_BROKEN,
    reason::PROVIDER_TIMED_OUT,
    reason::PROVIDER_UNREACHABLE,
    reason::TOKEN_ENDPOINT_UNAVAILABLE,
    reason::USER_INFO_UNAVAILABLE,
];

/// The reasons with status 403 that every account gets for such a request.
pub(super) const NOT_ABOUT_THE_PERSON: [Reason; 5] = [
    reason::FRONT_SECRET_MISSING,
    reason::FRONT_SECRET_WRONG,
    reason::LOGOUT_ELSEWHERE,
    reason::ORIGIN_FOREIGN,
    reason::REFRESH_NOT_SAME_ORIGIN,
];

/// Tells whether sign-in failed or is required.
fn sign_in_may_help(reason: &Reason, recipient: &Recipient) -> bool {
    match reason.status {
        _ if NOT_ABOUT_THE_PERSON.contains(reason) => false,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => true,
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => false,
        _ => matches!(
            recipient,
            Recipient::Endpoint(Endpoint::Callback | Endpoint::Error | Endpoint::Login | Endpoint::Refresh)
        ),
    }
}

/// A refusal as JSON, for callers without a request.
pub fn problem(reason: &Reason, request_id: &str, display_errors: bool) -> Response {
    problem_of(reason, members(reason, request_id, display_errors))
}

fn problem_of(reason: &Reason, members: Map<String, Value>) -> Response {
    Response::typed(reason.status, "application/problem+json", Value::Object(members).to_string())
}

fn members(reason: &Reason, request_id: &str, display_errors: bool) -> Map<String, Value> {
    let mut members = Map::new();
    members.insert("title".to_owned(), json!(reason.sentence));
    members.insert("status".to_owned(), json!(reason.status.as_u16()));
    members.insert("reason".to_owned(), json!(reason.code));
    members.insert("request_id".to_owned(), json!(request_id));
    if display_errors {
        members.insert("detail".to_owned(), json!(reason.log));
    }
    members
}

/// RFC 6750 section 3: a client that presented no token gets no error code.
fn challenge(request: &Request, reason: &Reason) -> String {
    match bearer_credential(&request.headers) {
        BearerCredential::Token(_) | BearerCredential::Malformed => {
            format!("Bearer error=\"invalid_token\", error_description=\"{}\"", reason.code)
        }
        BearerCredential::Absent | BearerCredential::Other => "Bearer".to_owned(),
    }
}
