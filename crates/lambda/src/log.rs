//! Writes the log lines, one JSON object for each request.

use std::borrow::Cow;
use std::io::{self, Write};
use std::time::Duration;

use relying_party::configuration::{self, Warning};
use relying_party::http::request::Request;
use relying_party::refusal::Refusal;
use relying_party::refusal::reason::{self, Fault, Reason};
use relying_party::time::Timestamp;
use serde::{Serialize, Serializer};

use crate::event::EventRefusal;

pub use relying_party::configuration::LogLevel;

/// Configuration faults that users can trigger, with their own attributes or with a request for a large file.
const BROUGHT_ABOUT: [Reason; 2] = [reason::SESSION_TOO_LARGE, reason::UPSTREAM_ANSWER_TOO_LARGE];

/// The level of a refusal. Clients send bad requests every day, and a fault that outsiders can trigger is
/// never an error, even if only a configuration change fixes it.
fn level_of(reason: &Reason) -> LogLevel {
    match reason.fault {
        Fault::Client => LogLevel::Info,
        Fault::Provider | Fault::Outage => LogLevel::Warn,
        Fault::Configuration if BROUGHT_ABOUT.contains(reason) => LogLevel::Warn,
        Fault::Configuration | Fault::Bug => LogLevel::Error,
    }
}

/// The longest path and the longest method in a log line, in characters. CloudWatch would keep longer lines, but
/// people do not read them.
const MAX_PATH_CHARACTERS: usize = 200;

/// The log line of one request. It has no field for a query, a cookie, a token or the event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogLine<'a> {
    /// `level`, on which Lambda's log filter acts.
    pub level: LogLevel,
    /// The time when the response was ready; written as `timestamp` in RFC 3339 format, which Lambda reads.
    #[serde(rename = "timestamp", serialize_with = "rfc_3339")]
    pub at: Timestamp,
    /// The function: `authorizer`, `login`...
    pub function: &'a str,
    /// The method of the request, by which route rules go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<&'a str>,
    /// The route rule or the endpoint that matched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<&'a str>,
    /// The decision in one word, such as `allow`, `refuse`, or `signed_in` of an endpoint; for a line that
    /// concerns no request, such as `warm`, the event. docs/log.md has all of them, which a test checks.
    pub decision: &'a str,
    /// The status, if the function returns one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The reason code of a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'a str>,
    /// The party at fault: `client`, `provider`, `configuration`, `outage`, `bug`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<&'a str>,
    /// Details for the operator: the wrong claim or member of a refused token or document, its value and the
    /// expected value. It contains nothing else from a client or provider, and nothing that looks like a
    /// token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<Cow<'a, str>>,
    /// A flaw of a token or a response that was accepted nevertheless.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<&'a str>,
    /// The duration of the invocation; written as `duration_ms`.
    #[serde(rename = "duration_ms", serialize_with = "milliseconds")]
    pub duration: Duration,
    /// The front's id of the request.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub request_id: &'a str,
    /// The extended request id of a REST API, because its clients can choose the plain one.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub extended_request_id: &'a str,
    /// A hash that identifies the session; never the session id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_hash: Option<&'a str>,
}

impl<'a> LogLine<'a> {
    /// Makes a line with these members only.
    pub const fn new(function: &'a str, decision: &'a str, level: LogLevel, at: Timestamp) -> Self {
        Self {
            level,
            at,
            function,
            method: None,
            route: None,
            decision,
            status: None,
            reason: None,
            fault: None,
            detail: None,
            note: None,
            duration: Duration::ZERO,
            request_id: "",
            extended_request_id: "",
            session_hash: None,
        }
    }

    /// Adds the method of the request and its path, cut to the length that a log line holds.
    #[must_use]
    pub fn about(self, request: &'a Request) -> Self {
        Self { method: Some(cut(request.method.as_str())), route: Some(cut(request.path.as_str())), ..self }
    }

    /// Adds the reason: its code, the party at fault, the text for the operator, and the level of such a
    /// fault.
    #[must_use]
    pub fn because(self, reason: &'static Reason) -> Self {
        Self {
            level: level_of(reason),
            reason: Some(reason.code),
            fault: Some(reason.fault.name()),
            detail: Some(reason.log.into()),
            ..self
        }
    }

