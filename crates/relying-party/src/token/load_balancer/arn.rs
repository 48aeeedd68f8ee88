//! Reads the ARN of an Application Load Balancer.

use super::KeyId;

/// A parsed ARN. Its region determines where the keys are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadBalancerArn {
    text: String,
    region: String,
    government: bool,
}

impl LoadBalancerArn {
    /// `arn:aws:elasticloadbalancing:<region>:<account>:loadbalancer/app/<name>/<id>` (Service Authorization
    /// Reference, "Resource types defined by AWS Elastic Load Balancing V2"), in a partition whose key
    /// address AWS documents.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let [scheme, partition, service, region, account, resource] =
            [parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?];
        let government = match partition {
            "aws" => false,
            "aws-us-gov" => true,
            _ => return None,
        };
        // The region becomes part of a host name.
        let is_region = !region.is_empty()
            && region.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        let segments: Vec<&str> = resource.split('/').collect();
        let is_load_balancer = matches!(segments.as_slice(), ["loadbalancer", "app", name, id]
            if [name, id].into_iter().all(|part| is_name(part)));
        let fits = scheme == "arn"
            && service == "elasticloadbalancing"
            && is_region
            && is_account
            && is_load_balancer;
        fits.then(|| Self { text: text.to_owned(), region: region.to_owned(), government })
    }

    /// The ARN as configured.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Tells whether `signer` names this load balancer.
    pub fn is(&self, signer: &str) -> bool {
        self.text == signer
    }

    /// The address of the key at AWS.
    pub(super) fn key_url(&self, key_id: &KeyId) -> String {
        let (region, key_id) = (&self.region, key_id.as_str());
        if self.government {
            format!("https://s3-{region}.amazonaws.com/aws-elb-public-keys-prod-{region}/{key_id}")
        } else {
            format!("https://public-keys.auth.elb.{region}.amazonaws.com/{key_id}")
        }
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
