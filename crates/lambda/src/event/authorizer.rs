//! Reads events of Lambda authorizers.

use relying_party::http::request::{Headers, Request};

use super::json::{Object, read_object};
use super::request::{Forwarder, method, read_v1, read_v2};
use super::{EventRefusal, MethodArn, RefusedEvent, fields};

/// Says which kind of authorizer API Gateway takes this function for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthorizerForm {
    /// A REST API's REQUEST authorizer.
    RestRequest,
    /// A REST API's TOKEN authorizer: it sees one header value and the method's ARN.
    RestToken,
    /// An HTTP API's authorizer with payload format 1.0.
    HttpApiV1,
    /// An HTTP API's authorizer with payload format 2.0, which answers with simple responses.
    HttpApiV2,
}

/// One question of API Gateway: may this request pass?
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizerEvent {
    /// The form, which is also the form of the answer.
    pub form: AuthorizerForm,
    /// The request, without its body, which no authorizer is shown. For a TOKEN event it has method and path as the
    /// ARN tells them and `authorization` as the only field.
    pub request: Request,
    /// `methodArn`, or `routeArn` of an HTTP API.
    pub arn: MethodArn,
}

/// Reads an authorizer's event.
///
/// # Errors
///
/// As [`super::parse_http_event`].
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

fn form_of(event: &Object<'_>) -> Result<AuthorizerForm, EventRefusal> {
    let version = event.text("version", "version")?;
    match (event.text("type", "type")?, version) {
        (Some("TOKEN"), None) => Ok(AuthorizerForm::RestToken),
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
        AuthorizerForm::RestRequest | AuthorizerForm::RestToken => (method_arn, "methodArn"),
    };
    let arn = arn.ok_or(EventRefusal::MissingMember(member))?;
    MethodArn::parse(arn).ok_or(EventRefusal::WrongType(member))
}
