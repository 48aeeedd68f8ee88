//! Tests the AWS calls against moto, and against a server whose answers the test defines.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails when it cannot be set up"
)]

mod answering;
mod error_kind;
mod faulty;
mod moto;
mod secrets;
mod session_table;
mod session_table_faults;
mod sources;
mod table_faults_seen_by_people;
mod user_pools;

use std::sync::Arc;

use aws::{Caller, Explicit, Sdk};
use aws_credential_types::Credentials;
use outbound::https::Roots;

/// An SDK for a service at `endpoint_url`, with dummy credentials and the time limits of a person: no test but those of
/// timeouts may fail because the machine is busy.
fn sdk(endpoint_url: String) -> Arc<Sdk> {
    sdk_of(Caller::Person, endpoint_url)
}

fn sdk_of(caller: Caller, endpoint_url: String) -> Arc<Sdk> {
    let credentials = Credentials::new("AKIDEXAMPLE", "not-a-key", None, None, "tests");
    let region = "us-east-1".to_owned();
    Sdk::explicit(Roots::built_in(), Explicit { endpoint_url, region, credentials, caller })
}
