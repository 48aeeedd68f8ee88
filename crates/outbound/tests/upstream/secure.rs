//! Tests TLS.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{CertificateParams, CertifiedKey, KeyPair, date_time_ymd, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;

/// A server for `name` that answers with the HTTP version of the request, and the PEM of its certificate.
async fn start(name: &str, protocols: &[&str]) -> (String, String) {
    serve(generate_simple_self_signed([name.to_owned()]).unwrap(), protocols).await
}

/// The same with a certificate that is valid from one year to another.
async fn start_between(from: i32, to: i32) -> (String, String) {
    let mut parameters = CertificateParams::new(["localhost".to_owned()]).unwrap();
    parameters.not_before = date_time_ymd(from, 1, 1);
    parameters.not_after = date_time_ymd(to, 1, 1);
    let signing_key = KeyPair::generate().unwrap();
    let cert = parameters.self_signed(&signing_key).unwrap();
    serve(CertifiedKey { cert, signing_key }, &[]).await
}

async fn serve(certified: CertifiedKey<KeyPair>, protocols: &[&str]) -> (String, String) {
    let CertifiedKey { cert, signing_key } = certified;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut tls = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    tls.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let authority = format!("localhost:{}", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        let acceptor = TlsAcceptor::from(Arc::new(tls));
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(stream) = acceptor.accept(stream).await else { continue };
            let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
            let service = service_fn(answer);
            let stream = TokioIo::new(stream);
            tokio::spawn(async move {
                if http2 {
                    let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                    server.serve_connection(stream, service).await
                } else {
                    hyper::server::conn::http1::Builder::new().serve_connection(stream, service).await
                }
            });
        }
    });
    (authority, cert.pem())
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let target = request.uri().path_and_query().map_or("", |target| target.as_str());
    let host = request.headers().get("host").map_or("", |host| host.to_str().unwrap());
    let authority = request.uri().authority().map_or(host, |authority| authority.as_str());
    let text = format!("{:?} {authority} {target}", request.version());
    Ok(Response::new(Full::new(Bytes::from(text))))
}

fn secure(authority: &str) -> UpstreamRequest {
    UpstreamRequest {
        scheme: "https".to_owned(),
        target: "/a%20b|?c".to_owned(),
        ..request(Method::GET, authority)
    }
}

async fn told(client: &HttpUpstream, request: UpstreamRequest) -> Result<String, UpstreamFault> {
    let answer = client.send(request, long()).await?;
    Ok(String::from_utf8(body(answer).await?).unwrap())
}

#[tokio::test]
async fn http_2_where_the_upstream_speaks_it() {
    for (protocols, version) in
        [(["h2", "http/1.1"].as_slice(), "HTTP/2.0"), (&["http/1.1"], "HTTP/1.1"), (&[], "HTTP/1.1")]
    {
        let (authority, pem) = start("localhost", protocols).await;
        let client = HttpUpstream::new(Roots::from_pem(pem.as_bytes()).unwrap(), Limits::default());
        for _ in 0..2 {
            let told = told(&client, secure(&authority)).await.unwrap();
            assert_eq!(told, format!("{version} {authority} /a%20b|?c"));
        }
    }
}

#[tokio::test]
async fn another_host_name_is_asked_for_by_http_1() {
    let (authority, pem) = start("localhost", &["h2", "http/1.1"]).await;
    let client = HttpUpstream::new(Roots::from_pem(pem.as_bytes()).unwrap(), Limits::default());
    let mut request = secure(&authority);
    request.headers = vec![("host".to_owned(), "app.example.com".to_owned())];
    assert_eq!(told(&client, request).await.unwrap(), "HTTP/1.1 app.example.com /a%20b|?c");
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted() {
    let (authority, _) = start("localhost", &[]).await;
    assert_eq!(told(&client(), secure(&authority)).await, Err(UpstreamFault::Tls));
}

#[tokio::test]
async fn a_certificate_of_another_name() {
    let (authority, pem) = start("other.example", &[]).await;
    let client = HttpUpstream::new(Roots::from_pem(pem.as_bytes()).unwrap(), Limits::default());
    assert_eq!(told(&client, secure(&authority)).await, Err(UpstreamFault::Tls));
}

#[tokio::test]
async fn a_certificate_of_another_time() {
    for (from, to, is_good) in [(2000, 2100, true), (2000, 2020, false), (2090, 2100, false)] {
        let (authority, pem) = start_between(from, to).await;
        let client = HttpUpstream::new(Roots::from_pem(pem.as_bytes()).unwrap(), Limits::default());
        let told = told(&client, secure(&authority)).await;
        assert_eq!(told.is_ok(), is_good, "{from} to {to}");
        assert!(is_good || told == Err(UpstreamFault::Tls), "{from} to {to}: {told:?}");
    }
}

/// With a private bundle, the public roots are not trusted.
#[tokio::test]
async fn a_certificate_of_another_authority_than_the_bundle() {
    let (_, bundle) = start("localhost", &[]).await;
    let (authority, _) = start("localhost", &[]).await;
    let client = HttpUpstream::new(Roots::from_pem(bundle.as_bytes()).unwrap(), Limits::default());
    assert_eq!(told(&client, secure(&authority)).await, Err(UpstreamFault::Tls));
}

#[tokio::test]
async fn no_tls_where_there_should_be() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let authority = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
    });
    assert_eq!(told(&client(), secure(&authority)).await, Err(UpstreamFault::Tls));
}
