//! Adds details to a reason in the log: the claim or member, its value, and the required value.
//!
//! A text from outside is shortened and made printable. One that looks like a token is not shown at all,
//! because a token may occur in any field.

use std::fmt;

use serde_json::Value;

use crate::json::JsonRefusal;
use crate::token::claims::{ClaimRefusal, json_type};

/// One sentence for the log. It does not distinguish refusals, so any two compare as equal.
#[derive(Clone, Debug)]
pub struct Particular(String);

impl PartialEq for Particular {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Particular {}

/// The longest text that is shown completely, in characters.
const MAX_SHOWN_CHARACTERS: usize = 200;

/// The most members of a list that are shown.
const MAX_SHOWN_MEMBERS: usize = 5;

/// A word this long is probably random: identifiers of clients, keys and tenants are shorter.
const MAX_WORD_CHARACTERS: usize = 64;

/// Base64url of `{"`, with which the JSON parts of a signed token begin.
const BEGINS_JSON: &str = "eyJ";

impl Particular {
    /// A fixed text, without content from outside.
    pub fn said(text: &str) -> Self {
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
    pub fn other_text<'a>(
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
    pub fn wrong_type(name: &'static str, expected: &'static str, value: &Value) -> Self {
        Self(ClaimRefusal::wrong_type(name, expected, value).to_string())
    }

    /// `what` is not an accepted JSON object.
    pub fn no_object(what: &str, refusal: JsonRefusal) -> Self {
        let problem = match refusal {
            JsonRefusal::DuplicateMember => "has a member twice",
            JsonRefusal::Malformed => "is not JSON",
            JsonRefusal::NotAnObject => "is not a JSON object",
            JsonRefusal::TooDeep => "is nested too deep",
        };
        Self(format!("{what} {problem}"))
    }
}

impl fmt::Display for Particular {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A text from outside, shortened to fit a log line.
pub(crate) fn shown(text: &str) -> String {
    if looks_like_a_token(text) {
        return "(not shown: it looks like a token)".to_owned();
    }
    let printable = |character: char| {
        if character.is_ascii_graphic() || character == ' ' { character } else { '?' }
    };
    let mut shown: String = text.chars().take(MAX_SHOWN_CHARACTERS).map(printable).collect();
    if text.chars().nth(MAX_SHOWN_CHARACTERS).is_some() {
        shown.push_str("...");
    }
    shown
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

fn looks_like_a_token(text: &str) -> bool {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_+=".contains(byte);
    text.contains(BEGINS_JSON)
        || text.as_bytes().split(|byte| !is_word(byte)).any(|word| word.len() > MAX_WORD_CHARACTERS)
}

/// For tests, which compare refusals and ignore the log's details.
#[cfg(test)]
pub(crate) fn untold() -> Particular {
    Particular(String::new())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_seen_is_cut_and_printable_and_no_token() {
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
                Particular::other("aud", Some(&seen), ["a", "b"]).to_string(),
                format!("`aud` is {text}")
            );
        }
        assert_eq!(Particular::other("aud", None, ["a"]).to_string(), "`aud` is missing, expected `a`");
        assert_eq!(Particular::other_text("alg", Some("none"), []).to_string(), "`alg` is `none`");
    }

    #[test]
    fn identifiers_of_clients_keys_and_tenants_are_no_tokens() {
        for text in [
            "4example4client4id4example",
            "api://00000000-0000-0000-0000-000000000000/.default",
            "123456789012-abcdefghijklmnopqrstuvwxyz012345.apps.googleusercontent.com",
            "NjVBRjY5MDlCMUIwNzU4RTA2QzZFMDQ4QzQ2MDAyQjVDNjk1RTM2Qg",
            "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/fronts/50dc6c495c0c9188",
        ] {
            assert_eq!(shown(text), text);
        }
    }
}
