//! Lists the choices where AWS's documentation is silent or contradicts itself, so that tests can try both ways.

use std::time::Duration;

use clap::ValueEnum;

/// Choices about the emulated REST API.
#[derive(Clone, Debug)]
pub struct Behaviour {
    /// Whether the path contains the stage.
    pub endpoint: Endpoint,
    /// How header names compare in parameter mappings.
    pub header_names: HeaderNames,
    /// How a path parameter reaches integrations and events.
    pub path_parameters: PathParameters,
    /// Whether a percent-encoded segment matches the same route as its decoded form.
    pub route_matching: RouteMatching,
    /// Whether the value of `{proxy+}` keeps the slash at the end of a path.
    pub trailing_slash: TrailingSlash,
    /// The gateway response if an authorizer fails with an error other than `Unauthorized`.
    pub authorizer_fault: AuthorizerFault,
    /// How an authorizer event represents an absent query, path parameter or stage variable.
    pub empty_maps: EmptyMaps,
    /// Whether a mapping from an empty value sets the header.
    pub empty_value: EmptyValue,
    /// An authorizer that takes longer has failed. AWS documents no timeout for REST APIs; HTTP APIs have 10 s.
    pub authorizer_timeout: Duration,
    /// The host name in `requestContext.domainName` and `context.domainName`.
    pub domain_name: String,
    /// The id of the API in ARNs and events.
    pub api_id: String,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            endpoint: Endpoint::CustomDomain,
            header_names: HeaderNames::CaseSensitive,
            path_parameters: PathParameters::Decoded,
            route_matching: RouteMatching::AsSent,
            trailing_slash: TrailingSlash::Kept,
            authorizer_fault: AuthorizerFault::Configuration,
            empty_maps: EmptyMaps::Empty,
            empty_value: EmptyValue::NoMapping,
            authorizer_timeout: Duration::from_secs(10),
            domain_name: "localhost".to_owned(),
            api_id: "local00000".to_owned(),
        }
    }
}

/// The address under which clients reach the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Endpoint {
    /// A custom domain name with an empty base path; the path does not contain the stage.
    CustomDomain,
    /// The `execute-api` endpoint: the API is under `/{stage}`, every other path is 403.
    ExecuteApi,
}

/// The developer guide says that header names "are processed in a case-sensitive way". It does not say what a
/// mapping does to a client's header that differs only in case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum HeaderNames {
    /// A mapping replaces only a header with exactly the same spelling; the client's other spellings reach the upstream
    /// beside it.
    CaseSensitive,
    /// A mapping replaces every spelling.
    CaseInsensitive,
}

/// "REST APIs decode URL-encoded request parameters before passing them to backend integrations". AWS does not
/// document whether that turns `%2F` in `{proxy}` into a slash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PathParameters {
    /// Decoded. For an HTTP upstream only the characters that a path cannot contain are encoded again.
    Decoded,
    /// As the client sent them.
    AsSent,
}

/// Whether `/%6Fauth2/login` is the route `/oauth2/login`. AWS does not document it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RouteMatching {
    /// Segments compare byte for byte.
    AsSent,
    /// Segments compare after decoding.
    Decoded,
}

/// Routes ignore a slash at the end of a path. AWS does not document the value of `{proxy+}` in that case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TrailingSlash {
    /// The value of `{proxy+}` ends with the slash.
    Kept,
    /// The value of `{proxy+}` does not contain the slash.
    Dropped,
}

/// Users have observed AUTHORIZER_CONFIGURATION_ERROR; the documentation names AUTHORIZER_FAILURE.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AuthorizerFault {
    /// AUTHORIZER_CONFIGURATION_ERROR.
    Configuration,
    /// AUTHORIZER_FAILURE.
    Failure,
}

/// AWS's own samples show both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EmptyMaps {
    /// `{}`
    Empty,
    /// `null`
    Null,
}

/// An absent source means that there is no mapping. AWS does not document whether a context value of `""` is a
/// mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EmptyValue {
    /// An empty value is treated like an absent source: the client's own header reaches the upstream.
    NoMapping,
    /// The upstream gets an empty header in place of the client's.
    EmptyHeader,
}
