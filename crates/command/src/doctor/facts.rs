//! Holds everything that the checks look at, as values.

use aws::deployed_facts::{
    AccountFacts, CertificateFacts, ClientFacts, DistributionFacts, DomainFacts, FunctionFacts, HttpApiFacts,
    KeyFacts, ListenerFacts, LoadBalancerFacts, MappingFacts, MfaFacts, PoolFacts, RestApiFacts, SecretFacts,
    Seen, StackFacts, StageFacts, TableFacts, TargetGroupFacts, UrlFacts,
};
use aws::sources::Unread;
use relying_party::provider::call::ProviderFault;
use relying_party::provider::discovery::ProviderMetadata;
use relying_party::time::Timestamp;

use super::policy::Policy;

/// A deployment. A part is `None` when it was not asked for: the stack has none, or the part before it is not known.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) now: Timestamp,
    pub(crate) stack: StackFacts,
    pub(crate) functions: Vec<Deployed>,
    pub(crate) account: Option<Seen<AccountFacts>>,
    pub(crate) log_retention: Option<Seen<Option<i32>>>,
    pub(crate) client: Option<Seen<ClientFacts>>,
    pub(crate) pool: Option<Seen<PoolFacts>>,
    pub(crate) mfa: Option<Seen<MfaFacts>>,
    /// The functions that the user pool calls, each with whether it is there.
    pub(crate) triggers: Vec<(String, Seen<()>)>,
    pub(crate) domain: Option<Seen<DomainFacts>>,
    pub(crate) has_branding: Option<Seen<bool>>,
    pub(crate) table: Option<Seen<TableFacts>>,
    pub(crate) time_to_live: Option<Seen<Option<String>>>,
    pub(crate) rest_api: Option<Seen<RestApiFacts>>,
    pub(crate) http_api: Option<Seen<HttpApiFacts>>,
    /// The APIs that the host name of the application leads to.
    pub(crate) mappings: Option<Seen<Vec<MappingFacts>>>,
    /// The stage of either API.
    pub(crate) stage: Option<Seen<StageFacts>>,
    pub(crate) function_url: Option<Seen<UrlFacts>>,
    pub(crate) distribution: Option<Seen<DistributionFacts>>,
    pub(crate) listener: Option<Seen<ListenerFacts>>,
    pub(crate) load_balancer: Option<Seen<LoadBalancerFacts>>,
    pub(crate) target_groups: Vec<TargetGroup>,
    pub(crate) certificate: Option<Seen<CertificateFacts>>,
    /// The certificate of a sign-in domain of one's own.
    pub(crate) sign_in_certificate: Option<Seen<CertificateFacts>>,
    pub(crate) secrets: Vec<NamedSecret>,
    pub(crate) provider: Option<ProviderFacts>,
    pub(crate) address: Option<AddressFacts>,
    /// The seconds by which the clock of AWS is ahead of this machine's.
    pub(crate) clock_difference: Option<i64>,
}

/// A function of the stack.
#[derive(Clone, Debug)]
pub(crate) struct Deployed {
    /// Its logical id.
    pub(crate) id: String,
    /// Its name in Lambda.
    pub(crate) name: String,
    pub(crate) function: Seen<FunctionFacts>,
    pub(crate) reserved_concurrency: Seen<Option<i32>>,
    /// Those who may call it.
    pub(crate) callers: Seen<Policy>,
    /// The rights of its role. `None` where its role is not known.
    pub(crate) rights: Option<Seen<Rights>>,
    /// Its configuration, or why there is none. `None` where its variables are not known.
    pub(crate) configuration: Option<Result<Configured, Unconfigured>>,
}

/// The rights of a role.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rights {
    pub(crate) policies: Vec<Policy>,
    /// The policy beyond which it may do nothing.
    pub(crate) boundary: Option<Policy>,
    /// Those who may take it on.
    pub(crate) trust: Policy,
}

/// A secret that functions read.
#[derive(Clone, Debug)]
pub(crate) struct NamedSecret {
    /// As the configuration names it.
    pub(crate) id: String,
    pub(crate) secret: Seen<SecretFacts>,
    /// The key of KMS that seals it, where that is not AWS's own.
    pub(crate) key: Option<Seen<KeyFacts>>,
}

/// Why there is no configuration.
#[derive(Clone, Debug)]
pub(crate) enum Unconfigured {
    /// Every fault of it, in words.
    Faulty(Vec<String>),
    /// A secret that has a part of it could not be read here.
    Unread(Vec<Unread>),
}

/// A target group of the stack.
#[derive(Clone, Debug)]
pub(crate) struct TargetGroup {
    /// Its logical id.
    pub(crate) id: String,
    pub(crate) arn: String,
    pub(crate) group: Seen<TargetGroupFacts>,
}

