//! Writes the log of one function, one line for each invocation.

use std::sync::Arc;
use std::time::Instant;

use flow::logged_response::LoggedResponse;
use flow::site::Site;
use http::StatusCode;
use relying_party::http::request::Request;
use relying_party::refusal::Refusal;

use crate::event::RefusedEvent;
use crate::log::{Format, Log, LogLevel, LogLine};

/// Writes the log lines of the function `name`.
#[derive(Clone)]
pub(crate) struct FunctionLog {
    pub(crate) name: &'static str,
    site: Arc<Site>,
    log: Log,
}

/// The outcome of a request for the log.
pub(crate) struct LoggedOutcome<'a> {
    /// See [`LogLine::decision`].
    pub(crate) decision: &'a str,
    /// The reason, if the request was refused.
    pub(crate) refusal: Option<&'a Refusal>,
    /// The status, if the function returns one.
    pub(crate) status: Option<StatusCode>,
    /// See [`LogLine::session_hash`].
    pub(crate) session_hash: Option<&'a str>,
}

impl<'a> From<&'a LoggedResponse> for LoggedOutcome<'a> {
    fn from(logged: &'a LoggedResponse) -> Self {
        Self {
            decision: logged.decision,
            refusal: logged.refusal.as_ref(),
            status: Some(logged.response.status),
            session_hash: logged.session_hash.as_deref(),
        }
    }
}

impl FunctionLog {
    /// Makes the log of `name`, at the level that `site` is configured with.
    pub(crate) fn new(name: &'static str, site: Arc<Site>) -> Self {
        let log = Log::new(site.relying_party.configuration.log_level);
        Self { name, site, log }
    }

    /// Sets the format of the lines.
    pub(crate) fn formatted(self, format: Format) -> Self {
        Self { log: self.log.formatted(format), ..self }
    }

    /// Starts a line with the current time.
    pub(crate) fn line(&self, decision: &'static str, level: LogLevel) -> LogLine<'static> {
        LogLine::new(self.name, decision, level, self.site.now())
    }

    /// Writes `line` unless the configured level excludes it.
    pub(crate) fn write(&self, line: &LogLine<'_>) {
        self.log.write(line);
    }

    /// Logs the response to a request that arrived at `since`.
    pub(crate) fn log_response(&self, request: &Request, since: Instant, outcome: &LoggedOutcome<'_>) {
        let note = self.site.take_notes();
        let level = if self.site.take_warning() { LogLevel::Warn } else { LogLevel::Info };
        let line = LogLine {
            duration: since.elapsed(),
            request_id: &request.request_id,
            extended_request_id: &request.extended_request_id,
            status: outcome.status.map(|status| status.as_u16()),
            session_hash: outcome.session_hash,
            note: note.as_deref(),
            ..LogLine::new(self.name, outcome.decision, level, self.site.now())
        }
        .about(request);
        let line = match outcome.refusal {
            Some(refusal) => line.refusing(refusal),
            None => line,
        };
        self.write(&LogLine { level: line.level.min(level), ..line });
    }

    /// Logs a refused event.
    pub(crate) fn log_refused_event<S>(
        &self,
        refused: &RefusedEvent<S>,
        since: Instant,
        status: Option<StatusCode>,
    ) {
        let line = LogLine {
            duration: since.elapsed(),
            request_id: &refused.request_id,
            extended_request_id: &refused.extended_request_id,
            status: status.map(|status| status.as_u16()),
            ..self.line("refuse", LogLevel::Info).refusing_event(&refused.refusal)
        };
        self.write(&match &refused.request {
            Some(request) => line.about(request),
            None => line,
        });
    }

    /// Logs an event that only keeps the function warm.
    pub(crate) fn log_warming(&self, since: Instant, status: Option<StatusCode>) {
        let status = status.map(|status| status.as_u16());
        self.write(&LogLine { duration: since.elapsed(), status, ..self.line("warm", LogLevel::Info) });
    }
}
