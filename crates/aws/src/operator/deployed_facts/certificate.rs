//! Reads a certificate.

use aws_sdk_acm::Client;
use aws_smithy_types::DateTime;

use super::{CallFault, CallResult, FactReader, answered, text};

const PERMISSION: &str = "acm:DescribeCertificate";

/// A certificate in ACM.
#[derive(Clone, Debug, Default)]
pub struct CertificateFacts {
    /// `ISSUED` when it can be used.
    pub status: String,
    /// The host names of the certificate, some with `*` as the first label.
    pub names: Vec<String>,
    /// The time of expiry, in seconds since 1970; `None` before it is issued.
    pub ends: Option<i64>,
}

impl FactReader {
    /// Reads a certificate.
    ///
    /// # Errors
    ///
    /// [`CallFault`].
    pub async fn certificate(&self, arn: &str) -> CallResult<CertificateFacts> {
        let mut configuration = aws_sdk_acm::config::Builder::from(self.configuration(PERMISSION).await?);
        // A CloudFront certificate is in us-east-1, whatever the region of the stack.
        if let Some(region) = arn.split(':').nth(3).filter(|region| !region.is_empty()) {
            configuration = configuration.region(aws_config::Region::new(region.to_owned()));
        }
        let client = Client::from_conf(configuration.build());
        let found = answered(PERMISSION, client.describe_certificate().certificate_arn(arn).send()).await?;
        let certificate = found.certificate().ok_or_else(|| CallFault::not_found(PERMISSION))?;
        let mut names: Vec<String> = certificate.subject_alternative_names().to_vec();
        names.extend(certificate.domain_name().map(str::to_owned));
        Ok(CertificateFacts {
            status: text(certificate.status()),
            names,
            ends: certificate.not_after().map(DateTime::secs),
        })
    }
}
