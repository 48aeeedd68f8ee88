//! Every decision of vestibule: sign-in, tokens, sessions, routes. No IO, no clock, no randomness, no
//! environment, no AWS type, no async. What a decision needs is handed to it as a value.

pub mod configuration;
pub mod forwarding;
pub mod gate;
pub mod hex;
pub mod http;
pub mod json;
pub mod provider;
pub mod refusal;
pub mod relying_party;
pub mod sealing;
pub mod secret;
pub mod session;
pub mod sign_in;
pub mod sign_out;
pub mod time;
pub mod token;
