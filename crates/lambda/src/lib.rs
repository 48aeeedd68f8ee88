//! Turns Lambda events into requests and responses into replies; has the runtime loop and the log line.
//!
//! It reads an event into ordered values of its own, because a request must be judged as the client sent it: header spelling,
//! duplicates and the order of the query stay. It also writes the replies that AWS reads, to the letter of each front's format.

pub mod authorizer_function;
pub mod authorizer_response;
pub mod configuration_check;
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
