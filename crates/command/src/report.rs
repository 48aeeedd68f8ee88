//! Prints the results of commands.

use relying_party::time::Timestamp;
use serde_json::{Value, json};

/// How a command ended. Its exit code says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done, and all is well.
    Done,
    /// Nothing was done, or what was looked at is not well.
    Refused,
    /// The greater part is done and stays so; the rest failed.
    InPart,
}

impl Exit {
    /// The exit code. 2 is that of a command line which is none.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Refused => 1,
            Self::InPart => 3,
        }
    }
}

/// What was found or done, for people and for programs.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) exit: Exit,
    pub(crate) lines: Vec<String>,
    pub(crate) json: Value,
}

/// Why nothing was done, or what may have been.
#[derive(Debug)]
pub(crate) struct CommandError {
    pub(crate) code: &'static str,
    pub(crate) text: String,
    revocation: Option<Timestamp>,
}

impl CommandError {
    pub(crate) const fn new(code: &'static str, text: String) -> Self {
        Self { code, text, revocation: None }
    }

    /// It may be done from then on.
    pub(crate) fn until(mut self, from: Timestamp) -> Self {
        self.text = format!("{}; from {from} on", self.text);
        self.revocation = Some(from);
        self
    }

    pub(crate) fn json(&self) -> Value {
        let mut json = json!({ "refused": self.code, "message": self.text });
        if let (Some(from), Some(members)) = (self.revocation, json.as_object_mut()) {
            members.insert("from".to_owned(), from.to_string().into());
        }
        json
    }
}
