//! Implements the small language of `events/*.expected.json`: the response's own JSON, with a pattern for each
//! value that varies.

use serde_json::{Map, Value};

/// The member that makes an object a pattern: its text, where `*` stands for any characters.
pub const LIKE: &str = "$like";

/// The member that makes an object stand for a text that contains JSON.
pub const JSON: &str = "$json";

/// The differences from the expectation, one line each, with the place as a JSON pointer. Empty if the response
/// matches.
///
/// Objects match member by member, so an unexpected member is a difference too.
pub fn differences(expected: &Value, answer: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare("", expected, answer, &mut found);
    found
}

/// Whether `text` matches `pattern`, where `*` stands for any number of characters, including none.
pub fn is_like(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(start) else { return false };
    let mut rest = rest;
    while let Some((middle, after)) = rest.split_once('*') {
        let Some((_, following)) = text.split_once(middle) else { return false };
        (text, rest) = (following, after);
    }
    text.ends_with(rest)
}

fn compare(at: &str, expected: &Value, answer: &Value, found: &mut Vec<String>) {
    match (expected, answer) {
        (Value::Object(members), _) if members.len() == 1 && members.contains_key(LIKE) => {
            let pattern = members.get(LIKE).and_then(Value::as_str).unwrap_or_default();
            if !answer.as_str().is_some_and(|text| is_like(pattern, text)) {
                found.push(format!("{at}: {answer} is not like {pattern:?}"));
            }
        }
        (Value::Object(members), _) if members.len() == 1 && members.contains_key(JSON) => {
            match answer.as_str().map(serde_json::from_str::<Value>) {
                Some(Ok(held)) => compare(at, members.get(JSON).unwrap_or(&Value::Null), &held, found),
                _ => found.push(format!("{at}: {answer} is not a text that holds JSON")),
            }
        }
        (Value::Object(expected), Value::Object(answer)) => compare_members(at, expected, answer, found),
        (Value::Array(expected), Value::Array(answer)) if expected.len() == answer.len() => {
            for (index, (expected, answer)) in expected.iter().zip(answer).enumerate() {
                compare(&format!("{at}/{index}"), expected, answer, found);
            }
        }
        _ if expected == answer => {}
        _ => found.push(format!("{at}: {answer} instead of {expected}")),
    }
}

fn compare_members(
    at: &str,
    expected: &Map<String, Value>,
    answer: &Map<String, Value>,
    found: &mut Vec<String>,
) {
    for (name, value) in expected {
        match answer.get(name) {
            Some(answer) => compare(&format!("{at}/{name}"), value, answer, found),
            None => found.push(format!("{at}/{name}: is missing")),
        }
    }
    for (name, value) in answer.iter().filter(|(name, _)| !expected.contains_key(*name)) {
        found.push(format!("{at}/{name}: {value} is not expected"));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{differences, is_like};

    #[test]
    fn a_star_stands_for_any_characters() {
        for (pattern, text) in
            [("a", "a"), ("*", ""), ("a*", "a"), ("a*c", "abc"), ("*b*", "abc"), ("a*b*c", "aXbXbc")]
        {
            assert!(is_like(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("a", "ab"), ("a*", "ba"), ("a*c", "ab"), ("*b*d", "abc"), ("ab*bc", "abc")] {
            assert!(!is_like(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn equal_answers_do_not_differ() {
        let answer = json!({"statusCode": 200, "body": "{\"a\":[1,null]}", "cookies": ["a=x; Path=/"]});
        let expected = json!({"statusCode": 200, "body": {"$json": {"a": [1, null]}}, "cookies": [{"$like": "a=*; Path=/"}]});
        assert_eq!(differences(&expected, &answer), Vec::<String>::new());
    }

    #[test]
    fn every_difference_is_told_with_its_place() {
        let expected = json!({"a": 1, "b": {"$like": "x*"}, "c": {"$json": {}}, "d": [1, 2], "e": 1});
        let answer = json!({"a": 2, "b": "y", "c": "{", "d": [1], "f": 1});
        let expected_differences = [
            "/a: 2 instead of 1",
            "/b: \"y\" is not like \"x*\"",
            "/c: \"{\" is not a text that holds JSON",
            "/d: [1] instead of [1,2]",
            "/e: is missing",
            "/f: 1 is not expected",
        ];
        assert_eq!(differences(&expected, &answer), expected_differences);
    }

    #[test]
    fn a_pattern_wants_a_text() {
        assert_eq!(differences(&json!({"$like": "*"}), &json!(1)), [": 1 is not like \"*\""]);
        assert_eq!(differences(&json!({"$json": 1}), &json!(1)), [": 1 is not a text that holds JSON"]);
    }
}
