//! The operator's commands over the real SDK against moto, in process with a clock that a test sets, and as a binary.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot be set up has failed"
)]

mod binary;
mod deployment;
#[path = "../../../aws/tests/aws/moto.rs"]
mod moto;
mod ring;
mod ring_refusals;
mod sessions;
