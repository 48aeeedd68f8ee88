//! Reads the response of a function for a Lambda proxy integration.
//!
//! API Gateway developer guide, "Output format of a Lambda function for proxy integration". A response in any other
//! format is a 502.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::definition::is_header_name;
use super::headers;
use super::refusal::Refusal;
use super::request::{RawResponse, first_value};

/// Reads `bytes`. `accept` is the client's header; with `binary_media_types` it decides whether base64 is
/// decoded.
pub(super) fn read(
    bytes: &[u8],
    accept: Option<&str>,
    binary_media_types: &[String],
) -> Result<RawResponse, Refusal> {
    let response =
        parse(bytes).map_err(|reason| Refusal::bad_function(format!("malformed answer: {reason}")))?;
    let body = if response.encoded && is_binary(&response.headers, accept, binary_media_types) {
        STANDARD
            .decode(&response.body)
            .map_err(|_| Refusal::api_configuration("the function's body is not base64"))?
    } else {
        response.body.into_bytes()
    };
    Ok(RawResponse { status: response.status, headers: headers::towards_client(&response.headers), body })
}

struct ProxyResponse {
    status: u16,
    headers: Vec<(String, Vec<u8>)>,
    body: String,
    encoded: bool,
}

fn parse(bytes: &[u8]) -> Result<ProxyResponse, String> {
    let members: Map<String, Value> = serde_json::from_slice(bytes).map_err(|_| "no JSON object")?;
    if members.is_empty() {
        return Err("an empty object".to_owned());
    }
    for name in members.keys() {
        if !matches!(
            name.as_str(),
            "statusCode" | "headers" | "multiValueHeaders" | "body" | "isBase64Encoded"
        ) {
            return Err(format!("unknown member `{name}`"));
        }
    }
    Ok(ProxyResponse {
        status: status(members.get("statusCode"))?,
        headers: merged_headers(members.get("headers"), members.get("multiValueHeaders"))?,
        body: match members.get("body") {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(_) => return Err("`body` is not a text".to_owned()),
        },
        encoded: match members.get("isBase64Encoded") {
            None | Some(Value::Null) => false,
            Some(Value::Bool(encoded)) => *encoded,
            Some(_) => return Err("`isBase64Encoded` is not a boolean".to_owned()),
        },
    })
}

/// Accepts a number or a number as text; without a status it is 200.
fn status(value: Option<&Value>) -> Result<u16, String> {
    let number = match value {
        None | Some(Value::Null) => Some(200),
        Some(Value::Number(number)) => number.as_u64(),
        Some(Value::String(text)) => text.parse::<u64>().ok(),
        Some(_) => None,
    };
    let status =
        number.and_then(|number| u16::try_from(number).ok()).filter(|status| (100..600).contains(status));
    status.ok_or_else(|| "`statusCode` is not a status".to_owned())
}

/// "If you specify values for both headers and multiValueHeaders, API Gateway merges them into a single list.
/// If the same key-value pair is specified in both, only the values from multiValueHeaders will appear."
fn merged_headers(
    single: Option<&Value>,
    multiple: Option<&Value>,
) -> Result<Vec<(String, Vec<u8>)>, String> {
    let mut headers: Vec<(String, Vec<u8>)> = Vec::new();
    for (name, values) in members(multiple, "multiValueHeaders")? {
        let values = values.as_array().ok_or_else(|| format!("`multiValueHeaders.{name}` is not a list"))?;
        for value in values {
            headers.push((header_name(name)?, header_value(name, value)?));
        }
    }
    for (name, value) in members(single, "headers")? {
        let value = header_value(name, value)?;
        let known = headers.iter().find(|(existing, _)| existing.eq_ignore_ascii_case(name));
        // The spelling in multiValueHeaders takes precedence.
        let spelling = known.map_or_else(|| header_name(name), |(existing, _)| Ok(existing.clone()))?;
        if !headers.iter().any(|(existing, other)| *existing == spelling && *other == value) {
            headers.push((spelling, value));
        }
    }
    Ok(headers)
}

fn members<'response>(
    value: Option<&'response Value>,
    name: &str,
) -> Result<impl Iterator<Item = (&'response String, &'response Value)>, String> {
    let members = match value {
        None | Some(Value::Null) => None,
        Some(Value::Object(members)) => Some(members),
        Some(_) => return Err(format!("`{name}` is not an object")),
    };
    Ok(members.into_iter().flatten())
}

fn header_name(name: &str) -> Result<String, String> {
    if is_header_name(name) { Ok(name.to_owned()) } else { Err("a header name is malformed".to_owned()) }
}

fn header_value(name: &str, value: &Value) -> Result<Vec<u8>, String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Bool(truth) => truth.to_string(),
        _ => return Err(format!("the value of header `{name}` is not a text")),
    };
    let valid = text.bytes().all(|byte| byte == b'\t' || (byte >= 0x20 && byte != 0x7f));
    if valid { Ok(text.into_bytes()) } else { Err(format!("header `{name}` has a control character")) }
}

