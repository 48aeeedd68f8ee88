//! Holds the facts that the checks compare, as values.

use aws::operator::deployed_facts::{
    AccountFacts, CallResult, CertificateFacts, ClientFacts, DistributionFacts, DomainFacts, DomainNameFacts,
    FunctionFacts, HttpApiFacts, KeyFacts, ListenerFacts, LoadBalancerFacts, LogGroupFacts, MappingFacts,
    MfaFacts, PoolFacts, Resource, RestApiFacts, SecretFacts, StackFacts, StageFacts, TableFacts,
    TargetGroupFacts, UrlFacts,
};
use aws::sources::Unread;
use relying_party::provider::call::ProviderFault;
use relying_party::provider::discovery::ProviderMetadata;

use super::policy::Policy;

/// A deployment. A part is `None` if it was not requested, because the stack lacks it or the part before it
/// is unknown.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    /// Seconds since 1970.
    pub(crate) now: i64,
    pub(crate) stack: StackFacts,
    pub(crate) functions: Vec<Deployed>,
    pub(crate) account: Option<CallResult<AccountFacts>>,
    pub(crate) log_group: Option<CallResult<LogGroupFacts>>,
    pub(crate) log_key: Option<CallResult<KeyFacts>>,
    pub(crate) client: Option<CallResult<ClientFacts>>,
    pub(crate) pool: Option<CallResult<PoolFacts>>,
    pub(crate) mfa: Option<CallResult<MfaFacts>>,
    /// The functions that the user pool triggers.
    pub(crate) triggers: Vec<Trigger>,
    pub(crate) domain: Option<CallResult<DomainFacts>>,
    pub(crate) has_branding: Option<CallResult<bool>>,
    pub(crate) table: Option<CallResult<TableFacts>>,
    /// The resource policy of the table.
    pub(crate) table_policy: Option<CallResult<Option<String>>>,
    pub(crate) time_to_live: Option<CallResult<Option<String>>>,
    pub(crate) rest_api: Option<CallResult<RestApiFacts>>,
    pub(crate) http_api: Option<CallResult<HttpApiFacts>>,
    /// The application's host name in API Gateway.
    pub(crate) domain_name: Option<CallResult<DomainNameFacts>>,
    /// The APIs that it maps to.
    pub(crate) mappings: Option<CallResult<Vec<MappingFacts>>>,
    /// The stage of the REST or HTTP API.
    pub(crate) stage: Option<CallResult<StageFacts>>,
    pub(crate) function_url: Option<CallResult<UrlFacts>>,
    pub(crate) distribution: Option<CallResult<DistributionFacts>>,
    pub(crate) listener: Option<CallResult<ListenerFacts>>,
    pub(crate) load_balancer: Option<CallResult<LoadBalancerFacts>>,
    pub(crate) target_groups: Vec<TargetGroup>,
    pub(crate) certificate: Option<CallResult<CertificateFacts>>,
    /// The certificate of a custom sign-in domain.
    pub(crate) sign_in_certificate: Option<CallResult<CertificateFacts>>,
    pub(crate) secrets: Vec<NamedSecret>,
    pub(crate) provider: Option<ProviderFacts>,
    /// One for each `public_url`.
    pub(crate) addresses: Vec<AddressFacts>,
    /// The seconds by which AWS's clock is ahead of this machine's.
    pub(crate) clock_difference: Option<i64>,
}

/// A function of the stack.
#[derive(Clone, Debug)]
pub(crate) struct Deployed {
    /// Its logical id.
    pub(crate) id: String,
    /// Its name in Lambda.
    pub(crate) name: String,
    pub(crate) function: CallResult<FunctionFacts>,
    pub(crate) reserved_concurrency: CallResult<Option<i32>>,
    /// The policy that allows calls to it.
    pub(crate) callers: CallResult<Policy>,
    /// The permissions of its role; `None` if its role is unknown.
    pub(crate) permissions: Option<CallResult<RolePermissions>>,
    /// Its configuration, or the reason why there is none; `None` if its variables are unknown.
    pub(crate) configuration: Option<Result<Configured, Unconfigured>>,
}

/// The permissions of a role.
#[derive(Clone, Debug, Default)]
pub(crate) struct RolePermissions {
    pub(crate) policies: Vec<Policy>,
    /// Its permissions boundary.
    pub(crate) boundary: Option<Policy>,
    /// Its trust policy.
    pub(crate) trust: Policy,
}

/// A secret that functions read.
#[derive(Clone, Debug)]
pub(crate) struct NamedSecret {
    /// The id in the configuration.
    pub(crate) id: String,
    pub(crate) secret: CallResult<SecretFacts>,
    /// The KMS key that encrypts it, unless AWS's own key does.
    pub(crate) key: Option<CallResult<KeyFacts>>,
}

/// A function that the user pool triggers.
#[derive(Clone, Debug)]
pub(crate) struct Trigger {
    pub(crate) arn: String,
    /// The policy that allows calls to it.
    pub(crate) callers: CallResult<Policy>,
}

/// The reason why there is no configuration.
#[derive(Clone, Debug)]
pub(crate) enum Unconfigured {
    /// Every fault in it, as text.
    Faulty(Vec<String>),
    /// The secrets of the configuration that could not be read here.
    Unread(Vec<Unread>),
}

/// A target group of the stack.
#[derive(Clone, Debug)]
pub(crate) struct TargetGroup {
    /// Its logical id.
    pub(crate) id: String,
    pub(crate) arn: String,
    pub(crate) group: CallResult<TargetGroupFacts>,
}

