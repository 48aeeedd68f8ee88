//! Sets up TLS for this process: the roots that it trusts, and the cryptography. Every client of ours
//! (provider, AWS, upstream) is built from here, so that none trusts what another would not.
//!
//! The roots are Mozilla's, compiled in. The platform's verifier reads the machine's store on every cold start,
//! which costs milliseconds and trusts whatever an image happens to hold. A file that `SSL_CERT_FILE` names
//! replaces them, as it does for OpenSSL.
//!
//! `HTTPS_PROXY` and its relatives are not read: a variable that was set for another tool must not decide which
//! machine the client secret's connection goes to. Give a function in a VPC a route instead (NAT, VPC endpoint).

mod roots;

use std::sync::Arc;

use rustls::{ClientConfig, crypto::aws_lc_rs};

pub use roots::{Roots, RootsFault};

/// TLS 1.2 and 1.3 with aws-lc, no client certificate. The cryptography is named here and not taken from the
/// process-wide default, which another crate could have set.
///
/// # Errors
///
/// When the cryptography has none of the protocol versions: a bug of the build.
pub fn tls(roots: &Roots) -> Result<ClientConfig, rustls::Error> {
    Ok(ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots.store())
        .with_no_client_auth())
}

/// A client builder with these roots that follows no redirect, asks no proxy, repeats nothing on its own and
/// leaves the `Referer` out. It keeps no cookies: the feature is not built.
///
/// # Errors
///
/// As [`tls`].
#[expect(clippy::disallowed_methods, reason = "the one place that makes clients")]
pub fn client(roots: &Roots) -> Result<reqwest::ClientBuilder, rustls::Error> {
    Ok(reqwest::Client::builder()
        .tls_backend_preconfigured(tls(roots)?)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy())
}
