//! vestibule against parts that others wrote: a browser, a certified provider, Cognito's imitations, AWS's emulator, a checker of
//! accessibility.
//!
//! Each server is a child process or a task on a free port of loopback and ends with its test. `tests/tools` installs
//! what is needed; a test whose tool is missing fails and says so.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a harness fails the test that uses it"
)]

mod accessibility;
mod bearer_token;
mod chromium;
mod concurrency;
mod deployment;
mod driver;
mod fronts;
mod lambda;
mod moto;
mod network;
mod newcomer;
mod oidc_provider;
mod process;
mod screenshot;
mod secret_start;
mod stored_row;
mod table;
