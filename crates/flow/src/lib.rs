//! Drivers: each runs one flow over ports, asking `relying-party` for every decision.

pub mod memory_store;
pub mod port;
pub mod session_store;
pub mod system;
