//! Classifies the SDK's errors. The error itself is dropped because it holds the whole response, which may
//! contain a secret.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// The kinds of failure. Each module converts them to its own faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    /// The caller lacks the permission.
    Denied,
    /// The service rejects the name in the request.
    Invalid,
    /// The resource does not exist.
    NotFound,
    /// The service has had too many requests.
    Throttled,
    /// The service did not answer, or asked to try later.
    Unavailable,
    /// There is no region or no credentials to call with.
    Unconfigured,
}

impl ErrorKind {
    pub(crate) fn of<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> Self
    where
        SdkError<E, R>: Error + 'static,
    {
        match error {
            SdkError::ServiceError(refused) => Self::of_code(refused.err().code().unwrap_or_default()),
            error if lacks_credentials(error) => Self::Unconfigured,
            _ => Self::Unavailable,
        }
    }

    /// Classifies the codes in the services' API references and in their "Common errors".
    fn of_code(code: &str) -> Self {
        match code {
            "AccessDenied"
            | "AccessDeniedException"
            | "DecryptionFailure"
            | "ExpiredToken"
            | "ExpiredTokenException"
            | "InvalidSignatureException"
            | "NotAuthorizedException"
            | "UnauthorizedException"
            | "UnrecognizedClientException" => Self::Denied,
            "InvalidParameterException"
            | "InvalidRequestException"
            | "ValidationError"
            | "ValidationException" => Self::Invalid,
            "ListenerNotFound"
            | "LoadBalancerNotFound"
            | "NoSuchDistribution"
            | "NoSuchEntity"
            | "NoSuchEntityException"
            | "NotFoundException"
            | "PolicyNotFoundException"
            | "ResourceNotFoundException"
            | "TargetGroupNotFound"
            | "UserNotFoundException" => Self::NotFound,
            "ProvisionedThroughputExceededException"
            | "RequestLimitExceeded"
            | "Throttling"
            | "ThrottlingException"
            | "TooManyRequestsException" => Self::Throttled,
            _ => Self::Unavailable,
        }
    }
}

fn lacks_credentials(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<CredentialsError>() {
            return matches!(
                error,
                CredentialsError::CredentialsNotLoaded(_) | CredentialsError::InvalidConfiguration(_)
            );
        }
        next = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_error_may_pass_by_itself() {
        for code in ["InternalServiceError", "LimitExceededException", ""] {
            assert_eq!(ErrorKind::of_code(code), ErrorKind::Unavailable, "{code}");
        }
    }
}
