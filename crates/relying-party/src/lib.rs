//! Makes every decision of vestibule: about sign-in, tokens, sessions and routes. It does no IO and uses no
//! clock, randomness, environment, AWS type or async. A decision receives everything it needs as values.

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
