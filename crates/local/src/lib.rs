//! Runs vestibule on loopback in AWS's place, for people and for tests.

pub mod alb;
pub mod api_gateway;
pub mod cognito;
mod function_response;
pub mod http_api;
mod pattern;
mod serve;
mod socket;
pub mod stack;
pub mod template;
pub mod terminal;
pub mod upstream;
