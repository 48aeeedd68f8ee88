//! Checks of a load balancer.

use aws::operator::deployed_facts::{ListenerFacts, LoadBalancerFacts, RuleFacts};
use aws::operator::deployed_repairs::Repair;

use super::{Check, Finding, all, check, fixable, gone, has, when};
use crate::doctor::facts::{Facts, known};
use crate::doctor::policy::is_match;

/// The listener rules of vestibule in their order: the rule, its target group, and paths that it must match.
const RULES: [(&str, &str, &[&str]); 5] = [
    ("LoginRule", "LoginTargetGroup", &["/oauth2/login"]),
    ("CallbackRule", "CallbackTargetGroup", &["/oauth2/callback"]),
    (
        "LogoutRule",
        "LogoutTargetGroup",
        &["/oauth2/logout", "/oauth2/signed-out", "/oauth2/backchannel-logout"],
    ),
    (
        "SessionRule",
        "SessionTargetGroup",
        &["/oauth2", "/oauth2/session", "/oauth2/refresh", "/oauth2/error", "/oauth2/health"],
    ),
    ("ProxyRule", "ProxyTargetGroup", &["/", "/page"]),
];

const FORWARDED_FOR: &str = "routing.http.xff_header_processing.mode";
const INVALID_HEADERS: &str = "routing.http.drop_invalid_header_fields.enabled";

