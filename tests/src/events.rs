//! The sample events of `events/`: what they are, what they must be answered with, and the credentials in them.

pub mod credential;
pub mod emulator;
pub mod environment;
pub mod expectation;
pub mod oversize;
pub mod provider;
pub mod record;
pub mod sample;
