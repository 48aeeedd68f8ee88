//! Reads YAML and JSON as trees in which every value has its place.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, StrInput};

use crate::Fault;

/// The largest file, in bytes. Files of whole fleets are far smaller; `deck gateway dump --select-tag` splits
/// a larger one.
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// The greatest nesting, which no entity of Kong or Kubernetes reaches.
const MAX_DEPTH: usize = 48;

/// The most values in all files. Expanded aliases count, so that a few lines cannot fill the memory.
const MAX_VALUES: usize = 400_000;

/// A place in the input. Lines and columns count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// The index of the file.
    pub(crate) file: usize,
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// A value with its place, and a number that identifies it among the verdicts.
#[derive(Clone)]
pub(crate) struct Node {
    pub(crate) id: usize,
    pub(crate) place: Place,
    pub(crate) value: Value,
}

#[derive(Clone)]
pub(crate) enum Value {
    List(Vec<Node>),
    Mapping(Vec<Member>),
    /// `null`, `~` or an absent value.
    Nothing,
    Text(String),
}

/// A name and its value in a mapping.
#[derive(Clone)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) node: Node,
}

impl Node {
    /// The members of a mapping; empty for any other value.
    pub(crate) fn members(&self) -> &[Member] {
        match &self.value {
            Value::Mapping(members) => members,
            _ => &[],
        }
    }

    /// The entries of a list; a single value counts as a list of one, `Nothing` as an empty list.
    pub(crate) fn entries(&self) -> &[Self] {
        match &self.value {
            Value::List(entries) => entries,
            Value::Nothing => &[],
            Value::Mapping(_) | Value::Text(_) => std::slice::from_ref(self),
        }
    }

    /// The member `name`, unless its value is `Nothing`.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        let member = self.members().iter().find(|member| member.name == name)?;
        (!matches!(member.node.value, Value::Nothing)).then_some(&member.node)
    }

    /// The entries of the member `name`.
    pub(crate) fn entries_of(&self, name: &str) -> &[Self] {
        self.get(name).map(Self::entries).unwrap_or_default()
    }

    /// The values in it that have no further values: itself, or those of a list or a mapping that is not empty.
    pub(crate) fn leaves(&self) -> Vec<&Self> {
        match &self.value {
            Value::List(entries) if !entries.is_empty() => entries.iter().flat_map(Self::leaves).collect(),
            Value::Mapping(members) if !members.is_empty() => {
                members.iter().flat_map(|member| member.node.leaves()).collect()
            }
            _ => vec![self],
        }
    }

    /// The member at the end of `path`.
    pub(crate) fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, name| node.get(name))
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The text of the member `name`.
    pub(crate) fn text_of(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Self::text)
    }

    /// The texts of a list, or a single text; other values are left out.
    pub(crate) fn texts(&self) -> Vec<&str> {
        self.entries().iter().filter_map(Self::text).collect()
    }

    /// The texts of the member `name`.
    pub(crate) fn texts_of(&self, name: &str) -> Vec<String> {
        self.get(name).map(|node| node.texts().into_iter().map(str::to_owned).collect()).unwrap_or_default()
    }

    /// Adds the members of `other` that this mapping lacks, and does the same in each mapping that both have.
    pub(crate) fn fill_from(&mut self, other: &Self) {
        let Value::Mapping(members) = &mut self.value else { return };
        for more in other.members() {
            match members.iter_mut().find(|member| member.name == more.name) {
                Some(own) => own.node.fill_from(&more.node),
                None => members.push(more.clone()),
            }
        }
    }

    /// The value of a `true` or `false` member.
    pub(crate) fn flag_of(&self, name: &str) -> Option<bool> {
        match self.text_of(name)? {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }
}

