//! Reads documents as trees of text. Numbers, `yes` and `0123` stay as written, because the key decides their
//! meaning.

use std::fmt;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, StrInput};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::Fault;

/// A value as written.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Node {
    List(Vec<Node>),
    /// Members in order, with repeated names.
    Mapping(Vec<(String, Node)>),
    /// `null`, `~` or nothing.
    Nothing,
    /// One text.
    Text(String),
    /// The text of a variable or a default. It can express a list only with commas or as JSON.
    Variable(String),
}

/// Why a text is not a valid document. It gives the position but no content, because the text may hold
/// secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum DocumentFault {
    #[error("uses a YAML alias in line {line}; write the value out")]
    Alias { line: usize },
    #[error("uses a YAML anchor in line {line}; write the value out")]
    Anchor { line: usize },
    #[error("is not a mapping of keys to values")]
    NoMapping,
    #[error("contains several YAML documents")]
    Several,
    #[error("is not readable as {format} at line {line}, column {column}")]
    Syntax { format: &'static str, line: usize, column: usize },
    #[error("uses a YAML tag in line {line}")]
    Tag { line: usize },
    #[error("has a key that is not a text in line {line}")]
    TextKey { line: usize },
    #[error("is nested too deeply")]
    TooDeep,
}

/// No key's value is nested this deep.
const MAX_DEPTH: usize = 16;

/// Reads a document: JSON when it starts with `{`, else YAML.
pub(super) fn parse(text: &str) -> Result<Vec<(String, Node)>, DocumentFault> {
    if text.trim_start().starts_with('{') { parse_json_object(text) } else { parse_yaml(text) }
}

/// Reads a JSON object.
pub(super) fn parse_json_object(text: &str) -> Result<Vec<(String, Node)>, DocumentFault> {
    match parse_json(text)? {
        Node::Mapping(members) => Ok(members),
        Node::List(_) | Node::Nothing | Node::Text(_) | Node::Variable(_) => Err(DocumentFault::NoMapping),
    }
}

/// Reads any JSON value (RFC 8259).
pub(super) fn parse_json(text: &str) -> Result<Node, DocumentFault> {
    // serde_json stops at 128 levels, before our own limit is checked.
    let node: Node = serde_json::from_str(text).map_err(|error| DocumentFault::Syntax {
        format: "JSON",
        line: error.line(),
        column: error.column(),
    })?;
    if node.depth() > MAX_DEPTH { Err(DocumentFault::TooDeep) } else { Ok(node) }
}

/// A fault for every name that occurs twice in a mapping.
pub(super) fn repeated_names(members: &[(String, Node)], prefix: &str) -> Vec<Fault> {
    let mut faults: Vec<Fault> = Vec::new();
    for (index, (name, _)) in members.iter().enumerate() {
        let earlier = members.iter().take(index).filter(|(other, _)| other == name).count();
        if earlier == 1 {
            faults.push(Fault::new(&format!("{prefix}{name}"), "is given twice"));
        }
    }
    faults
}

impl Node {
    fn depth(&self) -> usize {
        let deepest = match self {
            Self::List(entries) => entries.iter().map(Self::depth).max(),
            Self::Mapping(members) => members.iter().map(|(_, node)| node.depth()).max(),
            Self::Nothing | Self::Text(_) | Self::Variable(_) => return 0,
        };
        deepest.unwrap_or(0) + 1
    }
}

/// The derived implementation would print values, which may be secrets.
impl fmt::Debug for Node {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Node(..)")
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Text(value.to_string()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Text(value.to_string()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Text(value.to_string()))
    }

    /// A fraction, or a number too large to be exact: a client id that lost digits must not be accepted.
    fn visit_f64<E: Error>(self, _: f64) -> Result<Node, E> {
        Err(E::custom("a number that is not whole"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.to_owned()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Node, E> {
        Ok(Node::Text(value))
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        Ok(Node::Nothing)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = access.next_element()? {
            entries.push(entry);
        }
        Ok(Node::List(entries))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = access.next_entry()? {
            members.push(member);
        }
        Ok(Node::Mapping(members))
    }
}

fn parse_yaml(text: &str) -> Result<Vec<(String, Node)>, DocumentFault> {
    let mut reader = YamlReader { parser: Parser::new_from_str(text) };
    let mut document = None;
    loop {
        let (event, line) = reader.next()?;
        match event {
            Event::StreamEnd => break,
            Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing => {}
            content if document.is_none() => document = Some(reader.node(content, line, 0)?),
            _ => return Err(DocumentFault::Several),
        }
    }
    match document {
        // A file with comments only.
        None | Some(Node::Nothing) => Ok(Vec::new()),
        Some(Node::Mapping(members)) => Ok(members),
        Some(Node::List(_) | Node::Text(_) | Node::Variable(_)) => Err(DocumentFault::NoMapping),
    }
}

struct YamlReader<'input> {
    parser: Parser<'input, StrInput<'input>>,
}

impl<'input> YamlReader<'input> {
    fn next(&mut self) -> Result<(Event<'input>, usize), DocumentFault> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => Ok((event, span.start.line())),
            Some(Err(error)) => Err(syntax(&error)),
            None => Ok((Event::StreamEnd, 0)),
        }
    }

    fn node(&mut self, event: Event<'input>, line: usize, depth: usize) -> Result<Node, DocumentFault> {
        if depth > MAX_DEPTH {
            return Err(DocumentFault::TooDeep);
        }
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                plain_or_fault(anchor, tag.is_some(), line)?;
                Ok(scalar(&text, style))
            }
            Event::SequenceStart(anchor, tag) => {
                plain_or_fault(anchor, tag.is_some(), line)?;
                self.list(depth)
            }
            Event::MappingStart(anchor, tag) => {
                plain_or_fault(anchor, tag.is_some(), line)?;
                self.mapping(depth)
            }
            Event::Alias(_) => Err(DocumentFault::Alias { line }),
            _ => Err(DocumentFault::Syntax { format: "YAML", line, column: 0 }),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Node, DocumentFault> {
        let mut entries = Vec::new();
        loop {
            let (event, line) = self.next()?;
            if event == Event::SequenceEnd {
                return Ok(Node::List(entries));
            }
            entries.push(self.node(event, line, depth + 1)?);
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Node, DocumentFault> {
        let mut members = Vec::new();
        loop {
            let (event, line) = self.next()?;
            if event == Event::MappingEnd {
                return Ok(Node::Mapping(members));
            }
            let Node::Text(name) = self.node(event, line, depth + 1)? else {
                return Err(DocumentFault::TextKey { line });
            };
            let (event, line) = self.next()?;
            members.push((name, self.node(event, line, depth + 1)?));
        }
    }
}

fn plain_or_fault(anchor: usize, tagged: bool, line: usize) -> Result<(), DocumentFault> {
    if anchor != 0 {
        return Err(DocumentFault::Anchor { line });
    }
    if tagged { Err(DocumentFault::Tag { line }) } else { Ok(()) }
}

fn scalar(text: &str, style: ScalarStyle) -> Node {
    // YAML 1.2.2 section 10.3.2: only plain scalars can be null.
    if style == ScalarStyle::Plain && matches!(text, "" | "~" | "null" | "Null" | "NULL") {
        return Node::Nothing;
    }
    Node::Text(text.to_owned())
}

fn syntax(error: &ScanError) -> DocumentFault {
    let marker = error.marker();
    DocumentFault::Syntax { format: "YAML", line: marker.line(), column: marker.col() }
}
