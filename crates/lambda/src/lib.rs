//! Lambda events to requests, answers to replies, and the runtime loop.

mod function;

pub use function::{Function, FunctionError};
