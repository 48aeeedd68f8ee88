//! Reads Lambda events from API Gateway, function URLs and Application Load Balancers.

mod authorizer;
mod fields;
mod json;
mod method_arn;
mod path;
mod query;
mod request;
pub mod request_limits;
#[cfg(test)]
mod tests;
mod warming;

use relying_party::http::request::Request;
use relying_party::http::response::Response;
use relying_party::refusal::reason::{self, Reason};
use relying_party::refusal::response::problem;
use relying_party::relying_party::RelyingParty;

use warming::warms;

pub use authorizer::{AuthorizerEvent, AuthorizerForm, parse_authorizer_event};
pub use method_arn::MethodArn;
pub use request::{EventShape, HttpEvent, parse_http_event};

/// The reasons to refuse an event. They hold names of members but no text from the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventRefusal {
    /// The event says that the body is base64, and it is not.
    /// `body_not_base64` client 400
    BodyNotBase64,
    /// A header field, `cookies` or the query has a control character. The name of the field is left out
    /// because the client chooses it too.
    ControlCharacter,
    /// A member that matters to a decision occurs twice.
    DuplicateMember(&'static str),
    /// `headers` and `multiValueHeaders`, or `headers` and `cookies`, contradict each other.
    HeadersDisagree,
    /// A header name is not a token (RFC 9110 section 5.1).
    HeaderNameMalformed,
    /// There are more header fields or bytes than any front lets through, or a longer name.
    HeadersTooLarge,
    /// The method does not consist of capital letters and hyphens, as all registered methods do (RFC 9110
    /// section 9.1).
    MethodMalformed,
    /// A member that every event of this form has is missing or null.
    MissingMember(&'static str),
    /// The event is not JSON: it has a syntax error or invalid UTF-8, is nested too deeply, or is cut off.
    NotJson,
    /// The path is not below that of `public_url`: it belongs to the same host, but not to this application.
    OutsidePublicUrl,
    /// The path of the event differs from the one that its path parameters form, so the upstream could
    /// receive another path than the one that was checked.
    PathMismatch,
    /// The path does not start with `/`.
    PathMalformed,
    /// `queryStringParameters` and `multiValueQueryStringParameters` contradict each other.
    QueryDisagrees,
    /// The query has more than [`request_limits::MAX_QUERY_PARAMETERS`].
    QueryTooLarge,
    /// The event is larger than [`request_limits::MAX_EVENT_BYTES`].
    TooLarge,
    /// The event has none of the forms that this function accepts: the function has the wrong trigger.
    Unsupported,
    /// A member's JSON type is not the one that the form of the event requires.
    WrongType(&'static str),
}

impl EventRefusal {
    /// The code, status and texts of this refusal.
    pub const fn reason(&self) -> &'static Reason {
        match self {
            Self::BodyNotBase64 => &reason::BODY_NOT_BASE64,
            Self::ControlCharacter => &reason::CONTROL_CHARACTER,
            Self::DuplicateMember(_) | Self::MissingMember(_) | Self::NotJson | Self::WrongType(_) => {
                &reason::EVENT_MALFORMED
            }
            Self::HeadersDisagree => &reason::HEADERS_DISAGREE,
            Self::HeaderNameMalformed => &reason::HEADER_NAME_MALFORMED,
            Self::HeadersTooLarge => &reason::HEADERS_TOO_LARGE,
            Self::MethodMalformed => &reason::METHOD_MALFORMED,
            Self::OutsidePublicUrl => &reason::NOT_FOUND,
            Self::PathMismatch => &reason::PATH_MISMATCH,
            Self::PathMalformed => &reason::PATH_MALFORMED,
            Self::QueryDisagrees => &reason::QUERY_DISAGREES,
            Self::QueryTooLarge => &reason::QUERY_TOO_LARGE,
            Self::TooLarge => &reason::EVENT_TOO_LARGE,
            Self::Unsupported => &reason::EVENT_UNSUPPORTED,
        }
    }
}

/// A refused event with the data that is needed to answer it. `S` is [`EventShape`] or [`AuthorizerForm`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedEvent<S> {
    /// The form of the response: that of the event as far as it was recognised, else that of a REST API.
    pub shape: S,
    /// The front's request id; empty if it could not be read.
    pub request_id: String,
    /// See [`Request::extended_request_id`].
    pub extended_request_id: String,
    /// The reason.
    pub refusal: EventRefusal,
    /// The request, if it could be read and is only not meant for this application. It has the path of the
    /// event and is answered in the format that its client can use.
    pub request: Option<Box<Request>>,
}

impl<S> RefusedEvent<S> {
    /// Makes the refusal of an event that could not be read.
    fn unread(shape: S, refusal: EventRefusal) -> Self {
        let (request_id, extended_request_id) = (String::new(), String::new());
        Self { shape, request_id, extended_request_id, refusal, request: None }
    }

    fn of(event: &json::Object<'_>, shape: S, refusal: EventRefusal) -> Self {
        Self {
            request_id: request::request_id_of(event),
            extended_request_id: request::extended_request_id_of(event),
            ..Self::unread(shape, refusal)
        }
    }

    /// Whether the refused `event` only keeps the function warm.
    pub(crate) fn only_warms(&self, event: &[u8]) -> bool {
        self.refusal == EventRefusal::Unsupported && warms(event)
    }
}

impl RefusedEvent<EventShape> {
    /// Makes the response, in the format that the client can use if it is known.
    pub(crate) fn answer(&self, relying_party: &RelyingParty) -> Response {
        let reason = self.refusal.reason();
        match &self.request {
            Some(request) => relying_party.explained(request, reason, None),
            None => problem(reason, &self.request_id, relying_party.configuration.display_errors),
        }
    }
}
