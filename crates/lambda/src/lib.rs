//! Reads Lambda events as requests and writes responses as JSON; contains the runtime loop and the log line.
//!
//! Events are read into ordered values of this crate, because a request must be judged as the client sent it:
//! the spelling of headers, duplicates and the order of the query are kept. Responses follow the exact format
//! of each front.

pub mod authorizer_function;
pub mod authorizer_response;
mod byte_search;
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
mod target_group;

pub use function::{Function, FunctionError, FunctionResponse, StreamedResponse};
