//! The proxy: validates and forwards, and answers every endpoint of ours itself.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use flow::endpoint::Handled;
use flow::forward::{Forwarded, Served};
use flow::ports::{Upstream, UpstreamBody};
use flow::site::Site;
use http::StatusCode;
use relying_party::forwarding::{ForwardedHead, ForwardingRefusal, UpstreamFault};
use relying_party::gate::front::Front;
use relying_party::http::request::{Request, media_type};
use relying_party::http::response::Response;
use relying_party::refusal::Refusal;
use tokio::time::Instant as Deadline;

use crate::event::{EventShape, HttpEvent, RefusedEvent, parse_http_event};
use crate::log::{Format, Level, Log, LogLine};
use crate::response::{limit, render, render_forwarded};
use crate::target_group::TargetGroup;
use crate::{Function, FunctionError, FunctionResponse, StreamedResponse};

/// The proxy.
pub struct ProxyFunction {
    site: Arc<Site>,
    upstream: Arc<dyn Upstream>,
    log: Log,
    target_group: TargetGroup,
}

/// Its name in the log.
const NAME: &str = "proxy";

/// How long an answer may take where nobody says: just less than API Gateway waits.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(29);

/// What is left of an invocation's time to say that the upstream took too long.
const ERROR_RESPONSE_RESERVE: Duration = Duration::from_millis(500);

/// What of a front's patience passes on the way to here and back.
const FRONT_OVERHEAD: Duration = Duration::from_millis(500);

/// A request, and what it is answered with.
struct Serving {
    shape: EventShape,
    request: Request,
    served: Served,
    /// When the upstream has to be done.
    until: Deadline,
}

/// What the log is told besides the request.
struct Outcome<'a> {
    decision: &'a str,
    refusal: Option<&'a Refusal>,
    status: u16,
    session_hash: Option<&'a str>,
}

impl ProxyFunction {
    /// A proxy before `upstream`.
    pub fn new(site: Arc<Site>, upstream: Arc<dyn Upstream>) -> Self {
        let log = Log::new(site.relying_party.configuration.log_level.into());
        Self { site, upstream, log, target_group: TargetGroup::default() }
    }

    /// Writes its log lines like this.
    #[must_use]
    pub fn logging(self, format: Format) -> Self {
        Self { log: self.log.formatted(format), ..self }
    }

    /// Reads the event and serves its request; an event that is none is answered at once.
    async fn serve(
        &self,
        event: &[u8],
        until: Deadline,
        since: Instant,
    ) -> Result<Serving, (EventShape, Response)> {
        let configuration = &self.site.relying_party.configuration;
        let parsed = parse_http_event(event, configuration.public_url.path());
        let HttpEvent { shape, mut request, patience } =
            parsed.map_err(|refused| (refused.shape, self.answer_without_request(event, &refused, since)))?;
        // Only a function URL streams, and that waits as long as Lambda does.
        let patience = patience.filter(|_| !configuration.response_streaming);
        let front_leaves = patience.map(|patience| Deadline::now() + patience - FRONT_OVERHEAD);
        let until = front_leaves.map_or(until, |leaves| leaves.min(until)) - ERROR_RESPONSE_RESERVE;
        if let Some(line) = self.target_group.complaint(shape, NAME, &request.request_id, self.site.now()) {
            self.log.write(&line);
        }
        if matches!(shape, EventShape::Alb { .. }) && event.len() > limit(shape) {
            request.body = Vec::new();
            let refused = self.site.refuse(&request, Refusal::Forwarding(ForwardingRefusal::RequestTooLarge));
            return Ok(Serving { shape, request, served: Served::Ours(Box::new(refused)), until });
        }
        let front = match shape {
            EventShape::Alb { .. } => Front::LoadBalancer,
            EventShape::HttpApiV2 | EventShape::RestV1 => Front::Proxy,
        };
        let served = self.site.serve(&mut request, front, self.upstream.as_ref(), until).await;
        Ok(Serving { shape, request, served, until })
    }

