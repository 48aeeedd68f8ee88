//! Adds details to a reason in the log: the claim or member, its value, and the required value.

use std::fmt;

use serde_json::Value;

use super::printable::shown;
use crate::json::JsonRefusal;
use crate::token::claims::{ClaimRefusal, json_type};

/// One sentence for the log. It does not distinguish refusals, so any two compare as equal.
#[derive(Clone, Debug)]
pub struct LogDetail(String);

impl PartialEq for LogDetail {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for LogDetail {}

/// The most members of a list that are shown.
const MAX_SHOWN_MEMBERS: usize = 5;

impl LogDetail {
    /// A fixed text, without content from outside.
    pub fn fixed_text(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The value of `name` is none of `expected`.
    pub fn other<'a>(name: &str, seen: Option<&Value>, expected: impl IntoIterator<Item = &'a str>) -> Self {
        let expected: Vec<&str> = expected.into_iter().collect();
        let expected = match expected.as_slice() {
            [] => String::new(),
            expected => format!(", expected `{}`", expected.join("` or `")),
        };
        match seen {
            None => Self(format!("`{name}` is missing{expected}")),
            Some(seen) => Self(format!("`{name}` is {}{expected}", shown_value(seen))),
        }
    }

    /// Like [`Self::other`], for a text.
    pub(crate) fn other_text<'a>(
        name: &str,
        seen: Option<&str>,
        expected: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        Self::other(name, seen.map(Value::from).as_ref(), expected)
    }

    /// `name` is missing.
    pub fn missing(name: &'static str) -> Self {
        Self(ClaimRefusal::Missing(name).to_string())
    }

    /// `value` does not have the type that `name` requires. A text is not shown, because it may be secret.
    pub(crate) fn wrong_type(name: &'static str, expected: &'static str, value: &Value) -> Self {
        Self(ClaimRefusal::wrong_type(name, expected, value).to_string())
    }

    /// `what` is not an accepted JSON object.
    pub(crate) fn no_object(what: &str, refusal: JsonRefusal) -> Self {
        let problem = match refusal {
            JsonRefusal::DuplicateMember => "has a member twice",
            JsonRefusal::Malformed => "is not JSON",
            JsonRefusal::NotAnObject => "is not a JSON object",
            JsonRefusal::TooDeep => "is nested too deep",
        };
        Self(format!("{what} {problem}"))
    }
}

impl fmt::Display for LogDetail {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A text or texts; for any other value its type.
fn shown_value(value: &Value) -> String {
    match value {
        Value::String(text) => format!("`{}`", shown(text)),
        Value::Array(values) if !values.is_empty() && values.iter().all(Value::is_string) => {
            let texts = values.iter().filter_map(Value::as_str);
            let shown: Vec<String> = texts.take(MAX_SHOWN_MEMBERS).map(shown).collect();
            let more = if values.len() > MAX_SHOWN_MEMBERS { " and more" } else { "" };
            format!("`{}`{more}", shown.join("` and `"))
        }
        other => json_type(other).to_owned(),
    }
}

/// For tests, which compare refusals and ignore the log's details.
#[cfg(test)]
pub(crate) fn any_detail() -> LogDetail {
    LogDetail(String::new())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_shown_value_is_cut_and_printable_and_no_token() {
        for (seen, text) in [
            (json!("other"), "`other`, expected `a` or `b`".to_owned()),
            (json!("x\r\n\u{1b}[31m\u{202e}ä"), "`x???[31m??`, expected `a` or `b`".to_owned()),
            (json!("/a".repeat(500)), format!("`{}...`, expected `a` or `b`", "/a".repeat(100))),
            (json!(["one", "two"]), "`one` and `two`, expected `a` or `b`".to_owned()),
            (json!([]), "an array of strings, expected `a` or `b`".to_owned()),
            (
                json!(["1", "2", "3", "4", "5", "6"]),
                "`1` and `2` and `3` and `4` and `5` and more, expected `a` or `b`".to_owned(),
            ),
            (json!(5), "a number, expected `a` or `b`".to_owned()),
            (json!({ "secret": "s" }), "an object, expected `a` or `b`".to_owned()),
            (
                json!("eyJhbGciOiJub25lIn0.e30."),
                "`(not shown: it looks like a token)`, expected `a` or `b`".to_owned(),
            ),
            (
                json!(["good", format!("x {}", "r".repeat(65))]),
                "`good` and `(not shown: it looks like a token)`, expected `a` or `b`".to_owned(),
            ),
        ] {
            assert_eq!(
                LogDetail::other("aud", Some(&seen), ["a", "b"]).to_string(),
                format!("`aud` is {text}")
            );
        }
        assert_eq!(LogDetail::other("aud", None, ["a"]).to_string(), "`aud` is missing, expected `a`");
        assert_eq!(LogDetail::other_text("alg", Some("none"), []).to_string(), "`alg` is `none`");
    }
}
