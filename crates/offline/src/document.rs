//! A user's configuration document; reports its faults by file and line.

use std::collections::BTreeMap;

use relying_party::configuration::{CONFIG_VARIABLE, Fault, Faults, KEYS, Key};
use saphyr_parser::{Event, Marker, Parser, ScanError, StrInput};

/// A document and the name that the user gave for it.
#[derive(Clone, Debug)]
pub struct OwnDocument {
    /// The file name, as given.
    pub name: String,
    /// The text, YAML or JSON.
    pub text: String,
}

/// A place in a document: line and column, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// A fault and its location.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LocatedFault {
    /// The place in the document; `None` if the fault is not in the document.
    pub place: Option<Place>,
    /// The key, unless the fault concerns the document as a whole or a variable.
    pub key: Option<String>,
    /// The variable that holds the faulty value.
    pub variable: Option<String>,
    /// The fault in words.
    pub problem: String,
}

impl LocatedFault {
    /// Formats the fault as `<file>:<line>:<column>: <key>: <problem>`; for a variable, as `<variable>:
    /// <problem>`.
    pub fn line(&self, name: &str) -> String {
        let Self { place, key, variable, problem } = self;
        if let Some(variable) = variable {
            return format!("{variable}: {problem}");
        }
        let place = place.map(|Place { line, column }| format!(":{line}:{column}")).unwrap_or_default();
        let key = key.as_ref().map(|key| format!("{key}: ")).unwrap_or_default();
        format!("{name}{place}: {key}{problem}")
    }
}

impl OwnDocument {
    /// Formats each fault as a line, in the order of the document. A fault that is not in the document has no
    /// place.
    pub fn explain(&self, faults: &Faults, environment: &[(String, String)]) -> String {
        let lines: Vec<String> =
            self.located(faults, environment).iter().map(|fault| fault.line(&self.name)).collect();
        lines.join("\n")
    }

    /// Returns each fault with its place, in the order of the document.
    pub(crate) fn located(&self, faults: &Faults, environment: &[(String, String)]) -> Vec<LocatedFault> {
        let places = places(&self.text);
        let mut located: Vec<LocatedFault> =
            faults.0.iter().map(|fault| self.one(fault, places.as_ref(), environment)).collect();
        located.sort();
        located
    }

    /// Returns the place of `key`, or of its nearest parent in the document.
    pub(crate) fn place_of(&self, key: &str) -> Option<Place> {
        nearest(key, &places(&self.text).ok()?)
    }

    /// The text of a top-level key.
    pub(crate) fn text_of(&self, key: &str) -> Option<String> {
        let mut parser = Parser::new_from_str(&self.text);
        let mut next = || Some(parser.next_event()?.ok()?.0);
        let (mut depth, mut name) = (0_usize, None::<String>);
        loop {
            match (next()?, name.take()) {
                (Event::Scalar(text, ..), Some(before)) if depth == 1 && before == key => {
                    return Some(text.into_owned());
                }
                (Event::Scalar(..), Some(_)) if depth == 1 => {}
                (Event::Scalar(text, ..), None) if depth == 1 => name = Some(text.into_owned()),
                (Event::MappingStart(..) | Event::SequenceStart(..), _) => depth += 1,
                (Event::MappingEnd | Event::SequenceEnd, _) => depth = depth.checked_sub(1)?,
                (Event::StreamEnd, _) => return None,
                _ => {}
            }
        }
    }

    fn one(
        &self,
        fault: &Fault,
        places: Result<&BTreeMap<String, Place>, &ScanError>,
        environment: &[(String, String)],
    ) -> LocatedFault {
        let Fault { key, problem } = fault;
        let problem = problem.clone();
        if key == CONFIG_VARIABLE {
            return match places {
                Err(error) if !self.text.trim_start().starts_with('{') => LocatedFault {
                    place: Some(place(error.marker())),
                    key: None,
                    variable: None,
                    problem: format!("is not readable as YAML: {}", yaml_problem(error)),
                },
                _ => match serde_json::from_str::<serde_json::Value>(&self.text) {
                    Err(error) if self.text.trim_start().starts_with('{') => LocatedFault {
                        place: Some(Place { line: error.line(), column: error.column() }),
                        key: None,
                        variable: None,
                        problem: format!("is not readable as JSON: {}", json_problem(&error)),
                    },
                    _ => LocatedFault { place: None, key: None, variable: None, problem },
                },
            };
        }
        let variable = KEYS
            .iter()
            .find(|known| key.split(['.', '[']).next() == Some(known.name))
            .map_or_else(|| key.clone(), Key::variable);
        if environment.iter().any(|(given, _)| *given == variable) {
            return LocatedFault { place: None, key: None, variable: Some(variable), problem };
        }
        let place = places.ok().and_then(|places| nearest(key, places));
        LocatedFault { place, key: Some(key.clone()), variable: None, problem }
    }
}

