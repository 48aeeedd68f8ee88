//! Accepts connections for the servers of this crate that speak plain HTTP/1.1 through hyper.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tower::ServiceExt as _;

/// The time that open connections get to finish after the shutdown.
const DRAIN: Duration = Duration::from_secs(1);

/// As an extension of a response: send nothing and close the connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut;

/// Serves `router` until `shutdown` completes; open connections then have a second to finish.
///
/// # Errors
/// Only errors that the listener itself reports; a failed connection never ends the loop.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    listener.local_addr()?;
    let (stop, stopped) = watch::channel(false);
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => drop(tokio::spawn(connection(stream, router.clone(), stopped.clone()))),
                // The process is out of file descriptors, or the peer has gone: the next accept may succeed.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            },
        }
    }
    drop(stopped);
    stop.send_replace(true);
    tokio::time::timeout(DRAIN, stop.closed()).await.unwrap_or(());
    Ok(())
}

async fn connection(stream: TcpStream, router: Router, mut stopped: watch::Receiver<bool>) {
    let service = service_fn(move |request: Request<Incoming>| answer(router.clone(), request));
    let connection =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    tokio::select! {
        // A failed connection concerns only its client.
        _ = connection.as_mut() => return,
        _ = stopped.changed() => connection.as_mut().graceful_shutdown(),
    }
    drop(connection.await);
}

async fn answer(router: Router, request: Request<Incoming>) -> Result<Response<Body>, Arc<io::Error>> {
    let answered: Result<Response<Body>, Infallible> = router.oneshot(request.map(Body::new)).await;
    let response = match answered {
        Ok(response) => response,
        Err(never) => match never {},
    };
    if response.extensions().get::<Cut>().is_some() {
        return Err(Arc::new(io::Error::from(io::ErrorKind::ConnectionAborted)));
    }
    Ok(response)
}
