//! A server on loopback that treats each connection as the test defines.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

/// The treatment of a connection.
#[derive(Clone, Debug)]
pub(crate) enum Behaviour {
    /// Closes before reading anything, so a TLS handshake fails.
    CloseAtOnce,
    /// Accepts and sends nothing, not even a TLS message.
    Silence,
    /// Reads the request, sends these bytes, closes.
    Answer(Vec<u8>),
    /// Reads the request, sends these bytes, keeps the connection open.
    AnswerAndHold(Vec<u8>),
    /// Reads the request, sends these bytes, resets the connection.
    AnswerAndReset(Vec<u8>),
    /// Reads the request, sends these bytes and then zeroes until the connection closes.
    AnswerWithoutEnd(Vec<u8>),
}

/// The server. The last behaviour repeats.
pub(crate) struct Server {
    /// The address that it listens on.
    pub(crate) address: SocketAddr,
    connections: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Speaks plain HTTP.
    pub(crate) async fn plain(behaviours: Vec<Behaviour>) -> Self {
        Self::start(behaviours, None).await
    }

    /// Speaks TLS with the identity's certificate.
    pub(crate) async fn tls(behaviours: Vec<Behaviour>, identity: &Identity) -> Self {
        Self::start(behaviours, Some(TlsAcceptor::from(Arc::clone(&identity.config)))).await
    }

    async fn start(behaviours: Vec<Behaviour>, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            connections: Arc::default(),
            requests: Arc::default(),
        };
        let (connections, requests) = (Arc::clone(&server.connections), Arc::clone(&server.requests));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let index = connections.fetch_add(1, Ordering::SeqCst);
                let behaviour = behaviours.get(index).or(behaviours.last()).unwrap().clone();
                tokio::spawn(serve(stream, tls.clone(), behaviour, Arc::clone(&requests)));
            }
        });
        server
    }

    /// The number of connections so far.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Every request that was read, head and body.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

async fn serve(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    behaviour: Behaviour,
    requests: Arc<Mutex<Vec<String>>>,
) {
    match (&behaviour, tls) {
        (Behaviour::CloseAtOnce, _) => {}
        (Behaviour::Silence, _) => hold(&stream).await,
        (Behaviour::AnswerAndReset(_), _) => {
            let mut stream = stream;
            stream.set_zero_linger().unwrap();
            respond(&mut stream, behaviour, &requests).await;
        }
        (_, None) => {
            let mut stream = stream;
            respond(&mut stream, behaviour, &requests).await;
        }
        (_, Some(tls)) => {
            if let Ok(mut stream) = tls.accept(stream).await {
                respond(&mut stream, behaviour, &requests).await;
            }
        }
    }
}

async fn respond(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    behaviour: Behaviour,
    requests: &Mutex<Vec<String>>,
) {
    let request = read_request(stream).await;
    requests.lock().unwrap().push(request);
    let (Behaviour::Answer(bytes)
    | Behaviour::AnswerAndHold(bytes)
    | Behaviour::AnswerAndReset(bytes)
    | Behaviour::AnswerWithoutEnd(bytes)) = &behaviour
    else {
        return;
    };
    stream.write_all(bytes).await.unwrap();
    stream.flush().await.unwrap();
    match behaviour {
        Behaviour::AnswerAndHold(_) => hold(stream).await,
        Behaviour::AnswerWithoutEnd(_) => while stream.write_all(&[b'0'; 1024]).await.is_ok() {},
        Behaviour::AnswerAndReset(_) => {}
        _ => drop(stream.shutdown().await),
    }
}

/// Keeps its argument alive.
async fn hold<T>(_kept: T) {
    std::future::pending::<()>().await;
}

/// Reads one request with its `content-length`.
async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n")
            && body.len() >= content_length(head)
        {
            return text;
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return text,
            Ok(count) => bytes.extend_from_slice(buffer.get(..count).unwrap()),
        }
    }
}

fn content_length(head: &str) -> usize {
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, value)| value.parse().unwrap())
}

/// A certificate, its key and its root.
pub(crate) struct Identity {
    /// The root, PEM.
    pub(crate) root: String,
    config: Arc<ServerConfig>,
}

impl Identity {
    /// Makes a certificate for `name` and a root that signs it.
    pub(crate) fn for_name(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate =
            CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        Self { root: issuer.pem(), config: Arc::new(config) }
    }
}
