//! Checks that a request came through the front: a CDN adds a header with a value that nobody else knows.

use subtle::ConstantTimeEq as _;

use super::ForwardingRefusal;
use crate::configuration::SecretHeader;
use crate::gate::reserved_header::canonical;
use crate::http::endpoint::{Endpoint, Recipient};
use crate::http::request::Request;
use crate::relying_party::RelyingParty;

impl RelyingParty {
    /// Checks that a request did not bypass the front. `/health` may bypass it: monitoring often asks from
    /// inside, and the endpoint reveals nothing.
    ///
    /// # Errors
    ///
    /// The header is missing or wrong.
    pub fn check_front(&self, request: &Request) -> Result<(), ForwardingRefusal> {
        let secrets = &self.configuration.front_secrets;
        let recipient = Recipient::of(&self.configuration, &request.method, &request.path);
        if secrets.is_empty() || recipient == Recipient::Endpoint(Endpoint::Health) {
            return Ok(());
        }
        let sent = |secret: &SecretHeader| {
            let name = canonical(&secret.name);
            let fields = request.headers.iter().filter(move |(field, _)| canonical(field) == name);
            fields.map(|(_, value)| value.as_bytes()).collect::<Vec<_>>()
        };
        let mut found = false;
        let mut right = subtle::Choice::from(0);
        // All secrets are compared, so that the time does not tell which one is in use.
        for secret in secrets {
            let values = sent(secret);
            found |= !values.is_empty();
            if let [value] = values.as_slice() {
                right |= value.ct_eq(secret.value.expose().as_bytes());
            }
        }
        match (bool::from(right), found) {
            (true, _) => Ok(()),
            (false, true) => Err(ForwardingRefusal::FrontSecretWrong),
            (false, false) => Err(ForwardingRefusal::FrontSecretMissing),
        }
    }
}
