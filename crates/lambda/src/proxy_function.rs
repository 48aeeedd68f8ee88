//! Serves the proxy, which validates and forwards requests, and answers vestibule's own endpoints.

mod deadline;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use bytes::Bytes;
use flow::forwarding::{Forwarded, Served};
use flow::logged_response::LoggedResponse;
use flow::ports::{Upstream, UpstreamBody};
use flow::site::Site;
use relying_party::forwarding::{ForwardedHead, ForwardingRefusal, UpstreamFault};
use relying_party::http::request::Request;
use relying_party::http::response::Response;
use relying_party::refusal::Refusal;
use tokio::time::Instant as Deadline;

use crate::event::{EventShape, HttpEvent};
use crate::function_log::LoggedOutcome;
use crate::http_events::HttpEvents;
use crate::log::Format;
use crate::response::{limit, render, render_forwarded};
use crate::{Function, FunctionError, FunctionResponse, StreamedResponse};

use deadline::{DeadlineBody, is_event_stream};

/// The proxy.
pub struct ProxyFunction {
    site: Arc<Site>,
    upstream: Arc<dyn Upstream>,
    events: HttpEvents,
}

/// A request and the data for its response.
struct Serving {
    shape: EventShape,
    request: Request,
    served: Served,
    /// The time when the upstream must have finished.
    until: Deadline,
}

impl ProxyFunction {
    /// Makes a proxy before `upstream`.
    pub fn new(site: Arc<Site>, upstream: Arc<dyn Upstream>) -> Self {
        let events = HttpEvents::new("proxy", Arc::clone(&site));
        Self { site, upstream, events }
    }

    /// Writes log lines in this format.
    #[must_use]
    pub fn logging(self, format: Format) -> Self {
        Self { events: self.events.logging(format), ..self }
    }

    /// Reads the event and serves its request; an event without a request is answered at once.
    async fn serve(
        &self,
        event: &[u8],
        until: Deadline,
        since: Instant,
    ) -> Result<Serving, (EventShape, Response)> {
        let read = self.events.read(event, since)?;
        let front = read.front_of_proxy();
        let HttpEvent { shape, mut request, front_timeout } = read;
        // Only a function URL streams, and it waits as long as Lambda does.
        let front_timeout =
            front_timeout.filter(|_| !self.site.relying_party.configuration.response_streaming);
        let until = deadline::of_upstream(until, front_timeout);
        if matches!(shape, EventShape::Alb { .. }) && event.len() > limit(shape) {
            request.body = Vec::new();
            let refused = self
                .site
                .at_host_of(&request)
                .refuse(&request, Refusal::Forwarding(ForwardingRefusal::RequestTooLarge));
            return Ok(Serving { shape, request, served: Served::Ours(Box::new(refused)), until });
        }
        let site = self.site.at_host_of(&request);
        let served = site.serve(&mut request, front, self.upstream.as_ref(), until).await;
        Ok(Serving { shape, request, served, until })
    }

    async fn whole(&self, event: &[u8], until: Deadline) -> Vec<u8> {
        let since = Instant::now();
        let Serving { shape, request, served, until } = match self.serve(event, until, since).await {
            Ok(serving) => serving,
            Err((shape, response)) => return render(shape, &response),
        };
        let forwarded = match served {
            Served::Ours(logged) => return self.ours(shape, &request, &logged, since),
            Served::Upstream(forwarded) => *forwarded,
        };
        let Forwarded { method, head, mut body, session_hash } = forwarded;
        let read = tokio::time::timeout_at(until, read(body.as_mut(), limit(shape))).await;
        let read = read.unwrap_or(Err(UpstreamFault::TimedOut));
        match read.and_then(|body| render_forwarded(shape, &method, &head, &body)) {
            Ok(response) => {
                self.events.log.log_response(
                    &request,
                    since,
                    &forwarded_outcome(&head, session_hash.as_deref()),
                );
                response
            }
            Err(fault) => {
                let mut logged = self.site.at_host_of(&request).refuse(&request, fault);
                logged.session_hash = session_hash;
                self.ours(shape, &request, &logged, since)
            }
        }
    }

