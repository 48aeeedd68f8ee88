//! A configuration document of the user's own, and what is wrong with it, told by its file and line.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use relying_party::configuration::{CONFIG_VARIABLE, Fault, Faults, KEYS, Key};
use saphyr_parser::{Event, Marker, Parser, ScanError, StrInput};

/// A document and how the user called it.
#[derive(Clone, Debug)]
pub struct OwnDocument {
    /// The file, as it was given.
    pub name: String,
    /// The text, YAML or JSON.
    pub text: String,
}

/// Where in the document something begins: line and column, from 1.
type Place = (usize, usize);

impl OwnDocument {
    /// Each fault in a line: `<file>:<line>:<column>: <key>: <problem>`, in the order of the document. What is not in it has no
    /// place, and what a variable said is told of the variable.
    pub(super) fn explain(&self, faults: &Faults, environment: &[(String, String)]) -> String {
        let places = places(&self.text);
        let mut lines: Vec<(Option<Place>, String)> =
            faults.0.iter().map(|fault| self.line(fault, places.as_ref(), environment)).collect();
        lines.sort();
        let mut said = String::new();
        for (_, line) in lines {
            let _ = writeln!(said, "{line}");
        }
        said.trim_end().to_owned()
    }

    fn line(
        &self,
        fault: &Fault,
        places: Result<&BTreeMap<String, Place>, &ScanError>,
        environment: &[(String, String)],
    ) -> (Option<Place>, String) {
        let Fault { key, problem } = fault;
        let name = &self.name;
        if key == CONFIG_VARIABLE {
            return match places {
                Err(error) if !self.text.trim_start().starts_with('{') => {
                    let (line, column) = place(error.marker());
                    (
                        Some((line, column)),
                        format!("{name}:{line}:{column}: is not readable as YAML: {}", error.info()),
                    )
                }
                _ => (None, format!("{name}: {problem}")),
            };
        }
        let variable = KEYS
            .iter()
            .find(|known| key.split(['.', '[']).next() == Some(known.name))
            .map(Key::variable)
            .filter(|variable| environment.iter().any(|(given, _)| given == variable));
        if let Some(variable) = variable {
            return (None, format!("{variable}: {problem}"));
        }
        if environment.iter().any(|(given, _)| given == key) {
            return (None, format!("{key}: {problem}"));
        }
        match places.ok().and_then(|places| nearest(key, places)) {
            Some((line, column)) => {
                (Some((line, column)), format!("{name}:{line}:{column}: {key}: {problem}"))
            }
            None => (None, format!("{name}: {key}: {problem}")),
        }
    }
}

/// The place of `key`, or of the part of it that is in the document: of `routes[2]` for `routes[2].auth`.
fn nearest(key: &str, places: &BTreeMap<String, Place>) -> Option<Place> {
    let mut part = key;
    loop {
        if let Some(place) = places.get(part) {
            return Some(*place);
        }
        part = part.get(..part.rfind(['.', '['])?)?;
    }
}

/// Where each key and each entry of a list begins. JSON is read as the YAML that it also is.
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
            self.node(&event, marker, &below)?;
            if let Some((event, marker)) = self.next()? {
                self.node(&event, marker, &below)?;
            }
        }
        Ok(())
    }
}

fn place(marker: &Marker) -> Place {
    (marker.line(), marker.col() + 1)
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
            ("issuer: https://x\ncliend_id: a\n", "my.yaml:2:1: cliend_id: is no known key"),
            ("{\n  \"leeway\": \"x\"\n}", "my.yaml:2:3: leeway: "),
            ("routes:\n  - paths: [/a]\n    auth: x\n", "my.yaml:3:5: routes[0].auth: "),
            ("issuer: https://x\n", "my.yaml: client_id: is required"),
            ("issuer: [https://x\nclient_id: a\n", "my.yaml:"),
            ("issuer: 'a\n", "is not readable as YAML: "),
            ("{\"issuer\": }", "my.yaml: is not readable as JSON at line 1, column "),
        ] {
            let said = said(text, &[]);
            assert!(said.contains(expected), "{text}: {said}");
            assert!(!said.contains("VESTIBULE_"), "{text}: {said}");
        }
    }

    #[test]
    fn what_a_variable_said_is_told_of_the_variable() {
        let environment = [("VESTIBULE_LEEWAY", "x"), ("VESTIBULE_LEWAY", "1")];
        let said = said("leeway: 1\n", &environment);
        assert!(said.contains("VESTIBULE_LEEWAY: "), "{said}");
        assert!(said.contains("VESTIBULE_LEWAY: is no known variable"), "{said}");
        assert!(!said.contains("my.yaml:1"), "{said}");
    }
}
