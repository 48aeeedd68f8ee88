//! Breaks a good deployment, one fact at a time: only the check of that name finds it.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod addresses;
mod by_hand;
mod good;
mod reach;
mod sabotages;

use aws::operator::deployed_facts::{CallResult, Cause};
use clap::Parser as _;

use super::check::{HEADERS, OUR_PATHS, checks};
use super::facts::Facts;
use super::{Repaired, filled_in, planned, report};
use crate::arguments::Arguments;
use crate::doctor::check::Finding;
use addresses::ADDRESSES;
use by_hand::BY_HAND;
use good::{behind_cloudfront, http_api, load_balancer, rest_api};
use sabotages::{SABOTAGES, Sabotage};

fn all_sabotages() -> impl Iterator<Item = &'static Sabotage> {
    SABOTAGES.iter().chain(ADDRESSES).chain(BY_HAND)
}

fn found(facts: &Facts) -> Vec<&'static str> {
    checks().filter(|check| !(check.find)(facts).is_empty()).map(|check| check.name).collect()
}

#[test]
fn nothing_is_found_in_a_good_deployment() {
    for good in [rest_api, http_api, behind_cloudfront, load_balancer] {
        assert_eq!(found(&good()), [""; 0]);
        assert_eq!(report(&good(), "app", &[]).exit, crate::Exit::Done);
    }
}

#[test]
fn every_sabotage_is_found_by_its_own_name_alone() {
    for (at, (name, good, sabotage)) in all_sabotages().enumerate() {
        let mut facts = good();
        sabotage(&mut facts);
        assert_eq!(found(&facts), [*name], "sabotage {at}");
        assert_ne!(report(&facts, "app", &[]).exit, crate::Exit::Done, "{name}");
    }
}

/// The paths of vestibule and their functions are those of the REST API's template.
#[test]
fn our_paths_are_those_of_the_template() {
    let template = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/template.yaml"));
    let template = template.unwrap();
    let mut found = Vec::new();
    let mut path = None;
    for line in template.lines().map(str::trim) {
        if line.starts_with("/oauth2") && line.ends_with(':') {
            path = Some(line.trim_end_matches(':'));
        }
        if line.starts_with("uri: ")
            && let Some(path) = path.take()
        {
            let (_, function) = line.split_once("/functions/${").unwrap();
            found.push((path, function.split('.').next().unwrap()));
        }
    }
    let [mut expected, mut found] = [OUR_PATHS.to_vec(), found];
    expected.sort_unstable();
    found.sort_unstable();
    assert_eq!(expected, found);
}

/// The mappings onto headers are those of the REST API's template, for both paths of the application.
#[test]
fn the_headers_are_those_of_the_template() {
    let template = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/template.yaml"));
    let template = template.unwrap();
    let lines = template.lines().filter_map(|line| line.trim().strip_prefix("integration.request.header."));
    let found: Vec<_> = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, source)| (name, source.trim_matches('"')))
        .collect();
    assert_eq!(found, [HEADERS, HEADERS].concat());
}

#[test]
fn every_check_has_a_sabotage() {
    for check in checks() {
        assert!(all_sabotages().any(|(name, ..)| *name == check.name), "{}", check.name);
    }
    assert!(all_sabotages().count() >= 60);
}

/// Facts that the caller may not read are reported as such, and cause no other finding.
#[test]
fn a_fact_that_cannot_be_seen_is_no_fault() {
    let mut facts = Facts { stack: rest_api().stack, now: rest_api().now, ..Facts::default() };
    facts.functions = rest_api().functions;
    for one in &mut facts.functions {
        one.function = good::not(Cause::Denied);
        one.configuration = None;
        one.permissions = None;
    }
    assert_eq!(found(&facts), ["cannot_see"]);
    assert_eq!(report(&facts, "app", &[]).exit, crate::Exit::Unreachable);
}

