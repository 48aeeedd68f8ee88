//! local

pub mod cognito;
mod listener;
pub mod upstream;