    async fn whole(&self, event: &[u8], until: Deadline) -> Vec<u8> {
        let since = Instant::now();
        let Serving { shape, request, served, until } = match self.serve(event, until, since).await {
            Ok(serving) => serving,
            Err((shape, response)) => return render(shape, &response),
        };
        let forwarded = match served {
            Served::Ours(handled) => return self.ours(shape, &request, &handled, since),
            Served::Upstream(forwarded) => *forwarded,
        };
        let Forwarded { method, head, mut body, session_hash } = forwarded;
        let read = tokio::time::timeout_at(until, read(body.as_mut(), limit(shape))).await;
        let read = read.unwrap_or(Err(UpstreamFault::TimedOut));
        match read.and_then(|body| render_forwarded(shape, &method, &head, &body)) {
            Ok(reply) => {
                let status = head.status.as_u16();
                let session_hash = session_hash.as_deref();
                self.log_line(
                    &request,
                    since,
                    &Outcome { decision: "forward", refusal: None, status, session_hash },
                );
                reply
            }
            Err(fault) => {
                let mut handled = self.site.refuse(&request, fault);
                handled.session_hash = session_hash;
                self.ours(shape, &request, &handled, since)
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
                    site: Arc::clone(&self.site),
                    log: self.log,
                    request_id: request.request_id.clone(),
                });
                let (status, session_hash) = (head.status.as_u16(), session_hash.as_deref());
                self.log_line(
                    &request,
                    since,
                    &Outcome { decision: "forward", refusal: None, status, session_hash },
                );
                StreamedResponse {
                    status: head.status,
                    headers: joined(head.headers),
                    cookies: head.set_cookies,
                    body,
                }
            }
            Ok(Serving { request, served: Served::Ours(handled), .. }) => {
                self.log_handled(&request, &handled, since);
                streamed_response(handled.response)
            }
            Err((_, response)) => streamed_response(response),
        }
    }

    fn ours(&self, shape: EventShape, request: &Request, handled: &Handled, since: Instant) -> Vec<u8> {
        self.log_handled(request, handled, since);
        render(shape, &handled.response)
    }

    fn log_handled(&self, request: &Request, handled: &Handled, since: Instant) {
        let outcome = Outcome {
            decision: handled.decision,
            refusal: handled.refusal.as_ref(),
            status: handled.response.status.as_u16(),
            session_hash: handled.session_hash.as_deref(),
        };
        self.log_line(request, since, &outcome);
    }

    fn log_line(&self, request: &Request, since: Instant, outcome: &Outcome<'_>) {
        let note = self.site.took_note();
        let line = LogLine {
            duration: since.elapsed(),
            request_id: &request.request_id,
            extended_request_id: &request.extended_request_id,
            status: Some(outcome.status),
            session_hash: outcome.session_hash,
            note: note.as_deref(),
            ..LogLine::new(NAME, outcome.decision, Level::Info, self.site.now())
        }
        .about(request);
        self.log.write(&match outcome.refusal {
            Some(refusal) => line.refusing(refusal),
            None => line,
        });
    }

    /// The answer to an event that is no request: it only warms, or is refused.
    fn answer_without_request(
        &self,
        event: &[u8],
        refused: &RefusedEvent<EventShape>,
        since: Instant,
    ) -> Response {
        if !refused.only_warms(event) {
            return self.refuse_event(refused, since);
        }
        let response = Response::new(StatusCode::NO_CONTENT);
        self.log.write(&LogLine {
            duration: since.elapsed(),
            status: Some(response.status.as_u16()),
            ..LogLine::warm(NAME, self.site.now())
        });
        response
    }

    fn refuse_event(&self, refused: &RefusedEvent<EventShape>, since: Instant) -> Response {
        let reason = refused.refusal.reason();
        let line = LogLine {
            duration: since.elapsed(),
            request_id: &refused.request_id,
            extended_request_id: &refused.extended_request_id,
            status: Some(reason.status.as_u16()),
            ..LogLine::new(NAME, "refuse", Level::Info, self.site.now()).refusing_event(&refused.refusal)
        };
        self.log.write(&match &refused.request {
            Some(request) => line.about(request),
            None => line,
        });
        refused.answer(&self.site.relying_party)
    }
}

#[async_trait]
impl Function for ProxyFunction {
    async fn invoke(&self, event: &[u8]) -> Result<Vec<u8>, FunctionError> {
        Ok(self.whole(event, Deadline::now() + DEFAULT_TIMEOUT).await)
    }

    async fn respond(&self, event: &[u8], until: Deadline) -> Result<FunctionResponse, FunctionError> {
        Ok(if self.site.relying_party.configuration.response_streaming {
            FunctionResponse::Streamed(self.streamed(event, until).await)
        } else {
            FunctionResponse::Whole(self.whole(event, until).await)
        })
    }
}

/// The body, given up as soon as it is known to be too large.
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

/// A body on its way. It ends with the function's time, and what breaks it is logged: the request's own line is written
/// by then.
struct DeadlineBody {
    body: Box<dyn UpstreamBody>,
    until: Deadline,
    /// Whether the client goes on by itself where it ends.
    ends_at_any_time: bool,
    site: Arc<Site>,
    log: Log,
    request_id: String,
}

#[async_trait]
impl UpstreamBody for DeadlineBody {
    async fn chunk(&mut self) -> Result<Option<Bytes>, UpstreamFault> {
        let arrived = tokio::time::timeout_at(self.until, self.body.chunk()).await;
        let fault = match arrived {
            Ok(Ok(bytes)) => return Ok(bytes),
            Ok(Err(fault)) => fault,
            Err(_) if self.ends_at_any_time => return Ok(None),
            Err(_) => UpstreamFault::TimedOut,
        };
        self.log.write(
            &LogLine {
                request_id: &self.request_id,
                ..LogLine::new(NAME, "cut", Level::Warn, self.site.now())
            }
            .because(Refusal::Upstream(fault).reason()),
        );
        Err(fault)
    }
}

/// HTML Living Standard, "Server-sent events": a client connects again where a stream ends.
fn is_event_stream(head: &ForwardedHead) -> bool {
    let content_type = head.headers.iter().find(|(name, _)| name == "content-type").map(|(_, value)| value);
    content_type.is_some_and(|value| media_type(value).eq_ignore_ascii_case("text/event-stream"))
}

/// A body of ours, in one piece.
struct Text(Option<Bytes>);

#[async_trait]
impl UpstreamBody for Text {
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
        body: Box::new(Text(body)),
    }
}

/// Each name once, its values joined (RFC 9110 section 5.3): the prelude of a stream has one value a name.
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