/// With credentials that may read the stack and nothing else, no front gets another finding than the missing
/// permissions, and nothing is repaired.
#[test]
fn without_any_permission_only_that_is_found() {
    fn denied<T>(fact: &mut Option<CallResult<T>>) {
        if fact.is_some() {
            *fact = Some(good::not(Cause::Denied));
        }
    }
    for good in [rest_api, http_api, behind_cloudfront, load_balancer] {
        let mut facts = good();
        for one in &mut facts.functions {
            one.function = good::not(Cause::Denied);
            one.reserved_concurrency = good::not(Cause::Denied);
            one.callers = good::not(Cause::Denied);
            one.configuration = None;
            one.permissions = None;
        }
        denied(&mut facts.account);
        denied(&mut facts.log_group);
        denied(&mut facts.log_key);
        denied(&mut facts.client);
        denied(&mut facts.pool);
        denied(&mut facts.mfa);
        denied(&mut facts.domain);
        denied(&mut facts.has_branding);
        denied(&mut facts.table);
        denied(&mut facts.table_policy);
        denied(&mut facts.time_to_live);
        denied(&mut facts.rest_api);
        denied(&mut facts.http_api);
        denied(&mut facts.domain_name);
        denied(&mut facts.mappings);
        denied(&mut facts.stage);
        denied(&mut facts.function_url);
        denied(&mut facts.distribution);
        denied(&mut facts.listener);
        denied(&mut facts.load_balancer);
        denied(&mut facts.certificate);
        denied(&mut facts.sign_in_certificate);
        facts.target_groups.iter_mut().for_each(|one| one.group = good::not(Cause::Denied));
        assert_eq!(found(&facts), ["cannot_see"]);
        assert_eq!(report(&facts, "app", &[]).exit, crate::Exit::Unreachable);
        assert!(planned(&facts, "app").is_empty());
    }
}

/// Each repair of `--fix` belongs to a finding and has a command that does the same.
#[test]
fn safe_repairs_are_planned_and_nothing_else() {
    let mut repaired = Vec::new();
    for (name, good, sabotage) in all_sabotages() {
        let mut facts = good();
        sabotage(&mut facts);
        for one in planned(&facts, "app") {
            assert_eq!(one.name, *name);
            assert!(one.command.starts_with("aws ") && !one.command.contains('{'), "{}", one.command);
            repaired.push(one.name);
        }
    }
    repaired.dedup();
    let safe = [
        "function_timeout",
        "function_memory",
        "branding_missing",
        "ttl_off",
        "multi_value_headers_off",
        "forwarded_for_mode",
        "invalid_headers_kept",
    ];
    assert_eq!(repaired, safe);
}

/// A repair that fails is told with its reason beside those that were made, and the finding stays.
#[test]
fn a_failure_halfway_is_told_with_what_was_done() {
    let mut facts = rest_api();
    reach::function(&mut facts).memory = 128;
    let repaired = |name, outcome| Repaired { name, command: format!("aws {name}"), outcome };
    let done = [
        repaired("function_timeout", Ok(())),
        repaired("function_memory", Err("needs lambda:UpdateFunctionConfiguration".to_owned())),
    ];
    let report = report(&facts, "app", &done);
    assert_eq!(report.exit, crate::Exit::Refused);
    assert_eq!(
        report.lines.get(..2).unwrap(),
        [
            "repaired function_timeout: aws function_timeout",
            "FAILED to repair function_memory: needs lambda:UpdateFunctionConfiguration",
        ]
    );
    assert_eq!(report.json["mended"][0]["failed"], serde_json::Value::Null);
    assert_eq!(report.json["mended"][1]["failed"], "needs lambda:UpdateFunctionConfiguration");
    assert_eq!(report.json["findings"][0]["name"], "function_memory");
}

/// After the repairs nothing is planned any more, so that a second run changes nothing.
#[test]
fn a_repaired_deployment_is_left_alone() {
    for good in [rest_api, http_api, behind_cloudfront, load_balancer] {
        assert!(planned(&good(), "app").is_empty());
    }
}

/// A load balancer that existed before the stack may serve others, who rely on its settings.
#[test]
fn a_load_balancer_of_others_is_not_repaired() {
    let mut facts = load_balancer();
    facts.stack.resources.retain(|one| one.id != "LoadBalancer");
    facts.load_balancer.as_mut().unwrap().as_mut().unwrap().drops_invalid_headers = false;
    assert_eq!(found(&facts), ["invalid_headers_kept"]);
    assert!(planned(&facts, "app").is_empty());
}

