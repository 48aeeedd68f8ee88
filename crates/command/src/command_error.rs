//! Converts the faults of AWS into refusals of the commands.

use aws::operator::deployed_stack::StackFault;
use relying_party::time::Timestamp;
use serde_json::Value;

pub use offline::report::Exit;
pub(crate) use offline::report::Report;

/// The advice for expired credentials.
pub(crate) const SIGN_IN: &str = "where single sign-on has ended, run `aws sso login --profile NAME`";

/// A refusal of the crate `offline`, into which this crate converts the faults of AWS.
#[derive(Debug)]
pub(crate) struct CommandError(pub(crate) offline::report::CommandError);

impl CommandError {
    pub(crate) fn new(code: &'static str, text: String) -> Self {
        Self(offline::report::CommandError::new(code, text))
    }

    /// AWS, the table or a file cannot be read.
    pub(crate) fn unreachable(code: &'static str, text: String) -> Self {
        Self(offline::report::CommandError::unreachable(code, text))
    }

    /// The command was interrupted. States the changes that were made, and the one whose outcome is unknown.
    pub(crate) fn interrupted(text: String, done: Value, unknown: Value) -> Self {
        Self(offline::report::CommandError::interrupted(text).with("done", done).with("unknown", unknown))
    }

    /// States the time from which the step is allowed.
    pub(crate) fn allowed_from(self, from: Timestamp) -> Self {
        Self(self.0.allowed_from(&from.to_string()))
    }
}

impl From<StackFault> for CommandError {
    fn from(fault: StackFault) -> Self {
        match fault {
            StackFault::NotFound => Self::new("stack_not_found", fault.to_string()),
            StackFault::NoFunction => Self::new("stack_without_function", fault.to_string()),
            StackFault::Denied => Self::unreachable("stack_access_denied", fault.to_string()),
            StackFault::Unavailable => Self::unreachable("stack_unavailable", fault.to_string()),
            StackFault::Unconfigured => Self::unreachable("aws_not_configured", fault.to_string()),
        }
    }
}
