//! Reads events of Lambda authorizers.

use http::Method;
use relying_party::http::request::{Headers, Request};

use super::json::{Object, read_object};
use super::request::{Forwarder, extended_request_id_of, method, read_v1, read_v2, request_id_of};
use super::{EventRefusal, MethodArn, RefusedEvent, fields};

/// The kind of authorizer that API Gateway invokes this function as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthorizerForm {
    /// A REST API's REQUEST authorizer.
    RestRequest,
    /// A REST API's TOKEN authorizer: its event has one header value and the method's ARN.
    RestToken,
    /// A WebSocket API's REQUEST authorizer, which is invoked for `$connect` only.
    WebSocket,
    /// An HTTP API's authorizer with payload format 1.0.
    HttpApiV1,
    /// An HTTP API's authorizer with payload format 2.0, which answers with simple responses.
    HttpApiV2,
}

/// An authorizer event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizerEvent {
    /// The form of the event, and of its response.
    pub form: AuthorizerForm,
    /// The request without its body, which no authorizer receives. For a TOKEN event, method and path come
    /// from the ARN and `authorization` is the only field.
    pub request: Request,
    /// `methodArn`, or `routeArn` for an HTTP API.
    pub arn: MethodArn,
}

/// The path that route rules match for a WebSocket. A rule can name it; `/` would be open wherever a start
/// page is.
const CONNECT_PATH: &str = "/$connect";

/// Reads an authorizer's event.
///
/// # Errors
///
/// The same as [`super::parse_http_event`].
pub fn parse_authorizer_event(bytes: &[u8]) -> Result<AuthorizerEvent, RefusedEvent<AuthorizerForm>> {
    let unread = |refusal| RefusedEvent::unread(AuthorizerForm::RestRequest, refusal);
    let event = read_object(bytes).map_err(unread)?;
    let refused = |form, refusal| RefusedEvent::of(&event, form, refusal);
    let form = form_of(&event).map_err(|refusal| refused(AuthorizerForm::RestRequest, refusal))?;
    read(&event, form).map_err(|refusal| refused(form, refusal))
}

fn read(event: &Object<'_>, form: AuthorizerForm) -> Result<AuthorizerEvent, EventRefusal> {
    let arn = arn_of(event, form)?;
    let request = match form {
        AuthorizerForm::RestToken => read_token(event, &arn)?,
        AuthorizerForm::WebSocket => read_connect(event)?,
        AuthorizerForm::RestRequest | AuthorizerForm::HttpApiV1 => read_v1(event, Forwarder::ApiGateway)?,
        AuthorizerForm::HttpApiV2 => read_v2(event, Forwarder::ApiGateway)?,
    };
    Ok(AuthorizerEvent { form, request, arn })
}

fn read_token(event: &Object<'_>, arn: &MethodArn) -> Result<Request, EventRefusal> {
    let token = event.text("authorizationToken", "authorizationToken")?;
    let fields = token.map(|token| ("authorization".to_owned(), token.to_owned()));
    let headers = Headers::new(fields.into_iter().collect());
    fields::check(&headers)?;
    Ok(Request {
        method: method(arn.method())?,
        path: arn.path().to_owned(),
        query: String::new(),
        headers,
        body: Vec::new(),
        source_ip: None,
        request_id: String::new(),
        extended_request_id: String::new(),
    })
}

/// API Gateway developer guide, "Control access to WebSocket APIs with AWS Lambda REQUEST authorizers": the
/// event has no method and no path. Nothing reads the query.
fn read_connect(event: &Object<'_>) -> Result<Request, EventRefusal> {
    let context = event.required_object("requestContext", "requestContext")?;
    let identity = context.object("identity", "requestContext.identity")?;
    let source_ip = identity.map(|identity| identity.text("sourceIp", "requestContext.identity.sourceIp"));
    Ok(Request {
        // RFC 6455 section 4.1: the handshake is a GET.
        method: Method::GET,
        path: CONNECT_PATH.to_owned(),
        query: String::new(),
        headers: fields::from_maps(event)?,
        body: Vec::new(),
        source_ip: source_ip.transpose()?.flatten().map(str::to_owned),
        request_id: request_id_of(event),
        extended_request_id: extended_request_id_of(event),
    })
}

/// Only WebSocket requests have an event type in their context, and none of them has a method. A WebSocket
/// API calls its authorizer for `$connect` only.
fn is_connect(event: &Object<'_>) -> Result<bool, EventRefusal> {
    let Some(context) = event.object("requestContext", "requestContext")? else { return Ok(false) };
    let Some(kind) = context.text("eventType", "requestContext.eventType")? else { return Ok(false) };
    let route = context.text("routeKey", "requestContext.routeKey")?;
    if kind == "CONNECT" && route == Some("$connect") && !event.has("httpMethod") {
        return Ok(true);
    }
    Err(EventRefusal::Unsupported)
}

fn form_of(event: &Object<'_>) -> Result<AuthorizerForm, EventRefusal> {
    let version = event.text("version", "version")?;
    match (event.text("type", "type")?, version) {
        (Some("TOKEN"), None) => Ok(AuthorizerForm::RestToken),
        (Some("REQUEST"), None) if is_connect(event)? => Ok(AuthorizerForm::WebSocket),
        (Some("REQUEST"), None) => Ok(AuthorizerForm::RestRequest),
        (Some("REQUEST"), Some("1.0")) => Ok(AuthorizerForm::HttpApiV1),
        (Some("REQUEST"), Some("2.0")) => Ok(AuthorizerForm::HttpApiV2),
        _ => Err(EventRefusal::Unsupported),
    }
}

fn arn_of(event: &Object<'_>, form: AuthorizerForm) -> Result<MethodArn, EventRefusal> {
    let method_arn = event.text("methodArn", "methodArn")?;
    let route_arn = event.text("routeArn", "routeArn")?;
    let (arn, member) = match form {
        AuthorizerForm::HttpApiV2 => (route_arn.or(method_arn), "routeArn"),
        AuthorizerForm::HttpApiV1 => (method_arn.or(route_arn), "methodArn"),
        AuthorizerForm::RestRequest | AuthorizerForm::RestToken | AuthorizerForm::WebSocket => {
            (method_arn, "methodArn")
        }
    };
    let arn = arn.ok_or(EventRefusal::MissingMember(member))?;
    let arn = MethodArn::parse(arn).ok_or(EventRefusal::WrongType(member))?;
    if arn.is_connect() == (form == AuthorizerForm::WebSocket) {
        return Ok(arn);
    }
    Err(EventRefusal::WrongType(member))
}
