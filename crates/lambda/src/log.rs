//! Writes the log lines, one JSON object for each request.

use std::borrow::Cow;
use std::io::{self, Write};
use std::time::Duration;

use relying_party::configuration::{self, LogLevel, Warning};
use relying_party::http::request::Request;
use relying_party::refusal::Refusal;
use relying_party::refusal::reason::{self, Fault, Reason};
use relying_party::time::Timestamp;
use serde::{Serialize, Serializer};

use crate::event::EventRefusal;

/// The log levels, the least verbose first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// A configuration fault or a bug: the operator must act.
    Error,
    /// The provider or an upstream failed.
    Warn,
    /// The decision about each request.
    Info,
    /// Currently the same as `Info`.
    Debug,
}

impl Level {
    /// The level of a refusal. Clients send bad requests every day, and a fault that outsiders can trigger is
    /// never an error, even if only a configuration change fixes it.
    fn of(reason: &Reason) -> Self {
        match reason.fault {
            Fault::Client => Self::Info,
            Fault::Provider | Fault::Outage => Self::Warn,
            Fault::Configuration if BROUGHT_ABOUT.contains(reason) => Self::Warn,
            Fault::Configuration | Fault::Bug => Self::Error,
        }
    }
}

impl From<LogLevel> for Level {
    fn from(level: LogLevel) -> Self {
        match level {
            LogLevel::Error => Self::Error,
            LogLevel::Warn => Self::Warn,
            LogLevel::Info => Self::Info,
            LogLevel::Debug => Self::Debug,
        }
    }
}

/// Configuration faults that users can trigger, with their own attributes or with a request for a large file.
const BROUGHT_ABOUT: [Reason; 2] = [reason::SESSION_TOO_LARGE, reason::UPSTREAM_ANSWER_TOO_LARGE];

/// The longest path in a log line, in characters. CloudWatch would keep longer lines, but people do not read
/// them.
const MAX_PATH_CHARACTERS: usize = 200;

