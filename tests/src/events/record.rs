//! Makes a first expectation from a function's response, for somebody to review before it is committed.

use serde_json::{Map, Value, json};

use super::expectation::{JSON, LIKE};

/// `answer` with patterns for the values that vary: the arguments of an authorization request, sealed cookies,
/// pages, and `upstream`, the application's origin.
pub fn expectation(answer: &Value, upstream: &str) -> Value {
    let authority = upstream.rsplit('/').next().unwrap_or_default();
    without_address(&of(answer), authority)
}

fn of(answer: &Value) -> Value {
    match answer {
        Value::Object(members) => {
            Value::Object(members.iter().map(|(name, value)| (name.clone(), member(name, value))).collect())
        }
        Value::Array(elements) => Value::Array(elements.iter().map(of).collect()),
        Value::String(text) => of_text(text),
        _ => answer.clone(),
    }
}

fn without_address(value: &Value, authority: &str) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.iter();
            Value::Object(
                members.map(|(name, value)| (name.clone(), without_address(value, authority))).collect(),
            )
        }
        Value::Array(elements) => {
            Value::Array(elements.iter().map(|element| without_address(element, authority)).collect())
        }
        Value::String(text) if text.contains(authority) => {
            json!({ LIKE: text.replace(authority, "127.0.0.1:*") })
        }
        _ => value.clone(),
    }
}

fn member(name: &str, value: &Value) -> Value {
    match (name, value.as_str()) {
        ("body", Some(body)) if body.starts_with('{') => match serde_json::from_str::<Value>(body) {
            Ok(held) => json!({ JSON: held }),
            Err(_) => value.clone(),
        },
        ("body", Some(body)) if !body.is_empty() => json!({ LIKE: page(body) }),
        _ => of(value),
    }
}

fn page(body: &str) -> String {
    let between = |start: &str, end: &str| {
        body.split_once(start)
            .and_then(|(_, rest)| rest.split_once(end))
            .map(|(inner, _)| format!("{start}{inner}{end}"))
    };
    let parts = [between("<h1>", "</h1>"), between("<code>", "</code>")];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    format!("*{}*", parts.join("*"))
}

/// The hash of the style changes whenever the style does.
fn without_hashes(policy: &str) -> String {
    let directives: Vec<String> = policy
        .split("; ")
        .map(|directive| match directive.split_once(" 'sha256-") {
            Some((name, _)) => format!("{name} 'sha256-*'"),
            None => directive.to_owned(),
        })
        .collect();
    directives.join("; ")
}

fn of_text(text: &str) -> Value {
    let varied = with_stars(&without_hashes(text));
    if varied == text {
        json!(text)
    } else {
        Value::Object(Map::from_iter([(LIKE.to_owned(), json!(varied))]))
    }
}

fn with_stars(text: &str) -> String {
    if text.starts_with("__Host-attempt-") && !text.contains("Max-Age=0") {
        let attributes = text.split_once(';').map(|(_, attributes)| attributes).unwrap_or_default();
        return format!("__Host-attempt-*=*;{attributes}");
    }
    let mut text = text.to_owned();
    if !text.contains("code_challenge=") {
        return text;
    }
    for name in ["&state=", "&nonce=", "&code_challenge="] {
        if let Some((before, rest)) = text.split_once(name) {
            let after = rest.find('&').map(|end| rest.split_at(end).1).unwrap_or_default();
            text = format!("{before}{name}*{after}");
        }
    }
    text
}