pub(super) const CHECKS: &[Check] = &[
    check!("listener_missing", "there is no such address", |facts| gone(
        &facts.listener,
        "there is no such listener"
    )),
    check!(listener, "listener_plain", "browsers keep no cookie: sign-in begins again and again", |one| {
        when(one.protocol != "HTTPS", format!("the listener speaks {}", one.protocol))
    }),
    check!("rule_missing", "these paths are not answered by vestibule", |facts| {
        listener(facts, |one| {
            let missing = RULES.iter().filter(|(id, ..)| {
                facts.stack.physical(id).is_none_or(|arn| !one.rules.iter().any(|rule| rule.arn == arn))
            });
            all(missing.map(|(id, ..)| format!("the listener has no rule {id}")))
        })
    }),
    check!("rule_order", "a rule for more paths takes those of sign-in: 404, or a loop", |facts| {
        listener(facts, |one| {
            let ours: Vec<(&str, u32)> =
                rules(facts, one).filter_map(|(id, _, _, rule)| Some((id, rule.priority?))).collect();
            let swapped = ours.iter().zip(ours.iter().skip(1)).filter(|(first, second)| first.1 > second.1);
            all(swapped.map(|(first, second)| {
                format!("{} has priority {}, after {} with {}", first.0, first.1, second.0, second.1)
            }))
        })
    }),
    check!("rule_paths", "these paths are answered by another function: 404", |facts| {
        listener(facts, |one| {
            let wrong = rules(facts, one).flat_map(|(id, _, paths, rule)| {
                let lacking = paths.iter().filter(|path| !takes(&rule.paths, path));
                lacking.map(move |path| format!("{id} does not take {path}"))
            });
            all(wrong)
        })
    }),
    check!("rule_target", "these paths are answered by another function, or by none", |facts| {
        listener(facts, |one| {
            let wrong = rules(facts, one).filter(|(_, group, _, rule)| {
                facts.stack.physical(group).is_some_and(|arn| rule.target_groups != [arn])
            });
            all(wrong.map(|(id, group, ..)| format!("{id} does not lead to {group}")))
        })
    }),
    check!("rule_past_vestibule", "the target of this rule is open to everybody", |facts| {
        listener(facts, |one| {
            let Some((.., last)) = rules(facts, one).find(|(id, ..)| *id == "ProxyRule") else {
                return Vec::new();
            };
            let Some(host) = facts.host() else { return Vec::new() };
            let is_ours = |rule: &RuleFacts| {
                RULES.iter().any(|(id, ..)| facts.stack.physical(id) == Some(rule.arn.as_str()))
            };
            let before =
                one.rules.iter().filter(|rule| rule.priority < last.priority && rule.priority.is_some());
            let past = before
                .filter(|rule| !is_ours(rule) && !rule.target_groups.is_empty() && takes(&rule.hosts, host));
            let past = past.map(|rule| {
                let paths =
                    if rule.paths.is_empty() { "every path".to_owned() } else { rule.paths.join(", ") };
                Finding::of(&rule.arn, format!("a rule before ours takes {paths} of {host}"))
            });
            past.collect()
        })
    }),
    check!("rule_condition", "requests that do not meet the condition go another way", |facts| {
        listener(facts, |one| {
            let wrong = rules(facts, one).filter(|(.., rule)| !rule.other_conditions.is_empty());
            all(wrong.map(|(id, .., rule)| {
                format!("{id} has a condition on {}", rule.other_conditions.join(", "))
            }))
        })
    }),
    check!("rule_action", "the load balancer itself answers, or asks for another sign-in", |facts| {
        listener(facts, |one| {
            let is_other = |rule: &RuleFacts| rule.actions.iter().any(|action| action != "forward");
            let wrong = rules(facts, one).filter(|(.., rule)| is_other(rule));
            all(wrong.map(|(id, .., rule)| format!("{id} has the actions {}", rule.actions.join(", "))))
        })
    }),
    check!("rule_shadowed", "these addresses are answered by the load balancer itself", |facts| {
        listener(facts, |one| {
            let Some(host) = facts.host() else { return Vec::new() };
            let ours: Vec<_> = rules(facts, one).collect();
            let before = |rule: &RuleFacts| {
                ours.iter().any(|(_, _, paths, own)| {
                    rule.priority < own.priority && paths.iter().any(|path| takes(&rule.paths, path))
                })
            };
            let shadows = one.rules.iter().filter(|rule| {
                rule.priority.is_some()
                    && rule.target_groups.is_empty()
                    // A rule about addresses, headers or methods may keep others out on purpose.
                    && rule.other_conditions.iter().all(|field| field == "query-string")
                    && takes(&rule.hosts, host)
                    && before(rule)
                    && !ours.iter().any(|(.., own)| own.arn == rule.arn)
            });
            shadows
                .map(|rule| {
                    let paths =
                        if rule.paths.is_empty() { "every path".to_owned() } else { rule.paths.join(", ") };
                    let part = if rule.other_conditions.is_empty() { "" } else { " with some queries" };
                    Finding::of(&rule.arn, format!("a rule before ours answers {paths}{part}"))
                })
                .collect()
        })
    }),
    check!("rule_rewrites", "vestibule sees another path or host than the browser asked for", |facts| {
        listener(facts, |one| {
            let wrong = rules(facts, one).filter(|(.., rule)| rule.rewrites);
            all(wrong.map(|(id, ..)| format!("{id} rewrites the path or the host")))
        })
    }),
    check!("listener_certificate", "browsers refuse the connection", |facts| {
        // A listener that existed before the stack may have the certificate beside others.
        let wanted =
            facts.stack.parameter("CertificateArn").filter(|_| facts.stack.physical("Listener").is_some());
        let Some(wanted) = wanted else { return Vec::new() };
        listener(facts, |one| {
            when(
                one.protocol == "HTTPS" && !has(&one.certificates, wanted),
                "the listener has another certificate than the stack says",
            )
        })
    }),
    check!(
        listener,
        "listener_certificate_wanted",
        "browsers without a certificate of their own are refused",
        |one| { when(one.wants_certificate, "the listener verifies certificates of clients") }
    ),
    check!(
        balancer,
        "desync_monitored",
        "a request that two parsers split differently gets in: smuggling",
        |one| { when(one.desync_mitigation == "monitor", "the load balancer only monitors such requests") }
    ),
    check!(
        groups,
        "target_unhealthy",
        "the load balancer answers 502, or its health check of the function fails",
        |_, group| { group.is_unhealthy.then(|| "has a target that fails its health check".to_owned()) }
    ),
    check!(groups, "target_group_type", "the load balancer does not call the function", |_, group| {
        (group.kind != "lambda").then(|| format!("has targets of type {}", group.kind))
    }),
    check!(
        "target_missing",
        "the load balancer answers 503",
        "aws elbv2 register-targets --target-group-arn {name} --targets Id={function}",
        |facts| {
            groups(facts, |id, group| {
                let function = facts.function(&id.replace("TargetGroup", "Function"))?.1;
                (group.kind == "lambda" && !has(&group.targets, &function.arn))
                    .then(|| "does not have its function as a target".to_owned())
            })
        }
    ),
    fixable(
        check!(
            groups,
            "multi_value_headers_off",
            "browsers lose cookies: sign-in begins again and again",
            "aws elbv2 modify-target-group-attributes --target-group-arn {name} --attributes Key=lambda.multi_value_headers.enabled,Value=true",
            |_, group| {
                (group.kind == "lambda" && !group.multi_value)
                    .then(|| "does not pass on several headers with the same name".to_owned())
            }
        ),
        |_, name| Some(Repair::MultiValueHeaders { target_group: name.to_owned() }),
    ),
    check!("load_balancer_missing", "there is no such address", |facts| gone(
        &facts.load_balancer,
        "there is no such load balancer"
    )),
    check!(
        "load_balancer_inactive",
        "there is no address that answers",
        "aws elbv2 describe-load-balancers --load-balancer-arns {name}",
        |facts| {
            // A load balancer in the state `active_impaired` still answers.
            balancer(facts, |one| {
                when(!one.state.starts_with("active"), format!("the load balancer is {}", one.state))
            })
        }
    ),
    check!(
        "idle_timeout",
        "a slow answer is cut: 504",
        "aws elbv2 modify-load-balancer-attributes --load-balancer-arn {name} --attributes Key=idle_timeout.timeout_seconds,Value=60",
        |facts| {
            let longest = facts.deployed().map(|(_, function)| function.timeout).max().unwrap_or_default();
            balancer(facts, |one| {
                when(
                    one.idle_timeout < longest,
                    format!("the load balancer waits {} s, functions take up to {longest}", one.idle_timeout),
                )
            })
        }
    ),
    fixable(
        check!(
            "forwarded_for_mode",
            "the application believes an address that the client wrote, or gets none",
            "aws elbv2 modify-load-balancer-attributes --load-balancer-arn {name} --attributes Key=routing.http.xff_header_processing.mode,Value=append",
            |facts| {
                // For a load balancer that the stack does not own, a parameter states its setting.
                let is_owned = facts.stack.physical("LoadBalancer").is_some();
                let is_told = facts.stack.parameter("ListenerForwardedFor") == Some("append");
                balancer(facts, |one| {
                    when(
                        (is_owned || is_told) && one.forwarded_for != "append",
                        format!("the load balancer treats X-Forwarded-For as {}", one.forwarded_for),
                    )
                })
            }
        ),
        |facts, name| owned(facts, name, FORWARDED_FOR, "append"),
    ),
    fixable(
        check!(
            balancer,
            "invalid_headers_kept",
            "a header that can be read as another one reaches the application",
            "aws elbv2 modify-load-balancer-attributes --load-balancer-arn {name} --attributes Key=routing.http.drop_invalid_header_fields.enabled,Value=true",
            |one| { when(!one.drops_invalid_headers, "the load balancer keeps headers with invalid names") }
        ),
        |facts, name| owned(facts, name, INVALID_HEADERS, "true"),
    ),
];

