//! local

pub mod api_gateway;
pub mod template;
