//! Finds requests that each application of a host leaves to another, so that none answers them.

use super::{ApplicationFiles, requests};
use crate::application::OTHERS;
use crate::router::Rule;

/// Removes rules for the routes of other applications if the final rule, which covers every path, closes them
/// too. Otherwise each of many applications would list the routes of all.
pub(super) fn leave_out_others(rules: &mut Vec<Rule>) {
    let mut open: Vec<String> = Vec::new();
    let mut kept: Vec<bool> = Vec::new();
    for rule in rules.iter().rev() {
        let is_others = rule.outcome.protection.closed.as_deref() == Some(OTHERS);
        let bases: Vec<String> = rule.paths.iter().map(|path| base(path)).collect();
        let overlaps = |one: &String| open.iter().any(|other| overlap(one, other));
        kept.push(!is_others || bases.iter().any(|base| base.is_empty() || overlaps(base)));
        if rule.outcome.protection.closed.is_none() {
            open.extend(bases);
        }
    }
    kept.reverse();
    let mut kept = kept.into_iter();
    rules.retain(|_| kept.next().unwrap_or(true));
}

/// The requests that are closed here because another application has them, by the start of their path.
pub(super) fn left_to_others(rules: &[Rule]) -> Vec<(String, String)> {
    // A rule by prefix stands beside one by segment for the same path.
    let is_others =
        |rule: &&Rule| rule.outcome.protection.closed.as_deref() == Some(OTHERS) && !rule.by_prefix;
    let of_rule = |rule: &Rule| {
        let requests = requests(rule);
        rule.paths.iter().map(move |path| (base(path), requests.clone())).collect::<Vec<_>>()
    };
    rules.iter().filter(is_others).flat_map(of_rule).collect()
}

/// The starts of the paths that are open.
pub(super) fn open(rules: &[Rule]) -> Vec<String> {
    let open = rules.iter().filter(|rule| rule.outcome.protection.closed.is_none());
    open.flat_map(|rule| rule.paths.iter().map(|path| base(path))).collect()
}

fn base(path: &str) -> String {
    path.trim_end_matches("/*").to_owned()
}

/// Whether one of the paths is below the other.
fn overlap(one: &str, other: &str) -> bool {
    one.starts_with(other) || other.starts_with(one)
}

/// Warns about requests that each application leaves to another, so that none answers them.
pub(crate) fn warn_of_requests_without_application(deployments: &mut [ApplicationFiles]) {
    let no_application_has = |(place, deployment): (usize, &ApplicationFiles)| -> Vec<String> {
        let others = deployments.iter().enumerate().filter(|(other, _)| *other != place);
        let of_host = others.filter(|(_, other)| other.host == deployment.host);
        let open: Vec<&String> = of_host.flat_map(|(_, other)| &other.open).collect();
        let left = deployment.left_to_others.iter();
        let left = left.filter(|(path, _)| !open.iter().any(|other| overlap(path, other)));
        left.map(|(_, requests)| format!("{requests} is closed at this host, because each application leaves it to another: decide which of them has it, and open it there")).collect()
    };
    let warnings: Vec<Vec<String>> = deployments.iter().enumerate().map(no_application_has).collect();
    for (deployment, warnings) in deployments.iter_mut().zip(warnings) {
        deployment.first.extend(warnings);
    }
}
