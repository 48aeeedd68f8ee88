//! Sends raw events of every front that passes whole requests on directly to the proxy, with an upstream that
//! records requests.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use flow::ports::{Upstream, UpstreamBody, UpstreamResponse};
use http::StatusCode;
use lambda::proxy_function::ProxyFunction;
use lambda::{Function as _, FunctionResponse};
use relying_party::forwarding::{UpstreamFault, UpstreamRequest, UpstreamResponseHead};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{Way, site};

/// The source of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Alb,
    FunctionUrl,
    HttpApi,
}

pub(crate) const FORMS: [Form; 3] = [Form::Alb, Form::HttpApi, Form::FunctionUrl];

impl Form {
    fn way(self) -> Way {
        match self {
            Self::Alb => Way::LoadBalancer,
            Self::FunctionUrl => Way::FunctionUrl,
            Self::HttpApi => Way::HttpApi,
        }
    }

    /// A valid request for `/echo`.
    pub(crate) fn event(self) -> Value {
        let domain = match self {
            Self::Alb => {
                return json!({
                    "requestContext": {"elb": {"targetGroupArn":
                        "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/front/73e2d6bc24d8a067"}},
                    "httpMethod": "POST",
                    "path": "/echo",
                    "multiValueQueryStringParameters": {"a": ["b"]},
                    "multiValueHeaders": {
                        "accept": ["*/*"],
                        "content-type": ["text/plain"],
                        "cookie": ["theme=dark"],
                        "host": ["app.example.com"],
                        "x-amzn-trace-id": ["Root=1-5c536348-3d683b8b04734faae651f476"],
                        "x-forwarded-for": ["192.0.2.7"],
                        "x-forwarded-port": ["443"],
                        "x-forwarded-proto": ["https"],
                    },
                    "body": "text",
                    "isBase64Encoded": false,
                });
            }
            Self::FunctionUrl => "abcdef1234.lambda-url.us-east-1.on.aws",
            Self::HttpApi => "abcdef1234.execute-api.us-east-1.amazonaws.com",
        };
        json!({
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": "/echo",
            "rawQueryString": "a=b",
            "cookies": ["theme=dark"],
            "headers": {
                "accept": "*/*",
                "content-type": "text/plain",
                "host": domain,
                "x-forwarded-for": "192.0.2.7",
                "x-forwarded-port": "443",
                "x-forwarded-proto": "https",
            },
            "queryStringParameters": {"a": "b"},
            "requestContext": {
                "accountId": "123456789012",
                "apiId": "abcdef1234",
                "domainName": domain,
                "domainPrefix": "abcdef1234",
                "http": {"method": "POST", "path": "/echo", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.7"},
                "requestId": "JKJaXmPLvHcESHA=",
                "routeKey": "$default",
                "stage": "$default",
                "time": "21/Nov/2026:20:00:00 +0000",
                "timeEpoch": 1_795_291_200_000_u64,
            },
            "body": "text",
            "isBase64Encoded": false,
        })
    }

    /// A pointer to the method.
    pub(crate) fn method(self) -> &'static str {
        if self == Self::Alb { "/httpMethod" } else { "/requestContext/http/method" }
    }

    /// A pointer to the path.
    pub(crate) fn path(self) -> &'static str {
        if self == Self::Alb { "/path" } else { "/rawPath" }
    }

    /// A pointer to the header fields.
    pub(crate) fn headers(self) -> &'static str {
        if self == Self::Alb { "/multiValueHeaders" } else { "/headers" }
    }

    /// A valid request with several fields `name`, in the form that this front gives them.
    pub(crate) fn with_field(self, name: &str, values: &[&str]) -> Value {
        if self != Self::Alb && name == "cookie" {
            return with(self.event(), "/cookies", json!(values));
        }
        let value = if self == Self::Alb { json!(values) } else { json!(values.join(",")) };
        let mut event = self.event();
        let headers = event.pointer_mut(self.headers()).unwrap().as_object_mut().unwrap();
        headers.insert(name.to_owned(), value);
        event
    }
}

/// `event` with `value` at `pointer`.
pub(crate) fn with(mut event: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    event.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(name.to_owned(), value);
    event
}

/// `event` without the value at `pointer`.
pub(crate) fn without(mut event: Value, pointer: &str) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    event.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name).unwrap();
    event
}

