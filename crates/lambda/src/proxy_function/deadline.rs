//! Ends a request to the upstream while there is time to answer: before Lambda ends the function, and before
//! the front's timeout.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use flow::ports::UpstreamBody;
use relying_party::forwarding::{ForwardedHead, UpstreamFault};
use relying_party::http::request::media_type;
use relying_party::refusal::Refusal;
use tokio::time::Instant as Deadline;

use crate::function_log::FunctionLog;
use crate::log::{LogLevel, LogLine};

/// The time of an invocation that is reserved for saying that the upstream took too long.
const ERROR_RESPONSE_RESERVE: Duration = Duration::from_millis(500);

/// The part of a front's timeout that the network between front and function takes.
const FRONT_OVERHEAD: Duration = Duration::from_millis(500);

/// Returns the deadline of the upstream, for a function that Lambda ends at `end` behind a front that waits
/// for `front_timeout`.
pub(super) fn of_upstream(end: Deadline, front_timeout: Option<Duration>) -> Deadline {
    let front_leaves = front_timeout.map(|front_timeout| Deadline::now() + front_timeout - FRONT_OVERHEAD);
    front_leaves.map_or(end, |leaves| leaves.min(end)) - ERROR_RESPONSE_RESERVE
}

/// A streamed body. It ends with the function's time, and its failure is logged separately because the
/// request's own line is already written.
pub(super) struct DeadlineBody {
    pub(super) body: Box<dyn UpstreamBody>,
    pub(super) until: Deadline,
    /// Whether the client reconnects by itself when the body ends.
    pub(super) ends_at_any_time: bool,
    pub(super) log: FunctionLog,
    pub(super) request_id: String,
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
        let line = self.log.line("cut", LogLevel::Warn).because(Refusal::Upstream(fault).reason());
        self.log.write(&LogLine { request_id: &self.request_id, ..line });
        Err(fault)
    }
}

/// HTML Living Standard, "Server-sent events": a client reconnects when a stream ends.
pub(super) fn is_event_stream(head: &ForwardedHead) -> bool {
    let content_type = head.headers.iter().find(|(name, _)| name == "content-type").map(|(_, value)| value);
    content_type.is_some_and(|value| media_type(value).eq_ignore_ascii_case("text/event-stream"))
}
