//! The size limits for responses of each front.

use relying_party::forwarding::ForwardedHead;

use crate::event::EventShape;

/// The largest response that a front accepts, in bytes of JSON. A load balancer: "The maximum size of the
/// response JSON that the Lambda function can send is 1 MB" (Elastic Load Balancing, "Lambda functions as
/// targets"). For the others the limit is Lambda's own for an invocation that is not streamed.
pub const fn limit(shape: EventShape) -> usize {
    match shape {
        EventShape::Alb { .. } => 1024 * 1024,
        EventShape::HttpApiV2 | EventShape::RestV1 => 6 * 1024 * 1024,
    }
}

/// The largest head of a response that a front accepts, in bytes. A load balancer: "the entire response
/// header" 32 K (Elastic Load Balancing, "Quotas for your Application Load Balancers"). AWS documents no
/// general limit for the other fronts.
pub(super) const fn head_limit(shape: EventShape) -> usize {
    match shape {
        EventShape::Alb { .. } => 32 * 1024,
        EventShape::HttpApiV2 | EventShape::RestV1 => usize::MAX,
    }
}

/// Counts the bytes of the fields on the wire, including `: ` and the line ends.
pub(super) fn head_bytes(head: &ForwardedHead) -> usize {
    let fields: usize = head.headers.iter().map(|(name, value)| name.len() + value.len() + 4).sum();
    let cookies: usize = head.set_cookies.iter().map(|cookie| "set-cookie".len() + cookie.len() + 4).sum();
    fields + cookies
}
