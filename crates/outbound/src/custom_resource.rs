//! The answer of a custom resource to CloudFormation: one PUT to the address that its request names.

use std::time::Duration;

use crate::https::{self, Roots};
use crate::provider::destination;

/// Without an answer CloudFormation waits until its timeout, so a broken connection is tried again.
const TRIES: usize = 3;

/// How long one try may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The answer could not be handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnswered;

/// Puts `body` to `url`: `https`, or `http` to this machine, as emulators have it. No header is added that the presigned address
/// was not signed for.
///
/// # Errors
///
/// [`NotAnswered`] where that is no such address, or nobody took the answer.
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
