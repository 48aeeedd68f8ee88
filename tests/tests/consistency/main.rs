//! Checks that documents, templates and the boundaries between crates agree with the code.
//! `BLESS=1 cargo test -p tests --test consistency` rewrites the parts that are generated from the code.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::case_sensitive_file_extension_comparisons,
    reason = "a test fails by panicking, and the documents have these names"
)]

mod arrows;
mod banned;
mod cargo;
mod configuration;
mod exposure;
mod fuzz;
mod header_styles;
mod kong;
mod limits;
mod links;
mod log;
mod paths;
mod plain_english;
mod project;
mod reasons;
mod security;
mod sessions;
mod templates;
mod toolchain;
mod updates;
mod words;
mod workflows;