    /// Adds the reason why this event is refused. An event in an unsupported form comes from a wrong trigger
    /// or from a person with access to the account, and no client waits for its response: it is a warning.
    #[must_use]
    pub(crate) fn refusing_event(self, refusal: &EventRefusal) -> Self {
        let line = self.because(refusal.reason());
        match refusal {
            EventRefusal::Unsupported => Self { level: LogLevel::Warn, ..line },
            _ => line,
        }
    }

    /// The line for a setting that has no effect, or another effect than expected.
    pub fn without_effect(function: &'a str, warning: &Warning, at: Timestamp) -> Self {
        Self {
            fault: Some(Fault::Configuration.name()),
            detail: Some(warning.to_string().into()),
            ..Self::new(function, "misconfigured", LogLevel::Warn, at)
        }
    }

    /// The line for a fault of a changed configuration; the one in use stays in force.
    pub(crate) fn not_taken(function: &'a str, fault: &configuration::Fault, at: Timestamp) -> Self {
        Self {
            fault: Some(Fault::Configuration.name()),
            detail: Some(fault.to_string().into()),
            ..Self::new(function, "keep_configuration", LogLevel::Warn, at)
        }
    }

    /// Adds the reason and the detail of this refusal.
    #[must_use]
    pub fn refusing(self, refusal: &Refusal) -> Self {
        Self { detail: Some(refusal.detail()), ..self.because(refusal.reason()) }
    }
}

/// The line for a configuration that cannot be used, written once at start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StartLine<'a> {
    /// `level`.
    pub level: LogLevel,
    /// The time; written as `timestamp`.
    #[serde(rename = "timestamp", serialize_with = "rfc_3339")]
    pub at: Timestamp,
    /// The function.
    pub function: &'a str,
    /// `refuse_to_start`.
    pub decision: &'a str,
    /// `configuration`.
    pub fault: &'a str,
    /// Every fault; each names its key.
    pub faults: &'a [String],
}

/// The format of a line: returns its bytes, with the newline.
pub type Format = fn(&LogLine<'_>) -> io::Result<Vec<u8>>;

/// Writes the lines that the level admits, in a format.
#[derive(Clone, Copy, Debug)]
pub struct Log {
    threshold: LogLevel,
    format: Format,
}

impl Log {
    /// Writes lines of `threshold` and more severe ones, as JSON.
    pub const fn new(threshold: LogLevel) -> Self {
        Self { threshold, format: json }
    }

    /// Sets the format of the lines.
    #[must_use]
    pub const fn formatted(self, format: Format) -> Self {
        Self { format, ..self }
    }

    /// Writes one line to standard output, which Lambda collects. If that fails, the line is lost: the
    /// response matters more.
    pub fn write(self, line: &LogLine<'_>) {
        let _ = self.write_to(&mut io::stdout().lock(), line);
    }

    /// Writes one line to `writer`, in one call.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    pub fn write_to(self, writer: &mut impl Write, line: &LogLine<'_>) -> io::Result<()> {
        if line.level > self.threshold {
            return Ok(());
        }
        write(writer, &(self.format)(line)?)
    }
}

/// Formats a line as one JSON object, for CloudWatch and Lambda.
///
/// # Errors
///
/// None: a line is always an object of texts and numbers.
pub fn json(line: &LogLine<'_>) -> io::Result<Vec<u8>> {
    as_json(line)
}

/// Writes the line of a refused start to `writer`, at every level.
///
/// # Errors
///
/// Those of the writer.
pub(crate) fn write_start_line(writer: &mut impl Write, line: &StartLine<'_>) -> io::Result<()> {
    write(writer, &as_json(line)?)
}

fn cut(text: &str) -> &str {
    text.char_indices().nth(MAX_PATH_CHARACTERS).and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

fn as_json(line: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec(line)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn write(writer: &mut impl Write, line: &[u8]) -> io::Result<()> {
    writer.write_all(line)?;
    writer.flush()
}

/// Microseconds are precise enough, and a float of whole microseconds prints short.
fn milliseconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    let microseconds = u32::try_from(duration.as_micros()).unwrap_or(u32::MAX);
    serializer.serialize_f64(f64::from(microseconds) / 1_000.0)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn rfc_3339<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(at)
}

#[cfg(test)]
mod tests;
