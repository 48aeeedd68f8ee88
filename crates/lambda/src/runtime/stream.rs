//! Replies whose body is still on its way (AWS Lambda developer guide, "Building a custom runtime", "Response streaming"; for
//! function URLs a JSON prelude, eight NUL bytes, the body).

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, header};
use lambda_runtime::streaming::{Body, Sender, channel};
use lambda_runtime::{Error, LambdaInvocation};
use lambda_runtime_api_client::PooledClient;
use relying_party::refusal::Refusal;
use serde::Serialize;

use crate::{FunctionError, StreamedReply};

/// The way to the Runtime API; opened by the first reply that is streamed.
#[derive(Clone, Default)]
pub(super) struct Streams(Arc<OnceLock<PooledClient>>);

/// What comes before the body.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Prelude<'a> {
    status_code: u16,
    headers: BTreeMap<&'a str, &'a str>,
    cookies: &'a [String],
}

const ERROR_TYPE: HeaderName = HeaderName::from_static("lambda-runtime-function-error-type");
const ERROR_BODY: HeaderName = HeaderName::from_static("lambda-runtime-function-error-body");
const INVOCATION_ID: &str = "lambda-runtime-invocation-id";

impl Streams {
    /// Sends a reply for `invocation`. Done when its last byte was taken.
    pub(super) async fn send(
        &self,
        invocation: &LambdaInvocation,
        reply: StreamedReply,
    ) -> Result<(), Error> {
        let (sender, body) = channel();
        let request = request(invocation, body)?;
        tokio::spawn(pass(reply, sender));
        let client = self.0.get_or_init(|| PooledClient::builder().build());
        // What the Runtime API thinks of it changes nothing: the invocation is over.
        client.call(request).await.map(drop)
    }
}

fn request(invocation: &LambdaInvocation, body: Body) -> Result<Request<Body>, Error> {
    let path = format!("/2018-06-01/runtime/invocation/{}/response", invocation.context.request_id);
    let mut request = lambda_runtime_api_client::build_request()
        .method(http::Method::POST)
        .uri(path)
        .header(header::TRANSFER_ENCODING, "chunked")
        .header(header::TRAILER, HeaderValue::from(ERROR_TYPE))
        .header(header::TRAILER, HeaderValue::from(ERROR_BODY))
        .header(header::CONTENT_TYPE, "application/vnd.awslambda.http-integration-response")
        .header("lambda-runtime-function-response-mode", "streaming")
        .body(body)?;
    // It lets Lambda tell a late answer from the one that it waits for.
    if let Some(id) = invocation.parts.headers.get(INVOCATION_ID) {
        request.headers_mut().insert(INVOCATION_ID, id.clone());
    }
    Ok(request)
}

/// Passes on what arrives; whoever reads slower than the upstream writes holds it back.
async fn pass(mut reply: StreamedReply, mut sender: Sender) {
    let prelude = Prelude {
        status_code: reply.status.as_u16(),
        headers: reply.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect(),
        cookies: &reply.cookies,
    };
    // Texts and numbers under text keys always serialise.
    let mut head = serde_json::to_vec(&prelude).unwrap_or_default();
    head.extend([0; 8]);
    if sender.send_data(Bytes::from(head)).await.is_err() {
        return;
    }
    loop {
        match reply.body.chunk().await {
            Ok(Some(bytes)) => {
                if sender.send_data(bytes).await.is_err() {
                    // The client is gone, or Lambda is.
                    return;
                }
            }
            Ok(None) => return,
            Err(fault) => {
                let reason = Refusal::Upstream(fault).reason();
                let _ = sender.send_trailers(trailers(&FunctionError::failed(reason.code))).await;
                return;
            }
        }
    }
}

/// The upstream broke in the middle of an answer whose head is out: "report mid-stream errors" with the error's type and, in
/// base64, what an error of the function would have said.
fn trailers(error: &FunctionError) -> HeaderMap {
    let body = serde_json::json!({"errorType": error.error_type, "errorMessage": error.error_message});
    let encoded = STANDARD.encode(body.to_string());
    let mut trailers = HeaderMap::new();
    for (name, value) in [(ERROR_TYPE, error.error_type.as_str()), (ERROR_BODY, encoded.as_str())] {
        if let Ok(value) = HeaderValue::from_str(value) {
            trailers.insert(name, value);
        }
    }
    trailers
}
