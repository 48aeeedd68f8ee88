//! Lists the choices where AWS's documentation is silent or contradicts itself, so that tests can try both ways.

use std::time::Duration;

use clap::{Args, ValueEnum};

/// Choices about the emulated REST API.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Where the behaviour of AWS is not documented")]
pub struct Behaviour {
    /// Whether the API is reached by a custom domain, or by execute-api with the stage in every path.
    #[arg(long, hide_short_help = true, value_enum, default_value = "custom-domain")]
    pub endpoint: Endpoint,
    /// Whether a header mapping replaces every spelling of the client's header.
    #[arg(long, hide_short_help = true, value_enum, default_value = "case-sensitive")]
    pub header_names: HeaderNames,
    /// Whether the path parameter reaches functions and the upstream decoded.
    #[arg(long, hide_short_help = true, value_enum, default_value = "decoded")]
    pub path_parameters: PathParameters,
    /// Whether routes compare before or after decoding.
    #[arg(long, hide_short_help = true, value_enum, default_value = "as-sent")]
    pub route_matching: RouteMatching,
    /// Whether a slash at the end of the path is kept.
    #[arg(long, hide_short_help = true, value_enum, default_value = "kept")]
    pub trailing_slash: TrailingSlash,
    /// The gateway response of an authorizer that fails.
    #[arg(long, hide_short_help = true, value_enum, default_value = "configuration")]
    pub authorizer_fault: AuthorizerFault,
    /// How an authorizer event shows an empty map.
    #[arg(long, hide_short_help = true, value_enum, default_value = "empty")]
    pub empty_maps: EmptyMaps,
    /// Whether a header mapped from an empty value is set.
    #[arg(long, hide_short_help = true, value_enum, default_value = "no-mapping")]
    pub empty_value: EmptyValue,
    /// An authorizer that takes longer has failed. AWS documents no timeout for REST APIs; HTTP APIs have 10 s.
    #[arg(skip = Duration::from_secs(10))]
    pub authorizer_timeout: Duration,
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
