//! Every decision of vestibule: sign-in, tokens, sessions, routes. No IO, no clock, no randomness, no
//! environment, no AWS type, no async. What a decision needs is handed to it as a value.

pub mod answer;
pub mod public_url;
pub mod request;
pub mod secret;
pub mod time;
