//! Writes to the terminal while the stack runs: a line for each request, for each mail, and for each response
//! that a front gives itself.

use std::fmt::Write as _;

use lambda::log::{Format, LogLevel, LogLine, json};
use relying_party::time::Timestamp;

use crate::cognito::options::Mail;

const DIM: &str = "\x1b[2m";
const BOLD_GREEN: &str = "\x1b[1;32m";
const YELLOW: &str = "\x1b[33m";
const RED: &str = "\x1b[31m";

/// The form of the lines.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Terminal {
    /// The functions' log lines in the form that they have on AWS.
    #[default]
    Json,
    /// A short line for each.
    Plain,
    /// A short line for each, in colours.
    Colour,
}

impl Terminal {
    /// The writer of a function's log lines.
    pub fn format(self) -> Format {
        match self {
            Self::Json => json,
            Self::Plain => |line| Ok(request(line, false)),
            Self::Colour => |line| Ok(request(line, true)),
        }
    }

    /// Prints a sentence of a front or of the stand-in.
    pub(crate) fn say(self, at: Timestamp, text: &str) {
        let text = match self {
            Self::Json => text.to_owned(),
            Self::Plain | Self::Colour => format!("{} {text}", time_of_day(at)),
        };
        print(&shown(&text));
    }

    /// Prints a mail, because the user needs its code.
    pub(crate) fn mail(self, mail: &Mail) {
        let text = shown(&format!("mail to {}: {}", mail.to, mail.subject));
        print(&match self {
            Self::Json => format!("{text} {}", mail.code),
            Self::Plain => format!("\n    {text} {}\n", mail.code),
            Self::Colour => format!("\n    {text} {}\n", coloured(BOLD_GREEN, &mail.code)),
        });
    }
}

#[expect(clippy::print_stdout, reason = "this program logs to the terminal")]
fn print(text: &str) {
    println!("{text}");
}

/// `00:41:46 authorizer GET /x -> redirect (session_missing)`. A warning or an error has its detail too.
fn request(line: &LogLine<'_>, in_colour: bool) -> Vec<u8> {
    let status = line.status.map(|status| format!("{status} ")).unwrap_or_default();
    let mut text =
        [Some(line.function), line.method, line.route].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let _ = write!(text, " -> {status}{}", line.decision);
    if let Some(reason) = line.reason {
        let _ = write!(text, " ({reason})");
    }
    let needs_attention = matches!(line.level, LogLevel::Warn | LogLevel::Error);
    for more in [line.detail.as_deref().filter(|_| needs_attention), line.note].into_iter().flatten() {
        let _ = write!(text, ": {more}");
    }
    let (time, text) = (time_of_day(line.at), shown(&text));
    let text = match line.level {
        _ if !in_colour => format!("{time} {text}\n"),
        LogLevel::Error => format!("{} {}\n", coloured(DIM, &time), coloured(RED, &text)),
        LogLevel::Warn => format!("{} {}\n", coloured(DIM, &time), coloured(YELLOW, &text)),
        LogLevel::Info | LogLevel::Debug => format!("{} {text}\n", coloured(DIM, &time)),
    };
    text.into_bytes()
}

fn coloured(code: &str, text: &str) -> String {
    format!("{code}{text}\x1b[0m")
}

/// Escapes control characters, so that a client cannot control the terminal.
fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// The time in UTC.
pub(crate) fn time_of_day(at: Timestamp) -> String {
    let second = at.unix().rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", second / 3_600, second / 60 % 60, second % 60)
}

#[cfg(test)]
mod tests {
    use lambda::log::{LogLevel, LogLine};
    use relying_party::refusal::reason;
    use relying_party::time::Timestamp;

    use super::{Terminal, request};

    const AT: Timestamp = Timestamp::from_unix(1_795_826_506);

    #[test]
    fn a_request_is_one_short_line() {
        let line = |function, decision| LogLine {
            method: Some("GET"),
            route: Some("/x"),
            ..LogLine::new(function, decision, LogLevel::Info, AT)
        };
        let login = LogLine { status: Some(302), ..line("login", "to_provider") };
        for (line, plain, colour) in [
            (
                line("authorizer", "redirect").because(&reason::SESSION_MISSING),
                "00:41:46 authorizer GET /x -> redirect (session_missing)\n",
                "\x1b[2m00:41:46\x1b[0m authorizer GET /x -> redirect (session_missing)\n",
            ),
            (
                login,
                "00:41:46 login GET /x -> 302 to_provider\n",
                "\x1b[2m00:41:46\x1b[0m login GET /x -> 302 to_provider\n",
            ),
            (
                LogLine {
                    detail: Some("no answer".into()),
                    ..line("proxy", "refuse").because(&reason::UPSTREAM_UNREACHABLE)
                },
                "00:41:46 proxy GET /x -> refuse (upstream_unreachable): no answer\n",
                "\x1b[2m00:41:46\x1b[0m \x1b[33mproxy GET /x -> refuse (upstream_unreachable): no answer\x1b[0m\n",
            ),
            (
                LogLine {
                    detail: Some("a bug".into()),
                    ..line("proxy", "refuse").because(&reason::INTERNAL_ERROR)
                },
                "00:41:46 proxy GET /x -> refuse (internal_error): a bug\n",
                "\x1b[2m00:41:46\x1b[0m \x1b[31mproxy GET /x -> refuse (internal_error): a bug\x1b[0m\n",
            ),
        ] {
            assert_eq!(String::from_utf8_lossy(&request(&line, false)), plain);
            assert_eq!(String::from_utf8_lossy(&request(&line, true)), colour);
        }
    }

    #[test]
    fn a_path_does_not_steer_the_terminal() {
        let line =
            LogLine { route: Some("/\x1b[2J\u{9b}\n"), ..LogLine::new("proxy", "allow", LogLevel::Info, AT) };
        let text = request(&line, false);
        assert_eq!(String::from_utf8_lossy(&text), "00:41:46 proxy /\\u{1b}[2J\\u{9b}\\n -> allow\n");
    }

    #[test]
    fn a_function_writes_json_unless_it_is_told_otherwise() {
        let line = LogLine::new("proxy", "allow", LogLevel::Info, AT);
        let written = Terminal::default().format()(&line).unwrap_or_default();
        assert!(written.starts_with(b"{\"level\":\"INFO\""));
    }
}
