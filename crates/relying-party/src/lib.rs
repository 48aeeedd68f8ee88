//! Every decision of vestibule: sign-in, tokens, sessions, routes. No IO, no clock, no randomness, no
//! environment, no AWS type, no async. What a decision needs is handed to it as a value.

pub mod access_token;
pub mod answer;
pub mod attempt;
pub mod callback;
pub mod claims;
pub mod client_authentication;
pub mod configuration;
pub mod cookie;
pub mod discovery;
pub mod endpoint;
pub mod forwarding;
pub mod gate;
pub mod id_token;
pub mod identity_header;
pub mod json;
pub mod jwks;
pub mod jws;
pub mod landing;
pub mod load_balancer;
pub mod logout_token;
pub mod not_before;
pub mod page;
pub mod page_load;
pub mod provider_call;
pub mod public_url;
pub mod reason;
pub mod refresh;
pub mod refusal;
pub mod refusal_answer;
pub mod relying_party;
mod remember;
pub mod renewal;
pub mod request;
pub mod requirement;
pub mod reserved_header;
pub mod return_target;
pub mod rotation;
pub mod route;
pub mod seal;
pub mod secret;
pub mod session;
pub mod session_index;
pub mod session_report;
pub mod sign_in;
pub mod sign_out;
pub mod state;
pub mod time;
pub mod token_endpoint;
pub mod upstream_context;
pub mod user_info;

#[cfg(test)]
mod token_builder;
