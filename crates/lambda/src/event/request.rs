//! Reads events that carry a whole request, from REST APIs, HTTP APIs, function URLs and load balancers.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use relying_party::forwarding::client_address::address;
use relying_party::gate::front::Front;
use relying_party::http::request::{self, Headers, Request};

use super::json::{Object, read_object};
use super::path::PathInputs;
use super::{EventRefusal, RefusedEvent, fields, path, query};

/// The kind of front that sent an event, as far as it matters for reading and answering it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventShape {
    /// Payload 1.0: a REST API, or an HTTP API that is set to it.
    RestV1,
    /// Payload 2.0: an HTTP API or a function URL.
    HttpApiV2,
    /// An Application Load Balancer's target group.
    Alb {
        /// Whether `lambda.multi_value_headers.enabled` is set. Without it the load balancer keeps only the
        /// last of several fields of one name.
        multi_value: bool,
    },
}

/// A request and its front.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpEvent {
    /// The kind of front that sent it.
    pub shape: EventShape,
    /// The request.
    pub request: Request,
    /// How long the front waits for the function, if that is fixed. Otherwise only the function's own timeout
    /// ends the wait.
    pub front_timeout: Option<Duration>,
}

impl HttpEvent {
    /// The front, for a function that [forwards](Front::forwards).
    pub fn front_of_proxy(&self) -> Front {
        match self.shape {
            EventShape::Alb { .. } => Front::LoadBalancer,
            EventShape::HttpApiV2 if self.front_timeout.is_none() => Front::FunctionUrl,
            EventShape::HttpApiV2 | EventShape::RestV1 => Front::Proxy,
        }
    }

    /// The front, for a function that only answers.
    pub(crate) fn front_of_endpoints(&self) -> Front {
        match self.shape {
            EventShape::Alb { .. } => Front::LoadBalancer,
            EventShape::RestV1 if self.front_timeout.is_none() => Front::Rest,
            EventShape::HttpApiV2 | EventShape::RestV1 => Front::Other,
        }
    }
}

/// "Maximum integration timeout: 30 seconds", a quota that cannot be raised (API Gateway developer guide,
/// "Quotas for configuring and running an HTTP API"). The timeout of a REST API can be raised, and a load
/// balancer waits for its idle timeout.
const HTTP_API_TIMEOUT: Duration = Duration::from_secs(30);

/// The component that forwards a request to the upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Forwarder<'p> {
    /// The integration of API Gateway, after an authorizer has allowed the request.
    ApiGateway,
    /// The proxy function of vestibule.
    Us { public_path: &'p str },
}

impl<'p> Forwarder<'p> {
    /// The prefix to remove from the path. API Gateway forwards by its own routes, regardless of
    /// `public_url`.
    const fn public_path(self) -> &'p str {
        match self {
            Self::ApiGateway => "",
            Self::Us { public_path } => public_path,
        }
    }
}

/// Reads an event of a function that answers requests itself. `public_path` is the path of `public_url`: load
/// balancers, function URLs and HTTP APIs leave it in the path, REST APIs do not.
///
/// # Errors
///
/// Refuses everything that is not exactly one request. A value that is merely unusual never causes a refusal
/// and is never held by one: duplicates, odd spelling and order are kept for later decisions.
pub fn parse_http_event(bytes: &[u8], public_path: &str) -> Result<HttpEvent, RefusedEvent<EventShape>> {
    let unread = |refusal| RefusedEvent::unread(EventShape::RestV1, refusal);
    let event = read_object(bytes).map_err(unread)?;
    let refused = |shape, refusal| RefusedEvent::of(&event, shape, refusal);
    let shape = shape_of(&event).map_err(|refusal| refused(EventShape::RestV1, refusal))?;
    match read_request(&event, shape, public_path) {
        Ok(request) => {
            let front_timeout = comes_from_http_api(&event, shape).then_some(HTTP_API_TIMEOUT);
            Ok(HttpEvent { shape, request, front_timeout })
        }
        Err(refusal) => {
            let is_outside = refusal == EventRefusal::OutsidePublicUrl;
            let request = is_outside.then(|| read_request(&event, shape, "").ok()).flatten().map(Box::new);
            Err(RefusedEvent { request, ..refused(shape, refusal) })
        }
    }
}

