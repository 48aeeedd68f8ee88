//! Defines the form of each key's value, and builds from it the JSON Schema with which editors complete and
//! check a document.
//!
//! The schema knows forms only. [`super::Configuration`] checks combinations of keys, and addresses.

use serde_json::{Map, Value, json};

use super::key::{Default, KEYS, Key};

/// The form of a key's value, as a document writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `true` or `false`.
    Flag,
    /// A mapping of names to texts.
    Mapping,
    /// A list of mappings with these members, or one such mapping.
    Rows(&'static [Member]),
    /// A whole number of seconds, both limits included.
    Seconds {
        /// The least.
        least: i64,
        /// The most.
        most: i64,
    },
    /// A list of some of these words, or one of them.
    SomeOf(&'static [&'static str]),
    /// One text.
    Text,
    /// A list of texts, or one text.
    Texts,
    /// A list of texts that may be empty.
    TextsOrNone,
    /// Like [`Self::Texts`], but an entry may itself be a list of texts.
    Alternatives,
    /// One of these words.
    Word(&'static [&'static str]),
}

/// A member of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its name.
    pub name: &'static str,
    /// Its form.
    pub shape: Shape,
    /// Whether every row has it.
    pub required: bool,
    /// Its meaning, in Markdown.
    pub documentation: &'static str,
}

const fn member(name: &'static str, shape: Shape, documentation: &'static str) -> Member {
    Member { name, shape, required: false, documentation }
}

const fn required(name: &'static str, shape: Shape, documentation: &'static str) -> Member {
    Member { name, shape, required: true, documentation }
}

/// The members of a rule of `routes`.
pub(super) const RULE: &[Member] = &[
    required("paths", Shape::Texts, "Paths, exact or ending in `/*`, decoded."),
    member(
        "methods",
        Shape::Texts,
        "Methods in capital letters; without, every method. `GET` covers `HEAD`.",
    ),
    member(
        "auth",
        Shape::Word(&["required", "optional", "none"]),
        "Whether sign-in is needed; the default is `required`.",
    ),
    member(
        "preflight",
        Shape::Word(&["enforce", "pass"]),
        "Whether a CORS preflight passes without credentials.",
    ),
    member(
        "path_matching",
        Shape::Word(&["segment", "prefix"]),
        "With `prefix`, `/a/*` matches every path that begins with `/a`, such as `/a.php`.",
    ),
    member("scopes_required", Shape::Alternatives, "Replaces the global `scopes_required` here."),
    member("scopes_claim", Shape::Texts, "Replaces the global `scopes_claim` here."),
    member("audience_required", Shape::Alternatives, "Replaces the global `audience_required` here."),
    member("audience_claim", Shape::Texts, "Replaces the global `audience_claim` here."),
    member("groups_required", Shape::Alternatives, "Replaces the global `groups_required` here."),
    member("groups_claim", Shape::Texts, "Replaces the global `groups_claim` here."),
    member("roles_required", Shape::Alternatives, "Replaces the global `roles_required` here."),
    member("roles_claim", Shape::Texts, "Replaces the global `roles_claim` here."),
    member(
        "upstream_url",
        Shape::Text,
        "Another application for these paths. Has an effect only in `proxy`.",
    ),
    member(
        "strip_path",
        Shape::Flag,
        "Whether the part of the path that the rule names is removed. Has an effect only in `proxy`.",
    ),
    member(
        "preserve_host",
        Shape::Flag,
        "Whether the application sees the public name in `Host`. Has an effect only in `proxy`.",
    ),
    member(
        "path_decoding",
        Shape::Word(&["any", "once"]),
        "`once` where the application decodes a path once. Has an effect only in `proxy`.",
    ),
];

/// The members of a row of `bearer_issuers`.
pub(super) const BEARER_ISSUER: &[Member] = &[
    required("issuer", Shape::Text, "The issuer, as `iss` of its tokens."),
    member("jwks_endpoint", Shape::Text, "The address of its keys, instead of discovery."),
    member("audiences", Shape::Texts, "Accepted values of `aud`."),
    member("client_ids", Shape::Texts, "Accepted clients."),
    member("groups_accepted", Shape::Flag, "Whether its groups and roles count."),
];

/// The members of a row of `upstream_headers`.
pub(super) const UPSTREAM_HEADER: &[Member] = &[
    required("header", Shape::Text, "The name of the header."),
    required("path", Shape::Texts, "The claim; a list is a path into nested claims."),
];

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
