//! Parses YAML events into a tree that keeps text, tags and lines.

use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};

use super::{Fault, function_name};

/// CloudFormation templates are far less nested; the limit bounds the recursion.
const MAXIMUM_DEPTH: usize = 100;

/// One YAML value with its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Node {
    /// Line of the first character, from 1.
    pub(super) line: usize,
    pub(super) content: Content,
}

/// The kind of a node. The short form of a function (`!Ref X`) and its long form (`{Ref: X}`) are the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Scalar {
        text: String,
        plain: bool,
    },
    Sequence(Vec<Node>),
    Mapping(Vec<(String, Node)>),
    /// An intrinsic function by its long name: `Ref`, `Condition` or `Fn::...`.
    Function {
        name: String,
        argument: Box<Node>,
    },
}

impl Node {
    pub(super) fn entry(&self, key: &str) -> Option<&Node> {
        match &self.content {
            Content::Mapping(entries) => entries.iter().find(|(name, _)| name == key).map(|(_, node)| node),
            _ => None,
        }
    }

    /// The text of a scalar, without evaluating anything.
    pub(super) fn literal(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }
}

/// Parses one YAML document.
pub(super) fn parse(text: &str) -> Result<Node, Fault> {
    let mut reader = Reader { parser: Parser::new_from_str(text), line: 1 };
    reader.expect_start()?;
    let first = reader.next()?;
    let root = reader.node(first, 0)?;
    match reader.next()? {
        Event::DocumentEnd => {}
        _ => return Err(reader.fault("the document goes on after its end")),
    }
    match reader.next()? {
        Event::StreamEnd => Ok(root),
        _ => Err(reader.fault("a template is one YAML document")),
    }
}

struct Reader<'input> {
    parser: Parser<'input, saphyr_parser::StrInput<'input>>,
    line: usize,
}

impl<'input> Reader<'input> {
    fn next(&mut self) -> Result<Event<'input>, Fault> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => {
                self.line = line_of(span);
                Ok(event)
            }
            Some(Err(error)) => Err(Fault::new(error.marker().line(), error.info())),
            None => Err(self.fault("the document ends too early")),
        }
    }

    fn fault(&self, message: impl Into<String>) -> Fault {
        Fault::new(self.line, message)
    }

    fn expect_start(&mut self) -> Result<(), Fault> {
        if !matches!(self.next()?, Event::StreamStart) {
            return Err(self.fault("no start of a YAML stream"));
        }
        match self.next()? {
            Event::DocumentStart(_) => Ok(()),
            _ => Err(self.fault("the template is empty")),
        }
    }

    fn node(&mut self, event: Event<'input>, depth: usize) -> Result<Node, Fault> {
        if depth > MAXIMUM_DEPTH {
            return Err(self.fault("nested too deeply"));
        }
        let line = self.line;
        match event {
            Event::Scalar(text, style, 0, tag) => {
                let scalar =
                    Content::Scalar { text: text.into_owned(), plain: matches!(style, ScalarStyle::Plain) };
                tagged(line, scalar, tag.as_deref())
            }
            Event::SequenceStart(0, tag) => {
                let items = self.sequence(depth)?;
                tagged(line, Content::Sequence(items), tag.as_deref())
            }
            Event::MappingStart(0, tag) => {
                let entries = self.mapping(depth)?;
                tagged(line, function_or_mapping(line, entries)?, tag.as_deref())
            }
            Event::Alias(_) | Event::Scalar(..) | Event::SequenceStart(..) | Event::MappingStart(..) => {
                Err(Fault::new(line, "CloudFormation does not support YAML anchors and aliases"))
            }
            _ => Err(Fault::new(line, "a value was expected here")),
        }
    }

    fn sequence(&mut self, depth: usize) -> Result<Vec<Node>, Fault> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                Event::SequenceEnd => return Ok(items),
                event => items.push(self.node(event, depth + 1)?),
            }
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Vec<(String, Node)>, Fault> {
        let mut entries: Vec<(String, Node)> = Vec::new();
        loop {
            let key = match self.next()? {
                Event::MappingEnd => return Ok(entries),
                Event::Scalar(text, _, 0, None) => text.into_owned(),
                _ => return Err(self.fault("a key must be plain text")),
            };
            if entries.iter().any(|(name, _)| *name == key) {
                return Err(self.fault(format!("`{key}` stands here twice")));
            }
            let line = self.line;
            let event = self.next()?;
            let mut value = self.node(event, depth + 1)?;
            // A block value starts on the line below its key, but people look for the key.
            value.line = line;
            entries.push((key, value));
        }
    }
}