/// Reads the request of an event whose shape is known.
fn read_request(event: &Object<'_>, shape: EventShape, public_path: &str) -> Result<Request, EventRefusal> {
    let mut request = match shape {
        EventShape::RestV1 => read_v1(event, Forwarder::Us { public_path })?,
        EventShape::HttpApiV2 => read_v2(event, Forwarder::Us { public_path })?,
        EventShape::Alb { .. } => read_alb(event, public_path)?,
    };
    request.body = body_of(event)?;
    Ok(request)
}

/// Reads a request of payload format 1.0, without its body.
pub(super) fn read_v1(event: &Object<'_>, by: Forwarder<'_>) -> Result<Request, EventRefusal> {
    let context = event.object("requestContext", "requestContext")?;
    let identity = match context {
        Some(context) => context.object("identity", "requestContext.identity")?,
        None => None,
    };
    let stage = text_in(context, "stage", "requestContext.stage")?;
    let context_path = text_in(context, "path", "requestContext.path")?;
    let source_ip = text_in(identity, "sourceIp", "requestContext.identity.sourceIp")?;
    // Only HTTP APIs send a version, and only their 1.0 paths may start with the stage.
    let is_http_api = event.text("version", "version")?.is_some();
    let path = event.required_text("path", "path")?;
    Ok(Request {
        method: method(event.required_text("httpMethod", "httpMethod")?)?,
        path: path::received_by_upstream(PathInputs {
            path,
            template: event.text("resource", "resource")?,
            parameters: event.object("pathParameters", "pathParameters")?,
            stage: stage.filter(|_| is_http_api),
            is_without_base: is_below_stage(context_path, stage, path),
            goes_on_by_parameter: by == Forwarder::ApiGateway,
            public_path: if is_http_api { by.public_path() } else { "" },
        })?,
        query: query::rebuilt(event, query::Values::Decoded)?,
        headers: fields::from_maps(event)?,
        body: Vec::new(),
        source_ip: source_ip.map(str::to_owned),
        request_id: checked_request_id(event)?,
        extended_request_id: checked_extended_request_id(event)?,
    })
}

/// Reads a request of payload format 2.0, without its body.
pub(super) fn read_v2(event: &Object<'_>, by: Forwarder<'_>) -> Result<Request, EventRefusal> {
    let context = event.required_object("requestContext", "requestContext")?;
    let http = context.required_object("http", "requestContext.http")?;
    let route_key = event.text("routeKey", "routeKey")?;
    Ok(Request {
        method: method(http.required_text("method", "requestContext.http.method")?)?,
        path: path::received_by_upstream(PathInputs {
            path: event.required_text("rawPath", "rawPath")?,
            template: route_key.and_then(|key| key.split_once(' ')).map(|(_, template)| template),
            parameters: event.object("pathParameters", "pathParameters")?,
            stage: context.text("stage", "requestContext.stage")?,
            is_without_base: false,
            goes_on_by_parameter: by == Forwarder::ApiGateway,
            public_path: by.public_path(),
        })?,
        query: query::raw(event)?,
        headers: fields::from_v2(event)?,
        body: Vec::new(),
        source_ip: http.text("sourceIp", "requestContext.http.sourceIp")?.map(str::to_owned),
        request_id: checked_request_id(event)?,
        extended_request_id: String::new(),
    })
}

fn read_alb(event: &Object<'_>, public_path: &str) -> Result<Request, EventRefusal> {
    let headers = fields::from_maps(event)?;
    Ok(Request {
        method: method(event.required_text("httpMethod", "httpMethod")?)?,
        path: path::received_by_upstream(PathInputs {
            path: event.required_text("path", "path")?,
            public_path,
            ..PathInputs::default()
        })?,
        query: query::rebuilt(event, query::Values::AsSent)?,
        source_ip: last_forwarded_for(&headers),
        request_id: trace_id(&headers),
        extended_request_id: String::new(),
        headers,
        body: Vec::new(),
    })
}

fn shape_of(event: &Object<'_>) -> Result<EventShape, EventRefusal> {
    let version = event.text("version", "version")?;
    if version == Some("2.0") {
        return Ok(EventShape::HttpApiV2);
    }
    let elb = match event.object("requestContext", "requestContext")? {
        Some(context) => context.object("elb", "requestContext.elb")?,
        None => None,
    };
    if elb.is_some() {
        let multi_value = fields::multi_value_headers(event)?.is_some();
        return Ok(EventShape::Alb { multi_value });
    }
    match version {
        None | Some("1.0") if event.has("httpMethod") => Ok(EventShape::RestV1),
        _ => Err(EventRefusal::Unsupported),
    }
}

