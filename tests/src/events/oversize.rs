//! Makes events that are too large to read in a file: each is a valid one with one part enlarged.

use serde_json::{Value, json};

use super::sample::Sample;

/// All oversized events, made from the samples.
pub fn all(samples: &[Sample]) -> Result<Vec<Sample>, String> {
    let good = |name: &str| {
        let sample = samples.iter().find(|sample| sample.name == name);
        let event = sample.map(|sample| serde_json::from_slice::<Value>(&sample.event));
        event.and_then(Result::ok).ok_or_else(|| format!("events/{name}.json is gone"))
    };
    let authorizer = good("authorizer/rest-script")?;
    let session = good("session/rest-session-none")?;
    let post = good("proxy/alb-post-text")?;
    let unauthorized = json!({ "errorType": "Unauthorized", "errorMessage": "Unauthorized" });
    let cookies: Vec<String> = (0..300).map(|number| format!("cookie{number}={number}")).collect();
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let long_token = format!("Bearer eyJhbGciOiJSUzI1NiJ9.{}.c2ln", "e".repeat(100_000));
    Ok(vec![
        made(
            "authorizer/rest-bearer-of-100-kilobytes",
            &header(&authorizer, "Authorization", &long_token),
            &unauthorized,
        ),
        made(
            "authorizer/rest-cookies-300",
            &header(&authorizer, "Cookie", &cookies.join("; ")),
            &unauthorized,
        ),
        made(
            "authorizer/rest-headers-10-kilobytes",
            &header(&authorizer, "X-Long", &"x".repeat(10_000)),
            &unauthorized,
        ),
        bytes(
            "authorizer/rest-nested-10000-deep",
            deep.clone().into_bytes(),
            &authorizer_denial("event_malformed"),
        ),
        bytes(
            "authorizer/rest-invalid-utf-8",
            b"{\"type\":\"REQUEST\xff\"}".to_vec(),
            &authorizer_denial("event_malformed"),
        ),
        bytes(
            "session/rest-nested-10000-deep",
            deep.into_bytes(),
            &problem(400, "event_malformed", "The request could not be understood."),
        ),
        bytes(
            "session/rest-invalid-utf-8",
            b"{\"path\":\"\xff\"}".to_vec(),
            &problem(400, "event_malformed", "The request could not be understood."),
        ),
        made("proxy/alb-body-of-1-megabyte", &member(&post, "body", &json!("a".repeat(1024 * 1024))), &{
            let mut refused = good_expectation(samples, "proxy/alb-websocket")?;
            let body = json!({
                "title": "The request is too large.",
                "status": 413,
                "reason": "request_too_large",
                "request_id": "Root=1-5c536348-3d683b8b04734faae651f476",
            });
            for (name, value) in [
                ("$log", json!({ "decision": "refuse", "reason": "request_too_large" })),
                ("body", json!({ "$json": body })),
                ("statusCode", json!(413)),
                ("statusDescription", json!("413 Payload Too Large")),
            ] {
                refused = member(&refused, name, &value);
            }
            refused
        }),
        made("session/rest-cookies-300", &header(&session, "Cookie", &cookies.join("; ")), &{
            let mut none = good_expectation(samples, "session/rest-session-none")?;
            if let Some(members) = none.as_object_mut() {
                members.remove("cookies");
            }
            none
        }),
    ])
}

fn good_expectation(samples: &[Sample], name: &str) -> Result<Value, String> {
    let sample = samples.iter().find(|sample| sample.name == name);
    sample.and_then(|sample| sample.expected.clone()).ok_or_else(|| format!("{name} has no expectation"))
}

fn made(name: &str, event: &Value, expected: &Value) -> Sample {
    bytes(name, event.to_string().into_bytes(), expected)
}

fn bytes(name: &str, event: Vec<u8>, expected: &Value) -> Sample {
    Sample { name: name.to_owned(), event, expected: Some(expected.clone()) }
}

fn member(object: &Value, name: &str, value: &Value) -> Value {
    let mut object = object.clone();
    if let Some(members) = object.as_object_mut() {
        members.insert(name.to_owned(), value.clone());
    }
    object
}

/// `event` with one more header field, in both maps.
fn header(event: &Value, name: &str, value: &str) -> Value {
    let mut event = event.clone();
    for (map, value) in [("headers", json!(value)), ("multiValueHeaders", json!([value]))] {
        if let Some(fields) = event.get_mut(map).and_then(Value::as_object_mut) {
            fields.insert(name.to_owned(), value);
        }
    }
    event
}

fn authorizer_denial(reason: &str) -> Value {
    json!({
        "principalId": "nobody",
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{ "Action": "execute-api:Invoke", "Effect": "Deny", "Resource": "*" }],
        },
        "context": { "location": format!("http://localhost:8400/oauth2/error?reason={reason}") },
    })
}

fn problem(status: u16, reason: &str, title: &str) -> Value {
    json!({
        "statusCode": status,
        "multiValueHeaders": {
            "cache-control": ["no-store"],
            "content-type": ["application/problem+json"],
            "x-content-type-options": ["nosniff"],
        },
        "body": { "$json": { "title": title, "status": status, "reason": reason, "request_id": "" } },
        "isBase64Encoded": false,
    })
}
