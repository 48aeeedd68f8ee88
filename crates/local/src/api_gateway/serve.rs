//! The listener.

use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::gateway::Gateway;
use super::http1::WireError;
use super::http1::server::{Connection, Received};
use super::request::RawResponse;
use super::{Backends, Functions, MissingFunctions, RestApi};

/// A connection without a whole request for so long is closed.
const IDLE: Duration = Duration::from_mins(1);

/// Requests under way at shutdown get this long.
const GRACE: Duration = Duration::from_secs(5);

impl RestApi {
    /// Serves the API on `listener` until `shutdown` is done, with the upstreams of the template over TCP.
    ///
    /// # Errors
    ///
    /// Functions that the API names and `functions` does not have.
    pub async fn serve<Shutdown>(
        self,
        listener: TcpListener,
        functions: Functions,
        shutdown: Shutdown,
    ) -> Result<(), MissingFunctions>
    where
        Shutdown: Future<Output = ()> + Send,
    {
        let gateway = self.with(Backends::new(functions))?;
        gateway.serve(listener, shutdown).await;
        Ok(())
    }
}

impl Gateway {
    /// Serves on `listener` until `shutdown` is done; requests under way are answered, for at most five seconds.
    pub async fn serve<Shutdown>(self, listener: TcpListener, shutdown: Shutdown)
    where
        Shutdown: Future<Output = ()> + Send,
    {
        let gateway = Arc::new(self);
        let (stop, stopped) = watch::channel(false);
        let mut connections = JoinSet::new();
        tokio::pin!(shutdown);
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) => {
                        let serving = connection(Arc::clone(&gateway), stream, peer.ip(), stopped.clone());
                        connections.spawn(serving);
                    }
                    // Out of descriptors: give those that are open time to end.
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
}

async fn connection(
    gateway: Arc<Gateway>,
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
            Ok(Err(error)) => return refuse(&gateway, &mut connection, &error).await,
        };
        let keep_alive = keep_alive && !*stopped.borrow();
        let response = gateway.handle(&request).await;
        let date = gateway.backends.stamps.next().http_date();
        let sent = connection.send(&response, &date, request.method == "HEAD", keep_alive).await;
        if sent.is_err() || !keep_alive {
            return;
        }
    }
}

/// After a request that could not be read nobody knows where the next one begins: the connection ends.
async fn refuse(gateway: &Gateway, connection: &mut Connection<TcpStream>, error: &WireError) {
    (gateway.backends.journal)(&format!("refused: {error}"));
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
    let date = gateway.backends.stamps.next().http_date();
    // The client may be gone; there is nobody else to tell.
    let _ = connection.send(&response, &date, false, false).await;
}
