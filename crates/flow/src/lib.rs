//! Drivers: each runs one flow over ports, asking `relying-party` for every decision.

pub mod answer;
pub mod authorize;
mod endpoints;
pub mod forward;
mod keys;
mod load_balancer;
pub mod memory_store;
mod not_before;
pub mod port;
mod recent;
mod renew;
pub mod session_store;
mod sessions;
pub mod site;
pub mod system;
