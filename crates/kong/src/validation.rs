//! Adjusts a draft until vestibule's own parser accepts it.

use relying_party::configuration::kong::Verdict;
use relying_party::configuration::{Configuration, Fault, KEYS, Platform, Role, Shape, Sources};
use relying_party::relying_party::RelyingParty;

use crate::document::Node;
use crate::front::Front;
use crate::router::NO_ROUTE;
use crate::settings::Draft;
use crate::verdicts::Verdicts;
use crate::yaml::{self, Yaml};

/// Reads the document as each function would at its start. A refused value is left out, and the report asks
/// for it.
pub(crate) fn make_valid(draft: &mut Draft, front: Front, config: &Node, verdicts: &mut Verdicts) {
    for _ in 0..KEYS.len() {
        let faults = faults(draft, front);
        if faults.is_empty() {
            return;
        }
        for fault in faults {
            let name: String = fault
                .key
                .chars()
                .take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_')
                .collect();
            refuse(draft, &name, &fault.problem, config, verdicts);
        }
    }
}

fn faults(draft: &Draft, front: Front) -> Vec<Fault> {
    let document = yaml::document(&[], &ordered(draft));
    let mut secrets: serde_json::Map<String, serde_json::Value> =
        draft.secrets.iter().map(|(key, value)| (key.clone(), value.json())).collect();
    for key in &draft.absent_secrets {
        secrets.insert(
            (*key).to_owned(),
            format!("{key} that stands in until somebody has put one there").into(),
        );
    }
    let secrets = serde_json::Value::Object(secrets).to_string();
    let sources =
        Sources { document: Some(&document), secret_document: Some(&secrets), ..Sources::default() };
    let started = |role: &Role| {
        let read = Configuration::from_sources(&sources, *role).and_then(|read| read.on(Platform::Lambda));
        read.and_then(RelyingParty::new).err().map(|faults| faults.0)
    };
    front.roles().iter().find_map(started).unwrap_or_default()
}

/// Leaves a value out, or replaces it with one that admits nobody.
fn refuse(draft: &mut Draft, name: &str, problem: &str, config: &Node, verdicts: &mut Verdicts) {
    verdicts.replace(config.get(name), Verdict::NeedsYou, &format!("`{name}` {problem}"));
    let asked = format!("`{name}` {problem}; its value is left out");
    let nobody = match name {
        "issuer" => Some("https://issuer.invalid"),
        "public_url" => Some("https://app.invalid"),
        "upstream_url" => Some("https://application.invalid"),
        "client_id" => Some("name-the-client"),
        "auth_methods" => Some("session"),
        _ => None,
    };
    draft.need(asked);
    if draft.secrets.iter().any(|(key, _)| key == name) {
        draft.secrets.retain(|(key, _)| key != name);
        let texts = KEYS.iter().filter(|key| key.shape != Shape::Mapping);
        draft.absent_secrets.extend(texts.map(|key| key.name).filter(|key| *key == name));
    } else if name == "routes" {
        draft.warn("the rules of this application cannot be written, so everything is closed");
        let closed = vec![
            ("paths".to_owned(), Yaml::texts(&["/*"])),
            ("groups_required".to_owned(), Yaml::List(vec![Yaml::texts(&[NO_ROUTE])])),
        ];
        draft.set("routes", Yaml::List(vec![Yaml::Mapping(closed)]));
    } else if let Some(nobody) = nobody {
        draft.set_with(name, Yaml::text(nobody), ["Needs you: the value of the input cannot be taken."]);
    } else {
        draft.entries.retain(|entry| entry.key != name);
    }
}

/// Returns the entries in the order of the documentation.
pub(crate) fn ordered(draft: &Draft) -> Vec<yaml::Entry> {
    let place = |entry: &yaml::Entry| KEYS.iter().position(|key| key.name == entry.key);
    let mut entries = draft.entries.clone();
    entries.sort_by_key(|entry| (entry.key == "routes", place(entry)));
    entries
}
