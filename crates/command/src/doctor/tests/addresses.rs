//! Lists faults of the application's address and of API Gateway's own processing there.

use aws::operator::deployed_facts::{Cause, SecretFacts};
use relying_party::provider::call::ProviderFault;

use super::good::{arn, behind_cloudfront, http_api, load_balancer, not, rest_api, trusting};
use super::reach::*;
use super::sabotages::Sabotage;
use crate::doctor::facts::{AddressFacts, Facts, NamedSecret, Trigger};
use crate::doctor::policy::Policy;

pub(super) const ADDRESSES: &[Sabotage] = &[
    ("cannot_see", rest_api, |facts| facts.mappings = Some(not(Cause::Denied))),
    ("domain_mapping", rest_api, |facts| facts.mappings = Some(Ok(Vec::new()))),
    ("domain_mapping", rest_api, |facts| {
        facts.mappings.as_mut().unwrap().as_mut().unwrap().first_mut().unwrap().api = "other".to_owned();
    }),
    ("domain_mapping", rest_api, |facts| {
        facts.mappings.as_mut().unwrap().as_mut().unwrap().first_mut().unwrap().key = "app".to_owned();
    }),
    ("domain_mapping_missing", rest_api, |facts| facts.mappings = Some(not(Cause::NotFound))),
    ("integration_timeout", http_api, |facts| {
        http(facts).integrations.last_mut().unwrap().timeout = Some(100);
    }),
    ("integration_timeout", rest_api, |facts| rest(facts).methods.last_mut().unwrap().timeout = Some(9_999)),
    ("path_open", rest_api, |facts| {
        rest(facts).methods.last_mut().unwrap().authorization = "NONE".to_owned();
    }),
    ("redirect_differs", rest_api, |facts| {
        rest(facts).gateway_responses.first_mut().unwrap().location.clear();
    }),
    ("redirect_differs", rest_api, |facts| {
        rest(facts).gateway_responses.first_mut().unwrap().status = "403".to_owned();
    }),
    ("own_answer_missing", rest_api, |facts| drop(rest(facts).gateway_responses.pop())),
    ("path_upstream", rest_api, |facts| {
        rest(facts).methods.last_mut().unwrap().uri = "https://upstream.example.com.other/{proxy}".to_owned();
    }),
    ("identity_not_passed", rest_api, |facts| {
        rest(facts).methods.last_mut().unwrap().mappings.retain(|(name, _)| !name.ends_with("-sub"));
    }),
    ("identity_not_passed", rest_api, |facts| {
        let mapping = rest(facts).methods.last_mut().unwrap().mappings.first_mut().unwrap();
        mapping.1 = "method.request.header.x".to_owned();
    }),
    ("integration_parameters", http_api, |facts| {
        http(facts).integrations.last_mut().unwrap().mappings.push("overwrite:path".to_owned());
    }),
    ("role_missing", rest_api, |facts| {
        facts.functions.last_mut().unwrap().permissions = Some(not(Cause::NotFound));
    }),
    ("role_trust", rest_api, |facts| {
        let permissions = facts.functions.last_mut().unwrap().permissions.as_mut().unwrap();
        permissions.as_mut().unwrap().trust = trusting("ec2.amazonaws.com");
    }),
    ("secret_policy", http_api, |facts| {
        let policy = r#"{"Statement": {"Effect": "Deny", "Principal": "*", "Action": "secretsmanager:*", "Resource": "*"}}"#;
        let secret = Ok(SecretFacts { policy: Some(policy.to_owned()), ..SecretFacts::default() });
        facts.secrets.push(NamedSecret { id: "app/vestibule/client".to_owned(), secret, key: None });
    }),
    ("trigger_missing", rest_api, |facts| {
        facts.triggers.push(Trigger { arn: arn("other"), callers: not(Cause::NotFound) });
    }),
    ("trigger_not_allowed", rest_api, |facts| {
        facts.triggers.push(Trigger { arn: arn("other"), callers: Ok(Policy::default()) });
    }),
    ("cannot_see", rest_api, |facts| {
        facts.triggers.push(Trigger { arn: arn("other"), callers: not(Cause::Denied) });
    }),
    ("idle_timeout", load_balancer, |facts| balancer(facts).idle_timeout = 5),
    ("address_unanswered", rest_api, |facts| address(facts).answer = Err(ProviderFault::NotSent)),
    ("address_unanswered", behind_cloudfront, |facts| address(facts).answer = Err(ProviderFault::TimedOut)),
    ("address_unanswered", load_balancer, |facts| address(facts).answer = Err(ProviderFault::Broken)),
    ("address_refuses", rest_api, |facts| address(facts).answer = Ok(403)),
    ("address_refuses", behind_cloudfront, |facts| address(facts).answer = Ok(503)),
    ("address_refuses", http_api, |facts| address(facts).answer = Err(ProviderFault::Redirected)),
    ("address_refuses", http_api, |facts| address(facts).answer = Err(ProviderFault::TooLarge)),
    ("callback_refused", rest_api, |facts| address(facts).callback = Ok(Some(403))),
    ("callback_refused", behind_cloudfront, |facts| address(facts).callback = Err(ProviderFault::Redirected)),
    ("callback_refused", load_balancer, |facts| address(facts).callback = Err(ProviderFault::Broken)),
    // One of several hosts.
    ("addresses_differ", rest_api, |facts| last(facts).public_urls.push("https://b.example.com/".to_owned())),
    ("callback_missing", rest_api, |facts| {
        everywhere(facts, |one| one.redirect_uris.push("https://b.example.com/oauth2/callback".to_owned()));
    }),
    ("sign_out_missing", rest_api, |facts| {
        everywhere(facts, |one| {
            one.logout_redirect_uris.push("https://b.example.com/oauth2/signed-out".to_owned());
        });
    }),
    ("address_unanswered", http_api, |facts| second(facts).answer = Err(ProviderFault::NotSent)),
    ("address_refuses", http_api, |facts| second(facts).answer = Ok(404)),
    ("callback_refused", http_api, |facts| second(facts).callback = Ok(Some(403))),
];

/// The address of a second host.
fn second(facts: &mut Facts) -> &mut AddressFacts {
    let first = address(facts).clone();
    facts.addresses.push(AddressFacts {
        url: first.url.replace("app.", "b."),
        callback_url: first.callback_url.replace("app.", "b."),
        ..first
    });
    address(facts)
}

fn address(facts: &mut Facts) -> &mut AddressFacts {
    facts.addresses.last_mut().unwrap()
}
