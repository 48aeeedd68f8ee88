//! Checks of the functions, and of their configurations against each other.

use aws::operator::deployed_facts::{Cause, FunctionFacts};
use aws::operator::deployed_repairs::Repair;
use aws::secrets::SecretFault;
use aws::sources::TextFault;

use super::{Check, DEPLOY, Finding, all, check, fixable, gone, when};
use crate::doctor::facts::{Configured, Deployed, Facts, Unconfigured};

const STATE: &str = "aws lambda get-function-configuration --function-name {name}";

/// The shortest timeout in seconds: a slow provider may take that long.
const LEAST_TIMEOUT: i32 = 10;

pub(super) const CHECKS: &[Check] = &[
    check!("function_missing", "the addresses of this function answer 5xx", DEPLOY, missing),
    check!("function_gone", "the addresses of this function answer 5xx", |facts| {
        let gone = |one: &&Deployed| one.function.as_ref().is_err_and(|fault| fault.cause == Cause::NotFound);
        let gone = facts.functions.iter().filter(gone);
        all(gone.map(|one| format!("{} is in the stack, but not in Lambda", one.id)))
    }),
    check!(each, "function_inactive", "requests wait or fail", STATE, |one| {
        matches!(one.state.as_str(), "Failed" | "Inactive").then(|| format!("is {}", one.state))
    }),
    check!(each, "function_update_failed", "an older version answers", STATE, |one| (one.last_update
        == "Failed")
        .then(|| "was not updated".to_owned())),
    check!("function_architecture", "the function does not start: exec format error", DEPLOY, |facts| {
        let Some(wanted) = facts.stack.parameter("Architecture") else { return Vec::new() };
        each(facts, |one| {
            (one.architecture != wanted)
                .then(|| format!("is for {}, the stack for {wanted}", one.architecture))
        })
    }),
    check!(each, "function_sealed", "the function does not start", STATE, |one| one
        .is_sealed
        .then(|| "has variables that cannot be decrypted".to_owned())),
    check!("function_code", "one of them does the work of another: its addresses answer 404", |facts| {
        let all_code: Vec<_> = facts.deployed().filter(|(_, function)| !function.code.is_empty()).collect();
        let same = all_code.iter().enumerate().filter_map(|(at, (one, function))| {
            let mut others = all_code.iter().take(at);
            let (other, _) = others.find(|(_, other)| other.code == function.code)?;
            Some(Finding::of(&one.name, format!("{} has the code of {}", one.id, other.id)))
        });
        same.collect()
    }),
    check!(each, "function_runtime", "the function does not start", |one| (one.runtime != "provided.al2023")
        .then(|| format!("runs on {}", one.runtime))),
    fixable(
        check!(
            each,
            "function_timeout",
            "a slow answer of the provider ends sign-in with a 5xx",
            "aws lambda update-function-configuration --function-name {name} --timeout 10",
            |one| {
                (one.timeout < LEAST_TIMEOUT).then(|| {
                    format!("has a timeout of {} s and needs at least {LEAST_TIMEOUT} s", one.timeout)
                })
            }
        ),
        |_, name| Some(Repair::Timeout { function: name.to_owned(), seconds: LEAST_TIMEOUT }),
    ),
    fixable(
        check!(
            "function_memory",
            "the function is slower, or dearer, than the stack says",
            "aws lambda update-function-configuration --function-name {name} --memory-size {memory}",
            |facts| {
                let Some(wanted) = memory(facts) else { return Vec::new() };
                each(facts, |one| {
                    (one.memory != wanted).then(|| format!("has {} MB, the stack says {wanted}", one.memory))
                })
            }
        ),
        |facts, name| Some(Repair::Memory { function: name.to_owned(), megabytes: memory(facts)? }),
    ),
    check!(
        "function_stopped",
        "every request is throttled",
        "aws lambda delete-function-concurrency --function-name {name}",
        |facts| reserved(facts, |reserved, _| reserved == Some(0))
    ),
    check!(
        "function_concurrency",
        "other functions use what the stack reserves, or requests are throttled earlier than necessary",
        "aws lambda put-function-concurrency --function-name {name} --reserved-concurrent-executions {reserved}",
        |facts| reserved(facts, |reserved, wanted| reserved != Some(0) && reserved != wanted)
    ),
    check!(
        "function_log_group",
        "its log lines are in an unexpected place, with another retention",
        |facts| {
            let Some(wanted) = facts.stack.physical("LogGroup") else { return Vec::new() };
            each(facts, |one| {
                (one.log_group != wanted).then(|| format!("logs to {}, and not to {wanted}", one.log_group))
            })
        }
    ),
    check!(
        "function_network",
        "the function does not reach the provider, its secrets or the application",
        |facts| {
            let given = |name: &str| -> Vec<String> {
                let ids = facts.stack.parameter(name).unwrap_or_default().split(',');
                ids.map(|id| id.trim().to_owned()).filter(|id| !id.is_empty()).collect()
            };
            let (subnets, groups) = (given("SubnetIds"), given("SecurityGroupIds"));
            let wrong = facts.deployed().filter_map(|(one, function)| {
                let lacks = |found: &[String], given: &[String]| given.iter().any(|id| !found.contains(id));
                // Only this function gets a network of the account.
                let is_proxy = one.id == "ProxyFunction";
                let problem = if lacks(&subnets, &function.subnets) {
                    "runs in subnets that the stack does not name"
                } else if is_proxy && lacks(&function.subnets, &subnets) {
                    "does not run in the subnets that the stack names"
                } else if lacks(&groups, &function.security_groups) {
                    "has security groups that the stack does not name"
                } else if is_proxy && lacks(&function.security_groups, &groups) {
                    "lacks security groups that the stack names"
                } else {
                    return None;
                };
                Some(Finding::of(&one.name, format!("{} {problem}", one.id)))
            });
            wrong.collect()
        }
    ),
    check!(
        each,
        "function_layers",
        "third-party code starts with the function and can read its secrets and cookies",
        |one| { (!one.layers.is_empty()).then(|| format!("has the layers {}", one.layers.join(", "))) }
    ),
    check!(
        "secret_rotated",
        "somebody else's function writes the secret: invalid_client, or everybody is signed out",
        "aws secretsmanager cancel-rotate-secret --secret-id {name}",
        |facts| {
            let rotated =
                facts.secrets.iter().filter(|one| one.secret.as_ref().is_ok_and(|one| one.is_rotated));
            rotated.map(|one| Finding::of(&one.id, format!("the secret {} is rotated", one.id))).collect()
        }
    ),
    check!(
        "key_disabled",
        "the function does not start: it cannot open its secret",
        "aws kms describe-key --key-id {name}",
        |facts| {
            let wrong = facts.secrets.iter().flat_map(|one| match &one.key {
                Some(Ok(key)) if key.state != "Enabled" => {
                    vec![Finding::of(&key.arn, format!("the key of {} is {}", one.id, key.state))]
                }
                key => gone(key, "the key of a secret is not there"),
            });
            wrong.collect()
        }
    ),
    check!("secret_missing", "the function does not start", |facts| unread(facts, |cause| matches!(
        cause,
        TextFault::Secret(SecretFault::NotFound | SecretFault::NotText)
    ))),
    check!(
        "document_unseen",
        "the function's configuration could not be checked",
        "name a secret in VESTIBULE_CONFIG, or check as docs/command.md says: vestibule check",
        |facts| unread(facts, |cause| cause == TextFault::Unreadable)
    ),
    check!("configuration_faulty", "the function does not start", DEPLOY, |facts| {
        let faults = |one: &Deployed| match &one.configuration {
            Some(Err(Unconfigured::Faulty(faults))) => {
                faults.iter().map(|fault| format!("{}: {fault}", one.id)).collect()
            }
            _ => Vec::new(),
        };
        all(facts.functions.iter().flat_map(faults))
    }),
    check!("issuers_differ", "one function refuses the sessions of another", DEPLOY, |facts| differing(
        facts,
        |one| &one.issuer
    )),
    check!("clients_differ", "one function refuses the sessions of another", DEPLOY, |facts| differing(
        facts,
        |one| &one.client_id
    )),
    check!("addresses_differ", "sign-in ends at another address than it began", DEPLOY, |facts| differing(
        facts,
        |one| &one.public_urls
    )),
    check!("callbacks_differ", "the provider refuses the code", DEPLOY, |facts| differing(facts, |one| &one
        .redirect_uris)),
    check!(
        "keys_differ",
        "one function does not open what another sealed: people sign in again and again",
        "vestibule keys show --stack {stack}",
        |facts| differing(facts, |one| &one.keys)
    ),
    check!("storages_differ", "one function does not find the sessions of another", |facts| {
        differing(facts, |one| (&one.table, one.is_cookie))
    }),
];

