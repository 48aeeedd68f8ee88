//! Opens a connection to the upstream.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use relying_party::forwarding::UpstreamFault;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tower::Service;

/// Opens connections for the pool.
#[derive(Clone)]
pub(crate) struct Connector {
    tls: Arc<ClientConfig>,
    timeout: Duration,
}

/// An open connection, with or without TLS.
pub(crate) enum Stream {
    Clear(TokioIo<TcpStream>, Used),
    Secure(TokioIo<Box<TlsStream<TcpStream>>>, Used),
}

/// Whether a connection has carried a response before. This distinguishes a kept connection that was closed
/// while idle from one that broke during its first request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Used(Arc<AtomicBool>);

/// The reason why there is no connection.
#[derive(Debug, thiserror::Error)]
#[error("no connection to the upstream: {0:?}")]
pub(crate) struct ConnectFault(pub(crate) UpstreamFault);

impl Used {
    pub(crate) fn mark(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_marked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Connector {
    pub(crate) fn new(tls: Arc<ClientConfig>, timeout: Duration) -> Self {
        Self { tls, timeout }
    }

    async fn connect(self, uri: Uri) -> Result<Stream, ConnectFault> {
        let host = uri.host().ok_or(ConnectFault(UpstreamFault::Unreachable))?;
        // An IPv6 address has brackets only in a URI.
        let host = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
        let secure = uri.scheme_str() == Some("https");
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let stream =
            TcpStream::connect((host, port)).await.map_err(|_| ConnectFault(UpstreamFault::Unreachable))?;
        // The head and a small body are one write each; Nagle's algorithm would delay the second.
        stream.set_nodelay(true).map_err(|_| ConnectFault(UpstreamFault::Unreachable))?;
        if !secure {
            return Ok(Stream::Clear(TokioIo::new(stream), Used::default()));
        }
        let name = ServerName::try_from(host.to_owned()).map_err(|_| ConnectFault(UpstreamFault::Tls))?;
        let stream = TlsConnector::from(self.tls).connect(name, stream).await;
        let stream = stream.map_err(|_| ConnectFault(UpstreamFault::Tls))?;
        Ok(Stream::Secure(TokioIo::new(Box::new(stream)), Used::default()))
    }
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = ConnectFault;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, ConnectFault>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let (connector, timeout) = (self.clone(), self.timeout);
        Box::pin(async move {
            let connected = tokio::time::timeout(timeout, connector.connect(uri)).await;
            connected.unwrap_or(Err(ConnectFault(UpstreamFault::TimedOut)))
        })
    }
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        match self {
            Self::Clear(_, used) => Connected::new().extra(used.clone()),
            Self::Secure(stream, used) => {
                let connected = Connected::new().extra(used.clone());
                let (_, session) = stream.inner().get_ref();
                if session.alpn_protocol() == Some(b"h2") { connected.negotiated_h2() } else { connected }
            }
        }
    }
}

impl Read for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Clear(stream, _) => Pin::new(stream).poll_read(context, buffer),
            Self::Secure(stream, _) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl Write for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Clear(stream, _) => Pin::new(stream).poll_write(context, bytes),
            Self::Secure(stream, _) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Clear(stream, _) => Pin::new(stream).poll_flush(context),
            Self::Secure(stream, _) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Clear(stream, _) => Pin::new(stream).poll_shutdown(context),
            Self::Secure(stream, _) => Pin::new(stream).poll_shutdown(context),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Clear(stream, _) => stream.is_write_vectored(),
            Self::Secure(stream, _) => stream.is_write_vectored(),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Clear(stream, _) => Pin::new(stream).poll_write_vectored(context, slices),
            Self::Secure(stream, _) => Pin::new(stream).poll_write_vectored(context, slices),
        }
    }
}
