//! Tests the operator's commands over the real SDK against moto, both in process with a clock that a test
//! sets, and as a binary.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails when it cannot be set up"
)]

#[path = "../../../aws/tests/aws/answering.rs"]
#[expect(dead_code, reason = "the tests of the AWS calls use the other items")]
mod answering;
mod binary;
mod carried;
mod client_secret;
mod denied;
mod deployment;
mod end_all;
#[path = "../../../aws/tests/aws/faulty.rs"]
#[expect(dead_code, reason = "the tests of the AWS calls use the other items")]
mod faulty;
mod keys;
mod keys_refusals;
#[path = "../../../aws/tests/aws/moto.rs"]
mod moto;
mod pool;
mod repairs;
mod repairs_twice;
mod sessions;
mod single_sign_on;
mod stack;
mod terminal;