/// The stacks of a REST API and of a load balancer have a function for each step of sign-in besides the one
/// that makes the access decisions.
fn missing(facts: &Facts) -> Vec<Finding> {
    let has = |id: &str| facts.functions.iter().any(|one| one.id == id);
    let steps = ["LoginFunction", "CallbackFunction", "SessionFunction", "LogoutFunction"];
    if !has("AuthorizerFunction") && !steps.into_iter().any(has) {
        return when(!has("ProxyFunction"), "the stack has no function of vestibule");
    }
    let missing = steps.into_iter().filter(|id| !has(id)).map(|id| format!("{id} is not in the stack"));
    let decides = has("AuthorizerFunction") || has("ProxyFunction");
    let nothing = (!decides).then(|| "nothing in the stack decides who passes".to_owned());
    all(missing.chain(nothing))
}

fn memory(facts: &Facts) -> Option<i32> {
    facts.stack.parameter("MemorySize")?.parse().ok()
}

/// Reports each function about which `wrong` says something.
fn each(facts: &Facts, wrong: impl Fn(&FunctionFacts) -> Option<String>) -> Vec<Finding> {
    let wrong = facts.deployed().filter_map(|(one, function)| Some((one, wrong(function)?)));
    all(wrong.map(|(one, problem)| Finding::of(&one.name, format!("{} {problem}", one.id))))
}

