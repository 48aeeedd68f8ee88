//! Tests vestibule as a whole, in process: stories, the exposure matrix and the attack tables.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod attack;
mod credentials;
mod explained;
mod exposure;
mod hostile;
mod providers;
mod stories;
mod token_authorizer;
mod web_socket;
