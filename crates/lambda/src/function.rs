//! Defines a Lambda function as its callers see it: it takes bytes, and returns bytes or an error.

use async_trait::async_trait;
use flow::ports::UpstreamBody;
use http::StatusCode;
use tokio::time::Instant;

/// A function, called as the Lambda service calls it. The release binaries, the local stack and the tests all
/// use this trait.
#[async_trait]
pub trait Function: Send + Sync {
    /// Answers one invocation, which Lambda ends at `deadline`.
    ///
    /// # Errors
    ///
    /// The function error that the Lambda service reports; API Gateway reads `error_message`.
    async fn call(&self, event: &[u8], deadline: Instant) -> Result<FunctionResponse, FunctionError>;
}

/// The response of a function.
pub enum FunctionResponse {
    /// The whole response at once.
    Whole(Vec<u8>),
    /// The head, and a body that is sent as it arrives: behind a function URL with `RESPONSE_STREAM`.
    Streamed(StreamedResponse),
}

impl FunctionResponse {
    /// Returns the bytes of a response that is not streamed.
    pub fn whole(self) -> Option<Vec<u8>> {
        match self {
            Self::Whole(bytes) => Some(bytes),
            Self::Streamed(_) => None,
        }
    }
}

/// A response whose body has not arrived completely (AWS Lambda developer guide, "Response streaming").
pub struct StreamedResponse {
    /// The status.
    pub status: StatusCode,
    /// Fields in lower case, with each name once.
    pub headers: Vec<(String, String)>,
    /// The `Set-Cookie` values.
    pub cookies: Vec<String>,
    /// The body.
    pub body: Box<dyn UpstreamBody>,
}

/// The members of a Lambda function error that callers see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionError {
    /// `errorType`.
    pub error_type: String,
    /// `errorMessage`. A REST API answers 401 when an authorizer fails with exactly `Unauthorized`.
    pub error_message: String,
}

impl FunctionError {
    /// The error to which API Gateway responds with its UNAUTHORIZED gateway response, 401.
    pub fn unauthorized() -> Self {
        Self { error_type: "Unauthorized".to_owned(), error_message: "Unauthorized".to_owned() }
    }

    /// Any other failure, such as an outage or a configuration fault, named by its reason code. If an
    /// authorizer fails this way, a REST API responds with AUTHORIZER_FAILURE or
    /// AUTHORIZER_CONFIGURATION_ERROR.
    pub fn failed(reason: &str) -> Self {
        Self { error_type: "Refused".to_owned(), error_message: format!("vestibule: {reason}") }
    }
}

#[cfg(test)]
mod tests {
    use super::FunctionError;

    #[test]
    fn api_gateway_matches_the_exact_message_of_a_401() {
        assert_eq!(FunctionError::unauthorized().error_message, "Unauthorized");
    }

    #[test]
    fn any_other_failure_names_its_reason_only() {
        let error = FunctionError::failed("provider_unavailable");
        assert_eq!(error.error_message, "vestibule: provider_unavailable");
    }
}
