//! An Application Load Balancer before one function.
//!
//! Elastic Load Balancing, "Lambda functions as targets". Its rules are not read from a template: everything goes to the
//! function.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use lambda::{Function, Reply};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::time::{Instant, timeout};

use crate::api_gateway::{RawRequest, RawResponse, Stamp, Stamps, SystemStamps};
use crate::function_reply::{Encoded, Fields, encoded_body, failure, fields_of, reply_body, text_of};
use crate::serve::{Front, Served, serve};

/// "The maximum size of the request body that you can send to a Lambda function is 1 MB", and the answer likewise.
const MAXIMUM: usize = 1024 * 1024;

/// "Maximum size of a single header" and "the entire request header".
const MAXIMUM_FIELD: usize = 16 * 1024;
const MAXIMUM_HEAD: usize = 64 * 1024;

/// How long the function may take; the load balancer's idle timeout.
const PATIENCE: Duration = Duration::from_mins(1);

/// A load balancer.
pub struct LoadBalancer {
    function: Arc<dyn Function>,
    multi_value: bool,
    stamps: Arc<dyn Stamps>,
    journal: Arc<dyn Fn(&str) + Send + Sync>,
}

impl LoadBalancer {
    /// A load balancer before `function`, whose target group has `lambda.multi_value_headers.enabled` or not. The
    /// journal gets a line for each answer that is not the function's.
    #[must_use]
    pub fn new(
        function: Arc<dyn Function>,
        multi_value: bool,
        journal: Arc<dyn Fn(&str) + Send + Sync>,
    ) -> Self {
        Self { function, multi_value, stamps: Arc::new(SystemStamps), journal }
    }

    /// Takes time and ids from `stamps`.
    #[must_use]
    pub fn with_stamps(self, stamps: Arc<dyn Stamps>) -> Self {
        Self { stamps, ..self }
    }

    /// Answers one request without a socket.
    pub async fn handle(&self, request: &RawRequest) -> RawResponse {
        self.ask(request).await.unwrap_or_else(|(status, message, why)| {
            (self.journal)(&format!("load balancer: {why}"));
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
        let event = event(request, self.multi_value, &self.stamps.next()).to_string().into_bytes();
        if request.body.len() > MAXIMUM {
            return Err((413, "Request Entity Too Large", "the body is larger than 1 MB".to_owned()));
        }
        let bad = |why: String| (502, "Bad Gateway", why);
        match timeout(PATIENCE, self.function.respond(&event, Instant::now() + PATIENCE)).await {
            Err(_) => Err((504, "Gateway Time-out", "the function took too long".to_owned())),
            Ok(Err(error)) => Err(bad(format!("the function failed: {}", error.error_type))),
            Ok(Ok(Reply::Streamed(_))) => Err(bad("a load balancer takes no stream".to_owned())),
            Ok(Ok(Reply::Whole(bytes))) if bytes.len() > MAXIMUM => {
                Err(bad("the function's answer is larger than 1 MB".to_owned()))
            }
            Ok(Ok(Reply::Whole(bytes))) => {
                read(&bytes, self.multi_value).map_err(|why| bad(format!("malformed answer: {why}")))
            }
        }
    }
}

#[async_trait]
impl Front for LoadBalancer {
    async fn answer(&self, request: &RawRequest) -> Served {
        Served::Whole(self.handle(request).await)
    }

    fn journal(&self, line: &str) {
        (self.journal)(line);
    }

    fn date(&self) -> String {
        self.stamps.next().http_date()
    }
}

/// Names in lower case. Parameters of the query are not decoded. Without multi-value headers the last value wins.
fn event(request: &RawRequest, multi_value: bool, stamp: &Stamp) -> Value {
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let fields = fields_of(request, stamp);
    let parameters: Vec<(String, String)> = query
        .split('&')
        .filter(|part| !part.is_empty())
        .map(|part| part.split_once('=').unwrap_or((part, "")))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let Encoded { body, is_base64_encoded } = encoded_body(request, &fields);
    let target_group =
        "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/local/0123456789abcdef";
    let (headers, query) = if multi_value {
        ("multiValueHeaders", "multiValueQueryStringParameters")
    } else {
        ("headers", "queryStringParameters")
    };
    json!({
        "requestContext": {"elb": {"targetGroupArn": target_group}},
        "httpMethod": request.method,
        "path": path,
        headers: map(&fields.0, multi_value),
        query: map(&parameters, multi_value),
        "body": body,
        "isBase64Encoded": is_base64_encoded,
    })
}

fn map(pairs: &[(String, String)], multi_value: bool) -> Value {
    let mut map = Map::new();
    for (name, value) in pairs {
        if !multi_value {
            map.insert(name.clone(), json!(value));
            continue;
        }
        let values = map.entry(name.clone()).or_insert_with(|| json!([]));
        if let Some(values) = values.as_array_mut() {
            values.push(json!(value));
        }
    }
    Value::Object(map)
}

/// "If you have enabled multi-value headers, you must" answer with them.
fn read(bytes: &[u8], multi_value: bool) -> Result<RawResponse, String> {
    let answer: Value = serde_json::from_slice(bytes).map_err(|_| "no JSON".to_owned())?;
    let status =
        answer.get("statusCode").and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok());
    let status = status.ok_or("`statusCode` is no status")?;
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
            _ => return Err(format!("`{used}.{name}` is no list")),
        }
    }
    Ok(RawResponse { status, headers: fields.into_wire()?, body: reply_body(&answer)? })
}
