//! local

pub mod template;
