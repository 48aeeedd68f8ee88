//! Writes JSON with members in the order of their names, whatever map serde_json is built with: a second import gives the same bytes.

use std::collections::BTreeMap;

use serde_json::Value;

/// The text of `value` over several lines, with one at its end.
pub(crate) fn text(value: &Value) -> String {
    format!("{:#}\n", sorted(value))
}

/// The text of `value` on one line.
pub(crate) fn line(value: &Value) -> String {
    sorted(value).to_string()
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(entries) => entries.iter().map(sorted).collect(),
        Value::Object(members) => {
            let members: BTreeMap<&String, Value> =
                members.iter().map(|(name, value)| (name, sorted(value))).collect();
            members.into_iter().map(|(name, value)| (name.clone(), value)).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}
