//! Sends whole requests through the fixture's API.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod authorizing;
mod calls;
mod definitions;
mod project;
mod socket;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use lambda::{Function, FunctionError, FunctionResponse};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::*;
use crate::template::Inputs;

impl RestApi {
    /// Routes that reach an upstream without an authorizer, such as `ANY /{proxy+} (line 12)`. AWS allows
    /// them, but they are rarely intended.
    fn open_routes(&self) -> Vec<String> {
        let mut open = Vec::new();
        for resource in &self.definition.resources {
            for (name, method) in &resource.methods {
                if method.authorizer.is_none() && matches!(method.integration, Integration::HttpProxy(_)) {
                    open.push(format!("{name} {} (line {})", resource.path, method.line));
                }
            }
        }
        open
    }
}

/// A function that records its events and always gives the same response.
struct Scripted {
    answer: Result<Vec<u8>, FunctionError>,
    events: Arc<Mutex<Vec<Value>>>,
}

#[async_trait]
impl Function for Scripted {
    async fn call(&self, event: &[u8], _: Instant) -> Result<FunctionResponse, FunctionError> {
        self.events.lock().unwrap().push(serde_json::from_slice(event).unwrap());
        self.answer.clone().map(FunctionResponse::Whole)
    }
}

/// An upstream that records its requests.
struct Kept {
    answer: Result<RawResponse, String>,
    requests: Arc<Mutex<Vec<UpstreamRequest>>>,
}

#[async_trait]
impl Upstream for Kept {
    async fn send(&self, request: UpstreamRequest) -> Result<RawResponse, String> {
        self.requests.lock().unwrap().push(request);
        self.answer.clone()
    }
}

struct Fixed;

impl RequestClock for Fixed {
    fn next(&self) -> RequestStamp {
        fixture::stamp()
    }
}

/// The response of the upstream, and the behaviour of the API.
struct Setting {
    behaviour: Behaviour,
    authorizer: Result<Value, String>,
    login: Result<Value, String>,
    upstream: Result<RawResponse, String>,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            behaviour: Behaviour::default(),
            authorizer: Ok(allow()),
            login: Ok(json!({"statusCode": 200, "body": "login"})),
            upstream: Ok(RawResponse { status: 200, headers: Vec::new(), body: b"upstream".to_vec() }),
        }
    }
}

/// A gateway and the requests that its backends got.
struct Seen {
    gateway: Gateway,
    authorized: Arc<Mutex<Vec<Value>>>,
    invoked: Arc<Mutex<Vec<Value>>>,
    forwarded: Arc<Mutex<Vec<UpstreamRequest>>>,
    log: Arc<Mutex<Vec<String>>>,
}

impl Setting {
    fn open(self) -> Seen {
        let api = RestApi::from_template(&fixture::text(), &Inputs::default(), self.behaviour).unwrap();
        let (authorized, invoked) = (Arc::default(), Arc::default());
        let (forwarded, log) = (Arc::default(), Arc::<Mutex<Vec<String>>>::default());
        let mut functions = Functions::new();
        functions.insert("AuthorizerFunction".to_owned(), function(&self.authorizer, &authorized));
        functions.insert("LoginFunction".to_owned(), function(&self.login, &invoked));
        functions.insert("CallbackFunction".to_owned(), function(&self.login, &invoked));
        let lines = Arc::clone(&log);
        let backends = Backends {
            functions,
            upstream: Arc::new(Kept { answer: self.upstream, requests: Arc::clone(&forwarded) }),
            clock: Arc::new(Fixed),
            log: Arc::new(move |line| lines.lock().unwrap().push(line.to_owned())),
        };
        Seen { gateway: api.with(backends).unwrap(), authorized, invoked, forwarded, log }
    }
}

fn function(answer: &Result<Value, String>, events: &Arc<Mutex<Vec<Value>>>) -> Arc<dyn Function> {
    let answer = match answer {
        Ok(answer) => Ok(answer.to_string().into_bytes()),
        Err(message) => Err(FunctionError { error_type: "Error".to_owned(), error_message: message.clone() }),
    };
    Arc::new(Scripted { answer, events: Arc::clone(events) })
}

impl Seen {
    async fn send(&self, method: &str, target: &str, headers: &[(&str, &str)]) -> RawResponse {
        self.gateway.handle(&request(method, target, headers)).await
    }

    fn forwarded(&self) -> UpstreamRequest {
        self.forwarded.lock().unwrap().last().unwrap().clone()
    }

    fn invoked(&self) -> Value {
        self.invoked.lock().unwrap().last().unwrap().clone()
    }
}

fn request(method: &str, target: &str, headers: &[(&str, &str)]) -> RawRequest {
    let host = ("Host".to_owned(), b"localhost:8400".to_vec());
    let given = headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()));
    RawRequest {
        method: method.to_owned(),
        target: target.to_owned(),
        headers: std::iter::once(host).chain(given).collect(),
        body: Vec::new(),
        peer: IpAddr::V4(Ipv4Addr::LOCALHOST),
    }
}

fn policy(effect: &str, context: &Value) -> Value {
    json!({
        "principalId": "principal",
        "policyDocument": {"Version": "2012-10-17", "Statement": [
            {"Action": "execute-api:Invoke", "Effect": effect, "Resource": "*"}]},
        "context": context,
    })
}

fn allow() -> Value {
    policy("Allow", &json!({"sub": "user-1"}))
}

fn header(response: &RawResponse, name: &str) -> Option<String> {
    response.header_values(name).first().map(|value| String::from_utf8_lossy(value).into_owned())
}

fn text(response: &RawResponse) -> String {
    String::from_utf8_lossy(&response.body).into_owned()
}