/// An upstream that records its requests and behaves as its members say.
#[derive(Clone, Default)]
pub(crate) struct Application {
    /// The requests received so far.
    pub(crate) asked: Arc<Mutex<Vec<UpstreamRequest>>>,
    /// Fields of its responses.
    pub(crate) fields: Vec<(&'static str, String)>,
    /// Whether it never sends a head.
    pub(crate) has_no_head: bool,
    /// The content of the body. If the body does not end, nothing follows these pieces.
    pub(crate) pieces: Vec<&'static str>,
    /// Whether the body never ends.
    pub(crate) has_no_end: bool,
}

struct Pieces(std::vec::IntoIter<&'static str>, bool);

#[async_trait]
impl UpstreamBody for Pieces {
    async fn chunk(&mut self) -> Result<Option<Bytes>, UpstreamFault> {
        match self.0.next() {
            None if self.1 => std::future::pending().await,
            piece => Ok(piece.map(Bytes::from)),
        }
    }
}

#[async_trait]
impl Upstream for Application {
    async fn send(
        &self,
        request: UpstreamRequest,
        until: Instant,
    ) -> Result<UpstreamResponse, UpstreamFault> {
        self.asked.lock().unwrap().push(request);
        if self.has_no_head {
            tokio::time::sleep_until(until).await;
            return Err(UpstreamFault::TimedOut);
        }
        let fields = self.fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone().into_bytes()));
        let head = UpstreamResponseHead { status: StatusCode::OK, headers: fields.collect() };
        Ok(UpstreamResponse {
            head,
            body: Box::new(Pieces(self.pieces.clone().into_iter(), self.has_no_end)),
        })
    }
}

/// The proxy of one form.
pub(crate) struct Direct {
    pub(crate) form: Form,
    application: Application,
    proxy: ProxyFunction,
}

/// The outcome of an event.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct EventOutcome {
    pub(crate) status: u64,
    pub(crate) body: String,
    /// The error that ended a streamed body early.
    pub(crate) fault: Option<UpstreamFault>,
}

impl EventOutcome {
    /// The status and reason of a refusal.
    pub(crate) fn reason(&self) -> String {
        let problem: Value = serde_json::from_str(&self.body).unwrap_or(Value::Null);
        format!("{} {}", self.status, problem["reason"].as_str().unwrap_or("no reason"))
    }
}

impl Direct {
    pub(crate) fn new(form: Form, application: Application) -> Self {
        let site = site(form.way(), "upstream.example", "localhost:8400", json!({}));
        let proxy = ProxyFunction::new(site, Arc::new(application.clone()));
        Self { form, application, proxy }
    }

    /// The number of requests that the upstream got.
    pub(crate) fn forwarded(&self) -> usize {
        self.application.asked.lock().unwrap().len()
    }

    /// The `Host` of each request that the upstream got.
    pub(crate) fn hosts(&self) -> Vec<String> {
        self.values("host")
    }

    /// The name of this proxy in `Via`.
    pub(crate) async fn pseudonym(&self) -> String {
        self.tell(self.form.event().to_string().as_bytes(), Instant::now() + Duration::from_secs(10)).await;
        self.values("via").pop().unwrap().trim_start_matches("1.1 ").to_owned()
    }

    fn values(&self, name: &str) -> Vec<String> {
        let asked = self.application.asked.lock().unwrap();
        let fields = asked.iter().flat_map(|request| &request.headers);
        fields.filter(|(field, _)| field == name).map(|(_, value)| value.clone()).collect()
    }

    /// The response of an invocation whose time ends at `until`.
    pub(crate) async fn tell(&self, event: &[u8], until: Instant) -> EventOutcome {
        match self.proxy.call(event, until).await.unwrap() {
            FunctionResponse::Whole(bytes) => {
                let response: Value = serde_json::from_slice(&bytes).unwrap();
                let body = response["body"].as_str().unwrap().to_owned();
                EventOutcome { status: response["statusCode"].as_u64().unwrap(), body, fault: None }
            }
            FunctionResponse::Streamed(mut response) => {
                let (mut body, mut fault) = (Vec::new(), None);
                loop {
                    match response.body.chunk().await {
                        Ok(Some(bytes)) => body.extend_from_slice(&bytes),
                        Ok(None) => break,
                        Err(broken) => {
                            fault = Some(broken);
                            break;
                        }
                    }
                }
                let status = u64::from(response.status.as_u16());
                EventOutcome { status, body: String::from_utf8(body).unwrap(), fault }
            }
        }
    }
}