/// Two addresses of vestibule without side effects, requested over the network as browsers do.
#[derive(Clone, Debug)]
pub(crate) struct AddressFacts {
    /// The address of the health check.
    pub(crate) url: String,
    /// The status of the response there.
    pub(crate) answer: Result<u16, ProviderFault>,
    /// The address of the callback, with a query like the provider's that belongs to no sign-in.
    pub(crate) callback_url: String,
    /// The response there: `None` if vestibule gave it, otherwise its status.
    pub(crate) callback: Result<Option<u16>, ProviderFault>,
}

/// The provider, called as the functions call it.
#[derive(Clone, Debug)]
pub(crate) struct ProviderFacts {
    /// Its metadata, or the code and the text of the refusal.
    pub(crate) metadata: Result<ProviderMetadata, Refused>,
    /// Whether its keys can be used, or the refusal.
    pub(crate) keys: Result<(), Refused>,
}

/// A refusal as the functions log it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    /// Its code, as in docs/reasons.md.
    pub(crate) code: &'static str,
    /// Its log text.
    pub(crate) text: String,
}

/// The part of a configuration that has a counterpart in AWS. It contains no secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
pub(crate) struct Configured {
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    pub(crate) pool: Option<String>,
    pub(crate) domain: Option<String>,
    /// Each with a slash at the end. The first is the one that the stack has.
    pub(crate) public_urls: Vec<String>,
    pub(crate) redirect_uris: Vec<String>,
    /// One for each of `public_urls`; the same one is there once.
    pub(crate) logout_redirect_uris: Vec<String>,
    pub(crate) scopes: Vec<String>,
    /// The ids of the keys; the first seals.
    pub(crate) keys: Vec<String>,
    pub(crate) table: Option<String>,
    pub(crate) is_cookie: bool,
    pub(crate) revokes: bool,
    pub(crate) refresh_lead: i64,
    pub(crate) longest_session: i64,
    /// The configured grace period of refresh token rotation, in seconds: `Some(None)` if rotation is
    /// configured as off, `None` if nothing is configured.
    #[expect(clippy::option_option, reason = "an absent setting differs from rotation that is off")]
    pub(crate) rotation_grace: Option<Option<i64>>,
    /// The ids of the secrets that the function reads.
    pub(crate) secrets: Vec<String>,
    pub(crate) reads_client_from_pool: bool,
    pub(crate) ends_sign_ins_at_pool: bool,
    pub(crate) streams: bool,
    pub(crate) asks_for_front_secret: bool,
    /// The configured endpoints, by their names in the metadata.
    pub(crate) endpoints: Vec<(&'static str, String)>,
}

impl Facts {
    /// Returns the known configurations, with the ids of their functions.
    pub(crate) fn configured(&self) -> impl Iterator<Item = (&str, &Configured)> {
        self.functions.iter().filter_map(|one| Some((one.id.as_str(), known(&one.configuration)?)))
    }

    /// Returns the configuration with which the others are compared.
    pub(crate) fn reference(&self) -> Option<&Configured> {
        self.configured().next().map(|(_, configured)| configured)
    }

    pub(crate) fn deployed(&self) -> impl Iterator<Item = (&Deployed, &FunctionFacts)> {
        self.functions.iter().filter_map(|one| Some((one, one.function.as_ref().ok()?)))
    }

    /// Returns the function with this logical id.
    pub(crate) fn function(&self, id: &str) -> Option<(&Deployed, &FunctionFacts)> {
        self.deployed().find(|(deployed, _)| deployed.id == id)
    }

    /// An ARN of this account and region.
    pub(crate) fn arn(&self, service: &str, rest: &str) -> String {
        let mut parts = self.stack.arn.split(':').skip(1);
        let partition = parts.next().unwrap_or_default();
        let (region, account) = (parts.nth(1).unwrap_or_default(), parts.next().unwrap_or_default());
        format!("arn:{partition}:{service}:{region}:{account}:{rest}")
    }

    /// The ARN of a user pool. It may be in another region, which its id names.
    pub(crate) fn pool_arn(&self, id: &str) -> String {
        let here = self.arn("cognito-idp", &format!("userpool/{id}"));
        let (region, _) = id.split_once('_').unwrap_or_default();
        let mut parts: Vec<&str> = here.splitn(6, ':').collect();
        if let Some(part) = parts.get_mut(3).filter(|_| !region.is_empty()) {
            *part = region;
        }
        parts.join(":")
    }

    /// The API of the stack, REST or HTTP.
    pub(crate) fn api(&self) -> Option<&Resource> {
        let kinds = ["AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api"];
        kinds.into_iter().find_map(|kind| self.stack.of_kind(kind).next())
    }

    /// The stage of the API.
    pub(crate) fn stage_name(&self) -> &str {
        self.stack.parameter("StageName").unwrap_or("$default")
    }

    /// The host name of the application.
    pub(crate) fn host(&self) -> Option<&str> {
        let address = self.reference()?.public_urls.first()?.split_once("://")?.1;
        address.split(['/', ':']).next()
    }
}

/// Returns the fact if it was read.
#[expect(clippy::ref_option, reason = "the facts are members, and this is called with each")]
pub(crate) fn known<T, E>(fact: &Option<Result<T, E>>) -> Option<&T> {
    fact.as_ref()?.as_ref().ok()
}
