//! Writes configuration documents.

use std::fmt::Write as _;

use serde_json::{Map, Value as Json};

use crate::document::on_one_line;

/// A value of a configuration document that is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Yaml {
    List(Vec<Self>),
    Mapping(Vec<(String, Self)>),
    Text(String),
}

/// A key with its value and comments for the reader.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) value: Yaml,
    pub(crate) comments: Vec<String>,
}

impl Yaml {
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    pub(crate) fn texts<T: AsRef<str>>(texts: &[T]) -> Self {
        Self::List(texts.iter().map(|text| Self::text(text.as_ref())).collect())
    }

    /// As JSON: every scalar becomes a string, which every key accepts.
    pub(crate) fn json(&self) -> Json {
        match self {
            Self::List(entries) => Json::Array(entries.iter().map(Self::json).collect()),
            Self::Mapping(members) => Json::Object(
                members.iter().map(|(name, value)| (name.clone(), value.json())).collect::<Map<_, _>>(),
            ),
            Self::Text(text) => Json::String(text.clone()),
        }
    }

    /// Writes the value on one line.
    fn inline(&self) -> String {
        match self {
            Self::List(entries) => {
                format!("[{}]", entries.iter().map(Self::inline).collect::<Vec<_>>().join(", "))
            }
            Self::Mapping(members) => {
                let members =
                    members.iter().map(|(name, value)| format!("{}: {}", scalar(name), value.inline()));
                format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
            }
            Self::Text(text) => scalar(text),
        }
    }
}

/// Writes the whole document.
pub(crate) fn document(head: &[String], entries: &[Entry]) -> String {
    let mut text: String = head.iter().map(|line| comment("", line)).collect();
    for Entry { key, value, comments } in entries {
        text.push('\n');
        text.extend(comments.iter().map(|line| comment("", line)));
        match value {
            Yaml::List(rows) if rows.iter().any(|row| matches!(row, Yaml::Mapping(_))) => {
                _ = writeln!(text, "{key}:");
                text.extend(rows.iter().map(row));
            }
            Yaml::Mapping(members) => {
                _ = writeln!(text, "{key}:");
                text.extend(
                    members.iter().map(|(name, value)| format!("  {}: {}\n", scalar(name), value.inline())),
                );
            }
            value => _ = writeln!(text, "{key}: {}", value.inline()),
        }
    }
    text
}

/// The name of a member that holds a comment on its row.
pub(crate) const COMMENT: &str = "#";

fn row(row: &Yaml) -> String {
    let Yaml::Mapping(members) = row else { return format!("- {}\n", row.inline()) };
    let mut text = String::new();
    let mut first = true;
    for (name, value) in members {
        if let (COMMENT, Yaml::Text(line)) = (name.as_str(), value) {
            text.push_str(&comment("", line));
            continue;
        }
        let mark = if std::mem::take(&mut first) { "- " } else { "  " };
        _ = writeln!(text, "{mark}{name}: {}", value.inline());
    }
    text
}

/// Returns the rows without their comments.
pub(crate) fn without_comments(value: &Yaml) -> Yaml {
    match value {
        Yaml::List(rows) => Yaml::List(rows.iter().map(without_comments).collect()),
        Yaml::Mapping(members) => {
            let kept = members.iter().filter(|(name, _)| name != COMMENT);
            Yaml::Mapping(kept.map(|(name, value)| (name.clone(), without_comments(value))).collect())
        }
        Yaml::Text(_) => value.clone(),
    }
}

/// Writes a comment; a line break in the input never ends it.
fn comment(indent: &str, line: &str) -> String {
    let line = on_one_line(line);
    if line.is_empty() { format!("{indent}#\n") } else { format!("{indent}# {line}\n") }
}

/// Writes the text unquoted if every reader takes it for this text, else as a JSON string.
fn scalar(text: &str) -> String {
    let plain = text.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric() || first == b'/')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte) || byte == b':')
        && !text.ends_with(':')
        && !matches!(text.to_ascii_lowercase().as_str(), "null" | "yes" | "no" | "on" | "off" | "y" | "n");
    if plain { text.to_owned() } else { Json::String(text.to_owned()).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_written_so_that_they_are_read_again() {
        for (text, written) in [
            ("https://a.example/x", "https://a.example/x"),
            ("/a/*", "\"/a/*\""),
            ("no", "\"no\""),
            ("true", "true"),
            ("a b", "\"a b\""),
            ("", "\"\""),
            ("a: b", "\"a: b\""),
            ("a#b", "\"a#b\""),
            ("line\nline", "\"line\\nline\""),
            ("-x", "\"-x\""),
        ] {
            assert_eq!(scalar(text), written);
        }
    }
}
