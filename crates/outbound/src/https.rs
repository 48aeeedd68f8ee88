//! Sets up TLS for this process: the trusted roots and the cryptography. Every client (provider, AWS,
//! upstream) is built here, so that all trust the same roots.
//!
//! The roots are Mozilla's, compiled in. The platform's verifier would read the machine's store on every cold
//! start, which costs milliseconds and trusts whatever the image contains. A file named by `SSL_CERT_FILE`
//! replaces them, as in OpenSSL.
//!
//! `HTTPS_PROXY` and similar variables are ignored: a variable that was set for another tool must not decide
//! where the client secret is sent. Give a function in a VPC a route instead (NAT, VPC endpoint).

mod roots;

use std::sync::Arc;

use rustls::{ClientConfig, crypto::aws_lc_rs};

pub use roots::{Roots, RootsFault};

/// TLS 1.2 and 1.3 with aws-lc, without a client certificate. The cryptography is explicit, because another
/// crate could have changed the process-wide default.
///
/// # Errors
///
/// Fails if the cryptography supports none of the protocol versions, which is a bug of the build.
pub fn tls(roots: &Roots) -> Result<ClientConfig, rustls::Error> {
    Ok(ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots.store())
        .with_no_client_auth())
}

/// A client builder with these roots that follows no redirect, uses no proxy, retries nothing by itself and
/// sends no `Referer`. It keeps no cookies because that feature is not compiled in.
///
/// # Errors
///
/// The same as [`tls`].
#[expect(clippy::disallowed_methods, reason = "clients are made only here")]
pub fn client(roots: &Roots) -> Result<reqwest::ClientBuilder, rustls::Error> {
    Ok(reqwest::Client::builder()
        .tls_backend_preconfigured(tls(roots)?)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy())
}
