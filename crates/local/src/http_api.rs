//! Runs an HTTP API whose `$default` route invokes one function, or that function's URL: payload format 2.0.
//!
//! API Gateway developer guide, "Create AWS Lambda proxy integrations for HTTP APIs"; AWS Lambda developer
//! guide, "Invoking Lambda function URLs". With `RESPONSE_STREAM` the response is passed on as it arrives.

mod definition;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use lambda::{Function, FunctionResponse};
use percent_encoding::percent_decode_str;
use relying_party::forwarding::UpstreamFault;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::time::{Instant, timeout};

use crate::api_gateway::{
    Functions, RawRequest, RawResponse, RequestClock, RequestStamp, SystemRequestClock,
};
use crate::function_response::{Encoded, Fields, encoded_body, failure, fields_of, response_body, text_of};
use crate::serve::{RequestHandler, Served, serve};
use crate::template::{Fault, Inputs, Template, TemplateError};

use definition::{Definition, Kind};

/// "Total combined size of request line and header values".
const MAXIMUM_HEAD: usize = 10_240;

/// The limit of a synchronous invocation's payload in each direction, in bytes.
const MAXIMUM_PAYLOAD: usize = 6 * 1024 * 1024;

/// The front of a template's only function.
#[derive(Clone, Debug)]
pub struct Deployed(Definition);

/// An HTTP API, or a function URL.
pub struct HttpApi {
    function: Arc<dyn Function>,
    definition: Definition,
    clock: Arc<dyn RequestClock>,
    log: Arc<dyn Fn(&str) + Send + Sync>,
}

impl Deployed {
    /// Reads the only HTTP API of a template.
    ///
    /// # Errors
    ///
    /// The fault in the API or its permission, with the line.
    pub fn http_api(text: &str, inputs: &Inputs) -> Result<Self, TemplateError> {
        Ok(Self(definition::http_api(&Template::parse(text, inputs)?)?))
    }

    /// Reads the only function URL of a template.
    ///
    /// # Errors
    ///
    /// The fault in the URL or its permissions, with the line.
    pub fn function_url(text: &str, inputs: &Inputs) -> Result<Self, TemplateError> {
        Ok(Self(definition::function_url(&Template::parse(text, inputs)?)?))
    }

    /// The logical id of the function that gets every request.
    #[must_use]
    pub fn function(&self) -> &str {
        &self.0.function
    }

    /// Whether answers are passed on as they arrive.
    #[must_use]
    pub fn streams(&self) -> bool {
        self.0.kind == Kind::FunctionUrl { streams: true }
    }
}

impl HttpApi {
    /// An API in front of `function`. The log gets a line for each response that does not come from the
    /// function.
    #[must_use]
    pub fn new(function: Arc<dyn Function>, log: Arc<dyn Fn(&str) + Send + Sync>) -> Self {
        let definition = Definition {
            function: "function".to_owned(),
            kind: Kind::HttpApi { integration_timeout: Duration::from_secs(30) },
            timeout: Duration::from_secs(30),
        };
        Self { function, definition, clock: Arc::new(SystemRequestClock), log }
    }

    /// The URL of `function`, which streams its responses.
    #[must_use]
    pub fn function_url(function: Arc<dyn Function>, log: Arc<dyn Fn(&str) + Send + Sync>) -> Self {
        let mut front = Self::new(function, log);
        front.definition.kind = Kind::FunctionUrl { streams: true };
        front
    }

    /// The front of a template. `functions` must hold at least the function that the template names.
    ///
    /// # Errors
    ///
    /// The function is missing.
    pub fn with(
        deployed: Deployed,
        functions: &Functions,
        log: Arc<dyn Fn(&str) + Send + Sync>,
    ) -> Result<Self, Fault> {
        let Some(function) = functions.get(deployed.function()) else {
            return Err(Fault::new(1, format!("{} is not there", deployed.function())));
        };
        let function = Arc::clone(function);
        Ok(Self { function, definition: deployed.0, clock: Arc::new(SystemRequestClock), log })
    }

    /// Takes time and ids from `clock`.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn RequestClock>) -> Self {
        Self { clock, ..self }
    }

    /// Answers one request without a socket; it reads a stream to its end.
    ///
    /// # Errors
    ///
    /// The stream broke off.
    pub async fn handle(&self, request: &RawRequest) -> Result<RawResponse, UpstreamFault> {
        self.answer(request).await.whole().await
    }

    /// Serves on `listener` until `shutdown` is done.
    pub async fn serve(self, listener: TcpListener, shutdown: impl Future<Output = ()> + Send) {
        serve(Arc::new(self), listener, shutdown).await;
    }

    async fn ask(&self, request: &RawRequest) -> Result<Served, (u16, &'static str, String)> {
        let stamp = self.clock.next();
        let head: usize =
            request.target.len() + request.headers.iter().map(|(_, value)| value.len()).sum::<usize>();
        // AWS documents no such limit for function URLs.
        if head > MAXIMUM_HEAD && matches!(self.definition.kind, Kind::HttpApi { .. }) {
            return Err((431, "Request Header Fields Too Large", "the head is too large".to_owned()));
        }
        let event = event(request, &stamp, self.definition.kind).to_string().into_bytes();
        if event.len() > MAXIMUM_PAYLOAD {
            return Err((413, "Request Entity Too Large", "the event is too large".to_owned()));
        }
        // An HTTP API answers 500 and 503, a function URL 502.
        let ((failed, failure), time_limit) = match self.definition.kind {
            Kind::HttpApi { integration_timeout } => {
                ((500, "Internal Server Error"), integration_timeout.min(self.definition.timeout))
            }
            Kind::FunctionUrl { .. } => ((502, "Bad Gateway"), self.definition.timeout),
        };
        let failed = |why: String| (failed, failure, why);
        let answer = self.function.call(&event, Instant::now() + self.definition.timeout);
        match timeout(time_limit, answer).await {
            Err(_) if matches!(self.definition.kind, Kind::HttpApi { .. }) => {
                Err((503, "Service Unavailable", "the function took too long".to_owned()))
            }
            Err(_) => Err(failed("the function took too long".to_owned())),
            Ok(Err(error)) => Err(failed(format!("the function failed: {}", error.error_type))),
            Ok(Ok(FunctionResponse::Streamed(response))) => Ok(Served::Streamed(response)),
            Ok(Ok(FunctionResponse::Whole(bytes))) if bytes.len() > MAXIMUM_PAYLOAD => {
                Err(failed("the function's answer is too large".to_owned()))
            }
            Ok(Ok(FunctionResponse::Whole(bytes))) => {
                read(&bytes).map(Served::Whole).map_err(|why| failed(format!("malformed answer: {why}")))
            }
        }
    }
}

