//! The async drivers, one a flow, over ports. What to do is decided in `relying_party`; a driver names the
//! effects between two decisions.

pub mod port;
pub mod system;