fn listener(facts: &Facts, find: impl FnOnce(&ListenerFacts) -> Vec<Finding>) -> Vec<Finding> {
    known(&facts.listener).map(find).unwrap_or_default()
}

fn balancer(facts: &Facts, find: impl FnOnce(&LoadBalancerFacts) -> Vec<Finding>) -> Vec<Finding> {
    let arn = known(&facts.listener).map(|one| one.load_balancer.clone()).unwrap_or_default();
    let found = known(&facts.load_balancer).map(find).unwrap_or_default();
    found.into_iter().map(|finding| Finding { name: arn.clone(), ..finding }).collect()
}

fn groups(
    facts: &Facts,
    wrong: impl Fn(&str, &aws::operator::deployed_facts::TargetGroupFacts) -> Option<String>,
) -> Vec<Finding> {
    let known = facts.target_groups.iter().filter_map(|one| Some((one, one.group.as_ref().ok()?)));
    let wrong = known.filter_map(|(one, group)| {
        Some(Finding::of(&one.arn, format!("{} {}", one.id, wrong(&one.id, group)?)))
    });
    wrong.collect()
}

/// Returns the rules of vestibule that the listener has.
fn rules<'a>(
    facts: &'a Facts,
    listener: &'a ListenerFacts,
) -> impl Iterator<Item = (&'static str, &'static str, &'static [&'static str], &'a RuleFacts)> {
    RULES.iter().filter_map(|(id, group, paths)| {
        let arn = facts.stack.physical(id)?;
        Some((*id, *group, *paths, listener.rules.iter().find(|rule| rule.arn == arn)?))
    })
}

/// Whether a condition with these values matches a text; a condition without values matches all.
fn takes(values: &[String], text: &str) -> bool {
    values.is_empty() || values.iter().any(|value| is_match(value.as_bytes(), text.as_bytes()))
}

/// Changes only a load balancer that the stack owns. Others may rely on the settings of one that existed
/// before.
fn owned(facts: &Facts, arn: &str, key: &'static str, value: &'static str) -> Option<Repair> {
    (facts.stack.physical("LoadBalancer") == Some(arn)).then(|| Repair::LoadBalancer {
        arn: arn.to_owned(),
        key,
        value,
    })
}
