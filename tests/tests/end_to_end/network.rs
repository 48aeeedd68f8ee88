//! Connects a story to real sockets.

use async_trait::async_trait;
use http::{Request, Response};
use outbound::https::Roots;
use tests::browser::Network;

/// A direct connection over loopback: it uses no proxy, follows no redirect and keeps no cookie.
pub(crate) struct Loopback(reqwest::Client);

impl Loopback {
    pub(crate) fn new() -> Self {
        Self(client())
    }
}

/// A client for single requests.
pub(crate) fn client() -> reqwest::Client {
    outbound::https::client(&Roots::built_in())
        .unwrap()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

#[async_trait]
impl Network for Loopback {
    async fn exchange(&self, request: Request<Vec<u8>>) -> Response<Vec<u8>> {
        let (parts, body) = request.into_parts();
        let answer = self
            .0
            .request(parts.method, parts.uri.to_string())
            .headers(parts.headers)
            .body(body)
            .send()
            .await
            .unwrap();
        let mut response = Response::builder().status(answer.status());
        for (name, value) in answer.headers() {
            response = response.header(name, value);
        }
        response.body(answer.bytes().await.unwrap().to_vec()).unwrap()
    }
}