/// Function URLs use payload 2.0 too. The host name in the context distinguishes them, whichever host name
/// the client used. A REST API sends no version in its payload 1.0.
fn comes_from_http_api(event: &Object<'_>, shape: EventShape) -> bool {
    match shape {
        EventShape::HttpApiV2 => {
            let context = event.object("requestContext", "requestContext").ok().flatten();
            let host = text_in(context, "domainName", "requestContext.domainName").ok().flatten();
            !host.is_some_and(|host| host.contains(".lambda-url."))
        }
        EventShape::RestV1 => event.has("version"),
        EventShape::Alb { .. } => false,
    }
}

/// The request id of a refused event, which is read regardless of other faults.
pub(super) fn request_id_of(event: &Object<'_>) -> String {
    checked_request_id(event).unwrap_or_default()
}

/// The extended request id of a refused event.
pub(super) fn extended_request_id_of(event: &Object<'_>) -> String {
    checked_extended_request_id(event).unwrap_or_default()
}

fn checked_extended_request_id(event: &Object<'_>) -> Result<String, EventRefusal> {
    let context = event.object("requestContext", "requestContext")?;
    let id = text_in(context, "extendedRequestId", "requestContext.extendedRequestId")?;
    Ok(printable_id(id.unwrap_or_default()))
}

fn checked_request_id(event: &Object<'_>) -> Result<String, EventRefusal> {
    let context = event.object("requestContext", "requestContext")?;
    let id = text_in(context, "requestId", "requestContext.requestId")?;
    Ok(printable_id(id.unwrap_or_default()))
}

fn text_in<'e>(
    object: Option<&'e Object<'_>>,
    name: &str,
    member: &'static str,
) -> Result<Option<&'e str>, EventRefusal> {
    object.map_or(Ok(None), |object| object.text(name, member))
}

/// Whether the path of the context is `path` below the stage, as on an API's own host name. There is no base
/// path mapping then.
fn is_below_stage(context_path: Option<&str>, stage: Option<&str>, path: &str) -> bool {
    let (Some(whole), Some(stage)) = (context_path, stage) else {
        return false;
    };
    whole.strip_prefix('/').and_then(|rest| rest.strip_prefix(stage)) == Some(path)
}

pub(super) fn method(text: &str) -> Result<Method, EventRefusal> {
    request::method(text).ok_or(EventRefusal::MethodMalformed)
}

fn body_of(event: &Object<'_>) -> Result<Vec<u8>, EventRefusal> {
    let encoded = event.boolean("isBase64Encoded", "isBase64Encoded")?.unwrap_or(false);
    let body = event.text("body", "body")?.unwrap_or_default();
    if encoded {
        return STANDARD.decode(body).map_err(|_| EventRefusal::BodyNotBase64);
    }
    Ok(body.as_bytes().to_vec())
}

/// The element that the load balancer itself appended; the client can forge the ones before it. It can also
/// forge the last one if `routing.http.xff_header_processing.mode` is `preserve`, which no event shows: set
/// `client_address_header` to `none` there.
fn last_forwarded_for(headers: &Headers) -> Option<String> {
    let element = headers.values("x-forwarded-for").last()?.rsplit(',').next()?;
    address(element).map(|address| address.to_string())
}

/// Prefers the load balancer's own value if the client sent fields of this name too: the load balancer adds
/// `Self` to an existing trace, otherwise it sets `Root`
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-request-tracing.html>).
fn trace_id(headers: &Headers) -> String {
    let fields = || headers.values("x-amzn-trace-id");
    let with = |part: &str| fields().find(|field| has_trace(field, part));
    printable_id(with("Self").or_else(|| with("Root")).or_else(|| fields().next()).unwrap_or_default())
}

/// Whether the field has a part of this name with a version, a time and an id:
/// `Root=1-67891233-abcdef012345678912345678`.
fn has_trace(field: &str, name: &str) -> bool {
    let is_hex =
        |text: &str, digits| text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    field.split(';').filter_map(|part| part.trim().split_once('=')).any(|(key, value)| {
        let mut parts = value.splitn(3, '-');
        key == name
            && parts.next() == Some("1")
            && parts.next().is_some_and(|time| is_hex(time, 8))
            && parts.next().is_some_and(|id| is_hex(id, 24))
    })
}

/// Reduces an id to characters that may stand in a log line and on a page: the client can choose part of a
/// load balancer's id.
fn printable_id(id: &str) -> String {
    id.chars()
        .filter(|character| character.is_ascii_alphanumeric() || "-_=;:.+/".contains(*character))
        .take(128)
        .collect()
}
