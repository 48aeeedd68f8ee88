//! Describes the faults of a configuration.

use thiserror::Error;

/// One fault of the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{key}: {problem}")]
pub struct Fault {
    /// The key, or `routes[2].paths` for a part of one. Where there is no key, the name of the variable or
    /// document.
    pub key: String,
    /// A description of the fault. It never contains the value of a secret.
    pub problem: String,
}

/// All faults of the configuration. Never empty.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}", .0.iter().map(Fault::to_string).collect::<Vec<_>>().join("\n"))]
pub struct Faults(pub Vec<Fault>);

impl Fault {
    pub(super) fn new(key: &str, problem: &str) -> Self {
        Self { key: key.to_owned(), problem: problem.to_owned() }
    }
}
