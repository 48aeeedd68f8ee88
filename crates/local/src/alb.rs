//! Runs an Application Load Balancer in front of functions, with the rules of a template.
//!
//! Elastic Load Balancing, "Lambda functions as targets" and "Troubleshoot your Application Load Balancers".

mod definition;
mod rule;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use lambda::{Function, FunctionResponse};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::{Instant, timeout};

use crate::api_gateway::{
    Functions, RawRequest, RawResponse, RequestClock, RequestStamp, SystemRequestClock, first_value, maps,
    values,
};
use crate::function_response::{Encoded, Fields, encoded_body, fields_of, response_body, text_of};
use crate::serve::{RequestHandler, Served, serve};
use crate::template::{Fault, Inputs, Template, TemplateError};

use rule::{Action, Definition, Target};

/// "The maximum size of the request body that you can send to a Lambda function is 1 MB"; the same limit holds for
/// the response.
const MAXIMUM: usize = 1024 * 1024;

/// "Maximum size of a single header" and "the entire request header".
const MAXIMUM_FIELD: usize = 16 * 1024;
const MAXIMUM_HEAD: usize = 64 * 1024;

/// "The entire response header".
const MAX_RESPONSE_HEAD_BYTES: usize = 32 * 1024;

/// The name of the only function of a load balancer without rules.
const SOLE: &str = "function";

/// Where a listener of a template sends requests.
#[derive(Clone, Debug)]
pub struct Rules(Definition);

/// A load balancer.
pub struct LoadBalancer {
    definition: Definition,
    functions: Functions,
    clock: Arc<dyn RequestClock>,
    log: Arc<dyn Fn(&str) + Send + Sync>,
}

impl Rules {
    /// Reads the only listener of `text` with its rules, target groups, load balancer and permissions.
    ///
    /// # Errors
    ///
    /// Returns every fault of them with its line.
    pub(crate) fn from_template(text: &str, inputs: &Inputs) -> Result<Self, TemplateError> {
        let template = Template::parse(text, inputs)?;
        definition::read(&template).map(Self)
    }

    /// The logical id of the function that gets such a request; `None` if the load balancer answers it itself.
    #[must_use]
    pub fn function(&self, method: &str, host: &str, path: &str) -> Option<&str> {
        match self.0.action(method, host, path) {
            Action::Forward(target) => Some(&target.function),
            Action::Fixed { .. } => None,
        }
    }

    /// Turns `lambda.multi_value_headers.enabled` off for every target group; it is off by default on AWS.
    #[must_use]
    pub fn without_multi_value_headers(mut self) -> Self {
        for target in self.0.targets_mut() {
            target.multi_value = false;
        }
        self
    }

    /// Returns whether every function gets all fields of a name, and whether fields with ambiguous names are dropped.
    #[must_use]
    pub fn keeps_and_drops(&self) -> (bool, bool) {
        (self.0.targets().all(|target| target.multi_value), self.0.drops_invalid_fields)
    }
}

impl LoadBalancer {
    /// A load balancer in front of one `function`. `multi_value` is the target group's
    /// `lambda.multi_value_headers.enabled`. The log gets a line for each response that does not come from the
    /// function.
    #[must_use]
    pub fn new(function: Arc<dyn Function>, multi_value: bool, log: Arc<dyn Fn(&str) + Send + Sync>) -> Self {
        let target = Target {
            arn: "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/local/0123456789abcdef"
                .to_owned(),
            function: SOLE.to_owned(),
            multi_value,
            timeout: Duration::from_mins(15),
        };
        let definition = Definition {
            rules: Vec::new(),
            default: Action::Forward(target),
            drops_invalid_fields: false,
            idle_timeout: Duration::from_mins(1),
        };
        let functions = Functions::from([(SOLE.to_owned(), function)]);
        Self { definition, functions, clock: Arc::new(SystemRequestClock), log }
    }

    /// A load balancer with these rules. `functions` must hold at least those that the rules name.
    ///
    /// # Errors
    ///
    /// A function that the rules name is missing.
    pub fn with(
        rules: Rules,
        functions: Functions,
        log: Arc<dyn Fn(&str) + Send + Sync>,
    ) -> Result<Self, Fault> {
        let missing = rules.0.targets().find(|target| !functions.contains_key(&target.function));
        if let Some(target) = missing {
            return Err(Fault::new(
                1,
                format!("a rule forwards to {}, which does not exist", target.function),
            ));
        }
        Ok(Self { definition: rules.0, functions, clock: Arc::new(SystemRequestClock), log })
    }

