//! Writes JSON with members sorted by name, so that a second import gives the same bytes.

use relying_party::json::sorted;
use serde_json::Value;

/// The text of `value` over several lines, with a newline at the end.
pub(crate) fn text(value: &Value) -> String {
    format!("{:#}\n", sorted(value))
}

/// The text of `value` on one line.
pub(crate) fn line(value: &Value) -> String {
    sorted(value).to_string()
}
