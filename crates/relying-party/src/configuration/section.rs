//! Reads one mapping. It takes each entry once, and records every fault without skipping the entries after
//! it.

use std::collections::{BTreeMap, BTreeSet};

use super::document::{self, Node};
use super::key::{Default, Key};
use super::{Fault, suggestion};
use crate::token::claims::ClaimPath;

/// The entries of one mapping that have not been read yet, and the faults of those that have.
pub(super) struct Section {
    prefix: String,
    entries: BTreeMap<String, Node>,
    /// The names that have been read.
    known: BTreeSet<String>,
    faults: Vec<Fault>,
}

/// The fault has been recorded in the section's list, so reading can go on with the next key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FaultRecorded;

impl Section {
    /// The section of the whole configuration.
    pub(super) const fn new(entries: BTreeMap<String, Node>) -> Self {
        Self { prefix: String::new(), entries, known: BTreeSet::new(), faults: Vec::new() }
    }

    /// Tells whether the key was given, even with its default value.
    pub(super) fn is_given(&self, key: &Key) -> bool {
        self.entries.contains_key(key.name)
    }

    /// Reads `key`. Its default text, if it has one, goes through the same `parse`.
    pub(super) fn key<T>(
        &mut self,
        key: &Key,
        parse: impl FnOnce(Node) -> Result<T, String>,
    ) -> Result<Option<T>, FaultRecorded> {
        let node = self.take_or_default(key)?;
        self.parsed(key.name, node, parse)
    }

    /// Reads a key that is required or has a default text.
    pub(super) fn always<T>(
        &mut self,
        key: &Key,
        parse: impl FnOnce(Node) -> Result<T, String>,
    ) -> Result<T, FaultRecorded> {
        self.key(key, parse)?.ok_or_else(|| self.fault(key.name, "is required"))
    }

    /// Reads the entry `name`, if it is there.
    pub(super) fn read<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(Node) -> Result<T, String>,
    ) -> Result<Option<T>, FaultRecorded> {
        let node = self.take(name);
        self.parsed(name, node, parse)
    }

    /// The value of `node`. Each type and each `parse` has its own copy of this, so what they share is in the
    /// functions below.
    fn parsed<T>(
        &mut self,
        name: &str,
        node: Option<Node>,
        parse: impl FnOnce(Node) -> Result<T, String>,
    ) -> Result<Option<T>, FaultRecorded> {
        match node.map(parse) {
            Some(Ok(value)) => Ok(Some(value)),
            Some(Err(problem)) => Err(self.fault(name, &problem)),
            None => Ok(None),
        }
    }

    /// The entry of `key`, or its default text.
    #[inline(never)]
    fn take_or_default(&mut self, key: &Key) -> Result<Option<Node>, FaultRecorded> {
        if key.default == Default::Required && !self.is_given(key) {
            return Err(self.fault(key.name, "is required"));
        }
        let node = self.take(key.name);
        Ok(match key.default {
            Default::Value(text) => node.or_else(|| Some(Node::Variable(text.to_owned()))),
            _ => node,
        })
    }

    #[inline(never)]
    fn take(&mut self, name: &str) -> Option<Node> {
        self.known.insert(name.to_owned());
        self.entries.remove(name)
    }

    /// The entry `name` as a list of mappings. Each must be passed to [`Self::absorb`] afterwards.
    pub(super) fn rows(&mut self, name: &str) -> Result<Option<Vec<Self>>, FaultRecorded> {
        let Some(nodes) = self.read(name, nodes)? else {
            return Ok(None);
        };
        let mut rows = Vec::new();
        let mut recorded = None;
        for (index, node) in nodes.into_iter().enumerate() {
            let place = format!("{name}[{index}]");
            match node {
                Node::Mapping(members) => {
                    let prefix = format!("{}{place}.", self.prefix);
                    let faults = document::repeated_names(&members, &prefix);
                    let entries = members.into_iter().collect();
                    rows.push(Self { prefix, entries, known: BTreeSet::new(), faults });
                }
                _ => recorded = Some(self.fault(&place, "is not a mapping")),
            }
        }
        recorded.map_or(Ok(Some(rows)), Err)
    }

    /// Takes over the faults of a row of this section. Entries that were not read are unknown names.
    pub(super) fn absorb(&mut self, row: Self) {
        let Self { prefix, entries, known, faults } = row;
        self.faults.extend(faults);
        let known = || known.iter().map(String::as_str);
        self.faults.extend(
            entries
                .into_keys()
                .map(|name| Fault::new(&format!("{prefix}{name}"), &suggestion::unknown(&name, known()))),
        );
    }

    /// Records a fault.
    #[cold]
    #[inline(never)]
    pub(super) fn fault(&mut self, name: &str, problem: &str) -> FaultRecorded {
        self.faults.push(Fault::new(&format!("{}{name}", self.prefix), problem));
        FaultRecorded
    }

    /// Returns the faults, and the names of entries that were not read.
    pub(super) fn finish(self) -> (Vec<Fault>, Vec<String>) {
        (self.faults, self.entries.into_keys().collect())
    }
}

/// One text. A list of one, as Kong writes it, means that text.
pub(super) fn text(node: Node) -> Result<String, String> {
    let text = exact_text(node)?.trim().to_owned();
    if text.is_empty() { Err(EMPTY.to_owned()) } else { Ok(text) }
}