    /// Takes time and ids from `clock`.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn RequestClock>) -> Self {
        Self { clock, ..self }
    }

    /// Answers one request without a socket.
    pub async fn handle(&self, request: &RawRequest) -> RawResponse {
        self.ask(request).await.unwrap_or_else(|(status, message, why)| {
            (self.log)(&format!("load balancer: {why}"));
            failure(status, message)
        })
    }

    /// Serves on `listener` until `shutdown` is done.
    pub async fn serve(self, listener: TcpListener, shutdown: impl Future<Output = ()> + Send) {
        serve(Arc::new(self), listener, shutdown).await;
    }

    async fn ask(&self, request: &RawRequest) -> Result<RawResponse, (u16, &'static str, String)> {
        let sizes = request.headers.iter().map(|(name, value)| name.len() + value.len());
        if request.target.len() > MAXIMUM_FIELD {
            return Err((414, "URI Too Long", "the request line is too long".to_owned()));
        }
        if sizes.clone().any(|size| size > MAXIMUM_FIELD) || sizes.sum::<usize>() > MAXIMUM_HEAD {
            return Err((400, "Bad Request", "the head is too large".to_owned()));
        }
        let target = match self.definition.action_of(request) {
            Action::Forward(target) => target,
            Action::Fixed { status, content_type, body } => {
                let headers = vec![("Content-Type".to_owned(), content_type.clone().into_bytes())];
                return Ok(RawResponse { status: *status, headers, body: body.clone().into_bytes() });
            }
        };
        // "WebSockets are not supported. Upgrade requests are rejected with an HTTP 400 code."
        let holds = |wanted: &str, token: &str| {
            let mut values = values(&request.headers, wanted);
            values.any(|value| String::from_utf8_lossy(value).to_ascii_lowercase().contains(token))
        };
        if holds("upgrade", "websocket") && holds("connection", "upgrade") {
            return Err((400, "Bad Request", "a function does not support an upgrade".to_owned()));
        }
        let kept = self.kept(request);
        let event =
            event(kept.as_ref().unwrap_or(request), target, &self.clock.next()).to_string().into_bytes();
        if request.body.len() > MAXIMUM {
            return Err((413, "Request Entity Too Large", "the body is larger than 1 MB".to_owned()));
        }
        self.invoke(target, &event).await
    }

    /// The request without the fields whose names are not `[-A-Za-z0-9]+`, if the load balancer drops such
    /// fields and the request has one.
    fn kept(&self, request: &RawRequest) -> Option<RawRequest> {
        let sound = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !self.definition.drops_invalid_fields || request.headers.iter().all(|(name, _)| sound(name)) {
            return None;
        }
        let mut kept = request.clone();
        kept.headers.retain(|(name, _)| sound(name));
        Some(kept)
    }

    async fn invoke(
        &self,
        target: &Target,
        event: &[u8],
    ) -> Result<RawResponse, (u16, &'static str, String)> {
        let bad = |why: String| (502, "Bad Gateway", why);
        let Some(function) = self.functions.get(&target.function) else {
            return Err(bad(format!("the function {} does not exist", target.function)));
        };
        let answer = timeout(target.timeout, function.call(event, Instant::now() + target.timeout));
        match timeout(self.definition.idle_timeout, answer).await {
            Err(_) => {
                Err((504, "Gateway Time-out", "the function took longer than the idle timeout".to_owned()))
            }
            Ok(Err(_)) => Err(bad("the function took longer than its timeout".to_owned())),
            Ok(Ok(Err(error))) => Err(bad(format!("the function failed: {}", error.error_type))),
            Ok(Ok(Ok(FunctionResponse::Streamed(_)))) => {
                Err(bad("a load balancer does not support streamed answers".to_owned()))
            }
            Ok(Ok(Ok(FunctionResponse::Whole(bytes)))) if bytes.len() > MAXIMUM => {
                Err(bad("the function's answer is larger than 1 MB".to_owned()))
            }
            Ok(Ok(Ok(FunctionResponse::Whole(bytes)))) => {
                let response = read(&bytes, target.multi_value)
                    .map_err(|why| bad(format!("malformed answer: {why}")))?;
                let head: usize = response.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
                if head > MAX_RESPONSE_HEAD_BYTES {
                    return Err(bad("the head of the function's answer is larger than 32 KB".to_owned()));
                }
                Ok(response)
            }
        }
    }
}