#[async_trait]
impl RequestHandler for HttpApi {
    async fn answer(&self, request: &RawRequest) -> Served {
        self.ask(request).await.unwrap_or_else(|(status, message, why)| {
            (self.log)(&format!("HTTP API: {why}"));
            Served::Whole(failure(status, message))
        })
    }

    fn log(&self, line: &str) {
        (self.log)(line);
    }

    fn date(&self) -> Option<String> {
        Some(self.clock.next().http_date())
    }
}

/// Names are in lower case, several values are joined with commas, and cookies have a list of their own.
fn event(request: &RawRequest, stamp: &RequestStamp, kind: Kind) -> Value {
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let path = match kind {
        // An HTTP API decodes the path once, even escapes that are significant in a path: `/a%2Fb` becomes `/a/b`. A
        // function URL does not decode paths.
        Kind::HttpApi { .. } => percent_decode_str(path).decode_utf8_lossy(),
        Kind::FunctionUrl { .. } => path.into(),
    };
    let fields = fields_of(request, stamp);
    let (headers, cookies) = headers_and_cookies(&fields);
    // A function URL is reached only under its own name, so its events contain that name and not the
    // requested host.
    let domain_name = match kind {
        Kind::FunctionUrl { .. } => "local00001.lambda-url.us-east-1.on.aws",
        Kind::HttpApi { .. } => fields.first("host").unwrap_or_default(),
    };
    let user_agent = fields.first("user-agent").unwrap_or_default().to_owned();
    let mut event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "local00001",
            "domainName": domain_name,
            "domainPrefix": "local00001",
            "http": {
                "method": request.method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": request.peer.to_string(),
                "userAgent": user_agent,
            },
            "requestId": stamp.request_id(),
            "routeKey": "$default",
            "stage": "$default",
            "time": stamp.request_time(),
            "timeEpoch": u64::try_from(stamp.time.as_millis()).unwrap_or(u64::MAX),
        },
    });
    let Encoded { body, is_base64_encoded } = encoded_body(request, &fields);
    if let Some(members) = event.as_object_mut() {
        members.insert("isBase64Encoded".to_owned(), json!(is_base64_encoded));
        if !cookies.is_empty() {
            members.insert("cookies".to_owned(), json!(cookies));
        }
        if !request.body.is_empty() {
            members.insert("body".to_owned(), json!(body));
        }
    }
    event
}

/// Joins the values of each name with commas, and splits `cookie` into single cookies.
fn headers_and_cookies(fields: &Fields) -> (Map<String, Value>, Vec<String>) {
    let mut headers: Map<String, Value> = Map::new();
    let mut cookies: Vec<String> = Vec::new();
    for (name, value) in &fields.0 {
        if name == "cookie" {
            cookies.extend(value.split("; ").map(str::to_owned));
            continue;
        }
        let joined = match headers.get(name).and_then(Value::as_str) {
            Some(before) => format!("{before},{value}"),
            None => value.clone(),
        };
        headers.insert(name.clone(), json!(joined));
    }
    (headers, cookies)
}

/// "If your Lambda function returns valid JSON and doesn't return a statusCode, API Gateway assumes" a 200 of JSON.
fn read(bytes: &[u8]) -> Result<RawResponse, String> {
    let answer: Value = serde_json::from_slice(bytes).map_err(|_| "no JSON".to_owned())?;
    let Some(status) = answer.get("statusCode") else {
        let headers = vec![("content-type".to_owned(), b"application/json".to_vec())];
        return Ok(RawResponse { status: 200, headers, body: bytes.to_vec() });
    };
    let status = status.as_u64().and_then(|status| u16::try_from(status).ok());
    let mut fields = Fields::default();
    for (name, value) in answer.get("headers").and_then(Value::as_object).into_iter().flatten() {
        fields.push(name, text_of(value)?);
    }
    for cookie in answer.get("cookies").and_then(Value::as_array).into_iter().flatten() {
        fields.push("set-cookie", text_of(cookie)?);
    }
    Ok(RawResponse {
        status: status.ok_or("`statusCode` is not a status")?,
        headers: fields.into_wire()?,
        body: response_body(&answer)?,
    })
}