/// Reads every document of a file. `numbers` is the number of values in the files before.
pub(crate) fn read(file: usize, text: &str, numbers: &mut usize) -> Result<Vec<Node>, Located> {
    if text.len() > MAX_BYTES {
        let problem = "is larger than 8 MiB; bring a part, as `deck gateway dump --select-tag` writes it";
        return Err(Located::new(file, 1, 1, problem));
    }
    if let Some((line, column)) = control(text) {
        return Err(Located::new(file, line, column, "has a control character, so it is not text"));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // In JSON a tab is only valid between tokens (RFC 8259 section 7), where YAML does not permit it.
    let json = text.trim_start().starts_with(['{', '[']);
    let spaced = if json { text.replace('\t', " ") } else { text.to_owned() };
    let mut reader =
        Reader { parser: Parser::new_from_str(&spaced), file, numbers, anchors: HashMap::new(), values: 0 };
    reader.documents()
}

/// A problem at a place; the name of the file is added later.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Located {
    pub(crate) place: Place,
    pub(crate) problem: String,
}

impl Located {
    fn new(file: usize, line: usize, column: usize, problem: &str) -> Self {
        Self::at(Place { file, line, column }, problem)
    }

    pub(crate) fn at(place: Place, problem: &str) -> Self {
        Self { place, problem: problem.to_owned() }
    }

    /// Adds the name of the file.
    pub(crate) fn named(self, names: &[String]) -> Fault {
        Fault {
            file: names.get(self.place.file).cloned().unwrap_or_default(),
            line: self.place.line,
            column: self.place.column,
            problem: self.problem,
        }
    }
}

/// The place of the first control character, none of which a text may have.
fn control(text: &str) -> Option<(usize, usize)> {
    let bad = |letter: char| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t' | '\u{85}');
    let replaced = |letter: char| bad(letter) || letter == '\u{fffd}';
    let (number, line) = text.lines().enumerate().find(|(_, line)| line.contains(replaced))?;
    let column = line.chars().position(replaced)?;
    Some((number + 1, column + 1))
}

struct Reader<'input, 'numbers> {
    parser: Parser<'input, StrInput<'input>>,
    file: usize,
    numbers: &'numbers mut usize,
    anchors: HashMap<usize, Node>,
    /// The number of values so far, including those of aliases.
    values: usize,
}

