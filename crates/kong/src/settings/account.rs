//! Records the outcome of each setting that the translation has not recorded.

use std::collections::BTreeSet;

use relying_party::configuration::kong::{Parameter, Verdict, instead_of_former};

use crate::document::{Member, Node, Value};
use crate::placeholder::{self, Environment};
use crate::report::values;
use crate::verdicts::Verdicts;

use super::{Draft, Plugin};

/// Parameters that are lists in Kong, with an entry for each client, but a single text here: the first entry.
pub(super) const ONE: [&str; 5] = [
    "audience",
    "forbidden_redirect_uri",
    "login_redirect_uri",
    "logout_redirect_uri",
    "unauthorized_redirect_uri",
];

/// Parameters of which an entry belongs to the one at the same place in another.
const PAIRS: [(&str, &str); 3] = [
    ("authorization_query_args_names", "authorization_query_args_values"),
    ("token_post_args_names", "token_post_args_values"),
    ("upstream_headers_names", "upstream_headers_claims"),
];

/// Beginnings of the names of settings of Kong's stores, all of which the table replaces.
const OF_STORES: [&str; 2] = ["session_memcache", "session_redis_"];

const PLACEHOLDER_OF_CLIENT: &str =
    "was a placeholder; put the secret into the one that `ClientSecretArn` names";
const PLACEHOLDER_OF_SESSIONS: &str = "was a placeholder; the templates make a key of their own, and a deployment without them needs one in the secret that `VESTIBULE_SECRET_ID` names";
const SECRET_OF_CLIENT: &str =
    "in `secrets.json`; put it into the secret that `ClientSecretArn` names, and delete the file";
const SECRET_OF_SESSIONS: &str = "in `secrets.json`; the templates make a key of their own, and a deployment without them reads it from the secret that `VESTIBULE_SECRET_ID` names";

/// Records the verdict of the parameter table for each setting that has none yet.
pub(crate) fn account(config: &Node, environment: Environment<'_>, verdicts: &mut Verdicts) {
    lists(config, verdicts);
    for Member { name, node } in config.members() {
        let is_secret = ["client_secret", "session_secret"].contains(&name.as_str());
        let is_name = ["client_id", "issuer"].contains(&name.as_str());
        let is_of_provider = is_name || name.ends_with("_endpoint");
        let is_of_store = name == "redis" || OF_STORES.iter().any(|start| name.starts_with(start));
        let is_address = is_name || name.ends_with("_endpoint") || name.ends_with("_uri");
        let open = node.texts().iter().any(|text| {
            let filled = placeholder::fill(text, environment);
            !filled.open.is_empty()
                || is_address && placeholder::is_open(&filled.text)
                || is_of_provider && placeholder::is_unnamed(&filled.text)
        });
        let is_client_secret = name == "client_secret";
        if is_secret && node.texts().iter().any(|text| placeholder::is_unfilled_secret(text)) {
            let to_do = if is_client_secret { PLACEHOLDER_OF_CLIENT } else { PLACEHOLDER_OF_SESSIONS };
            verdicts.record(node, Verdict::NeedsYou, to_do);
        } else if is_secret && !matches!(node.value, Value::Nothing) {
            verdicts.record(
                node,
                Verdict::Mapped,
                if is_client_secret { SECRET_OF_CLIENT } else { SECRET_OF_SESSIONS },
            );
        } else if open && has_effect(name) && !is_of_store {
            verdicts.record(node, Verdict::NeedsYou, "was a placeholder that nothing filled in");
        }
        if matches!(node.value, Value::Nothing) {
            verdicts.record(node, Verdict::Always, "is not set");
            continue;
        }
        if node.texts().iter().any(|text| text.is_empty()) && node.texts().len() == 1 {
            verdicts.record(node, Verdict::Always, "is empty, so it is not set");
        }
        if let Some(key) = Parameter::key_of(name) {
            verdicts.record(
                node,
                Verdict::Always,
                &format!("is the former name of `{key}`, which the plugin has too"),
            );
        }
        match Parameter::find(name) {
            Some(parameter)
                if parameter.verdict == Verdict::NeedsYou && asks_for_nothing(parameter, node) =>
            {
                verdicts.record(node, Verdict::Always, "as Kong has it by default, so nothing depends on it");
            }
            Some(parameter) => {
                let key = (parameter.verdict == Verdict::Kept).then(|| format!("`{}`", parameter.name));
                let here = (!parameter.here.is_empty()).then(|| parameter.here.to_owned());
                let text: Vec<String> = key.into_iter().chain(here).collect();
                verdicts.record(node, parameter.verdict, &text.join(": "));
            }
            None => match instead_of_former(name) {
                Some(here) => verdicts.record(node, Verdict::Mapped, here),
                None => verdicts.record(
                    node,
                    Verdict::NeedsYou,
                    "is not a parameter of the plugin in Kong Gateway 3.15; check its purpose",
                ),
            },
        }
    }
}

/// Whether a setting has, or may have, an effect here.
pub(crate) fn has_effect(name: &str) -> bool {
    let verdict = Parameter::find(name).map(|parameter| parameter.verdict);
    !matches!(verdict, Some(Verdict::Always | Verdict::Refused))
}

/// Records that the session secret of another plugin of the same client seals nothing.
pub(crate) fn unused_secret(config: &Node, verdicts: &mut Verdicts) {
    if let Some(secret) = config.get("session_secret") {
        let text = "an application has one, that of its first plugin: a user who signs in on one route is signed in on all";
        verdicts.record(secret, Verdict::Always, text);
    }
}

/// Asks for a decision about each setting that has no counterpart here, unless the report asks already.
pub(super) fn ask(plugin: &Plugin<'_>, draft: &mut Draft) {
    for Member { name, node } in plugin.config.members() {
        let Some(parameter) = Parameter::find(name) else { continue };
        let quoted = format!("`{name}`");
        let is_asked = draft.needs.iter().any(|need| need.contains(&quoted));
        if parameter.verdict == Verdict::NeedsYou && !is_asked && !asks_for_nothing(parameter, node) {
            draft.need(format!("{quoted}: {}", parameter.here));
        }
    }
}

/// Whether Kong would behave the same without the setting.
fn asks_for_nothing(parameter: &Parameter, node: &Node) -> bool {
    let texts: BTreeSet<&str> = node.texts().into_iter().collect();
    match &node.value {
        Value::Nothing => true,
        Value::Mapping(members) => members.is_empty() || node.flag_of("enabled") == Some(false),
        Value::Text(text) if text == "false" => true,
        Value::List(entries) if texts.len() != entries.len() => false,
        Value::List(_) | Value::Text(_) => texts.is_empty() || texts == values(parameter.default),
    }
}

/// Reports list entries that are not used.
fn lists(config: &Node, verdicts: &mut Verdicts) {
    let entries = |name: &str| config.entries_of(name);
    for name in ONE {
        for entry in entries(name).iter().skip(1) {
            verdicts.record(
                entry,
                Verdict::NeedsYou,
                "one is taken, the first; a further client is an application of its own",
            );
        }
    }
    for name in PAIRS.iter().flat_map(|(one, other)| [one, other]) {
        verdicts.record(
            config.get(name).filter(|node| node.entries().is_empty()),
            Verdict::Always,
            "is empty, so it is not set",
        );
    }
    for (one, other) in PAIRS {
        for (name, partner) in [(one, other), (other, one)] {
            for entry in entries(name).iter().skip(entries(partner).len()) {
                verdicts.record(
                    entry,
                    Verdict::NeedsYou,
                    &format!("`{partner}` has no entry for it, so it is left out"),
                );
            }
        }
    }
}