/// Returns the place of `key`, or of its nearest parent in the document: that of `routes[2]` for
/// `routes[2].auth`.
fn nearest(key: &str, places: &BTreeMap<String, Place>) -> Option<Place> {
    let mut part = key;
    loop {
        if let Some(place) = places.get(part) {
            return Some(*place);
        }
        part = part.get(..part.rfind(['.', '['])?)?;
    }
}

/// The start of each key and of each list entry. JSON is parsed as YAML, of which it is a subset.
fn places(text: &str) -> Result<BTreeMap<String, Place>, ScanError> {
    let mut walk = Walk { parser: Parser::new_from_str(text), places: BTreeMap::new() };
    while let Some((event, marker)) = walk.next()? {
        if !matches!(event, Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd) {
            walk.node(&event, marker, "")?;
        }
    }
    Ok(walk.places)
}

struct Walk<'input> {
    parser: Parser<'input, StrInput<'input>>,
    places: BTreeMap<String, Place>,
}

impl<'input> Walk<'input> {
    fn next(&mut self) -> Result<Option<(Event<'input>, Marker)>, ScanError> {
        let event = self.parser.next_event().transpose()?;
        Ok(event.filter(|(event, _)| *event != Event::StreamEnd).map(|(event, span)| (event, span.start)))
    }

    fn node(&mut self, event: &Event<'input>, marker: Marker, path: &str) -> Result<(), ScanError> {
        self.places.entry(path.to_owned()).or_insert_with(|| place(&marker));
        match event {
            Event::SequenceStart(..) => self.list(path),
            Event::MappingStart(..) => self.mapping(path),
            _ => Ok(()),
        }
    }

    fn list(&mut self, path: &str) -> Result<(), ScanError> {
        for index in 0.. {
            match self.next()? {
                None | Some((Event::SequenceEnd, _)) => break,
                Some((event, marker)) => self.node(&event, marker, &format!("{path}[{index}]"))?,
            }
        }
        Ok(())
    }

    fn mapping(&mut self, path: &str) -> Result<(), ScanError> {
        while let Some((event, marker)) = self.next()? {
            let below = match &event {
                Event::MappingEnd => break,
                Event::Scalar(name, ..) if path.is_empty() => name.to_string(),
                Event::Scalar(name, ..) => format!("{path}.{name}"),
                _ => format!("{path}?"),
            };
            // A key that is given twice is reported where it is given again.
            self.places.insert(below.clone(), place(&marker));
            self.node(&event, marker, &below)?;
            if let Some((event, marker)) = self.next()? {
                self.node(&event, marker, &below)?;
            }
        }
        Ok(())
    }
}

/// The parser's message, in plain words for the commonest mistake.
fn yaml_problem(error: &ScanError) -> &str {
    if error.info().contains("tabs disallowed") { "a tab cannot indent; use spaces" } else { error.info() }
}

/// The parser's message without its place, which stands before it.
fn json_problem(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}

fn place(marker: &Marker) -> Place {
    Place { line: marker.line(), column: marker.col() + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use relying_party::configuration::{Configuration, Role, Sources};

    fn said(text: &str, environment: &[(&str, &str)]) -> String {
        let environment: Vec<(String, String)> =
            environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let sources = Sources { document: Some(text), environment: &environment, ..Sources::default() };
        let document = OwnDocument { name: "my.yaml".to_owned(), text: text.to_owned() };
        match Configuration::from_sources(&sources, Role::Callback) {
            Ok(_) => String::new(),
            Err(faults) => document.explain(&faults, &environment),
        }
    }

    #[test]
    fn every_fault_names_the_file_and_its_place() {
        for (text, expected) in [
            ("issuer: https://x\ncliend_id: a\n", "my.yaml:2:1: cliend_id: is not a known key"),
            ("{\n  \"leeway\": \"x\"\n}", "my.yaml:2:3: leeway: "),
            ("routes:\n  - paths: [/a]\n    auth: x\n", "my.yaml:3:5: routes[0].auth: "),
            ("issuer: https://x\n", "my.yaml: client_id: is required"),
            ("issuer: [https://x\nclient_id: a\n", "my.yaml:"),
            ("issuer: 'a\n", "is not readable as YAML: "),
            ("{\"issuer\": }", "my.yaml:1:12: is not readable as JSON"),
            ("{\"leeway\": 1.5}", "my.yaml: is not readable as JSON at line 1, column 14"),
        ] {
            let said = said(text, &[]);
            assert!(said.contains(expected), "{text}: {said}");
            assert!(!said.contains("VESTIBULE_"), "{text}: {said}");
        }
    }

    #[test]
    fn a_fault_of_a_variable_names_the_variable() {
        let environment = [("VESTIBULE_LEEWAY", "x"), ("VESTIBULE_LEWAY", "1")];
        let said = said("leeway: 1\n", &environment);
        assert!(said.contains("VESTIBULE_LEEWAY: "), "{said}");
        assert!(said.contains("VESTIBULE_LEWAY: is not a known variable"), "{said}");
        assert!(!said.contains("my.yaml:1"), "{said}");
    }
}