impl<'input> Reader<'input, '_> {
    fn documents(&mut self) -> Result<Vec<Node>, Located> {
        let mut documents = Vec::new();
        loop {
            let (event, place) = self.next()?;
            match event {
                Event::StreamEnd => return Ok(documents),
                Event::DocumentStart(_) => self.anchors.clear(),
                Event::StreamStart | Event::DocumentEnd | Event::Nothing => {}
                content => {
                    let node = self.node(content, place, 0)?;
                    if !matches!(node.value, Value::Nothing) {
                        documents.push(node);
                    }
                }
            }
        }
    }

    /// The number of a new value.
    fn next_number(&mut self) -> usize {
        *self.numbers += 1;
        *self.numbers
    }

    fn next(&mut self) -> Result<(Event<'input>, Place), Located> {
        let place = |line, column: usize| Place { file: self.file, line, column: column + 1 };
        match self.parser.next_event() {
            Some(Ok((event, span))) => Ok((event, place(span.start.line(), span.start.col()))),
            Some(Err(error)) => Err(self.syntax(&error)),
            None => Ok((Event::StreamEnd, place(1, 0))),
        }
    }

    fn syntax(&self, error: &ScanError) -> Located {
        let marker = error.marker();
        // The parser's own message is dropped because it may quote the input.
        let problem = if error.info().contains("tabs disallowed") {
            "is not readable as YAML: a tab cannot indent; use spaces"
        } else {
            "is not readable as YAML or JSON; look at indentation, quotation marks and brackets up to here"
        };
        Located::new(self.file, marker.line(), marker.col() + 1, problem)
    }

    fn node(&mut self, event: Event<'input>, place: Place, depth: usize) -> Result<Node, Located> {
        if depth > MAX_DEPTH {
            return Err(Located::at(place, "is nested too deeply"));
        }
        self.count(1, place)?;
        let (anchor, tagged, value) = match event {
            Event::Scalar(text, style, anchor, tag) => (anchor, tag.is_some(), scalar(&text, style)),
            Event::SequenceStart(anchor, tag) => (anchor, tag.is_some(), self.list(depth)?),
            Event::MappingStart(anchor, tag) => (anchor, tag.is_some(), self.mapping(depth)?),
            Event::Alias(anchor) => return self.alias(anchor, place),
            _ => return Err(Located::at(place, "is not readable as YAML or JSON")),
        };
        if tagged {
            return Err(Located::at(place, "uses a YAML tag; leave it out"));
        }
        let node = Node { id: self.next_number(), place, value };
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn count(&mut self, more: usize, place: Place) -> Result<(), Located> {
        self.values += more;
        if self.values > MAX_VALUES {
            return Err(Located::at(place, "has more values than can be read at once; bring a part"));
        }
        Ok(())
    }

    fn alias(&mut self, anchor: usize, place: Place) -> Result<Node, Located> {
        let Some(node) = self.anchors.get(&anchor) else {
            return Err(Located::at(place, "is an alias of a value that contains it"));
        };
        let mut copy = node.clone();
        self.count(size(&copy), place)?;
        self.number(&mut copy);
        Ok(copy)
    }

    /// Numbers a copy anew, because it is a setting of its own.
    fn number(&mut self, node: &mut Node) {
        node.id = self.next_number();
        match &mut node.value {
            Value::List(entries) => {
                for entry in entries.iter_mut() {
                    self.number(entry);
                }
            }
            Value::Mapping(members) => {
                for member in members.iter_mut() {
                    self.number(&mut member.node);
                }
            }
            Value::Nothing | Value::Text(_) => {}
        }
    }

    fn list(&mut self, depth: usize) -> Result<Value, Located> {
        let mut entries = Vec::new();
        loop {
            let (event, place) = self.next()?;
            if event == Event::SequenceEnd {
                return Ok(Value::List(entries));
            }
            entries.push(self.node(event, place, depth + 1)?);
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Value, Located> {
        let mut members: Vec<Member> = Vec::new();
        let mut names = std::collections::HashSet::new();
        let mut merged: Vec<Node> = Vec::new();
        loop {
            let (event, place) = self.next()?;
            if event == Event::MappingEnd {
                break;
            }
            let plain_merge = matches!(&event, Event::Scalar(text, ScalarStyle::Plain, _, _) if text == "<<");
            let Value::Text(name) = self.node(event, place, depth + 1)?.value else {
                return Err(Located::at(place, "has a key that is not a text"));
            };
            let (event, value_place) = self.next()?;
            let node = self.node(event, value_place, depth + 1)?;
            if plain_merge {
                merged.extend(node.entries().iter().cloned());
                continue;
            }
            if !names.insert(name.clone()) {
                return Err(Located::at(place, &format!("has `{}` twice", shown(&name))));
            }
            members.push(Member { name, node });
        }
        for node in merged {
            let Value::Mapping(more) = node.value else {
                return Err(Located::at(node.place, "is merged (`<<`), but is not a mapping"));
            };
            // YAML's merge key: a member of the mapping itself, or of an earlier merged one, takes
            // precedence.
            members.extend(more.into_iter().filter(|member| names.insert(member.name.clone())));
        }
        Ok(Value::Mapping(members))
    }
}

fn size(node: &Node) -> usize {
    1 + match &node.value {
        Value::List(entries) => entries.iter().map(size).sum(),
        Value::Mapping(members) => members.iter().map(|member| size(&member.node)).sum::<usize>(),
        Value::Nothing | Value::Text(_) => 0,
    }
}

fn scalar(text: &str, style: ScalarStyle) -> Value {
    // YAML 1.2.2 section 10.3.2: only plain scalars can be null.
    if style == ScalarStyle::Plain && matches!(text, "" | "~" | "null" | "Null" | "NULL") {
        return Value::Nothing;
    }
    Value::Text(text.to_owned())
}

/// Returns `text` without the characters that some reader treats as a line break (YAML 1.1 section 5.4).
pub(crate) fn on_one_line(text: &str) -> String {
    let ends_a_line = |letter: char| letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}');
    text.replace(ends_a_line, " ")
}

/// Shortens a name from the input to one line for a sentence.
pub(crate) fn shown(text: &str) -> String {
    let line = on_one_line(text);
    if line.chars().count() <= 80 { line } else { line.chars().take(79).chain(['…']).collect() }
}
