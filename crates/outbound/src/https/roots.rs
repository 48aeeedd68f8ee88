//! Holds the root certificates that a server's certificate chain must end at.

use std::{fmt, fs, path::Path, sync::Arc};

use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use thiserror::Error;

/// Trusted roots.
#[derive(Clone)]
pub struct Roots(Source);

#[derive(Clone)]
enum Source {
    BuiltIn,
    File(Arc<RootCertStore>),
}

impl Roots {
    /// Mozilla's roots as of this build.
    pub const fn built_in() -> Self {
        Self(Source::BuiltIn)
    }

    /// Trusts only the certificates of a PEM text. A certificate that cannot be a root is skipped, because
    /// bundles of distributions contain some; this can only reduce trust.
    ///
    /// # Errors
    ///
    /// [`RootsFault`].
    pub fn from_pem(pem: &[u8]) -> Result<Self, RootsFault> {
        let mut store = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|_| RootsFault::Malformed)?;
            store.add_parsable_certificates([certificate]);
        }
        if store.is_empty() {
            return Err(RootsFault::Empty);
        }
        Ok(Self(Source::File(Arc::new(store))))
    }

    /// Trusts the certificates in the file that `SSL_CERT_FILE` names, or the built-in roots if
    /// `ssl_cert_file` is `None` or empty. Call it at start, so that a wrong file stops the process there.
    ///
    /// # Errors
    ///
    /// [`RootsFault`].
    pub fn from_file_or_built_in(ssl_cert_file: Option<&Path>) -> Result<Self, RootsFault> {
        match ssl_cert_file.filter(|path| !path.as_os_str().is_empty()) {
            None => Ok(Self::built_in()),
            Some(path) => Self::from_pem(&fs::read(path).map_err(|_| RootsFault::Unreadable)?),
        }
    }

    pub(crate) fn store(&self) -> Arc<RootCertStore> {
        match &self.0 {
            Source::BuiltIn => Arc::new(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }),
            Source::File(store) => Arc::clone(store),
        }
    }
}

impl fmt::Debug for Roots {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.0 {
            Source::BuiltIn => "Roots(built in)",
            Source::File(_) => "Roots(file)",
        })
    }
}

/// The reasons why a file of roots cannot be used. Each stops the process at start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("SSL_CERT_FILE: {}", self.problem())]
pub enum RootsFault {
    /// The file cannot be read.
    Unreadable,
    /// The file holds no certificate that can be a root.
    Empty,
    /// The file is not well-formed PEM (RFC 7468).
    Malformed,
}

impl RootsFault {
    /// The description of the fault, without the file's name.
    pub const fn problem(self) -> &'static str {
        match self {
            Self::Unreadable => "the file cannot be read",
            Self::Empty => "the file holds no certificate that can be a root",
            Self::Malformed => "the file is not well-formed PEM",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(pem: &[u8]) -> Option<RootsFault> {
        Roots::from_pem(pem).err()
    }

    #[test]
    fn the_built_in_roots_are_there() {
        assert!(Roots::built_in().store().len() > 100);
    }

    #[test]
    fn an_unset_or_empty_variable_means_the_built_in_roots() {
        for unset in [None, Some(Path::new(""))] {
            let roots = Roots::from_file_or_built_in(unset);
            assert_eq!(format!("{roots:?}"), "Ok(Roots(built in))");
        }
    }

    #[test]
    fn a_missing_file_is_refused() {
        let roots = Roots::from_file_or_built_in(Some(Path::new("no/such/file.pem")));
        assert_eq!(roots.err(), Some(RootsFault::Unreadable));
    }

    #[test]
    fn a_file_without_a_certificate_is_refused() {
        assert_eq!(refused(b"nothing here\n"), Some(RootsFault::Empty));
    }

    #[test]
    fn a_truncated_certificate_is_refused() {
        let pem = b"-----BEGIN CERTIFICATE-----\nMIIB\n";
        assert_eq!(refused(pem), Some(RootsFault::Malformed));
    }

    #[test]
    fn a_file_whose_only_certificate_is_none_is_refused() {
        let pem = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert_eq!(refused(pem), Some(RootsFault::Empty));
    }
}
