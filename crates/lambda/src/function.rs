//! What a Lambda function is to everything that calls one: bytes in, bytes or an error out.

use async_trait::async_trait;

/// One function, called the way the Lambda service calls it. The release binaries, the local stack and the
/// tests all go through this.
#[async_trait]
pub trait Function: Send + Sync {
    /// Answers one invocation.
    ///
    /// # Errors
    ///
    /// What the Lambda service would report as a function error; API Gateway reads `error_message`.
    async fn invoke(&self, event: &[u8]) -> Result<Vec<u8>, FunctionError>;
}

/// The two members of a Lambda function error that callers see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionError {
    /// `errorType`.
    pub error_type: String,
    /// `errorMessage`. A REST API answers 401 when an authorizer fails with exactly `Unauthorized`.
    pub error_message: String,
}
