//! Sends streamed responses (AWS Lambda developer guide, "Building a custom runtime", "Response streaming").
//! For function URLs these consist of a JSON prelude, eight NUL bytes, and the body.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use flow::ports::UpstreamBody;
use http::{HeaderMap, HeaderName, HeaderValue, Request, header};
use http_body::Frame;
use hyper_util::client::legacy::connect::HttpConnector;
use lambda_runtime::{Error, LambdaInvocation};
use lambda_runtime_api_client::PooledClient;
use lambda_runtime_api_client::body::Body;
use relying_party::forwarding::UpstreamFault;
use relying_party::refusal::Refusal;
use serde::Serialize;

use crate::{FunctionError, StreamedResponse};

/// The connection pool to the Runtime API, created by the first streamed response.
#[derive(Clone, Default)]
pub(super) struct Streams(Arc<OnceLock<PooledClient>>);

/// The members that come before the body.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Prelude<'a> {
    status_code: u16,
    headers: BTreeMap<&'a str, &'a str>,
    cookies: &'a [String],
}

/// The body of a streamed response. The connection asks for the next piece when it has room, so a slow reader
/// slows the upstream down. Pieces that are ready at the start are sent in one write with the head of the
/// request.
struct StreamBody {
    prelude: Option<Bytes>,
    next: Option<Next>,
}

/// The next piece, and the body that yields the later ones.
type Next = Pin<Box<dyn Future<Output = (Box<dyn UpstreamBody>, Arrived)> + Send>>;

type Arrived = Result<Option<Bytes>, UpstreamFault>;

const ERROR_TYPE: HeaderName = HeaderName::from_static("lambda-runtime-function-error-type");
const ERROR_BODY: HeaderName = HeaderName::from_static("lambda-runtime-function-error-body");
const INVOCATION_ID: &str = "lambda-runtime-invocation-id";

impl Streams {
    /// Sends a response for `invocation` and returns after its last byte was accepted.
    pub(super) async fn send(
        &self,
        invocation: &LambdaInvocation,
        response: StreamedResponse,
    ) -> Result<(), Error> {
        let request = request(invocation, Body::new(StreamBody::new(response)))?;
        let client = self.0.get_or_init(|| PooledClient::builder().with_connector(connector()).build());
        // The Runtime API's response is ignored because the invocation is over.
        client.call(request).await.map(drop)
    }
}

/// Sends every piece at once. By default TCP delays a small one until the previous one is acknowledged (RFC
/// 9293 section 3.7.4), and the receiver delays that acknowledgement, by 40 ms on Linux, to send it with data
/// (section 3.8.6.3).
fn connector() -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    connector
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
    // With this header Lambda can distinguish a late response from the current one.
    if let Some(id) = invocation.parts.headers.get(INVOCATION_ID) {
        request.headers_mut().insert(INVOCATION_ID, id.clone());
    }
    Ok(request)
}

impl StreamBody {
    fn new(response: StreamedResponse) -> Self {
        let prelude = Prelude {
            status_code: response.status.as_u16(),
            headers: response.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect(),
            cookies: &response.cookies,
        };
        // Serialisation of texts and numbers under text keys cannot fail.
        let mut head = serde_json::to_vec(&prelude).unwrap_or_default();
        head.extend([0; 8]);
        Self { prelude: Some(Bytes::from(head)), next: Some(next(response.body)) }
    }
}

impl http_body::Body for StreamBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let stream_body = self.get_mut();
        if let Some(prelude) = stream_body.prelude.take() {
            return Poll::Ready(Some(Ok(Frame::data(prelude))));
        }
        let Some(next_piece) = &mut stream_body.next else { return Poll::Ready(None) };
        // The connection's task polls this. A panic there would end that task and the process, so it is
        // caught and ends only the response.
        let polled = catch_unwind(AssertUnwindSafe(|| next_piece.as_mut().poll(context)));
        let Ok(polled) = polled else {
            stream_body.next = None;
            return Poll::Ready(Some(Ok(Frame::trailers(trailers("internal_error")))));
        };
        let (body, arrived) = ready!(polled);
        stream_body.next = matches!(arrived, Ok(Some(_))).then(|| next(body));
        let frame = match arrived {
            Ok(Some(bytes)) => Frame::data(bytes),
            Ok(None) => return Poll::Ready(None),
            Err(fault) => Frame::trailers(trailers(Refusal::Upstream(fault).reason().code)),
        };
        Poll::Ready(Some(Ok(frame)))
    }
}

fn next(mut body: Box<dyn UpstreamBody>) -> Next {
    Box::pin(async move {
        let arrived = body.chunk().await;
        (body, arrived)
    })
}

/// The trailers for a response that broke after its head was sent: "report mid-stream errors" with the error
/// type and, in base64, the body of a function error.
fn trailers(reason: &str) -> HeaderMap {
    let error = FunctionError::failed(reason);
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use std::collections::VecDeque;
    use std::task::Waker;

    use async_trait::async_trait;
    use http::{StatusCode, Uri};
    use http_body::Body as _;
    use lambda_runtime::Service as _;
    use tokio::net::TcpListener;

    use super::*;

    /// A body whose pieces are ready; `None` stands for a piece that never comes.
    struct Pieces(VecDeque<Option<&'static str>>);

    #[async_trait]
    impl UpstreamBody for Pieces {
        async fn chunk(&mut self) -> Arrived {
            match self.0.pop_front() {
                Some(Some(piece)) => Ok(Some(Bytes::from(piece))),
                Some(None) => std::future::pending().await,
                None => Ok(None),
            }
        }
    }

    /// Polls until no further piece is ready.
    fn ready_pieces(pieces: &[Option<&'static str>]) -> (Vec<String>, bool) {
        let mut stream_body = StreamBody::new(StreamedResponse {
            status: StatusCode::OK,
            headers: Vec::new(),
            cookies: Vec::new(),
            body: Box::new(Pieces(pieces.iter().copied().collect())),
        });
        let mut ready = Vec::new();
        loop {
            match Pin::new(&mut stream_body).poll_frame(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(Some(frame)) => {
                    let data = frame.unwrap().into_data().unwrap();
                    ready.push(String::from_utf8(data.to_vec()).unwrap());
                }
                Poll::Ready(None) => return (ready, true),
                Poll::Pending => return (ready, false),
            }
        }
    }

    /// The connection writes when no further piece is ready, so all ready pieces form one write.
    #[test]
    fn a_piece_that_is_there_is_taken_without_a_wait() {
        let prelude = format!("{{\"statusCode\":200,\"headers\":{{}},\"cookies\":[]}}{}", "\0".repeat(8));
        for (pieces, expected, ends) in [
            (vec![], vec![], true),
            (vec![Some("a"), Some("b")], vec!["a", "b"], true),
            (vec![None], vec![], false),
            (vec![Some("a"), None, Some("b")], vec!["a"], false),
        ] {
            let (ready, ended) = ready_pieces(&pieces);
            let (first, rest) = ready.split_first().unwrap();
            assert_eq!((first, ended), (&prelude, ends), "{pieces:?}");
            assert_eq!(rest, expected.as_slice() as &[&str], "{pieces:?}");
        }
    }

    #[tokio::test]
    async fn no_piece_waits_for_the_acknowledgement_of_another() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address: Uri = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let connection = connector().call(address).await.unwrap();
        assert!(connection.inner().nodelay().unwrap());
    }
}
