//! Reads Lambda events, as API Gateway, a function URL and an Application Load Balancer send them.

mod authorizer;
mod fields;
mod json;
mod method_arn;
mod path;
mod query;
mod request;
pub mod size_limit;
#[cfg(test)]
mod tests;
mod warming;

use std::error::Error;
use std::fmt;

use relying_party::http::request::Request;
use relying_party::http::response::Response;
use relying_party::refusal::reason::{self, Reason};
use relying_party::refusal::response::problem;
use relying_party::relying_party::RelyingParty;

use warming::warms;

pub use authorizer::{AuthorizerEvent, AuthorizerForm, CONNECT_PATH, parse_authorizer_event};
pub use method_arn::MethodArn;
pub use request::{EventShape, HttpEvent, parse_http_event};

/// Says why an event is refused. It holds names of members and nothing that a client sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventRefusal {
    /// The event says that the body is base64, and it is not.
    /// `body_not_base64` client 400
    BodyNotBase64,
    /// A header field, `cookies` or the query has a control character. The name of the field is not held: it
    /// is the client's text too.
    ControlCharacter,
    /// The event has a member twice that decides something.
    DuplicateMember(&'static str),
    /// `headers` and `multiValueHeaders`, or `headers` and `cookies`, tell different things.
    HeadersDisagree,
    /// A header name is no token (RFC 9110 section 5.1).
    HeaderNameMalformed,
    /// There are more header fields or bytes, or a longer name, than any front lets through.
    HeadersTooLarge,
    /// The method does not consist of capital letters and hyphens, as every registered one does (RFC 9110 section 9.1).
    MethodMalformed,
    /// A member that every such event has is missing or null.
    MissingMember(&'static str),
    /// The event is no JSON: it has a syntax error or invalid UTF-8, is nested too deep, or is cut off.
    NotJson,
    /// The path is not below that of `public_url`: it is of the same host, but not of this application.
    OutsidePublicUrl,
    /// The path of the event and the one that its path parameters give are not the same path, so the upstream
    /// could receive another than the one that is judged.
    PathMismatch,
    /// The path does not start with `/`.
    PathMalformed,
    /// `queryStringParameters` and `multiValueQueryStringParameters` tell different things.
    QueryDisagrees,
    /// The query has more than [`size_limit::MAX_QUERY_PARAMETERS`].
    QueryTooLarge,
    /// The event is larger than [`size_limit::MAX_EVENT_BYTES`].
    TooLarge,
    /// The event has none of the forms that this function takes: the function has another trigger.
    Unsupported,
    /// A member has another JSON type than the form of the event says.
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

impl fmt::Display for EventRefusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DuplicateMember(member) => write!(formatter, "the event has {member} twice"),
            Self::MissingMember(member) => write!(formatter, "the event lacks {member}"),
            Self::WrongType(member) => write!(formatter, "{member} of the event has the wrong type"),
            Self::BodyNotBase64 => formatter.write_str("the body is no base64"),
            Self::ControlCharacter => formatter.write_str("a header or the query has a control character"),
            Self::HeadersDisagree => formatter.write_str("the event tells the headers in two ways"),
            Self::HeaderNameMalformed => formatter.write_str("a header name is no token"),
            Self::HeadersTooLarge => formatter.write_str("the headers are too large"),
            Self::MethodMalformed => formatter.write_str("the method is not of capital letters"),
            Self::NotJson => formatter.write_str("the event is no JSON"),
            Self::OutsidePublicUrl => formatter.write_str("the path is not below public_url"),
            Self::PathMismatch => formatter.write_str("the event tells the path in two ways"),
            Self::PathMalformed => formatter.write_str("the path does not start with /"),
            Self::QueryDisagrees => formatter.write_str("the event tells the query in two ways"),
            Self::QueryTooLarge => formatter.write_str("the query has too many parameters"),
            Self::TooLarge => formatter.write_str("the event is too large"),
            Self::Unsupported => formatter.write_str("no event that this function takes"),
        }
    }
}

impl Error for EventRefusal {}

/// An event that is not taken, with what is needed to answer it all the same. `S` is [`EventShape`] or
/// [`AuthorizerForm`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedEvent<S> {
    /// The form to answer in: that of the event as far as it could be told, else that of a REST API.
    pub shape: S,
    /// The front's id of the request; empty when it could not be read.
    pub request_id: String,
    /// [`Request::extended_request_id`] of it.
    pub extended_request_id: String,
    /// Why.
    pub refusal: EventRefusal,
    /// The request where it could be read and is only not for us, with the path of the event: it is answered in the
    /// form that its client can use.
    pub request: Option<Box<Request>>,
}

impl<S> RefusedEvent<S> {
    /// Makes the refusal of an event that could not be read at all.
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

    /// Tells whether `event`, which was refused with this, only keeps the function warm.
    pub(crate) fn only_warms(&self, event: &[u8]) -> bool {
        self.refusal == EventRefusal::Unsupported && warms(event)
    }
}

impl RefusedEvent<EventShape> {
    /// Makes the response, in the form that the client can use where it is known.
    pub(crate) fn answer(&self, relying_party: &RelyingParty) -> Response {
        let reason = self.refusal.reason();
        match &self.request {
            Some(request) => relying_party.explained(request, reason, None),
            None => problem(reason, &self.request_id, relying_party.configuration.display_errors),
        }
    }
}
