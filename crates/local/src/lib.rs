//! local

pub mod cognito;
mod listener;
pub mod upstream;
pub mod api_gateway;
pub mod template;
