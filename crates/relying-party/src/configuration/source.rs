//! Merges the sources: document, secret, environment. A later one overrides an earlier one, key by key. The
//! deployer's own document overrides nothing: if it and another source have the same key, that is a fault,
//! because one of the two would be ignored.

use std::collections::BTreeMap;

use super::document::{self, DocumentFault, Node};
use super::key::{CONFIG_VARIABLE, CONFIGURATION_SECRET_VARIABLE, KEYS, SECRET_ID_VARIABLE, VARIABLE_PREFIX};
use super::{Fault, Faults, kong, suggestion};

/// The sources of the configuration. Each field overrides those before it, key by key, except
/// `configuration_secret`, which may repeat no key.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sources<'a> {
    /// The YAML or JSON document that `VESTIBULE_CONFIG` names or holds.
    pub document: Option<&'a str>,
    /// The JSON text of the secret that `VESTIBULE_SECRET_ID` names.
    pub secret_document: Option<&'a str>,
    /// The JSON text of the secret that `VESTIBULE_CONFIGURATION_SECRET` names: the deployer's own keys.
    pub configuration_secret: Option<&'a str>,
    /// Every environment variable whose name starts with `VESTIBULE_`, name and value.
    pub environment: &'a [(String, String)],
}

/// The member of a document that holds the deployer's own keys. A template can only insert a text as a whole.
const CONFIGURATION: &str = "configuration";

/// The forms of `VESTIBULE_CONFIG`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigLocation<'a> {
    /// The document itself: the text starts with `{` or has a newline.
    Inline(&'a str),
    /// A file.
    Path(&'a str),
    /// `secret:<id>`: the id of a Secrets Manager secret that holds the document.
    Secret(&'a str),
}

impl<'a> ConfigLocation<'a> {
    /// Finds out which form it is. Reads nothing else.
    pub fn parse(text: &'a str) -> Self {
        if text.trim_start().starts_with('{') || text.contains('\n') {
            return Self::Inline(text);
        }
        text.strip_prefix("secret:").map_or(Self::Path(text), Self::Secret)
    }
}

/// Every key that a source gives, with the value of the last source, and the faults of names: unknown keys
/// and variables, and keys given twice in one source.
///
/// # Errors
///
/// A document cannot be read, so that its keys cannot be checked.
pub(super) fn merge(sources: &Sources<'_>) -> Result<(BTreeMap<String, Node>, Vec<Fault>), Faults> {
    let (mut entries, mut faults, mut unreadable) = (BTreeMap::new(), Vec::new(), Vec::new());
    let mut read = |variable, parsed: Option<Result<Vec<(String, Node)>, DocumentFault>>| {
        parsed.and_then(|parsed| {
            parsed.map_err(|fault| unreadable.push(Fault::new(variable, &fault.to_string()))).ok()
        })
    };
    let document = read(CONFIG_VARIABLE, sources.document.map(document::parse));
    let secret = read(SECRET_ID_VARIABLE, sources.secret_document.map(document::parse_json_object));
    let own =
        read(CONFIGURATION_SECRET_VARIABLE, sources.configuration_secret.map(document::parse_json_object));
    let nested = document.and_then(|mut members| {
        let nested = take_configuration(&mut members, &mut faults);
        add_document(members, &mut entries, &mut faults);
        nested
    });
    add_document(secret.unwrap_or_default(), &mut entries, &mut faults);
    add_environment(sources.environment, &mut entries, &mut faults);
    for members in nested.into_iter().chain(own) {
        faults.extend(members.iter().filter(|(name, _)| entries.contains_key(name)).map(given_elsewhere));
        add_document(members, &mut entries, &mut faults);
    }
    if unreadable.is_empty() {
        return Ok((entries, faults));
    }
    unreadable.extend(faults);
    Err(Faults(unreadable))
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

/// Takes the deployer's own keys out of a document.
fn take_configuration(
    members: &mut Vec<(String, Node)>,
    faults: &mut Vec<Fault>,
) -> Option<Vec<(String, Node)>> {
    let place = members.iter().position(|(name, _)| name == CONFIGURATION)?;
    match members.remove(place).1 {
        Node::Mapping(members) => Some(members),
        Node::List(_) | Node::Nothing | Node::Text(_) | Node::Variable(_) => {
            faults.push(Fault::new(CONFIGURATION, "is not a mapping of keys to values"));
            None
        }
    }
}

fn given_elsewhere((name, _): &(String, Node)) -> Fault {
    Fault::new(name, "is given elsewhere too; a key has one source")
}

fn add_environment(
    environment: &[(String, String)],
    entries: &mut BTreeMap<String, Node>,
    faults: &mut Vec<Fault>,
) {
    for (index, (variable, value)) in environment.iter().enumerate() {
        let Some(upper_case) = variable.strip_prefix(VARIABLE_PREFIX) else { continue };
        if [CONFIG_VARIABLE, SECRET_ID_VARIABLE, CONFIGURATION_SECRET_VARIABLE].contains(&&**variable) {
            continue;
        }
        if environment.iter().take(index).any(|(earlier, _)| earlier == variable) {
            faults.push(Fault::new(variable, "is given twice"));
            continue;
        }
        let called = |name: &str| name.bytes().map(|byte| byte.to_ascii_uppercase()).eq(upper_case.bytes());
        match KEYS.iter().find(|key| called(key.name)) {
            Some(key) => drop(entries.insert(key.name.to_owned(), Node::Variable(value.clone()))),
            None => faults.push(Fault::new(variable, &unknown_variable(variable))),
        }
    }
}

/// Suggests the intended key, or the replacement for a parameter of Kong's, so that the fault explains
/// itself.
fn unknown_key(name: &str) -> String {
    let flat = flatten(name);
    if let Some(key) = KEYS.iter().find(|key| flatten(key.name) == flat) {
        return format!("is not a known key; `{}` is", key.name);
    }
    let names = KEYS.iter().map(|key| key.name);
    match kong::instead_of(name) {
        Some(instead) if suggestion::nearest(name, names.clone()).is_none() => {
            format!("is not a key here: {instead}")
        }
        _ => suggestion::unknown(name, names),
    }
}

fn unknown_variable(variable: &str) -> String {
    let name = variable.strip_prefix(VARIABLE_PREFIX).unwrap_or_default().to_ascii_lowercase();
    match suggestion::nearest(&name, KEYS.iter().map(|key| key.name)) {
        Some(key) => {
            format!("is not a known variable; did you mean `{VARIABLE_PREFIX}{}`?", key.to_ascii_uppercase())
        }
        None => "is not a known variable".to_owned(),
    }
}

fn flatten(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}
