//! Sends the response of a custom resource to CloudFormation: one PUT to the URL in its request.

use std::time::Duration;

use crate::https::{self, Roots};
use crate::provider::destination;

/// Without a response CloudFormation waits until its timeout, so a failed connection is retried.
const TRIES: usize = 3;

/// The timeout of one attempt.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The response could not be delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnswered;

/// Puts `body` to `url`: `https`, or `http` on loopback, as emulators use it. No header is added, because the
/// presigned URL's signature does not cover it.
///
/// # Errors
///
/// [`NotAnswered`] if the URL is another one, or the response was not accepted.
pub async fn put(roots: &Roots, url: &str, body: &str) -> Result<(), NotAnswered> {
    let url = destination::parse(url).ok_or(NotAnswered)?;
    let client = https::client(roots).map_err(|_| NotAnswered)?;
    let client = client.timeout(TIMEOUT).build().map_err(|_| NotAnswered)?;
    for _ in 0..TRIES {
        let response = client.put(url.clone()).body(body.to_owned()).send().await;
        if response.is_ok_and(|response| response.status().is_success()) {
            return Ok(());
        }
    }
    Err(NotAnswered)
}
