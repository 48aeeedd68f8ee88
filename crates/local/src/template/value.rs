//! Holds evaluated values and converts them to the required type.

use super::Fault;

/// An evaluated value with the line it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// Line in the template, from 1.
    pub line: usize,
    /// The kind.
    pub kind: Kind,
}

/// The kind of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text, unconverted, whatever type YAML would give it.
    Text(String),
    /// A list.
    List(Vec<Value>),
    /// A map in the order of the template, without the entries that are `AWS::NoValue`.
    Map(Vec<(String, Value)>),
}

impl Value {
    pub(crate) fn fault(&self, message: impl Into<String>) -> Fault {
        Fault::new(self.line, message)
    }

    pub(crate) fn text(&self, what: &str) -> Result<&str, Fault> {
        match &self.kind {
            Kind::Text(text) => Ok(text),
            _ => Err(self.fault(format!("{what} must be text"))),
        }
    }

    pub(crate) fn list(&self, what: &str) -> Result<&[Value], Fault> {
        match &self.kind {
            Kind::List(items) => Ok(items),
            _ => Err(self.fault(format!("{what} must be a list"))),
        }
    }

    pub(crate) fn map(&self, what: &str) -> Result<&[(String, Value)], Fault> {
        match &self.kind {
            Kind::Map(entries) => Ok(entries),
            _ => Err(self.fault(format!("{what} must be a map"))),
        }
    }

    pub(crate) fn entry(&self, key: &str) -> Option<&Value> {
        match &self.kind {
            Kind::Map(entries) => entries.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    pub(crate) fn required(&self, key: &str, what: &str) -> Result<&Value, Fault> {
        self.map(what)?;
        self.entry(key).ok_or_else(|| self.fault(format!("{what} lacks `{key}`")))
    }

    /// The text under `key`, if there is such an entry.
    pub(crate) fn optional_text(&self, key: &str) -> Result<Option<&str>, Fault> {
        self.entry(key).map(|value| value.text(&format!("`{key}`"))).transpose()
    }

    /// Refuses keys that are in neither list. `known` are read; `harmless` have no effect on the emulation.
    pub(crate) fn only(&self, what: &str, known: &[&str], harmless: &[&str]) -> Result<(), Fault> {
        for (key, value) in self.map(what)? {
            if !known.contains(&key.as_str()) && !harmless.contains(&key.as_str()) {
                return Err(value.fault(format!("{what}: `{key}` is not supported here")));
            }
        }
        Ok(())
    }
}
