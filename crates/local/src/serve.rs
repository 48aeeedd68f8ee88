//! Serves every front of this crate, and the upstream.

use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use lambda::StreamedResponse;
use relying_party::forwarding::UpstreamFault;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::api_gateway::http1::WireError;
use crate::api_gateway::http1::server::{Connection, Received};
use crate::api_gateway::{RawRequest, RawResponse};

/// A connection that has no whole request for this long is closed.
const IDLE: Duration = Duration::from_mins(1);

/// The time that requests in progress get at shutdown.
const GRACE: Duration = Duration::from_secs(5);

/// A handler of requests.
#[async_trait]
pub(crate) trait RequestHandler: Send + Sync + 'static {
    /// Answers one request.
    async fn answer(&self, request: &RawRequest) -> Served;

    /// Receives a line about a request that could not be read.
    fn log(&self, line: &str);

    /// The `Date` of a response, if it has one.
    fn date(&self) -> Option<String>;
}

/// A response.
pub(crate) enum Served {
    /// A whole response.
    Whole(RawResponse),
    /// A head, and a body that is still arriving.
    Streamed(StreamedResponse),
    /// Nothing: the connection closes.
    Cut,
}

impl Served {
    /// Reads the whole response.
    ///
    /// # Errors
    ///
    /// The body broke off.
    pub(crate) async fn whole(self) -> Result<RawResponse, UpstreamFault> {
        let StreamedResponse { status, headers, cookies, mut body } = match self {
            Self::Whole(response) => return Ok(response),
            Self::Streamed(response) => response,
            Self::Cut => return Err(UpstreamFault::Broken),
        };
        let mut whole = Vec::new();
        while let Some(bytes) = body.chunk().await? {
            whole.extend_from_slice(&bytes);
        }
        let cookies = cookies.into_iter().map(|cookie| ("set-cookie".to_owned(), cookie));
        let headers = headers.into_iter().filter(|(name, _)| name != "content-length").chain(cookies);
        let headers = headers.map(|(name, value)| (name, value.into_bytes())).collect();
        Ok(RawResponse { status: status.as_u16(), headers, body: whole })
    }
}

/// Serves on `listener` until `shutdown` completes; requests in progress get at most five more seconds.
pub(crate) async fn serve(
    handler: Arc<dyn RequestHandler>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send,
) {
    let (stop, stopped) = watch::channel(false);
    let mut connections = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let serving = connection(Arc::clone(&handler), stream, peer.ip(), stopped.clone());
                    connections.spawn(serving);
                }
                // The process is out of descriptors: give the open ones time to end.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
    drop(listener);
    let _ = stop.send(true);
    let all = async { while connections.join_next().await.is_some() {} };
    if timeout(GRACE, all).await.is_err() {
        connections.abort_all();
    }
}

async fn connection(
    handler: Arc<dyn RequestHandler>,
    stream: TcpStream,
    peer: IpAddr,
    mut stopped: watch::Receiver<bool>,
) {
    let mut connection = Connection::new(stream, peer);
    loop {
        let received = tokio::select! {
            received = timeout(IDLE, connection.receive()) => received,
            _ = stopped.wait_for(|stopped| *stopped) => return,
        };
        let Received { request, keep_alive } = match received {
            Ok(Ok(Some(received))) => received,
            Ok(Ok(None)) | Err(_) => return,
            Ok(Err(error)) => return refuse(handler.as_ref(), &mut connection, &error).await,
        };
        let keep_alive = keep_alive && !*stopped.borrow();
        let to_head = request.method == "HEAD";
        let sent = match handler.answer(&request).await {
            Served::Whole(response) => connection.send(&response, handler.date(), to_head, keep_alive).await,
            Served::Streamed(response) => {
                connection.send_streamed(response, handler.date(), to_head, keep_alive).await
            }
            Served::Cut => return,
        };
        if sent.is_err() || !keep_alive {
            return;
        }
    }
}

/// Ends the connection: after an unreadable request the start of the next one is unknown.
async fn refuse(handler: &dyn RequestHandler, connection: &mut Connection<TcpStream>, error: &WireError) {
    handler.log(&format!("refused: {error}"));
    let (status, message) = match error {
        WireError::Malformed(_) => (400, "Bad Request"),
        WireError::TooManyHeaders | WireError::HeadTooLarge => (431, "Request Header Fields Too Large"),
        WireError::BodyTooLarge => (413, "Request Too Long"),
        WireError::Ended(_) => return,
    };
    let response = RawResponse {
        status,
        headers: vec![("Content-Type".to_owned(), b"application/json".to_vec())],
        body: format!("{{\"message\":\"{message}\"}}").into_bytes(),
    };
    // The client may be gone, and there is no other recipient.
    let _ = connection.send(&response, handler.date(), false, false).await;
}