/// The log line of one request. It has no field for a query, a cookie, a token or the event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogLine<'a> {
    /// `level`, on which Lambda's log filter acts.
    pub level: Level,
    /// The time when the answer was ready; written as `timestamp` in RFC 3339 format, which Lambda reads.
    #[serde(rename = "timestamp", serialize_with = "rfc_3339")]
    pub at: Timestamp,
    /// The function: `authorizer`, `login`...
    pub function: &'a str,
    /// The method of the request, for output on a terminal; it is not part of the JSON.
    #[serde(skip)]
    pub method: Option<&'a str>,
    /// The route rule or the endpoint that matched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<&'a str>,
    /// The decision in one word: `allow`, `forward`, `redirect`, `refuse`, `fail`, or the word of an endpoint
    /// such as `signed_in`; `warm`, `misconfigured`, `take_configuration` and `keep_configuration` in lines
    /// that concern no request.
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
    pub const fn new(function: &'a str, decision: &'a str, level: Level, at: Timestamp) -> Self {
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
        let path = request.path.as_str();
        let shown = path.char_indices().nth(MAX_PATH_CHARACTERS).and_then(|(end, _)| path.get(..end));
        Self { method: Some(request.method.as_str()), route: Some(shown.unwrap_or(path)), ..self }
    }

    /// Adds the reason: its code, the party at fault, the text for the operator, and the level of such a
    /// fault.
    #[must_use]
    pub fn because(self, reason: &'static Reason) -> Self {
        Self {
            level: Level::of(reason),
            reason: Some(reason.code),
            fault: Some(reason.fault.name()),
            detail: Some(reason.log.into()),
            ..self
        }
    }

    /// Adds the reason why this event is refused. An event in an unsupported form comes from a wrong trigger
    /// or from a person with access to the account, and no client waits for its answer: it is a warning.
    #[must_use]
    pub fn refusing_event(self, refusal: &EventRefusal) -> Self {
        let line = self.because(refusal.reason());
        match refusal {
            EventRefusal::Unsupported => Self { level: Level::Warn, ..line },
            _ => line,
        }
    }

    /// The line for a setting that has no effect, or another effect than expected.
    pub fn without_effect(function: &'a str, warning: &Warning, at: Timestamp) -> Self {
        Self {
            fault: Some(Fault::Configuration.name()),
            detail: Some(warning.to_string().into()),
            ..Self::new(function, "misconfigured", Level::Warn, at)
        }
    }

    /// The line for a fault of a changed configuration; the one in use stays in force.
    pub fn not_taken(function: &'a str, fault: &configuration::Fault, at: Timestamp) -> Self {
        Self {
            fault: Some(Fault::Configuration.name()),
            detail: Some(format!("{}: {}", fault.key, fault.problem).into()),
            ..Self::new(function, "keep_configuration", Level::Warn, at)
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
    pub level: Level,
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
    threshold: Level,
    format: Format,
}

impl Log {
    /// Writes lines of `threshold` and more severe ones, as JSON.
    pub const fn new(threshold: Level) -> Self {
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
pub fn write_start_line(writer: &mut impl Write, line: &StartLine<'_>) -> io::Result<()> {
    write(writer, &as_json(line)?)
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
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use std::time::Duration;

    use relying_party::configuration::{LogLevel, Warning};
    use relying_party::refusal::reason;
    use relying_party::time::Timestamp;

    use super::{Level, Log, LogLine, StartLine, write_start_line};

    const AT: Timestamp = Timestamp::from_unix(1_795_292_567);

    fn written(threshold: Level, line: &LogLine<'_>) -> String {
        let mut bytes = Vec::new();
        Log::new(threshold).write_to(&mut bytes, line).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_full_line_is_one_json_object() {
        let line = LogLine {
            route: Some("/orders/*"),
            status: Some(403),
            reason: Some("group_missing"),
            fault: Some("client"),
            detail: Some("a \"quoted\"\nword".into()),
            note: Some("`groups` is odd"),
            duration: Duration::from_nanos(1_234_567),
            request_id: "c6af9ac6",
            extended_request_id: "U2tPXFGkFiAFuyQ=",
            session_hash: Some("9f86d081"),
            ..LogLine::new("authorizer", "deny", Level::Info, AT)
        };
        assert_eq!(
            written(Level::Info, &line),
            concat!(
                r#"{"level":"INFO","timestamp":"2026-11-21T20:22:47Z","function":"authorizer","#,
                r#""route":"/orders/*","decision":"deny","status":403,"reason":"group_missing","#,
                r#""fault":"client","detail":"a \"quoted\"\nword","note":"`groups` is odd","duration_ms":1.234,"#,
                r#""request_id":"c6af9ac6","extended_request_id":"U2tPXFGkFiAFuyQ=","session_hash":"9f86d081"}"#,
                "\n"
            )
        );
    }

    #[test]
    fn what_is_absent_is_left_out() {
        let line = LogLine::new("login", "redirect", Level::Info, AT);
        assert_eq!(
            written(Level::Info, &line),
            concat!(
                r#"{"level":"INFO","timestamp":"2026-11-21T20:22:47Z","function":"login","#,
                r#""decision":"redirect","duration_ms":0.0}"#,
                "\n"
            )
        );
    }

    #[test]
    fn a_setting_without_effect_is_a_warning_that_names_its_key() {
        let warning = Warning { key: "session_table", problem: "acts elsewhere" };
        let line = LogLine::without_effect("login", &warning, AT);
        let text = concat!(
            r#"{"level":"WARN","timestamp":"2026-11-21T20:22:47Z","function":"login","#,
            r#""decision":"misconfigured","fault":"configuration","detail":"session_table: acts elsewhere","#,
            r#""duration_ms":0.0}"#,
            "\n"
        );
        assert_eq!(written(Level::Warn, &line), text);
        assert_eq!(written(Level::Error, &line), "");
    }

    #[test]
    fn the_level_filters() {
        let levels = [Level::Error, Level::Warn, Level::Info, Level::Debug];
        for (threshold, shown) in levels.into_iter().zip(1..) {
            let lines = levels
                .into_iter()
                .filter(|level| !written(threshold, &LogLine::new("login", "answer", *level, AT)).is_empty());
            assert_eq!(lines.count(), shown, "{threshold:?}");
        }
    }

    #[test]
    fn a_reason_sets_code_fault_text_and_level() {
        for (reason, level) in [
            (&reason::GROUP_MISSING, Level::Info),
            (&reason::PROVIDER_TIMED_OUT, Level::Warn),
            (&reason::AT_HASH_MISMATCH, Level::Warn),
            (&reason::CLIENT_SECRET_MISSING, Level::Error),
            (&reason::SESSION_TOO_LARGE, Level::Warn),
            (&reason::UPSTREAM_ANSWER_TOO_LARGE, Level::Warn),
            (&reason::UPSTREAM_MISSING, Level::Error),
            (&reason::INTERNAL_ERROR, Level::Error),
        ] {
            let line = LogLine::new("login", "answer", Level::Debug, AT).because(reason);
            assert_eq!(
                (line.level, line.reason, line.detail),
                (level, Some(reason.code), Some(reason.log.into()))
            );
            assert_eq!(line.fault, Some(reason.fault.name()));
        }
    }

    #[test]
    fn a_configured_level_is_this_level() {
        let levels = [LogLevel::Error, LogLevel::Warn, LogLevel::Info, LogLevel::Debug].map(Level::from);
        assert_eq!(levels, [Level::Error, Level::Warn, Level::Info, Level::Debug]);
    }

    #[test]
    fn a_refused_start_lists_every_fault() {
        let line = StartLine {
            level: Level::Error,
            at: AT,
            function: "login",
            decision: "refuse_to_start",
            fault: "configuration",
            faults: &["issuer: is required".to_owned(), "leeway: is not a number".to_owned()],
        };
        let mut bytes = Vec::new();
        write_start_line(&mut bytes, &line).unwrap();
        assert_eq!(
            String::from_utf8(bytes).unwrap(),
            concat!(
                r#"{"level":"ERROR","timestamp":"2026-11-21T20:22:47Z","function":"login","#,
                r#""decision":"refuse_to_start","fault":"configuration","#,
                r#""faults":["issuer: is required","leeway: is not a number"]}"#,
                "\n"
            )
        );
    }

    #[test]
    fn a_writer_that_fails_is_told() {
        let mut full: &mut [u8] = &mut [0; 8];
        let line = LogLine::new("login", "answer", Level::Info, AT);
        assert!(Log::new(Level::Info).write_to(&mut full, &line).is_err());
    }

    #[test]
    fn an_event_of_no_form_is_a_warning_and_a_malformed_one_is_the_clients() {
        for (refusal, level) in [
            (crate::event::EventRefusal::Unsupported, Level::Warn),
            (crate::event::EventRefusal::NotJson, Level::Info),
        ] {
            let line = LogLine::new("login", "refuse", Level::Debug, Timestamp::from_unix(0));
            assert_eq!(line.refusing_event(&refusal).level, level, "{refusal:?}");
        }
    }
}
