//! Reads the sample events of `events/`, their expected answers, and the credentials in them.

pub mod credential;
pub mod emulator;
pub mod environment;
pub mod expectation;
pub mod oversize;
pub mod provider;
pub mod record;
pub mod sample;
