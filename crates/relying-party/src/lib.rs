//! Every decision of vestibule: sign-in, tokens, sessions, routes. No IO, no clock, no randomness, no
//! environment, no AWS type, no async. What a decision needs is handed to it as a value.

pub mod answer;
pub mod attempt;
pub mod cookie;
pub mod landing;
pub mod page;
pub mod page_load;
pub mod public_url;
pub mod refresh;
pub mod request;
pub mod return_target;
pub mod seal;
pub mod secret;
pub mod session;
pub mod state;
pub mod time;
