//! Checks of the stack, the account, the certificate and the clock.

use aws::operator::deployed_facts::{CallFault, Cause, CertificateFacts};
use aws::secrets::SecretFault;
use aws::sources::TextFault;
use relying_party::time::Timestamp;

use super::{Check, DEPLOY, Finding, all, check, gone, when};
use crate::doctor::facts::{Facts, Unconfigured, known};
use crate::doctor::policy::is_match;

const EVENTS: &str = "aws cloudformation describe-stack-events --stack-name {stack}";

/// ACM renews a certificate sixty days before it expires (AWS Certificate Manager user guide, "Managed
/// certificate renewal"). A certificate that expires in thirty days was not renewed.
const RENEWED_BEFORE: i64 = 30 * 86_400;

/// A page with its styles, scripts and images makes as many requests at once.
const FEW_EXECUTIONS: i32 = 100;

/// The tolerance of the functions: their `leeway`.
const CLOCK_DIFFERENCE: i64 = 60;

pub(super) const CHECKS: &[Check] = &[
    check!(
        "cannot_see",
        "it could not be checked",
        "allow it, or run the command with credentials that have the permission",
        |facts| failed_calls(facts, Cause::Denied)
    ),
    check!("no_answer", "it could not be checked", "ask again", |facts| failed_calls(
        facts,
        Cause::Unavailable
    )),
    check!("stack_failed", "functions, secrets and pool may be of different deployments", EVENTS, |facts| {
        when(facts.stack.status.contains("FAILED"), format!("the stack is {}", facts.stack.status))
    }),
    check!("stack_rolled_back", "the last deployment is not in force", EVENTS, |facts| {
        let status = &facts.stack.status;
        when(status.ends_with("ROLLBACK_COMPLETE"), format!("the stack is {status}"))
    }),
    check!("stack_changing", "the findings may change in the meantime", EVENTS, |facts| {
        let status = &facts.stack.status;
        when(status.ends_with("IN_PROGRESS"), format!("the stack is {status}"))
    }),
    check!(
        "clock_differs",
        "times that this command tells are wrong, and keys are promoted and dropped too early or too late",
        "set the clock of this machine",
        |facts| {
            let difference = facts.clock_difference.unwrap_or_default();
            when(
                difference.saturating_abs() > CLOCK_DIFFERENCE,
                format!("the clock of AWS is {difference} s ahead of this machine's"),
            )
        }
    ),
    check!(
        "concurrency_quota_small",
        "a page with many assets, or a few people at once, are throttled: 503, at a load balancer 502",
        "aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value 1000",
        |facts| {
            let executions = known(&facts.account).map(|account| account.concurrent_executions);
            when(
                executions.is_some_and(|executions| executions < FEW_EXECUTIONS),
                format!("the account may run {} functions at once", executions.unwrap_or_default()),
            )
        }
    ),
    check!(
        "concurrency_reserved_by_others",
        "a page with many assets, or a few people at once, are throttled: 503, at a load balancer 502",
        "aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value 1000",
        |facts| {
            let is_shared = facts.functions.iter().any(|one| one.reserved_concurrency == Ok(None));
            let Some(account) = known(&facts.account).filter(|_| is_shared) else { return Vec::new() };
            let left = account
                .unreserved_executions
                .filter(|left| *left < FEW_EXECUTIONS && account.concurrent_executions >= FEW_EXECUTIONS);
            all(left.map(|left| format!("other functions leave {left} of the account's executions")))
        }
    ),
    check!("address_differs", "sign-in begins at one address and ends at another", DEPLOY, |facts| {
        let first = facts.reference().and_then(|reference| reference.public_urls.first());
        let Some(first) = first else { return Vec::new() };
        // The deployer's own keys override those of the template.
        let is_own = facts.stack.parameter("Configuration").is_some_and(|keys| keys.contains("public_url"))
            || facts.stack.parameter("ConfigurationSecret").is_some();
        let Some(wanted) = facts.stack.output("Url").filter(|_| !is_own) else { return Vec::new() };
        let is_it = first.trim_end_matches('/').eq_ignore_ascii_case(wanted.trim_end_matches('/'));
        when(!is_it, format!("the functions are configured for {first}, the stack is {wanted}"))
    }),
    check!("log_group_missing", "nothing is logged", |facts| gone(
        &facts.log_group,
        "there is no such log group"
    )),
    check!(
        "log_retention",
        "log lines are kept for another time than the stack says",
        "aws logs put-retention-policy --log-group-name {name} --retention-in-days {retention}",
        |facts| {
            let Some(kept) = known(&facts.log_group).map(|group| group.retention) else { return Vec::new() };
            let wanted = facts.stack.parameter("LogRetentionDays").and_then(|days| days.parse().ok());
            let Some(wanted) = wanted.filter(|wanted: &i32| kept != Some(*wanted)) else {
                return Vec::new();
            };
            let kept = kept.map_or_else(|| "for ever".to_owned(), |days| format!("for {days} days"));
            let group = facts.stack.physical("LogGroup").unwrap_or_default();
            vec![Finding::of(group, format!("{group} keeps lines {kept}, the stack says {wanted} days"))]
        }
    ),
    check!(
        "log_key_disabled",
        "log lines are lost, and those from before cannot be read",
        "aws kms describe-key --key-id {name}",
        |facts| match &facts.log_key {
            Some(Ok(key)) if key.state != "Enabled" => {
                vec![Finding::of(&key.arn, format!("the key of the log group is {}", key.state))]
            }
            key => gone(key, "the key of the log group is not there"),
        }
    ),
    check!("certificate_missing", "browsers refuse the connection", "aws acm list-certificates", |facts| {
        gone(&facts.certificate, "there is no such certificate")
    }),
    check!(
        certificate,
        "certificate_not_issued",
        "browsers refuse the connection",
        "aws acm describe-certificate --certificate-arn {name}",
        not_issued
    ),
    check!(
        "certificate_ends",
        "browsers will refuse the connection, or do already: it should have been renewed",
        "aws acm describe-certificate --certificate-arn {name}",
        |facts| { certificate(facts, |one| ends_soon(facts, one)) }
    ),
    check!(
        "certificate_name",
        "browsers refuse the connection",
        "aws acm request-certificate --domain-name {host}",
        |facts| {
            let host = facts.stack.parameter("CustomDomainName").unwrap_or_default();
            certificate(facts, |one| is_not_for(one, host))
        }
    ),
    check!(
        "sign_in_certificate_missing",
        "browsers refuse the sign-in page",
        "aws acm list-certificates",
        |facts| { gone(&facts.sign_in_certificate, "there is no such certificate of the sign-in domain") }
    ),
    check!(
        sign_in_certificate,
        "sign_in_certificate_not_issued",
        "browsers refuse the sign-in page",
        "aws acm describe-certificate --certificate-arn {name}",
        not_issued
    ),
    check!(
        "sign_in_certificate_ends",
        "browsers will refuse the sign-in page, or do already",
        "aws acm describe-certificate --certificate-arn {name}",
        |facts| sign_in_certificate(facts, |one| ends_soon(facts, one))
    ),
    check!(
        "sign_in_certificate_name",
        "browsers refuse the sign-in page",
        "aws acm request-certificate --domain-name {domain}",
        |facts| {
            let host = known(&facts.pool).and_then(|pool| pool.custom_domain.as_deref()).unwrap_or_default();
            sign_in_certificate(facts, |one| is_not_for(one, host))
        }
    ),
    check!("sign_in_certificate_region", "Cognito cannot use it for the sign-in domain", DEPLOY, |facts| {
        let arn = known(&facts.domain).and_then(|domain| domain.certificate.as_deref()).unwrap_or_default();
        let is_elsewhere = arn.contains(":acm:") && arn.split(':').nth(3) != Some("us-east-1");
        when(is_elsewhere && arn.starts_with("arn:aws:"), format!("{arn} is not in us-east-1"))
    }),
    check!("certificate_region", "the front cannot use it", DEPLOY, |facts| {
        let Some(arn) = facts.stack.parameter("CertificateArn") else { return Vec::new() };
        let region = |arn: &str| arn.split(':').nth(3).unwrap_or_default().to_owned();
        let wanted =
            if facts.distribution.is_some() { "us-east-1".to_owned() } else { region(&facts.stack.arn) };
        let found = region(arn);
        when(
            arn.contains(":acm:") && !wanted.is_empty() && found != wanted,
            format!("the certificate is in {found}, and has to be in {wanted}"),
        )
    }),
];

