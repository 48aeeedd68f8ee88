//! Lambda events to requests, answers to replies, the runtime loop and the log line.
//!
//! An event is read into ordered values of our own, because what a client sent must be judged as it was sent:
//! header spelling, duplicates and the order of the query stay. What AWS reads back is written here too, to the
//! letter of each front's format.

pub mod authorizer_function;
pub mod authorizer_response;
pub mod event;
mod function;
mod function_log;
mod http_events;
pub mod http_function;
mod json_text;
pub mod log;
pub mod proxy_function;
pub mod response;
pub mod runtime;
mod swar;
mod target_group;

pub use function::{Function, FunctionError, FunctionResponse, StreamedResponse};