#[async_trait]
impl RequestHandler for LoadBalancer {
    async fn answer(&self, request: &RawRequest) -> Served {
        Served::Whole(self.handle(request).await)
    }

    fn log(&self, line: &str) {
        (self.log)(line);
    }

    fn date(&self) -> Option<String> {
        Some(self.clock.next().http_date())
    }
}

/// Names are in lower case, and query parameters stay encoded. Without multi-value headers the last value wins.
fn event(request: &RawRequest, target: &Target, stamp: &RequestStamp) -> Value {
    let multi_value = target.multi_value;
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let mut fields = fields_of(request, stamp);
    continue_trace(request, &mut fields);
    let parameters: Vec<(String, String)> = query
        .split('&')
        .filter(|part| !part.is_empty())
        .map(|part| part.split_once('=').unwrap_or((part, "")))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let Encoded { body, is_base64_encoded } = encoded_body(request, &fields);
    let (headers, query) = if multi_value {
        ("multiValueHeaders", "multiValueQueryStringParameters")
    } else {
        ("headers", "queryStringParameters")
    };
    json!({
        "requestContext": {"elb": {"targetGroupArn": target.arn}},
        "httpMethod": request.method,
        "path": path,
        headers: map(fields.0, multi_value),
        query: map(parameters, multi_value),
        "body": body,
        "isBase64Encoded": is_base64_encoded,
    })
}

/// "If the X-Amzn-Trace-Id header is present and has a Root field", the load balancer adds a `Self` field before it.
fn continue_trace(request: &RawRequest, fields: &mut Fields) {
    let sent = first_value(&request.headers, "x-amzn-trace-id");
    let Some(sent) = sent.filter(|value| value.contains("Root=")) else { return };
    for (name, value) in &mut fields.0 {
        if name == "x-amzn-trace-id" {
            let rest = sent.split(';').filter(|part| !part.trim_start().starts_with("Self="));
            let own = value.replace("Root=", "Self=");
            *value = std::iter::once(own.as_str()).chain(rest).collect::<Vec<_>>().join(";");
        }
    }
}

/// A response of the load balancer itself.
fn failure(status: u16, message: &str) -> RawResponse {
    let title = format!("{status} {message}");
    let body = format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
    );
    let headers = [("Server", "awselb/2.0"), ("Content-Type", "text/html")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec())).to_vec();
    RawResponse { status, headers, body: body.into_bytes() }
}

fn map(pairs: Vec<(String, String)>, multi_value: bool) -> Value {
    let (single, multiple) = maps(pairs);
    Value::Object(if multi_value { multiple } else { single })
}

/// "If you have enabled multi-value headers, you must" answer with them.
fn read(bytes: &[u8], multi_value: bool) -> Result<RawResponse, String> {
    let answer: Value = serde_json::from_slice(bytes).map_err(|_| "no JSON".to_owned())?;
    let status =
        answer.get("statusCode").and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok());
    let status = status.ok_or("`statusCode` is not a status")?;
    let description = answer.get("statusDescription").and_then(Value::as_str);
    if !description.is_none_or(|text| text.starts_with(&format!("{status} "))) {
        return Err("`statusDescription` is another status".to_owned());
    }
    let (used, other) =
        if multi_value { ("multiValueHeaders", "headers") } else { ("headers", "multiValueHeaders") };
    if answer.get(used).is_none() && answer.get(other).is_some() {
        return Err(format!("`{other}` where the target group wants `{used}`"));
    }
    let mut fields = Fields::default();
    for (name, value) in answer.get(used).and_then(Value::as_object).into_iter().flatten() {
        match value {
            Value::Array(values) if multi_value => {
                for value in values {
                    fields.push(name, text_of(value)?);
                }
            }
            value if !multi_value => fields.push(name, text_of(value)?),
            _ => return Err(format!("`{used}.{name}` is not a list")),
        }
    }
    Ok(RawResponse { status, headers: fields.into_wire()?, body: response_body(&answer)? })
}