fn sign_in_certificate(facts: &Facts, find: impl FnOnce(&CertificateFacts) -> Vec<Finding>) -> Vec<Finding> {
    let arn = known(&facts.domain).and_then(|domain| domain.certificate.as_deref()).unwrap_or_default();
    let found = known(&facts.sign_in_certificate).map(find).unwrap_or_default();
    found.into_iter().map(|finding| Finding { name: arn.to_owned(), ..finding }).collect()
}

fn not_issued(one: &CertificateFacts) -> Vec<Finding> {
    when(!matches!(one.status.as_str(), "ISSUED" | "EXPIRED"), format!("the certificate is {}", one.status))
}

fn ends_soon(facts: &Facts, one: &CertificateFacts) -> Vec<Finding> {
    let soon = one.ends.filter(|ends| ends.saturating_sub(facts.now) < RENEWED_BEFORE);
    all(soon.map(|ends| format!("the certificate ends at {}", Timestamp::from_unix(ends))))
}

fn is_not_for(one: &CertificateFacts, host: &str) -> Vec<Finding> {
    when(!one.names.iter().any(|name| is_for(name, host)), format!("the certificate is not for {host}"))
}

fn certificate(facts: &Facts, find: impl FnOnce(&CertificateFacts) -> Vec<Finding>) -> Vec<Finding> {
    let arn = facts.stack.parameter("CertificateArn").unwrap_or_default();
    let found = known(&facts.certificate).map(find).unwrap_or_default();
    found.into_iter().map(|finding| Finding { name: arn.to_owned(), ..finding }).collect()
}