/// Only the first media type of `Accept` counts; without `Accept` the response's `Content-Type` does.
fn is_binary(headers: &[(String, Vec<u8>)], accept: Option<&str>, binary_media_types: &[String]) -> bool {
    let first = accept.and_then(|accept| headers::accepted(accept).into_iter().next());
    let media_type = first.or_else(|| first_value(headers, "content-type"));
    headers::is_binary(&media_type.unwrap_or_default(), binary_media_types)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use serde_json::json;

    use super::*;

    fn parsed(response: &Value) -> RawResponse {
        read(response.to_string().as_bytes(), None, &["*/*".to_owned()]).unwrap()
    }

    fn refused(response: &str) -> String {
        read(response.as_bytes(), None, &[]).unwrap_err().log_text()
    }

    #[test]
    fn several_cookies_stay_several() {
        let response =
            parsed(&json!({"statusCode": 302, "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"]}}));
        assert_eq!(response.status, 302);
        assert_eq!(response.header_values("set-cookie"), [b"a=1", b"b=2"]);
    }

    #[test]
    fn both_maps_are_joined_with_multi_values_first() {
        let response = parsed(&json!({"headers": {"x-a": "3"}, "multiValueHeaders": {"X-A": ["1", "2"]}}));
        let named: Vec<_> =
            response.headers.iter().filter(|(name, _)| name == "X-A").map(|(_, value)| value).collect();
        assert_eq!(named, [b"1", b"2", b"3"]);
        let same = parsed(&json!({"headers": {"X-A": "1"}, "multiValueHeaders": {"X-A": ["1"]}}));
        assert_eq!(same.header_values("x-a"), [b"1"]);
    }

    #[test]
    fn a_status_may_be_text_and_may_be_absent() {
        assert_eq!(parsed(&json!({"statusCode": "201"})).status, 201);
        assert_eq!(parsed(&json!({"headers": {"X-A": "1"}})).status, 200);
    }

    #[test]
    fn www_authenticate_is_remapped() {
        let response = parsed(&json!({"statusCode": 401, "headers": {"WWW-Authenticate": "Bearer"}}));
        assert_eq!(response.header_values("x-amzn-remapped-www-authenticate"), [b"Bearer"]);
        assert!(response.header_values("www-authenticate").is_empty());
    }

    #[test]
    fn base64_is_decoded_only_for_binary_media_types() {
        let response = json!({"statusCode": 200, "body": "AAE=", "isBase64Encoded": true}).to_string();
        let with =
            |accept: Option<&str>, types: &[String]| read(response.as_bytes(), accept, types).unwrap().body;
        assert_eq!(with(Some("image/png, */*"), &["*/*".to_owned()]), [0, 1]);
        assert_eq!(with(Some("image/png, */*"), &["image/png".to_owned()]), [0, 1]);
        assert_eq!(with(Some("text/html, image/png"), &["image/png".to_owned()]), b"AAE=");
        assert_eq!(with(None, &[]), b"AAE=");
    }

    #[test]
    fn broken_base64_is_an_api_configuration_error() {
        let response = br#"{"body": "%%", "isBase64Encoded": true}"#;
        let refusal = read(response, None, &["*/*".to_owned()]).unwrap_err();
        assert_eq!(refusal, Refusal::api_configuration("the function's body is not base64"));
    }

    #[test]
    fn another_format_is_refused() {
        for (response, expected) in [
            ("", "no JSON object"),
            ("\"text\"", "no JSON object"),
            ("{}", "an empty object"),
            (r#"{"statusCode": 200, "wrongValue": 1}"#, "unknown member `wrongValue`"),
            (r#"{"statusCode": 200, "cookies": []}"#, "unknown member `cookies`"),
            (r#"{"statusCode": "ok"}"#, "`statusCode` is not a status"),
            (r#"{"statusCode": 1000}"#, "`statusCode` is not a status"),
            (r#"{"headers": []}"#, "`headers` is not an object"),
            (r#"{"headers": {"X-A": 1}}"#, "the value of header `X-A` is not a text"),
            (r#"{"headers": {"X A": "1"}}"#, "a header name is malformed"),
            (r#"{"headers": {"X-A": "1\r\nB: 2"}}"#, "header `X-A` has a control character"),
            (r#"{"multiValueHeaders": {"X-A": "1"}}"#, "`multiValueHeaders.X-A` is not a list"),
            (r#"{"body": {}}"#, "`body` is not a text"),
            (r#"{"body": "x", "isBase64Encoded": "true"}"#, "`isBase64Encoded` is not a boolean"),
        ] {
            assert_eq!(refused(response), format!("malformed answer: {expected}"), "{response}");
        }
    }
}