/// Finds the functions whose reserved concurrency does not fit the stack's parameter.
fn reserved(facts: &Facts, is_wrong: impl Fn(Option<i32>, Option<i32>) -> bool) -> Vec<Finding> {
    let wanted = facts.stack.parameter("ReservedConcurrency").and_then(|text| text.parse().ok());
    // If the parameter is missing or 0, no concurrency is reserved.
    let wanted = wanted.filter(|wanted| *wanted > 0);
    let shown =
        |executions: Option<i32>| executions.map_or_else(|| "no".to_owned(), |count| count.to_string());
    let wrong = facts.functions.iter().filter_map(|one| {
        let reserved =
            *one.reserved_concurrency.as_ref().ok().filter(|reserved| is_wrong(**reserved, wanted))?;
        let (id, reserved, wanted) = (&one.id, shown(reserved), shown(wanted));
        let wrong = format!("{id} has {reserved} reserved executions, the stack says {wanted}");
        Some(Finding::of(&one.name, wrong))
    });
    wrong.collect()
}

fn unread(facts: &Facts, is_it: impl Fn(TextFault) -> bool) -> Vec<Finding> {
    let unread = facts.functions.iter().flat_map(|one| match &one.configuration {
        Some(Err(Unconfigured::Unread(unread))) => {
            unread.iter().map(|unread| (one, *unread)).collect::<Vec<_>>()
        }
        _ => Vec::new(),
    });
    let unread = unread.filter(|(_, unread)| is_it(unread.cause));
    all(unread.map(|(one, unread)| format!("{}: {}: {}", one.id, unread.variable, unread.cause)))
}

fn differing<'a, T: PartialEq>(facts: &'a Facts, member: impl Fn(&'a Configured) -> T) -> Vec<Finding> {
    let Some(reference) = facts.reference() else { return Vec::new() };
    let others = facts.configured().filter(|(_, one)| member(one) != member(reference));
    all(others.map(|(id, _)| format!("{id} has another configuration than the first function")))
}
