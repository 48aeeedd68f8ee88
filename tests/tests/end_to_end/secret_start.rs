//! secret_start
