//! Lists the questions that AWS leaves open. Where its documentation is silent or contradicts itself, a flag chooses, so that tests
//! can try both ways.

use std::time::Duration;

use clap::ValueEnum;

/// Choices about an emulated REST API.
#[derive(Clone, Debug)]
pub struct Behaviour {
    /// Whether the stage stands in the path.
    pub endpoint: Endpoint,
    /// How header names compare in parameter mappings.
    pub header_names: HeaderNames,
    /// How a path parameter reaches integrations and events.
    pub path_parameters: PathParameters,
    /// Whether a percent-encoded segment matches the same route as its decoded form.
    pub route_matching: RouteMatching,
    /// The treatment of the slash at the end of a path under `{proxy+}`.
    pub trailing_slash: TrailingSlash,
    /// The gateway response for an authorizer that fails with anything but `Unauthorized`.
    pub authorizer_fault: AuthorizerFault,
    /// How an authorizer event shows that there is no query, path parameter or stage variable.
    pub empty_maps: EmptyMaps,
    /// The treatment of an empty value by a mapping onto a header.
    pub empty_value: EmptyValue,
    /// After this time an authorizer counts as failed. AWS documents none for REST APIs; 10 s is that of HTTP APIs.
    pub authorizer_timeout: Duration,
    /// Host name in `requestContext.domainName` and `context.domainName`.
    pub domain_name: String,
    /// Id of the API in ARNs and events.
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

/// Under which address clients reach the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Endpoint {
    /// A custom domain name with an empty base path: no stage in the path.
    CustomDomain,
    /// The `execute-api` endpoint: the API is under `/{stage}`, everything else is 403.
    ExecuteApi,
}

/// The developer guide says that header names "are processed in a case-sensitive way"; nobody is on record for what
/// a mapping does to a client's header that differs only in case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum HeaderNames {
    /// A mapping replaces a header of exactly its spelling; other spellings of the client reach the upstream beside it.
    CaseSensitive,
    /// A mapping replaces every spelling.
    CaseInsensitive,
}

/// "REST APIs decode URL-encoded request parameters before passing them to backend integrations"; whether that turns
/// `%2F` in `{proxy}` into a slash is not documented.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PathParameters {
    /// Decoded; towards an HTTP upstream only what cannot stand in a path is encoded again.
    Decoded,
    /// As the client sent them.
    AsSent,
}

/// Whether `/%6Fauth2/login` is the route `/oauth2/login`. Not documented.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RouteMatching {
    /// Segments compare byte for byte.
    AsSent,
    /// Segments compare after decoding.
    Decoded,
}

/// Routes ignore a slash at the end of a path. The value of `{proxy+}` is then not documented.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TrailingSlash {
    /// `{proxy+}` ends with it.
    Kept,
    /// It is lost.
    Dropped,
}

/// AUTHORIZER_CONFIGURATION_ERROR is what people have seen; AUTHORIZER_FAILURE is what the documentation names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AuthorizerFault {
    /// AUTHORIZER_CONFIGURATION_ERROR.
    Configuration,
    /// AUTHORIZER_FAILURE.
    Failure,
}

/// Both are in AWS's own samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EmptyMaps {
    /// `{}`
    Empty,
    /// `null`
    Null,
}

/// Not documented. An absent source is no mapping; whether a context value of `""` is one, nobody is on record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EmptyValue {
    /// As if the source were absent: the client's own header reaches the upstream.
    NoMapping,
    /// The header is there and empty, in place of the client's.
    EmptyHeader,
}
