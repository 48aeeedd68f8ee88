//! Builds the JSON Schema with which editors complete and check a document, from the form of each key's value.
//!
//! The schema knows forms only. [`super::Configuration`] checks combinations of keys, and addresses.

use serde_json::{Map, Value, json};

use super::key::{Default, KEYS, Key};
use super::shape::{Member, Shape};

/// The JSON Schema (draft 2020-12) of a document.
///
/// It requires no key, because another source may give it.
pub fn schema() -> Value {
    let properties: Map<String, Value> =
        KEYS.iter().map(|key| (key.name.to_owned(), described(key.shape, &meaning(key)))).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "vestibule",
        "description": "The configuration of vestibule. `vestibule check` finds what no schema can.",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    })
}

fn meaning(key: &Key) -> String {
    let default = match key.default {
        Default::Derived(how) => format!("\n\nDefault: {how}."),
        Default::Value(text) => format!("\n\nDefault: `{text}`."),
        Default::Required => "\n\nRequired.".to_owned(),
        Default::Nothing => String::new(),
    };
    format!("{}{default}", key.documentation)
}

fn described(shape: Shape, documentation: &str) -> Value {
    let mut schema = form(shape);
    if let Some(members) = schema.as_object_mut() {
        members.insert("description".to_owned(), documentation.into());
    }
    schema
}

/// Scalars are read as text, so YAML and JSON may write a number or a boolean instead. A list of one text
/// means that text.
fn form(shape: Shape) -> Value {
    match shape {
        Shape::Flag => alone(&json!({ "enum": [true, false, "true", "false"] })),
        Shape::Mapping => json!({ "type": ["object", "string"], "additionalProperties": alone(&text()) }),
        Shape::Rows(members) => {
            let row = row(members);
            // Inside the document the text is JSON.
            json!({ "anyOf": [{ "type": "array", "items": row.clone() }, row, { "type": "string", "pattern": "^\\s*[\\[{]" }] })
        }
        Shape::Seconds { least, most } => alone(&json!({
            "anyOf": [
                { "type": "integer", "minimum": least, "maximum": most },
                { "type": "string", "pattern": "^\\s*[0-9]+\\s*$" },
            ]
        })),
        Shape::SomeOf(words) => some(&words_of(words)),
        Shape::Text => alone(&text()),
        Shape::Texts => some(&text()),
        Shape::TextsOrNone => json!({ "anyOf": [text(), { "type": "array", "items": text() }] }),
        Shape::Alternatives => {
            let whole = json!({ "type": "array", "minItems": 1, "items": text() });
            some(&json!({ "anyOf": [text(), whole] }))
        }
        Shape::Word(words) => alone(&words_of(words)),
    }
}

fn text() -> Value {
    json!({ "type": ["string", "number", "boolean"], "minLength": 1 })
}

fn words_of(words: &[&str]) -> Value {
    let mut values: Vec<Value> = words.iter().copied().map(Value::from).collect();
    for (word, truth) in [("true", true), ("false", false)] {
        if words.contains(&word) {
            values.push(truth.into());
        }
    }
    json!({ "enum": values })
}

fn alone(one: &Value) -> Value {
    json!({ "anyOf": [one, { "type": "array", "minItems": 1, "maxItems": 1, "items": one }] })
}

fn some(one: &Value) -> Value {
    json!({ "anyOf": [one, { "type": "array", "minItems": 1, "items": one }] })
}

fn row(members: &[Member]) -> Value {
    let properties: Map<String, Value> = members
        .iter()
        .map(|member| (member.name.to_owned(), described(member.shape, member.documentation)))
        .collect();
    let required: Vec<&str> =
        members.iter().filter(|member| member.required).map(|member| member.name).collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}
