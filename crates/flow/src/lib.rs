//! Drives each flow over ports, and asks `relying-party` for every decision.

pub(crate) mod credentials;
pub mod endpoint;
pub mod forwarding;
pub mod gate;
pub mod logged_response;
pub(crate) mod notes;
pub mod ports;
pub(crate) mod provider;
pub mod session;
pub(crate) mod sign_in;
pub(crate) mod sign_out;
pub mod site;
pub mod system_ports;
#[cfg(test)]
mod test_ports;
