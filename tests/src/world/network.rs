//! Routes requests in the local network of a story: the front's origins, and the stand-in's.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use axum::body::{Body, to_bytes};
use http::{Request, Response};
use local::alb::LoadBalancer;
use local::api_gateway::{Gateway, RawRequest, RawResponse};
use local::cognito::StandIn;
use local::http_api::HttpApi;
use tower::ServiceExt as _;

use crate::browser::Network;

/// The application's address for browsers.
pub const APPLICATION: &str = "http://localhost:8400";
/// The stand-in's address for browsers, on another site.
pub const PROVIDER: &str = "http://127.0.0.1:8410";

/// Routes by origin. If a deployment has several processes, one of them answers at a time.
pub(super) struct LocalNetwork {
    pub(super) processes: Vec<FrontEmulation>,
    pub(super) answering: AtomicUsize,
    pub(super) stand_in: StandIn,
    pub(super) spelling: Spelling,
    pub(super) most_answer_bytes: usize,
}

pub(super) enum FrontEmulation {
    Rest(Box<Gateway>),
    HttpApi(HttpApi),
    Alb(LoadBalancer),
}

/// The spelling in which a browser sends header names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spelling {
    #[default]
    LowerCase,
    Canonical,
}

impl LocalNetwork {
    pub(super) async fn to_gate(&self, request: &RawRequest) -> RawResponse {
        match &self.processes[self.answering.load(Ordering::SeqCst)] {
            FrontEmulation::Rest(gateway) => gateway.handle(request).await,
            FrontEmulation::HttpApi(http_api) => http_api.handle(request).await.unwrap(),
            FrontEmulation::Alb(load_balancer) => load_balancer.handle(request).await,
        }
    }

    async fn to_stand_in(&self, request: Request<Vec<u8>>) -> Response<Vec<u8>> {
        let answered = self.stand_in.router().oneshot(request.map(Body::from)).await;
        let (parts, body) = answered.unwrap().into_parts();
        let body = to_bytes(body, usize::MAX).await.map(|bytes| bytes.to_vec()).unwrap_or_default();
        Response::from_parts(parts, body)
    }

    fn raw(&self, request: Request<Vec<u8>>) -> RawRequest {
        let (parts, body) = request.into_parts();
        let host = ("host".to_owned(), parts.uri.authority().unwrap().to_string().into_bytes());
        let headers = parts.headers.iter().map(|(name, value)| {
            let name = match self.spelling {
                Spelling::LowerCase => name.to_string(),
                Spelling::Canonical => canonical(name.as_str()),
            };
            (name, value.as_bytes().to_vec())
        });
        let target = parts.uri.path_and_query().unwrap().as_str();
        raw_request(parts.method.as_str(), target, std::iter::once(host).chain(headers), body)
    }
}

#[async_trait]
impl Network for Arc<LocalNetwork> {
    async fn exchange(&self, request: Request<Vec<u8>>) -> Response<Vec<u8>> {
        let uri = request.uri();
        let origin = format!("{}://{}", uri.scheme_str().unwrap(), uri.authority().unwrap());
        match origin.as_str() {
            // Every port of this host name belongs to the front.
            _ if origin.starts_with("http://localhost:") => {
                response_of(self.to_gate(&self.raw(request)).await, self.most_answer_bytes)
            }
            PROVIDER => self.to_stand_in(request).await,
            _ => panic!("a browser was sent to {uri}"),
        }
    }
}

pub(super) fn raw_request(
    method: &str,
    target: &str,
    headers: impl IntoIterator<Item = (String, Vec<u8>)>,
    body: Vec<u8>,
) -> RawRequest {
    let mut headers: Vec<(String, Vec<u8>)> = headers.into_iter().collect();
    if !headers.iter().any(|(name, _)| name == "host") {
        headers.insert(0, ("host".to_owned(), b"localhost:8400".to_vec()));
    }
    RawRequest {
        method: method.to_owned(),
        target: target.to_owned(),
        headers,
        body,
        peer: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7)),
    }
}

fn response_of(raw: RawResponse, most: usize) -> Response<Vec<u8>> {
    let bytes: usize = raw.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    assert!(bytes <= most, "an answer with {bytes} bytes of header");
    let mut response = Response::builder().status(raw.status);
    for (name, value) in raw.headers {
        response = response.header(name, value);
    }
    response.body(raw.body).unwrap()
}

fn canonical(name: &str) -> String {
    let words: Vec<String> = name
        .split('-')
        .map(|word| {
            word.get(..1).unwrap_or_default().to_ascii_uppercase() + word.get(1..).unwrap_or_default()
        })
        .collect();
    words.join("-")
}
