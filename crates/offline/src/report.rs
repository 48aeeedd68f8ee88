//! Tells what a subcommand found or did: for people, as one JSON object, and by its exit code.

use std::env;
use std::io::{self, IsTerminal as _, Write};

use serde_json::{Map, Value};

/// How a command ended. Its exit code says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done, and all is well.
    Done,
    /// Nothing was done, or what was looked at is not well.
    Refused,
    /// AWS, a table or a file cannot be read.
    Unreachable,
    /// The greater part is done and stays so; the rest failed.
    InPart,
    /// Somebody interrupted it.
    Interrupted,
}

impl Exit {
    /// The exit code. 2 is that of a command line which is none.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Refused => 1,
            Self::Unreachable => 3,
            Self::InPart => 4,
            // As a shell says of a process that SIGINT has ended: 128 and its number.
            Self::Interrupted => 130,
        }
    }
}

/// The result, for people and for programs.
#[derive(Debug)]
pub struct Report {
    /// How it ended.
    pub exit: Exit,
    /// For people, a line each.
    pub lines: Vec<String>,
    /// For programs.
    pub json: Value,
}

/// Why nothing was done, or what may have been.
#[derive(Debug)]
pub struct CommandError {
    /// A code that stays.
    pub code: &'static str,
    /// The reason in words.
    pub text: String,
    exit: Exit,
    /// Further members for programs.
    members: Map<String, Value>,
}

impl CommandError {
    /// A refusal.
    pub fn new(code: &'static str, text: String) -> Self {
        Self { code, text, exit: Exit::Refused, members: Map::new() }
    }

    /// Something cannot be reached, so that nobody knows.
    pub fn unreachable(code: &'static str, text: String) -> Self {
        Self { code, text, exit: Exit::Unreachable, members: Map::new() }
    }

    /// Somebody interrupted it.
    pub fn interrupted(text: String) -> Self {
        Self { code: "interrupted", text, exit: Exit::Interrupted, members: Map::new() }
    }

    /// Has a further member for programs.
    #[must_use]
    pub fn with(mut self, name: &str, value: Value) -> Self {
        self.members.insert(name.to_owned(), value);
        self
    }

    /// It may be done from this time on.
    #[must_use]
    pub fn until(mut self, from: &str) -> Self {
        self.text = format!("{}; from {from} on", self.text);
        self.with("from", from.into())
    }

    /// The refusal for programs.
    pub fn json(&self) -> Value {
        let mut members = self.members.clone();
        members.insert("refused".to_owned(), self.code.into());
        members.insert("message".to_owned(), self.text.as_str().into());
        Value::Object(members)
    }
}

/// Writes an outcome: what was done to `out`, why it was not to `err`, or all of it as one JSON object to `out`.
pub fn tell(
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
    // Somebody who has read enough, such as `head`, closes the pipe.
    let is_told = match written {
        Ok(()) => true,
        Err(error) => error.kind() == io::ErrorKind::BrokenPipe,
    };
    match outcome {
        Ok(report) if is_told => report.exit,
        Ok(_) => Exit::Refused,
        Err(refused) => refused.exit,
    }
}

/// Tells whether standard output may be coloured: on a terminal, unless somebody refuses colours (<https://no-color.org>).
pub fn in_colour() -> bool {
    io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// The colours of a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// All is well.
    Green,
    /// Look at it.
    Yellow,
    /// Not well.
    Red,
}

/// A word of a line in its colour, where standard output may be coloured.
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
