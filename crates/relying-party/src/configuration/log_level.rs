//! Defines the levels of log lines.

use serde::Serialize;

/// The level of a log line, most severe first. As a setting it is the least severe one that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum LogLevel {
    /// A configuration fault or a bug: the operator must act.
    Error,
    /// The provider or an upstream failed.
    Warn,
    /// The decision about each request.
    Info,
    /// Currently the same as `Info`; never an event, a cookie or a token.
    Debug,
}

/// The words for the levels in a document.
pub(super) const WORDS: [(&str, LogLevel); 4] = [
    ("error", LogLevel::Error),
    ("warn", LogLevel::Warn),
    ("info", LogLevel::Info),
    ("debug", LogLevel::Debug),
];
