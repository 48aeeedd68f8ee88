//! Replies whose body is still on its way (AWS Lambda developer guide, "Response streaming": a JSON prelude, eight NUL
//! bytes, the body).

use std::process;

use http::{HeaderMap, HeaderName, HeaderValue};
use lambda_runtime::streaming::{Body, Sender, channel};
use lambda_runtime::{MetadataPrelude, StreamResponse};

use super::now;
use crate::StreamedReply;
use crate::log::{Level, Log, LogLine};

use flow::port::UpstreamBody;
use relying_party::forwarding::UpstreamFault;
use relying_party::refusal::Refusal;

/// The reply as the runtime takes it; `None` where a field is none.
pub(super) fn response(reply: StreamedReply) -> Option<StreamResponse<Body>> {
    let mut headers = HeaderMap::new();
    for (name, value) in &reply.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        headers.append(name, HeaderValue::from_bytes(value.as_bytes()).ok()?);
    }
    let (sender, stream) = channel();
    tokio::spawn(pass(reply.body, sender));
    let metadata_prelude = MetadataPrelude { status_code: reply.status, headers, cookies: reply.cookies };
    Some(StreamResponse { metadata_prelude, stream })
}

/// Passes on what arrives; whoever reads slower than the upstream writes holds it back.
async fn pass(mut body: Box<dyn UpstreamBody>, mut sender: Sender) {
    loop {
        match body.chunk().await {
            Ok(Some(bytes)) => {
                if sender.send_data(bytes).await.is_err() {
                    // The client is gone, or Lambda is.
                    return;
                }
            }
            Ok(None) => return,
            Err(fault) => cut(fault),
        }
    }
}

/// The upstream broke in the middle of an answer whose head is out. The runtime crate writes an error into the body and
/// ends it as if it were whole; a client could not tell. Lambda cuts the answer short where the process ends, which
/// costs one start.
fn cut(fault: UpstreamFault) -> ! {
    let reason = Refusal::Upstream(fault).reason();
    Log::new(Level::Error).write(&LogLine {
        level: Level::Error,
        ..LogLine::new("proxy", "cut", Level::Error, now()).because(reason)
    });
    process::exit(1)
}
