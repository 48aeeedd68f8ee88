//! Writes the files of an application, and its part of the report.

use std::sync::Arc;

use super::other_applications::{left_to_others, open};
use super::{ApplicationFiles, client_of, needs, requests};
use crate::application::Plan;
use crate::document::shown;
use crate::front::Front;
use crate::report::{Application, Placed, differing_defaults};
use crate::router::Rule;
use crate::settings::{Addresses, Draft, Plugin, signs_in};
use crate::target::Targets;
use crate::validation::ordered;
use crate::yaml::{self, without_comments};
use crate::{OutputFile, json, sam};

pub(super) fn files(
    front: Front,
    plan: &Plan<'_>,
    targets: &Targets<'_>,
    rules: &[Rule],
    addresses: &Addresses,
    draft: Draft,
    plugin: &Plugin<'_>,
) -> ApplicationFiles {
    let mut application = application(plan, targets, rules, addresses, &draft, plugin);
    let file = |name: &str, text: String, secret: bool| OutputFile {
        path: format!("{}/{name}", plan.name),
        text,
        secret,
    };
    let mut files = vec![file("vestibule.yaml", configuration(plan, &draft), false)];
    let parameters = sam::parameters(front, &application, &draft);
    if parameters.is_too_long() {
        application.needs.push("configuration.json has more than the 65,536 bytes that a secret takes, so it cannot be deployed as it is: make its rules fewer, or deploy its paths as several applications".to_owned());
    }
    files.push(file("samconfig.toml", parameters.file, false));
    if let Some(configuration) = parameters.configuration {
        files.push(file("configuration.json", configuration, false));
    }
    files.push(file("register.txt", application.to_register(), false));
    if !draft.secrets.is_empty() {
        let secrets: serde_json::Map<String, serde_json::Value> =
            draft.secrets.iter().map(|(key, value)| (key.clone(), without_comments(value).json())).collect();
        files.push(file("secrets.json", json::text(&secrets.into()), true));
    }
    ApplicationFiles {
        application,
        files,
        first: draft.warnings,
        host: plan.host.clone(),
        open: open(rules),
        left_to_others: left_to_others(rules),
    }
}

/// The application's part of the report.
fn application(
    plan: &Plan<'_>,
    targets: &Targets<'_>,
    rules: &[Rule],
    addresses: &Addresses,
    draft: &Draft,
    plugin: &Plugin<'_>,
) -> Application {
    let callbacks = || draft.texts("redirect_uri").unwrap_or_else(|| vec![addresses.callback()]);
    Application {
        name: plan.name.clone(),
        callbacks: if signs_in(plugin) { callbacks() } else { Vec::new() },
        signed_out: draft.text("logout_redirect_uri").map_or_else(|| addresses.signed_out(), str::to_owned),
        public_url: draft.text("public_url").unwrap_or(&addresses.public_url).to_owned(),
        client: client_of(draft),
        differing: Arc::clone(&plan.differing),
        routes: rules.iter().map(|rule| placed(rule, targets)).collect(),
        needs: draft.needs.clone(),
        absent_secrets: draft.absent_secrets.clone(),
        defaults: differing_defaults(|name| plugin.config.get(name).is_some()),
    }
}

fn placed(rule: &Rule, targets: &Targets<'_>) -> Placed {
    let route = rule.outcome.target.as_ref().and_then(|(route, _)| targets.entities.routes.get(*route));
    let is_open = rule.outcome.protection.closed.is_none();
    let url = targets.of_rule(rule).map(|(url, ..)| url).filter(|_| is_open);
    let target: Vec<String> = route.map(|route| shown(route.label())).into_iter().chain(url).collect();
    Placed { requests: requests(rule), needs: needs(&rule.outcome.protection), target: target.join(", ") }
}

/// The text of the configuration.
fn configuration(plan: &Plan<'_>, draft: &Draft) -> String {
    let head = [
        format!("vestibule in place of Kong: the application {}.", plan.name),
        "Written by `vestibule import kong`; report.md says what became of each setting.".to_owned(),
        "Rules with an `upstream_url`, and headers from claims, act in the proxy: behind an HTTP API, a function URL or a load balancer.".to_owned(),
    ];
    yaml::document(&head, &ordered(draft))
}
