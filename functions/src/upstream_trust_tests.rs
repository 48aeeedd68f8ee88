//! Tests `upstream_ca_bundle` from the variable to the request, with an upstream whose certificate a private
//! authority signed.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails when it cannot be set up"
)]

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use lambda::proxy_function::ProxyFunction;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

use super::*;

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Authority {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap()
}

/// Starts an upstream for `host` with a certificate of `authority`; returns its port and the number of its
/// requests.
async fn serve(host: &str, authority: &Authority) -> (u16, Arc<AtomicUsize>) {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new([host.to_owned()]).unwrap().signed_by(&key, authority).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
        )
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (acceptor, served) = (TlsAcceptor::from(Arc::new(tls)), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&served);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // A client that does not trust the authority aborts the handshake here.
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                if stream.read_buf(&mut request).await.unwrap() == 0 {
                    break;
                }
            }
            if !request.is_empty() {
                counted.fetch_add(1, Ordering::SeqCst);
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\nsecret";
                stream.write_all(answer).await.unwrap();
            }
        }
    });
    (port, served)
}

/// A file with this text that is deleted at the end of the test.
struct Bundle(PathBuf);

impl Bundle {
    fn new(text: &str) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::SeqCst);
        let path = env::temp_dir().join(format!("vestibule-bundle-{}-{number}.pem", std::process::id()));
        std::fs::write(&path, text).unwrap();
        Self(path)
    }
}

impl Drop for Bundle {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Makes the proxy from these variables as its `main` does.
async fn proxy(port: u16, bundle: Option<&str>) -> Result<ProxyFunction, Faults> {
    let url = format!("https://localhost:{port}");
    let mut variables = vec![
        ("PROVIDER", "oidc"),
        ("ISSUER", "https://id.example.com"),
        ("CLIENT_ID", "the-client"),
        ("CLIENT_SECRET", "the-client-secret"),
        ("PUBLIC_URL", "https://app.example.com"),
        ("SESSION_SECRET", "thirty-two bytes for a session and no less"),
        ("ROUTES", r#"[{"paths": ["/*"], "auth": "none"}]"#),
        ("UPSTREAM_URL", url.as_str()),
        ("LOG_LEVEL", "error"),
    ];
    variables.extend(bundle.map(|path| ("UPSTREAM_CA_BUNDLE", path)));
    let environment =
        variables.into_iter().map(|(name, value)| (format!("VESTIBULE_{name}"), value.to_owned())).collect();
    let start = Arc::new(Start { environment, roots: Roots::built_in(), ..Start::new(Role::Proxy)? });
    let (relying_party, ports) = start.parts(&start.texts(ReloadTrigger::TimeOrClient).await?)?;
    let site = Arc::new(Site::new(relying_party, ports));
    let upstream = upstream(&site.relying_party.configuration, start.roots.clone())?;
    Ok(ProxyFunction::new(site, upstream))
}

/// Returns the status and the reason, or the body if there is no reason.
async fn answer(proxy: &ProxyFunction) -> (u64, String) {
    let event = json!({
        "version": "2.0",
        "rawPath": "/",
        "headers": {"accept": "*/*"},
        "requestContext": {"http": {"method": "GET"}, "stage": "$default"},
    });
    let deadline = Instant::now() + Duration::from_secs(29);
    let response = proxy.call(event.to_string().as_bytes(), deadline).await.unwrap();
    let response: Value = serde_json::from_slice(&response.whole().unwrap()).unwrap();
    let body = response["body"].as_str().unwrap();
    let reason =
        serde_json::from_str::<Value>(body).ok().and_then(|body| Some(body["reason"].as_str()?.to_owned()));
    (response["statusCode"].as_u64().unwrap(), reason.unwrap_or_else(|| body.to_owned()))
}

#[tokio::test]
async fn the_private_authority_of_the_bundle_is_trusted_and_no_other() {
    let (ours, another) = (authority("ours"), authority("another"));
    let bundle = Bundle::new(&ours.pem());
    let both = Bundle::new(&(another.pem() + &ours.pem()));
    let passed = (200, "secret".to_owned());
    let refused = (502, "upstream_tls_failed".to_owned());
    for (host, signer, bundle, expected) in [
        ("localhost", &ours, Some(&bundle), &passed),
        ("localhost", &ours, Some(&both), &passed),
        ("localhost", &another, Some(&both), &passed),
        ("localhost", &another, Some(&bundle), &refused),
        // This certificate has the right authority but another host.
        ("other.internal", &ours, Some(&bundle), &refused),
        // Without the key the public roots apply.
        ("localhost", &ours, None, &refused),
    ] {
        let (port, served) = serve(host, signer).await;
        let path = bundle.map(|bundle| bundle.0.to_str().unwrap());
        let proxy = proxy(port, path).await.unwrap();
        assert_eq!(answer(&proxy).await, *expected, "{host} {path:?}");
        assert_eq!(served.load(Ordering::SeqCst), usize::from(expected.0 == 200), "{host} {path:?}");
    }
}

#[tokio::test]
async fn a_bundle_that_is_none_stops_the_start_and_is_named() {
    let (empty, text, cut) = (
        Bundle::new(""),
        Bundle::new("no certificate\n"),
        Bundle::new("-----BEGIN CERTIFICATE-----\nMIIB\n"),
    );
    for (path, problem) in [
        ("/no/such/bundle.pem", "the file cannot be read"),
        (empty.0.to_str().unwrap(), "the file holds no certificate that can be a root"),
        (text.0.to_str().unwrap(), "the file holds no certificate that can be a root"),
        (cut.0.to_str().unwrap(), "the file is not well-formed PEM"),
    ] {
        let faults = proxy(9, Some(path)).await.err().unwrap();
        let [Fault { key, problem: told }] = faults.0.as_slice() else { panic!("{faults}") };
        assert_eq!((key.as_str(), told.as_str()), ("upstream_ca_bundle", problem), "{path}");
    }
}
