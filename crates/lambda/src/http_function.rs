//! Serves the functions that only answer requests: login, callback, session, logout.

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use flow::site::Site;
use relying_party::http::endpoint::Endpoint;
use tokio::time::Instant as Deadline;

use crate::event::HttpEvent;
use crate::function_log::LoggedOutcome;
use crate::http_events::HttpEvents;
use crate::log::Format;
use crate::response::render;
use crate::{Function, FunctionError, FunctionResponse};

/// A function that serves some of the endpoints.
pub struct HttpFunction {
    site: Arc<Site>,
    served: &'static [Endpoint],
    events: HttpEvents,
}

impl HttpFunction {
    /// Makes the function `name`, which serves the endpoints `served`.
    pub fn new(name: &'static str, site: Arc<Site>, served: &'static [Endpoint]) -> Self {
        let events = HttpEvents::new(name, Arc::clone(&site));
        Self { site, served, events }
    }

    /// Writes log lines in this format.
    #[must_use]
    pub fn logging(self, format: Format) -> Self {
        Self { events: self.events.logging(format), ..self }
    }
}

#[async_trait]
impl Function for HttpFunction {
    async fn call(&self, event: &[u8], _: Deadline) -> Result<FunctionResponse, FunctionError> {
        let since = Instant::now();
        let read = match self.events.read(event, since) {
            Ok(read) => read,
            Err((shape, response)) => return Ok(FunctionResponse::Whole(render(shape, &response))),
        };
        let front = read.front_of_endpoints();
        let HttpEvent { shape, request, .. } = read;
        let site = self.site.at_host_of(&request);
        let logged = match site.relying_party.check_front(&request) {
            Ok(()) => site.answer_behind(front, &request, self.served).await,
            Err(refusal) => site.refuse(&request, refusal),
        };
        self.events.log.log_response(&request, since, &LoggedOutcome::from(&logged));
        Ok(FunctionResponse::Whole(render(shape, &logged.response)))
    }
}
