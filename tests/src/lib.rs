//! Supports the tests of vestibule as a whole: stories, tables, and the release binaries.
#![expect(missing_docs, clippy::missing_errors_doc, reason = "the names of test support explain its items")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    reason = "the harness fails its test by panicking"
)]

pub mod application;
pub mod browser;
pub mod events;
pub mod form;
pub mod invocation;
pub mod world;
