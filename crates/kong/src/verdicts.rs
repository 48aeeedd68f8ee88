//! Records a verdict for every setting of the input, so that none is dropped silently.

use std::collections::HashMap;

use relying_party::configuration::kong::Verdict;

use crate::document::{Node, Place, Value};

/// One scalar value of the input.
pub(crate) struct Leaf {
    pub(crate) id: usize,
    pub(crate) place: Place,
    /// As in `services[0].routes[1].paths[0]`.
    pub(crate) name: String,
    /// Whether it is an empty list or mapping.
    is_empty: bool,
}

/// The verdict on each value.
#[derive(Default)]
pub(crate) struct Verdicts {
    leaves: Vec<Leaf>,
    recorded: HashMap<usize, (Verdict, String)>,
}

impl Verdicts {
    /// Expects a verdict for every value in a file's documents.
    pub(crate) fn add_documents(&mut self, documents: &[Node]) {
        for (index, document) in documents.iter().enumerate() {
            let name = if documents.len() > 1 { format!("document[{index}]") } else { String::new() };
            self.add(document, &name);
        }
    }

    fn add(&mut self, node: &Node, name: &str) {
        match &node.value {
            Value::List(entries) if !entries.is_empty() => {
                for (index, entry) in entries.iter().enumerate() {
                    self.add(entry, &format!("{name}[{index}]"));
                }
            }
            Value::Mapping(members) if !members.is_empty() => {
                for member in members {
                    let dot = if name.is_empty() { "" } else { "." };
                    self.add(&member.node, &format!("{name}{dot}{}", crate::document::shown(&member.name)));
                }
            }
            value => self.leaves.push(Leaf {
                id: node.id,
                place: node.place,
                name: name.to_owned(),
                is_empty: matches!(value, Value::List(_) | Value::Mapping(_)),
            }),
        }
    }

    /// Records a verdict for every value in `node`, if there is one, that has none yet.
    pub(crate) fn record<'n>(&mut self, node: impl Into<Option<&'n Node>>, verdict: Verdict, text: &str) {
        for leaf in node.into().map(Node::leaves).unwrap_or_default() {
            self.recorded.entry(leaf.id).or_insert_with(|| (verdict, text.to_owned()));
        }
    }

    /// Replaces the verdict for every value in `node`, if there is one.
    pub(crate) fn replace<'n>(&mut self, node: impl Into<Option<&'n Node>>, verdict: Verdict, text: &str) {
        for leaf in node.into().map(Node::leaves).unwrap_or_default() {
            self.recorded.insert(leaf.id, (verdict, text.to_owned()));
        }
    }

    /// Returns every value in the order of the files, with its verdict.
    pub(crate) fn into_rows(mut self) -> Vec<(Leaf, Verdict, String)> {
        let recorded = &mut self.recorded;
        let mut lines: Vec<(Leaf, Verdict, String)> = self
            .leaves
            .into_iter()
            .map(|leaf| {
                let unread = if leaf.is_empty {
                    (Verdict::Always, "is empty")
                } else {
                    (Verdict::NeedsYou, "nothing here reads this setting; look whether you rely on it")
                };
                let recorded = recorded.remove(&leaf.id);
                let (verdict, text) = recorded.unwrap_or_else(|| (unread.0, unread.1.to_owned()));
                (leaf, verdict, text)
            })
            .collect();
        lines.sort_by_key(|(leaf, ..)| (leaf.place, leaf.id));
        lines
    }
}
