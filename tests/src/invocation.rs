//! Invokes a function without any front.

use std::time::Duration;

use lambda::{Function, FunctionError, FunctionResponse};
use serde_json::json;
use tokio::time::Instant;

/// The response of `function` to `event`, within the time that a REST API allows: bytes unchanged, and a
/// streamed response as JSON with its status and its body.
///
/// # Errors
///
/// The error of the function.
pub async fn invoke<F: Function + ?Sized>(function: &F, event: &[u8]) -> Result<Vec<u8>, FunctionError> {
    let mut streamed = match function.call(event, Instant::now() + Duration::from_secs(29)).await? {
        FunctionResponse::Whole(bytes) => return Ok(bytes),
        FunctionResponse::Streamed(streamed) => streamed,
    };
    let mut body = Vec::new();
    while let Ok(Some(bytes)) = streamed.body.chunk().await {
        body.extend(bytes);
    }
    let body = String::from_utf8_lossy(&body);
    Ok(json!({"statusCode": streamed.status.as_u16(), "body": body}).to_string().into_bytes())
}
