//! Simulates the upstream of a story: it answers like the local stack's upstream and records every request
//! byte for byte.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::body::{Body, to_bytes};
use bytes::Bytes;
use flow::ports::{UpstreamBody, UpstreamResponse};
use http::StatusCode;
use local::api_gateway::{RawResponse, Upstream, UpstreamRequest};
use relying_party::forwarding::{self, UpstreamFault, UpstreamResponseHead};
use tokio::time::Instant;
use tower::ServiceExt as _;

/// An upstream that records requests. Clones share them.
#[derive(Clone, Default)]
pub struct RecordingUpstream {
    received: Arc<Mutex<Vec<Received>>>,
}

/// One request as the upstream got it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    pub method: String,
    pub target: String,
    /// Header fields in their original order and spelling.
    pub headers: Vec<(String, String)>,
}

impl RecordingUpstream {
    /// The requests received so far, oldest first.
    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// Forgets the recorded requests.
    pub fn forget(&self) {
        self.received.lock().unwrap().clear();
    }
}

impl Received {
    pub fn values(&self, name: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(found, _)| found.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// The only value of a header; `None` if it is absent. Two different values fail the test.
    pub fn sole(&self, name: &str) -> Option<&str> {
        let values = self.values(name);
        assert!(values.windows(2).all(|pair| pair[0] == pair[1]), "{name}: {values:?}");
        values.first().copied()
    }

    /// The only value of a credential that the client sent; `None` if it is not passed on. A REST API cannot remove a
    /// header, so it sets the value `-`.
    pub fn credential(&self, name: &str) -> Option<&str> {
        self.sole(name).filter(|value| *value != "-")
    }

    /// Every value of every header whose name a framework could treat as `name`: case and punctuation do not
    /// matter.
    pub fn look_alikes(&self, name: &str) -> Vec<&str> {
        let canonical = |name: &str| relying_party::gate::reserved_header::canonical(name);
        let alike = self.headers.iter().filter(|(found, _)| canonical(found) == canonical(name));
        alike.map(|(_, value)| value.as_str()).collect()
    }
}

#[async_trait]
impl flow::ports::Upstream for RecordingUpstream {
    async fn send(
        &self,
        request: forwarding::UpstreamRequest,
        _: Instant,
    ) -> Result<UpstreamResponse, UpstreamFault> {
        let headers = request.headers.into_iter().filter(|(name, _)| name != "host");
        let request = UpstreamRequest {
            secure: request.scheme == "https",
            method: request.method.to_string(),
            authority: request.authority,
            target: request.target,
            headers: headers.map(|(name, value)| (name, value.into_bytes())).collect(),
            body: request.body,
        };
        let answer = Upstream::send(self, request).await.unwrap();
        let status = StatusCode::from_u16(answer.status).unwrap();
        let head = UpstreamResponseHead { status, headers: answer.headers };
        Ok(UpstreamResponse { head, body: Box::new(Whole(Some(answer.body.into()))) })
    }
}

struct Whole(Option<Bytes>);

#[async_trait]
impl UpstreamBody for Whole {
    async fn chunk(&mut self) -> Result<Option<Bytes>, UpstreamFault> {
        Ok(self.0.take())
    }
}

#[async_trait]
impl Upstream for RecordingUpstream {
    async fn send(&self, request: UpstreamRequest) -> Result<RawResponse, String> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let received = Received {
            method: request.method.clone(),
            target: request.target.clone(),
            headers: request.headers.iter().map(|(name, value)| (name.clone(), text(value))).collect(),
        };
        self.received.lock().unwrap().push(received);
        let mut echoed = http::Request::builder().method(request.method.as_str()).uri(&request.target);
        echoed = echoed.header("host", &request.authority);
        for (name, value) in &request.headers {
            echoed = echoed.header(name, value.as_slice());
        }
        let echoed = echoed.body(Body::from(request.body)).map_err(|error| error.to_string())?;
        let answered = local::upstream::router().oneshot(echoed).await;
        let (parts, body) = answered.unwrap().into_parts();
        let body = to_bytes(body, usize::MAX).await.map_err(|error| error.to_string())?;
        Ok(RawResponse {
            status: parts.status.as_u16(),
            headers: parts
                .headers
                .iter()
                .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
                .collect(),
            body: body.to_vec(),
        })
    }
}
