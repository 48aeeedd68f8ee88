//! Every decision of vestibule: sign-in, tokens, sessions, routes. No IO, no clock, no randomness, no
//! environment, no AWS type, no async. What a decision needs is handed to it as a value.

pub mod access_token;
pub mod answer;
pub mod claims;
pub mod client_authentication;
pub mod configuration;
pub mod discovery;
pub mod id_token;
pub mod identity_header;
pub mod json;
pub mod jwks;
pub mod jws;
pub mod provider_call;
pub mod public_url;
pub mod request;
pub mod requirement;
pub mod reserved_header;
pub mod route;
pub mod secret;
pub mod time;
pub mod token_endpoint;
pub mod upstream_context;
pub mod user_info;

#[cfg(test)]
mod token_builder;
