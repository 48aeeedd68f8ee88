//! The functions that answer requests themselves: login, callback, session, logout.

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use flow::site::Site;
use http::StatusCode;
use relying_party::gate::front::Front;
use relying_party::http::endpoint::Endpoint;
use relying_party::http::response::Response;

use crate::event::{EventShape, HttpEvent, RefusedEvent, parse_http_event};
use crate::log::{Format, Level, Log, LogLine};
use crate::response::render;
use crate::target_group::TargetGroup;
use crate::{Function, FunctionError};

/// A function that serves some of the endpoints.
pub struct HttpFunction {
    name: &'static str,
    site: Arc<Site>,
    served: &'static [Endpoint],
    log: Log,
    target_group: TargetGroup,
}

impl HttpFunction {
    /// The function `name`, which serves `served`.
    pub fn new(name: &'static str, site: Arc<Site>, served: &'static [Endpoint]) -> Self {
        let log = Log::new(site.relying_party.configuration.log_level.into());
        Self { name, site, served, log, target_group: TargetGroup::default() }
    }

    /// Writes its log lines like this.
    #[must_use]
    pub fn logging(self, format: Format) -> Self {
        Self { log: self.log.formatted(format), ..self }
    }

    /// The answer to an event that only warms, which nobody reads.
    fn warm(&self, shape: EventShape, since: Instant) -> Vec<u8> {
        let response = Response::new(StatusCode::NO_CONTENT);
        self.log.write(&LogLine {
            duration: since.elapsed(),
            status: Some(response.status.as_u16()),
            ..LogLine::warm(self.name, self.site.now())
        });
        render(shape, &response)
    }

    fn refuse(&self, refused: &RefusedEvent<EventShape>, since: Instant) -> Vec<u8> {
        let reason = refused.refusal.reason();
        let line = LogLine {
            duration: since.elapsed(),
            request_id: &refused.request_id,
            extended_request_id: &refused.extended_request_id,
            status: Some(reason.status.as_u16()),
            ..LogLine::new(self.name, "refuse", Level::Info, self.site.now()).refusing_event(&refused.refusal)
        };
        self.log.write(&match &refused.request {
            Some(request) => line.about(request),
            None => line,
        });
        render(refused.shape, &refused.answer(&self.site.relying_party))
    }
}

#[async_trait]
impl Function for HttpFunction {
    async fn invoke(&self, event: &[u8]) -> Result<Vec<u8>, FunctionError> {
        let since = Instant::now();
        let HttpEvent { shape, request, .. } =
            match parse_http_event(event, self.site.relying_party.configuration.public_url.path()) {
                Ok(parsed) => parsed,
                Err(refused) if refused.only_warms(event) => return Ok(self.warm(refused.shape, since)),
                Err(refused) => return Ok(self.refuse(&refused, since)),
            };
        let front = match shape {
            EventShape::Alb { .. } => Front::LoadBalancer,
            EventShape::HttpApiV2 | EventShape::RestV1 => Front::Other,
        };
        let now = self.site.now();
        if let Some(line) = self.target_group.complaint(shape, self.name, &request.request_id, now) {
            self.log.write(&line);
        }
        let handled = match self.site.relying_party.check_front(&request) {
            Ok(()) => self.site.answer_behind(front, &request, self.served).await,
            Err(refusal) => self.site.refuse(&request, refusal),
        };
        let note = self.site.took_note();
        let line = LogLine {
            duration: since.elapsed(),
            request_id: &request.request_id,
            extended_request_id: &request.extended_request_id,
            status: Some(handled.response.status.as_u16()),
            session_hash: handled.session_hash.as_deref(),
            note: note.as_deref(),
            ..LogLine::new(self.name, handled.decision, Level::Info, self.site.now())
        }
        .about(&request);
        self.log.write(&match &handled.refusal {
            Some(refusal) => line.refusing(refusal),
            None => line,
        });
        Ok(render(shape, &handled.response))
    }
}