/// The address of vestibule's that touches nothing, asked over the network as browsers ask it.
#[derive(Clone, Debug)]
pub(crate) struct AddressFacts {
    /// The address.
    pub(crate) url: String,
    /// The status of its answer.
    pub(crate) answer: Result<u16, ProviderFault>,
}

/// The provider, asked as functions ask it.
#[derive(Clone, Debug)]
pub(crate) struct ProviderFacts {
    /// Its metadata, or the code and the text of why there is none.
    pub(crate) metadata: Result<ProviderMetadata, Refused>,
    /// Whether its keys can be used, or why not.
    pub(crate) keys: Result<(), Refused>,
}

/// A refusal of the functions' own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    /// Its code, as in docs/reasons.md.
    pub(crate) code: &'static str,
    /// Its text for the log.
    pub(crate) text: String,
}

/// The part of a configuration that has its counterpart in AWS. No secret is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
pub(crate) struct Configured {
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    pub(crate) pool: Option<String>,
    pub(crate) domain: Option<String>,
    pub(crate) public_url: String,
    pub(crate) redirect_uris: Vec<String>,
    pub(crate) logout_redirect_uri: String,
    pub(crate) scopes: Vec<String>,
    /// The ids of the keys; the first seals.
    pub(crate) keys: Vec<String>,
    pub(crate) table: Option<String>,
    pub(crate) is_cookie: bool,
    pub(crate) revokes: bool,
    pub(crate) refresh_lead: i64,
    pub(crate) longest_session: i64,
    /// The seconds for which a rotated refresh token is said to be taken again: `Some(None)` where rotation is said to be off, `None`
    /// where nothing is said.
    #[expect(clippy::option_option, reason = "nothing said is another thing than rotation that is off")]
    pub(crate) rotation_grace: Option<Option<i64>>,
    /// The ids of the secrets that the function reads.
    pub(crate) secrets: Vec<String>,
    pub(crate) reads_client_from_pool: bool,
    pub(crate) ends_sign_ins_at_pool: bool,
    pub(crate) streams: bool,
    pub(crate) asks_for_front_secret: bool,
    /// The endpoints that are configured, by the name that the metadata has for each.
    pub(crate) endpoints: Vec<(&'static str, String)>,
}

impl Facts {
    /// Nothing is known yet but the stack.
    pub(crate) const fn of(stack: StackFacts, now: Timestamp) -> Self {
        Self {
            now,
            stack,
            functions: Vec::new(),
            account: None,
            log_retention: None,
            client: None,
            pool: None,
            mfa: None,
            triggers: Vec::new(),
            domain: None,
            has_branding: None,
            table: None,
            time_to_live: None,
            rest_api: None,
            http_api: None,
            mappings: None,
            stage: None,
            function_url: None,
            distribution: None,
            listener: None,
            load_balancer: None,
            target_groups: Vec::new(),
            certificate: None,
            sign_in_certificate: None,
            secrets: Vec::new(),
            provider: None,
            address: None,
            clock_difference: None,
        }
    }

    /// The configurations that are known, with the ids of their functions.
    pub(crate) fn configured(&self) -> impl Iterator<Item = (&str, &Configured)> {
        self.functions
            .iter()
            .filter_map(|one| Some((one.id.as_str(), one.configuration.as_ref()?.as_ref().ok()?)))
    }

    /// The configuration that the others are compared with.
    pub(crate) fn reference(&self) -> Option<&Configured> {
        self.configured().next().map(|(_, configured)| configured)
    }

    pub(crate) fn deployed(&self) -> impl Iterator<Item = (&Deployed, &FunctionFacts)> {
        self.functions.iter().filter_map(|one| Some((one, one.function.as_ref().ok()?)))
    }

    /// The function with this logical id.
    pub(crate) fn function(&self, id: &str) -> Option<(&Deployed, &FunctionFacts)> {
        self.deployed().find(|(deployed, _)| deployed.id == id)
    }

    pub(crate) fn app_client(&self) -> Option<&ClientFacts> {
        seen(&self.client)
    }

    pub(crate) fn session_table(&self) -> Option<&TableFacts> {
        seen(&self.table)
    }

    /// The host name of the application.
    pub(crate) fn host(&self) -> Option<&str> {
        let address = self.reference()?.public_url.split_once("://")?.1;
        address.split(['/', ':']).next()
    }
}

/// The facts that were seen.
#[expect(clippy::ref_option, reason = "the facts are members, and this is called with each")]
pub(crate) fn seen<T>(fact: &Option<Seen<T>>) -> Option<&T> {
    fact.as_ref()?.as_ref().ok()
}
