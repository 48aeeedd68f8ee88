//! Checks of the application's address, and of API Gateway's own processing of requests there.

use aws::deployed_facts::{AnswerFacts, MethodFacts};
use relying_party::provider::call::ProviderFault;

use super::front::rest;
use super::{Check, Finding, TAKE_BACK, all, check, gone, when};
use crate::doctor::facts::{Facts, seen};

/// The shortest integration timeout that leaves a function enough time.
const LEAST_MILLISECONDS: i32 = 10_000;

/// The gateway responses that browsers and scripts rely on, as in the template.
const OWN_ANSWERS: [&str; 3] = ["UNAUTHORIZED", "AUTHORIZER_FAILURE", "AUTHORIZER_CONFIGURATION_ERROR"];

/// The headers that the application relies on, with their keys in the authorizer's context.
const HEADERS: [(&str, &str); 9] = [
    ("x-vestibule-authenticated", "authenticated"),
    ("x-vestibule-sub", "sub"),
    ("x-vestibule-issuer", "issuer"),
    ("x-vestibule-username", "username"),
    ("x-vestibule-email", "email"),
    ("x-vestibule-groups", "groups"),
    ("x-vestibule-scope", "scope"),
    ("x-vestibule-claims", "claimSet"),
    ("Cookie", "cookie"),
];

pub(super) const CHECKS: &[Check] = &[
    check!("domain_mapping", "the host name answers 403, or leads to something else", TAKE_BACK, |facts| {
        let Some(mappings) = seen(&facts.mappings) else { return Vec::new() };
        let apis = ["AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api"];
        let Some(api) = apis.into_iter().find_map(|kind| facts.stack.of_kind(kind).next()) else {
            return Vec::new();
        };
        let ours = mappings.iter().find(|one| one.key.is_empty() || one.key == "(none)");
        when(ours.is_none_or(|one| one.api != api.physical), || {
            "the host name of the application does not lead to the API".to_owned()
        })
    }),
    check!("domain_mapping_missing", "there is no address that answers", TAKE_BACK, |facts| gone(
        &facts.mappings,
        "API Gateway does not know the host name of the application"
    )),
    check!("integration_timeout", "a slow answer is cut: 503 or 504", TAKE_BACK, |facts| {
        let rest = seen(&facts.rest_api).into_iter().flat_map(|api| {
            api.methods.iter().map(|one| (format!("{} {}", one.method, one.path), one.timeout))
        });
        let http = seen(&facts.http_api).into_iter().flat_map(|api| {
            api.integrations.iter().map(|one| (format!("the integration {}", one.id), one.timeout))
        });
        let short = rest.chain(http).filter_map(|(name, timeout)| Some((name, timeout?)));
        let short = short.filter(|(_, timeout)| *timeout < LEAST_MILLISECONDS);
        all(short.map(|(name, timeout)| format!("{name} is given up after {timeout} ms")))
    }),
    check!(
        "integration_parameters",
        "the function receives another request than the client made",
        TAKE_BACK,
        |facts| {
            let integrations = seen(&facts.http_api).into_iter().flat_map(|api| &api.integrations);
            let changing = integrations.filter(|one| !one.mappings.is_empty());
            all(changing.map(|one| format!("the integration {} sets {}", one.id, one.mappings.join(", "))))
        }
    ),
    check!(
        "redirect_differs",
        "users who are not signed in get an error instead of the sign-in page",
        TAKE_BACK,
        |facts| {
            rest(facts, |api| {
                let redirect = api.own_answers.iter().find(|one| one.kind == "ACCESS_DENIED");
                let is_it =
                    |one: &AnswerFacts| one.status == "302" && one.location == "context.authorizer.location";
                when(redirect.is_some_and(|one| !is_it(one)), || {
                    "the gateway response ACCESS_DENIED does not redirect (302) to the authorizer's location"
                        .to_owned()
                })
            })
        }
    ),
    check!(
        "own_answer_missing",
        "scripts learn no reason, and an outage looks like a refusal",
        TAKE_BACK,
        |facts| {
            rest(facts, |api| {
                let has = |kind: &str| api.own_answers.iter().any(|one| one.kind == kind);
                let missing = OWN_ANSWERS.into_iter().filter(|kind| !has(kind));
                all(missing.map(|kind| format!("the gateway response {kind} is API Gateway's default")))
            })
        }
    ),
    check!(
        "path_upstream",
        "people get to another application, with their access tokens",
        TAKE_BACK,
        |facts| {
            let Some(upstream) = facts.stack.parameter("UpstreamUrl") else { return Vec::new() };
            let upstream = upstream.trim_end_matches('/');
            theirs(facts, |one| {
                let rest = one.uri.strip_prefix(upstream);
                let is_there = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
                (!is_there).then(|| format!("leads to {}", one.uri))
            })
        }
    ),
    check!("identity_not_passed", "the application is not told who is signed in", TAKE_BACK, |facts| {
        theirs(facts, |one| {
            let maps = |header: &str, member: &str| {
                one.mappings.iter().any(|(name, source)| {
                    name == &format!("integration.request.header.{header}")
                        && source == &format!("context.authorizer.{member}")
                })
            };
            let lacking = HEADERS.iter().filter(|(header, member)| !maps(header, member));
            let lacking: Vec<&str> = lacking.map(|(header, _)| *header).collect();
            (!lacking.is_empty()).then(|| format!("does not set {}", lacking.join(", ")))
        })
    }),
    check!(
        "address_unanswered",
        "nobody can reach the application, unless only this machine is outside its network",
        "curl -i {name}",
        |facts| {
            // An internal load balancer only answers inside its network.
            let is_internal = facts.stack.parameter("LoadBalancerScheme") == Some("internal");
            let Some(address) = facts.address.as_ref().filter(|_| !is_internal) else { return Vec::new() };
            let why = match address.answer {
                Err(ProviderFault::NotSent) => "cannot be reached",
                Err(ProviderFault::TimedOut) => "does not answer in time",
                Err(ProviderFault::Broken) => "breaks the connection",
                Err(ProviderFault::Redirected | ProviderFault::TooLarge) | Ok(_) => return Vec::new(),
            };
            vec![Finding::of(&address.url, format!("{} {why}", address.url))]
        }
    ),
    check!(
        "address_refuses",
        "something before vestibule, such as a web ACL, or vestibule itself refuses everybody",
        "curl -i {name}",
        |facts| {
            let Some(address) = &facts.address else { return Vec::new() };
            let said = match address.answer {
                Ok(200) | Err(ProviderFault::NotSent | ProviderFault::TimedOut | ProviderFault::Broken) => {
                    return Vec::new();
                }
                Ok(status) => format!("answers {status}"),
                Err(ProviderFault::Redirected) => "redirects".to_owned(),
                Err(ProviderFault::TooLarge) => "answers with something else".to_owned(),
            };
            vec![Finding::of(&address.url, format!("{} {said}", address.url))]
        }
    ),
];

/// Checks the methods of the application's paths in a REST API.
fn theirs(facts: &Facts, wrong: impl Fn(&MethodFacts) -> Option<String>) -> Vec<Finding> {
    rest(facts, |api| {
        let theirs = api.methods.iter().filter(|one| matches!(one.path.as_str(), "/" | "/{proxy+}"));
        all(theirs.filter_map(|one| Some(format!("{} {} {}", one.method, one.path, wrong(one)?))))
    })
}
