//! Checks of the application's address, and of API Gateway's own processing of requests there.

use aws::operator::deployed_facts::{GatewayResponseFacts, MethodFacts};
use relying_party::provider::call::ProviderFault;

use super::front::rest;
use super::{Check, Finding, all, check, gone, when};
use crate::doctor::facts::{Facts, known};

/// The shortest integration timeout that leaves a function enough time.
const LEAST_MILLISECONDS: i32 = 10_000;

/// The gateway responses that browsers and scripts rely on, with their statuses, as in the template.
const OWN_RESPONSES: [(&str, &str); 3] =
    [("UNAUTHORIZED", "401"), ("AUTHORIZER_FAILURE", "503"), ("AUTHORIZER_CONFIGURATION_ERROR", "503")];

/// The headers of a request to the application that API Gateway sets, with their sources, as in the template.
/// Some stand twice, because a mapping only replaces the spelling that it names.
pub(crate) const HEADERS: [(&str, &str); 20] = [
    ("x-vestibule-authenticated", "context.authorizer.authenticated"),
    ("x-vestibule-sub", "context.authorizer.sub"),
    ("x-vestibule-issuer", "context.authorizer.issuer"),
    ("x-vestibule-username", "context.authorizer.username"),
    ("x-vestibule-email", "context.authorizer.email"),
    ("x-vestibule-groups", "context.authorizer.groups"),
    ("x-vestibule-scope", "context.authorizer.scope"),
    ("x-vestibule-claims", "context.authorizer.claimSet"),
    ("Authorization", "context.authorizer.authorization"),
    ("authorization", "context.authorizer.authorizationLowerCase"),
    ("Cookie", "context.authorizer.cookie"),
    ("cookie", "context.authorizer.cookieLowerCase"),
    ("X-Forwarded-For", "context.identity.sourceIp"),
    ("x-forwarded-for", "context.identity.sourceIp"),
    ("X-Forwarded-Host", "context.authorizer.forwardedHost"),
    ("x-forwarded-host", "context.authorizer.forwardedHost"),
    ("X-Forwarded-Proto", "context.authorizer.forwardedProto"),
    ("x-forwarded-proto", "context.authorizer.forwardedProto"),
    ("Cf-Access-Authenticated-User-Email", "'-'"),
    ("cf-access-authenticated-user-email", "'-'"),
];

/// The headers of [`HEADERS`] that say who is signed in begin with this.
const IDENTITY: &str = "x-vestibule-";

