//! Every reason code there is: whose fault, which status, what the public reads, what the log reads. The codes are
//! public interface.

use http::StatusCode;

/// Why a request was refused, as the outside sees it.
#[derive(Debug, PartialEq, Eq)]
pub struct Reason {
    /// The stable code, snake_case.
    pub code: &'static str,
    /// Whose fault it is.
    pub fault: Fault,
    /// The status it is answered with.
    pub status: StatusCode,
    /// A sentence for the person in front of the page. Names nothing internal.
    pub sentence: &'static str,
    /// A text for whoever runs this.
    pub log: &'static str,
}

/// Whose fault a refusal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// What the client sent.
    Client,
    /// What the provider answered.
    Provider,
    /// How vestibule, the provider or AWS is set up.
    Configuration,
    /// Something is down or late.
    Outage,
    /// A defect here.
    Bug,
}

impl Fault {
    /// As the log names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Provider => "provider",
            Self::Configuration => "configuration",
            Self::Outage => "outage",
            Self::Bug => "bug",
        }
    }
}

impl Reason {
    /// The reason with this code, if there is one.
    pub fn named(code: &str) -> Option<&'static Self> {
        ALL.iter().copied().find(|reason| reason.code == code)
    }
}