/// A `*` matches one whole label (RFC 6125 section 6.4.3).
fn is_for(name: &str, host: &str) -> bool {
    let labels = |text: &str| text.split('.').count();
    labels(name) == labels(host) && is_match(name.as_bytes(), host.as_bytes())
}

#[expect(clippy::ref_option, reason = "the facts are members, and this is called with each")]
fn cause<T>(fact: &Option<Result<T, CallFault>>) -> Option<&CallFault> {
    fact.as_ref()?.as_ref().err()
}

/// Reports each missing permission or unanswered call once.
fn failed_calls(facts: &Facts, cause_of: Cause) -> Vec<Finding> {
    let functions = facts.functions.iter().flat_map(|one| {
        [
            one.function.as_ref().err(),
            one.reserved_concurrency.as_ref().err(),
            one.callers.as_ref().err(),
            cause(&one.permissions),
        ]
    });
    let secrets = facts.secrets.iter().flat_map(|one| [one.secret.as_ref().err(), cause(&one.key)]);
    let groups = facts.target_groups.iter().map(|one| one.group.as_ref().err());
    let triggers = facts.triggers.iter().map(|one| one.callers.as_ref().err());
    let others = [
        cause(&facts.account),
        cause(&facts.log_group),
        cause(&facts.log_key),
        cause(&facts.client),
        cause(&facts.pool),
        cause(&facts.mfa),
        cause(&facts.domain),
        cause(&facts.has_branding),
        cause(&facts.table),
        cause(&facts.table_policy),
        cause(&facts.time_to_live),
        cause(&facts.rest_api),
        cause(&facts.http_api),
        cause(&facts.domain_name),
        cause(&facts.mappings),
        cause(&facts.stage),
        cause(&facts.function_url),
        cause(&facts.distribution),
        cause(&facts.listener),
        cause(&facts.load_balancer),
        cause(&facts.certificate),
        cause(&facts.sign_in_certificate),
    ];
    let failed = functions
        .chain(secrets)
        .chain(groups)
        .chain(triggers)
        .chain(others)
        .flatten()
        .filter(|fault| fault.cause == cause_of);
    let mut needed: Vec<String> = failed.map(|fault| format!("needs {}", fault.permission)).collect();
    needed.extend(unread(facts, cause_of));
    needed.sort();
    needed.dedup();
    all(needed)
}

/// Reports the secrets that the caller may not read. A secret that does not exist is a fault of the
/// deployment, not a missing permission.
fn unread(facts: &Facts, cause_of: Cause) -> Vec<String> {
    let unread = facts.functions.iter().filter_map(|one| match &one.configuration {
        Some(Err(Unconfigured::Unread(unread))) => Some(unread),
        _ => None,
    });
    let unread = unread.flatten().filter(|unread| match unread.cause {
        TextFault::Secret(SecretFault::Denied) => cause_of == Cause::Denied,
        TextFault::Secret(SecretFault::Unavailable | SecretFault::Unconfigured) => {
            cause_of == Cause::Unavailable
        }
        TextFault::Secret(SecretFault::NotFound | SecretFault::NotText) | TextFault::Unreadable => false,
    });
    unread
        .map(|unread| format!("needs secretsmanager:GetSecretValue on the secret of {}", unread.variable))
        .collect()
}
