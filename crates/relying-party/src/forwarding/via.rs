//! Names a deployment in `Via` (RFC 9110 section 7.6.3).

use sha2::{Digest as _, Sha256};

use crate::configuration::Configuration;
use crate::hex;

/// The name of a deployment. Two deployments in front of the same upstream have different names.
pub(crate) fn pseudonym(configuration: &Configuration) -> String {
    let mut hash = Sha256::new();
    hash.update(configuration.client.id.as_bytes());
    hash.update([0]);
    hash.update(configuration.public_url.url().as_str());
    let [first, second, third, fourth, ..] = <[u8; 32]>::from(hash.finalize());
    format!("vestibule-{}", hex::lowercase(&[first, second, third, fourth]))
}
