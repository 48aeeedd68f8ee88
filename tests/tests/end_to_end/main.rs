//! Tests vestibule together with independent software: a browser, a certified provider, imitations of Cognito, AWS's
//! emulator, an accessibility checker.
//!
//! Each server is a child process or a task on a free loopback port and ends with its test. `tests/tools` installs the
//! required tools; a test fails with a message if its tool is missing.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the harness fails its test by panicking"
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
