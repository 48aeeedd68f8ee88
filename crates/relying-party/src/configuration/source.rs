//! The sources and their order: document, secret, environment; the later one wins, key by key.

use std::collections::BTreeMap;

use super::document::{self, Node};
use super::key::{CONFIG_VARIABLE, KEYS, SECRET_ID_VARIABLE, VARIABLE_PREFIX};
use super::{Fault, Sources};

/// Every key that some source gives, from the last source that gives it.
///
/// # Errors
/// What cannot be read at all, keys and variables that nobody knows, keys given twice in one source.
pub(super) fn merge(sources: &Sources<'_>) -> Result<BTreeMap<String, Node>, Vec<Fault>> {
    let mut entries = BTreeMap::new();
    let mut faults = Vec::new();
    let documents = [
        (CONFIG_VARIABLE, sources.document.map(document::parse)),
        (SECRET_ID_VARIABLE, sources.secret_document.map(document::parse_json_object)),
    ];
    for (variable, parsed) in documents {
        match parsed {
            None => {}
            Some(Ok(members)) => add_document(members, &mut entries, &mut faults),
            Some(Err(fault)) => faults.push(Fault::new(variable, &fault.to_string())),
        }
    }
    add_environment(sources.environment, &mut entries, &mut faults);
    if faults.is_empty() { Ok(entries) } else { Err(faults) }
}

fn add_document(members: Vec<(String, Node)>, entries: &mut BTreeMap<String, Node>, faults: &mut Vec<Fault>) {
    faults.extend(document::repeated_names(&members, ""));
    for (name, node) in members {
        if KEYS.iter().any(|key| key.name == name) {
            entries.insert(name, node);
        } else {
            faults.push(Fault::new(&name, &unknown_key(&name)));
        }
    }
}

fn add_environment(
    environment: &[(String, String)],
    entries: &mut BTreeMap<String, Node>,
    faults: &mut Vec<Fault>,
) {
    for (index, (variable, value)) in environment.iter().enumerate() {
        if !variable.starts_with(VARIABLE_PREFIX)
            || [CONFIG_VARIABLE, SECRET_ID_VARIABLE].contains(&&**variable)
        {
            continue;
        }
        if environment.iter().take(index).any(|(earlier, _)| earlier == variable) {
            faults.push(Fault::new(variable, "is given twice"));
            continue;
        }
        match KEYS.iter().find(|key| key.variable() == *variable) {
            Some(key) => drop(entries.insert(key.name.to_owned(), Node::Text(value.clone()))),
            None => faults.push(Fault::new(variable, "is no known variable")),
        }
    }
}

/// The nearest key, so that a slip of the finger explains itself.
fn unknown_key(name: &str) -> String {
    let flat = flatten(name);
    KEYS.iter()
        .find(|key| flatten(key.name) == flat)
        .map_or_else(|| "is no known key".to_owned(), |key| format!("is no known key; `{}` is", key.name))
}

fn flatten(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}
