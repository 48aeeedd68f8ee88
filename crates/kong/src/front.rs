//! Describes the fronts to which an application can be deployed.

use relying_party::configuration::Role;

/// The front of a deployment; each has a template.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Front {
    /// A REST API with the authorizer.
    Rest,
    /// An HTTP API with the proxy, which suits most applications.
    #[default]
    HttpApi,
    /// A function URL with the proxy.
    FunctionUrl,
    /// An Application Load Balancer with the proxy.
    Alb,
}

impl Front {
    /// The environment in samconfig.toml.
    pub(crate) const fn environment(self) -> &'static str {
        match self {
            Self::Rest => "default",
            Self::HttpApi => "http-api",
            Self::FunctionUrl => "function-url",
            Self::Alb => "alb",
        }
    }

    /// The folder of the built template.
    pub(crate) const fn build(self) -> &'static str {
        match self {
            Self::Rest => "build",
            front => front.environment(),
        }
    }

    /// The functions that read the document. In a stack of the others one function answers all requests.
    pub(crate) const fn roles(self) -> &'static [Role] {
        match self {
            Self::Rest => &[Role::Authorizer, Role::Login, Role::Callback, Role::Session, Role::Logout],
            _ => &[Role::Proxy, Role::Login, Role::Callback, Role::Session, Role::Logout],
        }
    }

    /// Whether the template fixes the routes of sign-in to `/oauth2`.
    pub(crate) const fn has_fixed_prefix(self) -> bool {
        matches!(self, Self::Rest | Self::Alb)
    }

    /// Whether every request goes to one application, with the path of the browser's request.
    pub(crate) const fn has_one_upstream(self) -> bool {
        matches!(self, Self::Rest)
    }

    /// The sentence about the parameters that the file cannot contain.
    pub(crate) const fn parameters(self) -> &'static str {
        match self {
            Self::Rest | Self::HttpApi => {
                "`CertificateArn`, a certificate for `CustomDomainName` in the same region"
            }
            Self::FunctionUrl => {
                "`CertificateArn`, a certificate for `CustomDomainName` in us-east-1, where CloudFront wants it"
            }
            Self::Alb => {
                "`CertificateArn`, a certificate for `CustomDomainName` in the same region, `VpcId` and `LoadBalancerSubnetIds`; or `ListenerArn` of a load balancer that is there"
            }
        }
    }

    /// The parameters that let the functions reach an application without a public address.
    pub(crate) const fn network(self) -> &'static str {
        match self {
            Self::Rest => "`VpcLinkId` and `VpcLinkTarget`",
            _ => "`SubnetIds` and `SecurityGroupIds`",
        }
    }
}
