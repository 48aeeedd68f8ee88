//! The log line: one JSON object per request.

use std::io::{self, Write};
use std::time::Duration;

use relying_party::time::Timestamp;
use serde::{Serialize, Serializer};

/// How much is logged, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// A configuration fault or a bug: somebody must act.
    Error,
    /// The provider or an upstream failed.
    Warn,
    /// What was decided.
    Info,
    /// More of the same.
    Debug,
}

impl Level {
    /// Reads `log_level`: `error`, `warn`, `info` or `debug`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "error" => Some(Self::Error),
            "warn" => Some(Self::Warn),
            "info" => Some(Self::Info),
            "debug" => Some(Self::Debug),
            _ => None,
        }
    }
}

/// What is logged about one request. There is no place in it for a query, a cookie, a token or the event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogLine<'a> {
    /// `level`, by which Lambda filters.
    pub level: Level,
    /// When the answer was ready; written as `timestamp`, RFC 3339, which Lambda reads.
    #[serde(rename = "timestamp", serialize_with = "rfc_3339")]
    pub at: Timestamp,
    /// Which function: `authorizer`, `login`...
    pub function: &'a str,
    /// The route rule or the path of ours that matched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<&'a str>,
    /// What was decided, in a word: `allow`, `deny`, `redirect`, `answer`, `fail`.
    pub decision: &'a str,
    /// The status, where the function gives one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The reason code of a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'a str>,
    /// Whose fault it is: `client`, `provider`, `configuration`, `outage`, `bug`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<&'a str>,
    /// More for whoever runs it; never what a client or a provider sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<&'a str>,
    /// How long it took; written as `duration_ms`.
    #[serde(rename = "duration_ms", serialize_with = "milliseconds")]
    pub duration: Duration,
    /// The front's id of the request.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub request_id: &'a str,
    /// A hash that names the session, never its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_hash: Option<&'a str>,
}

/// A configuration that cannot be used, once at start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StartLine<'a> {
    /// `level`.
    pub level: Level,
    /// When; written as `timestamp`.
    #[serde(rename = "timestamp", serialize_with = "rfc_3339")]
    pub at: Timestamp,
    /// Which function.
    pub function: &'a str,
    /// `refuse_to_start`.
    pub decision: &'a str,
    /// `configuration`.
    pub fault: &'a str,
    /// Every fault, each naming its key.
    pub faults: &'a [String],
}

/// Where lines go and which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Log {
    threshold: Level,
}

impl Log {
    /// Writes lines of `threshold` and worse.
    pub const fn new(threshold: Level) -> Self {
        Self { threshold }
    }

    /// Writes one line to standard output, where Lambda takes it up. A line that cannot be written is lost: an
    /// answer is worth more than its log line.
    pub fn write(self, line: &LogLine<'_>) {
        let _ = self.write_to(&mut io::stdout().lock(), line);
    }

    /// Writes one line to `writer`, in one piece.
    ///
    /// # Errors
    ///
    /// The writer's.
    pub fn write_to(self, writer: &mut impl Write, line: &LogLine<'_>) -> io::Result<()> {
        if line.level > self.threshold {
            return Ok(());
        }
        write_line(writer, line)
    }
}

/// Writes the line of a refused start to `writer`; no level filters it.
///
/// # Errors
///
/// The writer's.
pub fn write_start_line(writer: &mut impl Write, line: &StartLine<'_>) -> io::Result<()> {
    write_line(writer, line)
}

fn write_line(writer: &mut impl Write, line: &impl Serialize) -> io::Result<()> {
    let mut bytes = serde_json::to_vec(line)?;
    bytes.push(b'\n');
    writer.write_all(&bytes)?;
    writer.flush()
}

/// Microseconds are enough, and a float of whole microseconds prints short.
fn milliseconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    let microseconds = u32::try_from(duration.as_micros()).unwrap_or(u32::MAX);
    serializer.serialize_f64(f64::from(microseconds) / 1_000.0)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn rfc_3339<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&Rfc3339(*at))
}

/// RFC 3339 in UTC, whole seconds.
struct Rfc3339(Timestamp);

impl std::fmt::Display for Rfc3339 {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (days, second) = (self.0.unix().div_euclid(86_400), self.0.unix().rem_euclid(86_400));
        let (year, month, day) = civil(days);
        let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
        write!(formatter, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

/// Year, month and day of a day since 1970-01-01 in the Gregorian calendar. Counted in eras of 400 years that
/// start on 1 March, so that a leap day is the last of its year.
fn civil(days: i64) -> (i64, i64, i64) {
    let from_march_0000 = days + 719_468;
    let era = from_march_0000.div_euclid(146_097);
    let day_of_era = from_march_0000.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}
