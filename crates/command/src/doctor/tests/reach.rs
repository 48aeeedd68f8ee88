//! Gives access to the facts of a deployment, for tests that break them.

use aws::operator::deployed_facts::{
    AuthorizerFacts, CertificateFacts, ClientFacts, DistributionFacts, DomainNameFacts, FunctionFacts,
    HttpApiFacts, IndexFacts, KeyFacts, ListenerFacts, LoadBalancerFacts, MfaFacts, PoolFacts, RestApiFacts,
    SecretFacts, StageFacts, TableFacts, TargetGroupFacts, UrlFacts,
};
use aws::sources::{TextFault, Unread};

use super::good::{self, texts};
use crate::doctor::facts::{
    Configured, Facts, NamedSecret, ProviderFacts, Refused, RolePermissions, Unconfigured,
};
use crate::doctor::policy::Policy;

/// Makes functions that return a fact that was read.
macro_rules! reach {
    ($($name:ident: $kind:ty = $member:ident;)*) => {
        $(pub(super) fn $name(facts: &mut Facts) -> &mut $kind {
            facts.$member.as_mut().unwrap().as_mut().unwrap()
        })*
    };
}

reach! {
    domain_name: DomainNameFacts = domain_name;
    client: ClientFacts = client;
    table: TableFacts = table;
    rest: RestApiFacts = rest_api;
    http: HttpApiFacts = http_api;
    stage: StageFacts = stage;
    url: UrlFacts = function_url;
    distribution: DistributionFacts = distribution;
    listener: ListenerFacts = listener;
    balancer: LoadBalancerFacts = load_balancer;
    certificate: CertificateFacts = certificate;
    pool: PoolFacts = pool;
    mfa: MfaFacts = mfa;
}

pub(super) fn index(facts: &mut Facts) -> &mut IndexFacts {
    table(facts).indexes.first_mut().unwrap()
}

pub(super) fn function(facts: &mut Facts) -> &mut FunctionFacts {
    facts.functions.last_mut().unwrap().function.as_mut().unwrap()
}

pub(super) fn last(facts: &mut Facts) -> &mut Configured {
    facts.functions.last_mut().unwrap().configuration.as_mut().unwrap().as_mut().unwrap()
}

pub(super) fn everywhere(facts: &mut Facts, change: fn(&mut Configured)) {
    facts.functions.iter_mut().for_each(|one| change(one.configuration.as_mut().unwrap().as_mut().unwrap()));
}

pub(super) fn authorizer(facts: &mut Facts) -> &mut AuthorizerFacts {
    rest(facts).authorizers.last_mut().unwrap()
}

pub(super) fn group(facts: &mut Facts) -> &mut TargetGroupFacts {
    facts.target_groups.last_mut().unwrap().group.as_mut().unwrap()
}

pub(super) fn boundary(facts: &mut Facts, action: &str) {
    let text = format!(r#"{{"Statement": {{"Effect": "Allow", "NotAction": "{action}", "Resource": "*"}}}}"#);
    facts.functions.last_mut().unwrap().permissions.as_mut().unwrap().as_mut().unwrap().boundary =
        Some(Policy::read(&text));
}

/// Adds a statement with a condition to the role.
pub(super) fn condition(facts: &mut Facts, condition: &str) {
    let text = format!(
        r#"{{"Statement": {{"Effect": "Deny", "Action": "dynamodb:*", "Resource": "*", "Condition": {condition}}}}}"#
    );
    let permissions = facts.functions.last_mut().unwrap().permissions.as_mut().unwrap().as_mut().unwrap();
    permissions.policies.push(Policy::read(&text));
}

/// Encrypts the client secret with a customer managed key whose policy allows `who`.
pub(super) fn sealed(facts: &mut Facts, state: &str, who: &str) {
    let policy = format!(
        r#"{{"Statement": {{"Effect": "Allow", "Principal": {{"AWS": "{who}"}}, "Action": "kms:*", "Resource": "*"}}}}"#
    );
    let arn = "arn:aws:kms:eu-west-1:123456789012:key/k1".to_owned();
    facts.secrets.push(NamedSecret {
        id: "app/vestibule/client".to_owned(),
        secret: Ok(SecretFacts { kms_key: Some("k1".to_owned()), ..SecretFacts::default() }),
        key: Some(Ok(KeyFacts { arn, state: state.to_owned(), policy })),
    });
}

/// Gives the sign-in a custom domain with a certificate of this region.
pub(super) fn sign_in_domain<'a>(facts: &'a mut Facts, region: &str) -> &'a mut CertificateFacts {
    pool(facts).custom_domain = Some("login.example.com".to_owned());
    everywhere(facts, |one| one.domain = Some("https://login.example.com".to_owned()));
    facts.domain.as_mut().unwrap().as_mut().unwrap().certificate =
        Some(format!("arn:aws:acm:{region}:123456789012:certificate/0c0d"));
    let found = CertificateFacts {
        status: "ISSUED".to_owned(),
        names: texts(&["*.example.com"]),
        ends: Some(1_800_000_000 + 90 * 86_400),
    };
    facts.sign_in_certificate.insert(Ok(found)).as_mut().unwrap()
}

pub(super) fn provider(facts: &mut Facts) -> &mut ProviderFacts {
    facts.provider.as_mut().unwrap()
}

pub(super) fn refused(code: &'static str) -> Refused {
    Refused { code, text: "because".to_owned() }
}

pub(super) fn set_parameter(facts: &mut Facts, name: &str, value: &str) {
    facts.stack.parameters.retain(|(other, _)| other != name);
    facts.stack.parameters.push((name.to_owned(), value.to_owned()));
}

pub(super) fn set_permissions(facts: &mut Facts, permissions: Policy) {
    facts.functions.last_mut().unwrap().permissions = Some(Ok(RolePermissions {
        policies: vec![permissions],
        boundary: None,
        trust: good::trusting("lambda.amazonaws.com"),
    }));
}

pub(super) fn set_callers(facts: &mut Facts, callers: Policy) {
    facts.functions.last_mut().unwrap().callers = Ok(callers);
}

pub(super) fn set_unread(facts: &mut Facts, cause: TextFault) {
    let unread = vec![Unread { variable: "VESTIBULE_CONFIG", cause }];
    facts.functions.last_mut().unwrap().configuration = Some(Err(Unconfigured::Unread(unread)));
}

pub(super) fn remove_method(facts: &mut Facts, path: &str) {
    rest(facts).methods.retain(|one| one.path != path);
}
