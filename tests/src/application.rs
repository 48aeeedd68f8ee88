//! Simulates an application behind the proxy in process: it records requests and sends empty answers.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use flow::ports::{Upstream, UpstreamBody, UpstreamResponse};
use http::StatusCode;
use relying_party::forwarding::{UpstreamFault, UpstreamRequest, UpstreamResponseHead};
use tokio::time::Instant;

/// The application. Clones share their requests.
#[derive(Clone, Default)]
pub struct Application {
    headers: Vec<(String, Vec<u8>)>,
    received: Arc<Mutex<Vec<UpstreamRequest>>>,
}

impl Application {
    /// An application whose answers have these header fields.
    pub fn answering(headers: &[(&str, &str)]) -> Self {
        let headers =
            headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect();
        Self { headers, ..Self::default() }
    }

    pub fn received(&self) -> Vec<UpstreamRequest> {
        self.received.lock().unwrap().clone()
    }

    pub fn last(&self, name: &str) -> Option<String> {
        let request = self.received().pop().unwrap();
        request.headers.into_iter().find(|(header, _)| header == name).map(|(_, value)| value)
    }
}

#[async_trait]
impl Upstream for Application {
    async fn send(&self, request: UpstreamRequest, _: Instant) -> Result<UpstreamResponse, UpstreamFault> {
        self.received.lock().unwrap().push(request);
        let head = UpstreamResponseHead { status: StatusCode::OK, headers: self.headers.clone() };
        Ok(UpstreamResponse { head, body: Box::new(Empty) })
    }
}

struct Empty;

#[async_trait]
impl UpstreamBody for Empty {
    async fn chunk(&mut self) -> Result<Option<Bytes>, UpstreamFault> {
        Ok(None)
    }
}
