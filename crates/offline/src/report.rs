//! Reports the result of a subcommand: for people, as one JSON object, and by its exit code.

use std::env;
use std::io::{self, IsTerminal as _, Write};

use serde_json::{Map, Value};

/// The outcome of a command, which determines its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The command succeeded and found nothing wrong.
    Done,
    /// Nothing was done, or the check failed.
    Refused,
    /// AWS, a table or a file cannot be read, so the result is unknown.
    Unreachable,
    /// Most of it is done and remains; the rest failed.
    InPart,
    /// The user interrupted the command.
    Interrupted,
}

impl Exit {
    /// The exit code. 2 stands for an invalid command line.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Refused => 1,
            Self::Unreachable => 3,
            Self::InPart => 4,
            // A shell reports 128 plus the signal's number for a process that SIGINT has ended.
            Self::Interrupted => 130,
        }
    }
}

/// The result, for people and for programs.
#[derive(Debug)]
pub struct Report {
    /// The outcome.
    pub exit: Exit,
    /// The lines for people.
    pub lines: Vec<String>,
    /// The JSON for programs.
    pub json: Value,
}

/// The reason why a command did nothing, or may have done only a part.
#[derive(Debug)]
pub struct CommandError {
    /// A stable code.
    pub code: &'static str,
    /// The reason as text.
    pub text: String,
    exit: Exit,
    /// Further members for programs.
    members: Map<String, Value>,
}

impl CommandError {
    /// Makes a refusal.
    pub fn new(code: &'static str, text: String) -> Self {
        Self { code, text, exit: Exit::Refused, members: Map::new() }
    }

    /// Makes the error for something that cannot be reached, so that the result is unknown.
    pub fn unreachable(code: &'static str, text: String) -> Self {
        Self { code, text, exit: Exit::Unreachable, members: Map::new() }
    }

    /// Makes the error for an interrupted command.
    pub fn interrupted(text: String) -> Self {
        Self { code: "interrupted", text, exit: Exit::Interrupted, members: Map::new() }
    }

    /// Adds a member for programs.
    #[must_use]
    pub fn with(mut self, name: &str, value: Value) -> Self {
        self.members.insert(name.to_owned(), value);
        self
    }

    /// States the time from which the step is allowed.
    #[must_use]
    pub fn allowed_from(mut self, from: &str) -> Self {
        self.text = format!("{}; from {from} on", self.text);
        self.with("from", from.into())
    }

    /// Formats the refusal for programs.
    pub fn json(&self) -> Value {
        let mut members = self.members.clone();
        members.insert("refused".to_owned(), self.code.into());
        members.insert("message".to_owned(), self.text.as_str().into());
        Value::Object(members)
    }
}

/// Writes an outcome: a result to `out`, an error to `err`, or either as one JSON object to `out`.
pub fn write_outcome(
    outcome: Result<Report, CommandError>,
    as_json: bool,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Exit {
    let written = match (&outcome, as_json) {
        (Ok(report), true) => writeln!(out, "{}", report.json),
        (Ok(report), false) => writeln!(out, "{}", report.lines.join("\n")),
        (Err(refused), true) => writeln!(out, "{}", refused.json()),
        (Err(refused), false) => writeln!(err, "{}", refused.text),
    };
    // A reader that has read enough, such as `head`, closes the pipe.
    let is_written = match written {
        Ok(()) => true,
        Err(error) => error.kind() == io::ErrorKind::BrokenPipe,
    };
    match outcome {
        Ok(report) if is_written => report.exit,
        Ok(_) => Exit::Refused,
        Err(refused) => refused.exit,
    }
}

/// Whether standard output may be coloured: it is a terminal and the user does not disable colours
/// (<https://no-color.org>).
pub fn in_colour() -> bool {
    io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// The colours of a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Good.
    Green,
    /// A warning.
    Yellow,
    /// Bad.
    Red,
}

/// Colours a word of a line if standard output may be coloured.
pub fn coloured(colour: Colour, text: &str) -> String {
    if !in_colour() {
        return text.to_owned();
    }
    let code = match colour {
        Colour::Green => "32",
        Colour::Yellow => "33",
        Colour::Red => "31",
    };
    format!("\x1b[{code}m{text}\x1b[0m")
}