    async fn streamed(&self, event: &[u8], until: Deadline) -> StreamedResponse {
        let since = Instant::now();
        match self.serve(event, until, since).await {
            Ok(Serving { request, served: Served::Upstream(forwarded), until, .. }) => {
                let Forwarded { head, body, session_hash, .. } = *forwarded;
                let body = Box::new(DeadlineBody {
                    body,
                    until,
                    ends_at_any_time: is_event_stream(&head),
                    log: self.events.log.clone(),
                    request_id: request.request_id.clone(),
                });
                self.events.log.log_response(
                    &request,
                    since,
                    &forwarded_outcome(&head, session_hash.as_deref()),
                );
                StreamedResponse {
                    status: head.status,
                    headers: joined(head.headers),
                    cookies: head.set_cookies,
                    body,
                }
            }
            Ok(Serving { request, served: Served::Ours(logged), .. }) => {
                self.events.log.log_response(&request, since, &LoggedOutcome::from(&*logged));
                streamed_response(logged.response)
            }
            Err((_, response)) => streamed_response(response),
        }
    }

    fn ours(&self, shape: EventShape, request: &Request, logged: &LoggedResponse, since: Instant) -> Vec<u8> {
        self.events.log.log_response(request, since, &LoggedOutcome::from(logged));
        render(shape, &logged.response)
    }
}

#[async_trait]
impl Function for ProxyFunction {
    async fn call(&self, event: &[u8], deadline: Deadline) -> Result<FunctionResponse, FunctionError> {
        Ok(if self.site.relying_party.configuration.response_streaming {
            FunctionResponse::Streamed(self.streamed(event, deadline).await)
        } else {
            FunctionResponse::Whole(self.whole(event, deadline).await)
        })
    }
}

const fn forwarded_outcome<'a>(head: &ForwardedHead, session_hash: Option<&'a str>) -> LoggedOutcome<'a> {
    LoggedOutcome { decision: "forward", refusal: None, status: Some(head.status), session_hash }
}

/// Reads the body, and stops as soon as it is known to be too large.
async fn read(body: &mut dyn UpstreamBody, most: usize) -> Result<Vec<u8>, UpstreamFault> {
    let mut whole = Vec::new();
    while let Some(bytes) = body.chunk().await? {
        if bytes.len() > most.saturating_sub(whole.len()) {
            return Err(UpstreamFault::ResponseTooLarge);
        }
        whole.extend_from_slice(&bytes);
    }
    Ok(whole)
}

/// A body of vestibule's own, in one piece.
struct WholeBody(Option<Bytes>);

#[async_trait]
impl UpstreamBody for WholeBody {
    async fn chunk(&mut self) -> Result<Option<Bytes>, UpstreamFault> {
        Ok(self.0.take())
    }
}

fn streamed_response(response: Response) -> StreamedResponse {
    let body = Some(Bytes::from(response.body)).filter(|body| !body.is_empty());
    StreamedResponse {
        status: response.status,
        headers: joined(response.headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
        cookies: response.set_cookies,
        body: Box::new(WholeBody(body)),
    }
}

/// Joins the values of each name (RFC 9110 section 5.3): the prelude of a stream has one value for a name.
fn joined(headers: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut joined: Vec<(String, String)> = Vec::with_capacity(headers.len());
    let mut places: HashMap<String, usize> = HashMap::with_capacity(headers.len());
    for (name, value) in headers {
        if let Some((_, values)) = places.get(&name).and_then(|place| joined.get_mut(*place)) {
            values.push_str(", ");
            values.push_str(&value);
        } else {
            places.insert(name.clone(), joined.len());
            joined.push((name, value));
        }
    }
    joined
}
