//! local

pub mod cognito;
mod listener;