/// One text, unchanged byte for byte, as a secret requires.
pub(super) fn exact_text(node: Node) -> Result<String, String> {
    match node {
        Node::Text(text) | Node::Variable(text) => {
            if text.is_empty() {
                return Err(EMPTY.to_owned());
            }
            let has_control = text.chars().any(char::is_control);
            if has_control { Err("holds a control character".to_owned()) } else { Ok(text) }
        }
        Node::List(mut entries) => match (entries.pop(), entries.is_empty()) {
            (Some(entry @ Node::Text(_)), true) => exact_text(entry),
            (None, _) => Err(EMPTY.to_owned()),
            _ => Err("must be one text".to_owned()),
        },
        Node::Nothing => Err(EMPTY.to_owned()),
        Node::Mapping(_) => Err("must be a text".to_owned()),
    }
}

/// One or more texts, none of them empty: a list or one text; in a variable a JSON list or texts separated by
/// commas.
pub(super) fn list(node: Node) -> Result<Vec<String>, String> {
    entries(node)?.into_iter().map(entry).collect()
}

/// One or more entries, like [`list`], but each may itself be a list of texts.
pub(super) fn list_of<T>(
    node: Node,
    one: impl Fn(String) -> Result<T, String>,
    several: impl Fn(Vec<String>) -> Result<T, String>,
) -> Result<Vec<T>, String> {
    entries(node)?
        .into_iter()
        .map(|node| if matches!(node, Node::List(_)) { several(list(node)?) } else { one(entry(node)?) })
        .collect()
}

fn entries(node: Node) -> Result<Vec<Node>, String> {
    let entries = match node {
        Node::Text(text) | Node::Variable(text) if text.trim().is_empty() => Vec::new(),
        Node::Variable(text) if text.trim_start().starts_with('[') => json_list(&text)?,
        Node::Variable(text) => text.split(',').map(|entry| Node::Text(entry.to_owned())).collect(),
        Node::Text(_) => vec![node],
        Node::List(entries) => entries,
        Node::Nothing => Vec::new(),
        Node::Mapping(_) => return Err("must be a list of texts".to_owned()),
    };
    if entries.is_empty() { Err(EMPTY_LIST.to_owned()) } else { Ok(entries) }
}

fn entry(node: Node) -> Result<String, String> {
    match node {
        Node::Text(entry) | Node::Variable(entry) if entry.trim().is_empty() => {
            Err("has an empty entry".to_owned())
        }
        Node::Nothing => Err("has an empty entry".to_owned()),
        Node::Text(_) | Node::Variable(_) => text(node),
        Node::List(_) | Node::Mapping(_) => Err("must be a list of texts".to_owned()),
    }
}

/// A path into nested claims: a list of names, or one name.
pub(super) fn claim_path(node: Node) -> Result<ClaimPath, String> {
    let names = match node {
        Node::Text(_) => vec![text(node)?],
        Node::Variable(ref written) if !written.trim_start().starts_with('[') => vec![text(node)?],
        other => list(other)?,
    };
    ClaimPath::nested(names).ok_or_else(|| "must be the name of a claim, or a list of names".to_owned())
}

/// Names and texts, in order: a mapping, or a JSON object as text.
pub(super) fn pairs(node: Node) -> Result<Vec<(String, String)>, String> {
    let members = match node {
        Node::Mapping(members) => members,
        Node::Text(text) | Node::Variable(text) if text.trim_start().starts_with('{') => {
            document::parse_json_object(&text).map_err(|fault| fault.to_string())?
        }
        _ => return Err("must be a mapping of names to texts".to_owned()),
    };
    let names: Vec<&String> = members.iter().map(|(name, _)| name).collect();
    if names.iter().enumerate().any(|(index, name)| names.iter().take(index).any(|other| other == name)) {
        return Err("has a name twice".to_owned());
    }
    members.into_iter().map(|(name, node)| Ok((name, text(node)?))).collect()
}

/// A whole number of seconds between `least` and `most`.
pub(super) fn seconds(least: i64, most: i64) -> impl FnOnce(Node) -> Result<i64, String> {
    move |node| {
        let text = text(node)?;
        let number = text.parse::<i64>().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
        number
            .filter(|number| (least..=most).contains(number))
            .ok_or_else(|| format!("must be a whole number of seconds from {least} to {most}"))
    }
}

/// `true` or `false`.
pub(super) fn flag(node: Node) -> Result<bool, String> {
    one_of(&[("true", true), ("false", false)])(node)
}

/// One of these words.
pub(super) fn one_of<T: Copy>(words: &[(&str, T)]) -> impl Fn(Node) -> Result<T, String> {
    move |node| {
        let text = text(node)?;
        words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value).ok_or_else(|| {
            let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            format!("must be one of {}", words.join(", "))
        })
    }
}

const EMPTY: &str = "is empty; leave the key out";

/// The problem of an empty list. One reader would take it for everybody and another for nobody.
pub(super) const EMPTY_LIST: &str = "is an empty list; leave the key out";

fn nodes(node: Node) -> Result<Vec<Node>, String> {
    match node {
        Node::List(entries) => Ok(entries),
        Node::Mapping(_) => Ok(vec![node]),
        Node::Text(text) | Node::Variable(text) if text.trim_start().starts_with('[') => {
            nodes(Node::List(json_list(&text)?))
        }
        Node::Text(text) | Node::Variable(text) if text.trim_start().starts_with('{') => {
            document::parse_json(&text).map(|row| vec![row]).map_err(|fault| fault.to_string())
        }
        Node::Nothing => Err(EMPTY.to_owned()),
        Node::Text(_) | Node::Variable(_) => {
            Err("must be a list of mappings, in a variable as JSON".to_owned())
        }
    }
}

fn json_list(text: &str) -> Result<Vec<Node>, String> {
    match document::parse_json(text) {
        Ok(Node::List(entries)) => Ok(entries),
        Ok(_) => Err("must be a JSON list".to_owned()),
        Err(fault) => Err(fault.to_string()),
    }
}
