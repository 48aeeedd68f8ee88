//! Tells what a subcommand found or did: for people, as one JSON object, and by its exit code.

use std::env;
use std::io::{self, IsTerminal as _, Write};

use serde_json::{Value, json};

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
}

impl Exit {
    /// The exit code. 2 is that of a command line which is none.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Refused => 1,
            Self::Unreachable => 3,
            Self::InPart => 4,
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
    from: Option<String>,
}

impl CommandError {
    /// A refusal.
    pub const fn new(code: &'static str, text: String) -> Self {
        Self { code, text, exit: Exit::Refused, from: None }
    }

    /// Something cannot be reached, so that nobody knows.
    pub const fn unreachable(code: &'static str, text: String) -> Self {
        Self { code, text, exit: Exit::Unreachable, from: None }
    }

    /// It may be done from this time on.
    #[must_use]
    pub fn until(mut self, from: &str) -> Self {
        self.text = format!("{}; from {from} on", self.text);
        self.from = Some(from.to_owned());
        self
    }

    fn json(&self) -> Value {
        let mut json = json!({ "refused": self.code, "message": self.text });
        if let (Some(from), Some(members)) = (&self.from, json.as_object_mut()) {
            members.insert("from".to_owned(), from.as_str().into());
        }
        json
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
    match outcome {
        Ok(report) if written.is_ok() => report.exit,
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