/// A table that existed before the stack may hold items of others, and deleted items cannot be restored.
#[test]
fn a_table_of_others_is_not_repaired() {
    for given in [true, false] {
        let mut facts = rest_api();
        facts.time_to_live = Some(Ok(None));
        if given {
            facts.stack.resources.retain(|one| one.id != "Sessions");
            reach::set_parameter(&mut facts, "SessionTable", "sessions");
        }
        assert_eq!(found(&facts), ["ttl_off"], "{given}");
        assert_eq!(planned(&facts, "app").is_empty(), given);
    }
}

/// Each `vestibule` command line in a finding is one that this command accepts.
#[test]
fn every_repair_of_ours_is_a_command() {
    let facts = rest_api();
    let finding = Finding::from(String::new());
    let repairs = checks().map(|check| filled_in(check.repair, &facts, "app", &finding));
    let ours: Vec<String> = repairs.filter(|repair| repair.starts_with("vestibule ")).collect();
    assert!(!ours.is_empty());
    for repair in ours {
        let read = Arguments::try_parse_from(repair.split(' '));
        assert!(read.is_ok(), "{repair}: {:?}", read.err());
    }
}

/// docs/findings.md lists every finding: `BLESS=1 cargo test -p command --lib doctor` writes them.
#[test]
fn every_finding_is_documented() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/findings.md");
    let document = std::fs::read_to_string(path).unwrap();
    let (begin, end) = ("<!-- begin findings, written from the code -->", "<!-- end findings -->");
    let (before, rest) = document.split_once(begin).unwrap();
    let (found, after) = rest.split_once(end).unwrap();
    let row = |check: &super::check::Check| {
        let safe = if check.fix.is_some() { "yes" } else { "" };
        format!("| `{}` | {} | {safe} |\n", check.name, check.leads_to)
    };
    let rows: Vec<String> = checks().map(row).collect();
    let expected = format!("\n\n| finding | leads to | `--fix` |\n|---|---|---|\n{}\n", rows.concat());
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, format!("{before}{begin}{expected}{end}{after}")).unwrap();
    } else {
        assert_eq!(found, expected);
    }
}

/// Nothing that AWS sends causes a panic, not even empty facts.
#[test]
fn facts_that_are_empty_are_judged() {
    for good in [rest_api, http_api, behind_cloudfront, load_balancer] {
        let mut facts = good();
        facts.client = Some(Ok(aws::operator::deployed_facts::ClientFacts::default()));
        facts.pool = Some(Ok(aws::operator::deployed_facts::PoolFacts::default()));
        facts.table = Some(Ok(aws::operator::deployed_facts::TableFacts::default()));
        facts.rest_api = facts.rest_api.map(|_| Ok(aws::operator::deployed_facts::RestApiFacts::default()));
        facts.http_api = facts.http_api.map(|_| Ok(aws::operator::deployed_facts::HttpApiFacts::default()));
        facts.function_url =
            facts.function_url.map(|_| Ok(aws::operator::deployed_facts::UrlFacts::default()));
        facts.distribution =
            facts.distribution.map(|_| Ok(aws::operator::deployed_facts::DistributionFacts::default()));
        facts.listener = facts.listener.map(|_| Ok(aws::operator::deployed_facts::ListenerFacts::default()));
        facts.load_balancer =
            facts.load_balancer.map(|_| Ok(aws::operator::deployed_facts::LoadBalancerFacts::default()));
        facts.certificate =
            facts.certificate.map(|_| Ok(aws::operator::deployed_facts::CertificateFacts::default()));
        for one in &mut facts.functions {
            one.function = Ok(aws::operator::deployed_facts::FunctionFacts::default());
        }
        facts.clock_difference = Some(i64::MIN);
        assert!(found(&facts).len() > 10);
        facts.stack = aws::operator::deployed_facts::StackFacts::default();
        assert!(report(&facts, "", &[]).lines.len() > 10);
    }
}