pub(super) const CHECKS: &[Check] = &[
    check!("domain_mapping", "the host name answers 403, or leads to something else", |facts| {
        let Some(mappings) = known(&facts.mappings) else { return Vec::new() };
        let Some(api) = facts.api() else { return Vec::new() };
        let ours = mappings.iter().find(|one| one.key.is_empty() || one.key == "(none)");
        when(
            ours.is_none_or(|one| one.api != api.physical || one.stage != facts.stage_name()),
            format!("the host name does not lead to the stage {} of the API", facts.stage_name()),
        )
    }),
    check!("domain_certificate", "browsers refuse the connection", |facts| {
        let wanted = facts.stack.parameter("CertificateArn");
        let found = known(&facts.domain_name).map(|domain| domain.certificate.as_str());
        let differs = found.zip(wanted).filter(|(found, wanted)| found != wanted && !found.is_empty());
        all(differs
            .map(|(found, _)| format!("the host name has the certificate {found}, which is not the stack's")))
    }),
    check!("domain_certificate_wanted", "browsers without a certificate of their own are refused", |facts| {
        let wants = known(&facts.domain_name).is_some_and(|domain| domain.wants_certificate);
        when(wants, "the host name verifies certificates of clients")
    }),
    check!("domain_mapping_missing", "there is no address that answers", |facts| gone(
        &facts.mappings,
        "API Gateway does not know the host name of the application"
    )),
    check!("integration_timeout", "a slow answer is cut: 503 or 504", |facts| {
        let rest = known(&facts.rest_api).into_iter().flat_map(|api| {
            api.methods.iter().map(|one| (format!("{} {}", one.method, one.path), one.timeout))
        });
        let http = known(&facts.http_api).into_iter().flat_map(|api| {
            api.integrations.iter().map(|one| (format!("the integration {}", one.id), one.timeout))
        });
        let short = rest.chain(http).filter_map(|(name, timeout)| Some((name, timeout?)));
        let short = short.filter(|(_, timeout)| *timeout < LEAST_MILLISECONDS);
        all(short.map(|(name, timeout)| format!("{name} is given up after {timeout} ms")))
    }),
    check!("integration_parameters", "the function receives another request than the client made", |facts| {
        let integrations = known(&facts.http_api).into_iter().flat_map(|api| &api.integrations);
        let changing = integrations.filter(|one| !one.mappings.is_empty());
        all(changing.map(|one| format!("the integration {} sets {}", one.id, one.mappings.join(", "))))
    }),
    check!(
        rest,
        "redirect_differs",
        "users who are not signed in get an error instead of the sign-in page",
        |api| {
            let redirect = api.gateway_responses.iter().find(|one| one.kind == "ACCESS_DENIED");
            let is_it = |one: &GatewayResponseFacts| {
                one.status == "302" && one.location == "context.authorizer.location"
            };
            when(
                redirect.is_some_and(|one| !is_it(one)),
                "the gateway response ACCESS_DENIED does not redirect (302) to the authorizer's location",
            )
        }
    ),
    check!(
        rest,
        "own_answer_missing",
        "scripts learn no reason, and an outage looks like a refusal",
        |api| {
            let has = |kind: &str| api.gateway_responses.iter().any(|one| one.kind == kind);
            let missing = OWN_RESPONSES.into_iter().filter(|(kind, _)| !has(kind));
            all(missing.map(|(kind, _)| format!("the gateway response {kind} is API Gateway's default")))
        }
    ),
    check!(rest, "own_answer_differs", "scripts take a refusal or an outage for something else", |api| {
        let wrong = OWN_RESPONSES.into_iter().filter_map(|(kind, status)| {
            let found = api.gateway_responses.iter().find(|one| one.kind == kind)?;
            (found.status != status)
                .then(|| format!("the gateway response {kind} has the status {}", found.status))
        });
        all(wrong)
    }),
    check!("path_upstream", "people get to another application, with their access tokens", |facts| {
        let Some(upstream) = facts.stack.parameter("UpstreamUrl") else { return Vec::new() };
        let upstream = upstream.trim_end_matches('/');
        theirs(facts, |one| {
            let rest = one.uri.strip_prefix(upstream);
            let is_there = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            (!is_there).then(|| format!("leads to {}", one.uri))
        })
    }),
    check!("identity_not_passed", "the application is not told who is signed in", |facts| {
        theirs(facts, |one| unset(one, |header| header.starts_with(IDENTITY)))
    }),
    check!(
        "header_not_replaced",
        "the application gets this header as the client wrote it, for example with vestibule's cookies",
        |facts| theirs(facts, |one| unset(one, |header| !header.starts_with(IDENTITY)))
    ),
    check!(
        "address_unanswered",
        "nobody can reach the application, unless only this machine is outside its network",
        "curl -i {name}",
        |facts| {
            // An internal load balancer only answers inside its network.
            let is_internal = facts.stack.parameter("LoadBalancerScheme") == Some("internal");
            let asked = facts.addresses.iter().filter(|_| !is_internal);
            let unanswered = asked.filter_map(|address| {
                let why = match address.answer {
                    Err(ProviderFault::NotSent) => "cannot be reached",
                    Err(ProviderFault::TimedOut) => "does not answer in time",
                    Err(ProviderFault::Broken) => "breaks the connection",
                    Err(ProviderFault::Redirected | ProviderFault::TooLarge) | Ok(_) => return None,
                };
                Some(Finding::of(&address.url, format!("{} {why}", address.url)))
            });
            unanswered.collect()
        }
    ),
    check!(
        "address_refuses",
        "something before vestibule, such as a web ACL, or vestibule itself refuses everybody",
        "curl -i {name}",
        |facts| {
            let refusing = facts.addresses.iter().filter_map(|address| {
                let problem = match address.answer {
                    Ok(200)
                    | Err(ProviderFault::NotSent | ProviderFault::TimedOut | ProviderFault::Broken) => {
                        return None;
                    }
                    Ok(status) => format!("answers {status}"),
                    Err(ProviderFault::Redirected) => "redirects".to_owned(),
                    Err(ProviderFault::TooLarge) => "answers with something else".to_owned(),
                };
                Some(Finding::of(&address.url, format!("{} {problem}", address.url)))
            });
            refusing.collect()
        }
    ),
    check!(
        "callback_refused",
        "sign-in ends with an error: something before vestibule, such as a rule of a web ACL about queries, refuses it",
        "curl -i '{name}'",
        |facts| {
            // If the health check fails too, its own finding says so.
            let answered = facts.addresses.iter().filter(|address| address.answer == Ok(200));
            let refusing = answered.filter_map(|address| {
                let problem = match address.callback {
                    Ok(None) => return None,
                    Ok(Some(status)) => format!("answers {status}, and vestibule did not say so"),
                    Err(ProviderFault::Redirected) => "redirects".to_owned(),
                    Err(ProviderFault::TooLarge) => "answers with something else".to_owned(),
                    Err(ProviderFault::NotSent | ProviderFault::TimedOut | ProviderFault::Broken) => {
                        "does not answer".to_owned()
                    }
                };
                Some(Finding::of(&address.callback_url, format!("{} {problem}", address.callback_url)))
            });
            refusing.collect()
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

/// Names the headers that a method does not set as the template does.
fn unset(method: &MethodFacts, is_it: impl Fn(&str) -> bool) -> Option<String> {
    let maps = |header: &str, wanted: &str| {
        let full = format!("integration.request.header.{header}");
        method.mappings.iter().any(|(name, source)| *name == full && source == wanted)
    };
    let lacking = HEADERS.iter().filter(|(header, source)| is_it(header) && !maps(header, source));
    let lacking: Vec<&str> = lacking.map(|(header, _)| *header).collect();
    (!lacking.is_empty()).then(|| format!("does not set {}", lacking.join(", ")))
}
