//! Reads the events of the functions that answer HTTP requests. An event gives a request or is answered at
//! once.

use std::sync::Arc;
use std::time::Instant;

use flow::site::Site;
use http::StatusCode;
use relying_party::http::response::Response;

use crate::event::{EventShape, HttpEvent, RefusedEvent, parse_http_event};
use crate::function_log::FunctionLog;
use crate::log::Format;
use crate::target_group::TargetGroup;

/// Reads events, and logs those that carry no request.
pub(crate) struct HttpEvents {
    site: Arc<Site>,
    /// The log of the function, which it uses too.
    pub(crate) log: FunctionLog,
    target_group: TargetGroup,
}

impl HttpEvents {
    /// Makes a reader for the function `name`.
    pub(crate) fn new(name: &'static str, site: Arc<Site>) -> Self {
        let log = FunctionLog::new(name, Arc::clone(&site));
        Self { site, log, target_group: TargetGroup::default() }
    }

    /// Sets the format of the log lines.
    pub(crate) fn logging(self, format: Format) -> Self {
        Self { log: self.log.formatted(format), ..self }
    }

    /// Returns the request of `event`, or the response to an event without one.
    pub(crate) fn read(&self, event: &[u8], since: Instant) -> Result<HttpEvent, (EventShape, Response)> {
        let public_path = self.site.relying_party.configuration.public_url.path();
        let read = parse_http_event(event, public_path)
            .map_err(|refused| (refused.shape, self.answer_without_request(event, &refused, since)))?;
        let (request_id, now) = (&read.request.request_id, self.site.now());
        if let Some(line) = self.target_group.error_line(read.shape, self.log.name, request_id, now) {
            self.log.write(&line);
        }
        Ok(read)
    }

    fn answer_without_request(
        &self,
        event: &[u8],
        refused: &RefusedEvent<EventShape>,
        since: Instant,
    ) -> Response {
        if refused.only_warms(event) {
            // Nobody reads this response.
            let response = Response::new(StatusCode::NO_CONTENT);
            self.log.log_warming(since, Some(response.status));
            return response;
        }
        self.log.log_refused_event(refused, since, Some(refused.refusal.reason().status));
        let site = refused.request.as_deref().map_or(&*self.site, |request| self.site.at_host_of(request));
        refused.answer(&site.relying_party)
    }
}
