//! vestibule on loopback, for people and for tests: what AWS would do, done here.

pub mod api_gateway;
pub mod cognito;
mod listener;
pub mod stack;
pub mod template;
pub mod upstream;