fn line_of(span: Span) -> usize {
    span.start.line()
}

fn tagged(line: usize, content: Content, tag: Option<&Tag>) -> Result<Node, Fault> {
    let Some(tag) = tag else { return Ok(Node { line, content }) };
    if tag.handle != "!" {
        return Err(Fault::new(line, format!("unknown tag `{}{}`", tag.handle, tag.suffix)));
    }
    let name = match tag.suffix.as_str() {
        "Ref" | "Condition" => tag.suffix.clone(),
        other => format!("Fn::{other}"),
    };
    if !function_name::is_known(&name) {
        return Err(Fault::new(line, format!("unknown tag `!{}`", tag.suffix)));
    }
    let argument = Box::new(Node { line, content });
    Ok(Node { line, content: Content::Function { name, argument } })
}

fn function_or_mapping(line: usize, entries: Vec<(String, Node)>) -> Result<Content, Fault> {
    let function = entries.iter().find(|(key, _)| key == "Ref" || key.starts_with("Fn::"));
    let Some((name, _)) = function else { return Ok(Content::Mapping(entries)) };
    let name = name.clone();
    if !function_name::is_known(&name) {
        return Err(Fault::new(line, format!("unknown function `{name}`")));
    }
    let mut entries = entries.into_iter();
    match (entries.next(), entries.next()) {
        (Some((_, argument)), None) => Ok(Content::Function { name, argument: Box::new(argument) }),
        _ => Err(Fault::new(line, format!("`{name}` has another key beside it"))),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn fault(text: &str) -> String {
        parse(text).unwrap_err().to_string()
    }

    #[test]
    fn scalars_stay_text() {
        let root = parse("a: 0123\nb: no\nc: '*/*'\n").unwrap();
        assert_eq!(root.entry("a").unwrap().literal(), Some("0123"));
        assert_eq!(root.entry("b").unwrap().literal(), Some("no"));
        assert_eq!(
            root.entry("c").unwrap().content,
            Content::Scalar { text: "*/*".to_owned(), plain: false }
        );
    }

    #[test]
    fn short_and_long_forms_are_one() {
        let short = parse("a: !Ref X").unwrap();
        let long = parse("a: {Ref: X}").unwrap();
        assert_eq!(short.entry("a").unwrap(), long.entry("a").unwrap());
    }

    #[test]
    fn a_key_that_stands_twice_is_refused_with_its_line() {
        assert_eq!(fault("a: 1\nb: 2\na: 3\n"), "line 3: `a` stands here twice");
    }

    #[test]
    fn an_unknown_tag_is_refused_with_its_line() {
        assert_eq!(fault("a: 1\nb: !Magic x\n"), "line 2: unknown tag `!Magic`");
    }

    #[test]
    fn an_unknown_function_is_refused() {
        assert_eq!(fault("a:\n  Fn::ForEach: x\n"), "line 2: unknown function `Fn::ForEach`");
    }

    #[test]
    fn a_function_with_a_neighbour_is_refused() {
        assert_eq!(fault("a: {Ref: X, Other: y}"), "line 1: `Ref` has another key beside it");
    }

    #[test]
    fn anchors_are_refused() {
        assert_eq!(fault("a: &x 1\n"), "line 1: CloudFormation does not support YAML anchors and aliases");
    }

    #[test]
    fn two_documents_are_refused() {
        assert_eq!(fault("a: 1\n---\nb: 2\n"), "line 2: a template is one YAML document");
    }

    #[test]
    fn nesting_beyond_the_limit_is_refused() {
        let deep = format!("a: {}{}", "[".repeat(150), "]".repeat(150));
        assert!(fault(&deep).contains("nested too deeply"), "{}", fault(&deep));
    }
}
