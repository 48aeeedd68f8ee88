//! The response to CloudFormation, sent by PUT to the URL in the request.

use serde_json::json;

use super::CustomResourceRequest;

/// "The total size of the response body can't exceed 4096 bytes."
const MAX_BODY_BYTES: usize = 4_096;

/// A response and its destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomResourceResponse {
    /// The presigned address.
    pub url: String,
    /// The JSON text.
    pub body: String,
}

impl CustomResourceResponse {
    pub(super) fn new(request: &CustomResourceRequest, id: &str, faults: &[String]) -> Self {
        let body = |reason: &str| {
            json!({
                "Status": if faults.is_empty() { "SUCCESS" } else { "FAILED" },
                "Reason": reason,
                "PhysicalResourceId": id,
                "StackId": request.stack_id,
                "RequestId": request.request_id,
                "LogicalResourceId": request.logical_resource_id,
            })
            .to_string()
        };
        let bodies = (0..=faults.len()).rev().map(|count| body(&reason(faults, count)));
        let body = bodies.into_iter().find(|body| body.len() <= MAX_BODY_BYTES);
        // Only members copied from the request could make the body that long.
        Self { url: request.response_url.clone(), body: body.unwrap_or_default() }
    }
}

/// Joins the first `count` faults and states how many more there are.
fn reason(faults: &[String], count: usize) -> String {
    let more = faults.len().saturating_sub(count);
    let shown = faults.iter().take(count).cloned().chain((more > 0).then(|| format!("{more} more faults")));
    shown.collect::<Vec<_>>().join("; ")
}
