//! Tells from the SDK's error why a call to AWS failed. The error itself goes no further: it holds the whole
//! answer, a secret maybe.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// The kinds of failure, which the modules turn into their own faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    /// The caller may not.
    Denied,
    /// The service does not accept the name that it was given.
    Invalid,
    /// There is no such thing.
    NotFound,
    /// No answer, or one that says to try later.
    Unavailable,
    /// There is no region, or there are no credentials to call with.
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

    /// The codes of the services' API references and of "Common errors" there.
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
            | "ResourceNotFoundException"
            | "TargetGroupNotFound"
            | "UserNotFoundException" => Self::NotFound,
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
    fn what_is_not_known_may_pass_by_itself() {
        for code in ["ThrottlingException", "TooManyRequestsException", "InternalServiceError", ""] {
            assert_eq!(ErrorKind::of_code(code), ErrorKind::Unavailable, "{code}");
        }
    }
}
