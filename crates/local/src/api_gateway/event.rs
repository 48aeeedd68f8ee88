//! Writes the JSON that functions get.
//!
//! API Gateway developer guide: "Input to an API Gateway Lambda authorizer" and "Input format of a Lambda function for
//! proxy integration".

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::behaviour::EmptyMaps;
use super::call::{Call, text_of};
use super::headers;
use super::request::values;
use super::{API_ID, DOMAIN_NAME};

/// The event of a REQUEST authorizer: everything except the body.
pub(super) fn request_authorizer(call: &Call, empty: EmptyMaps) -> Value {
    let empty = match empty {
        EmptyMaps::Empty => json!({}),
        EmptyMaps::Null => Value::Null,
    };
    let mut event = shared(call, &call.headers, &empty);
    event.insert("type".to_owned(), json!("REQUEST"));
    event.insert("methodArn".to_owned(), json!(call.method_arn()));
    Value::Object(event)
}

/// The event of a Lambda proxy integration, payload version 1.0.
pub(super) fn proxy(call: &Call, binary_media_types: &[String]) -> Value {
    let mut event = shared(call, &headers::towards_function(&call.headers), &Value::Null);
    let (body, encoded) = body(call, binary_media_types);
    event.insert("body".to_owned(), body);
    event.insert("isBase64Encoded".to_owned(), json!(encoded));
    if let Some(principal) = &call.principal {
        let mut authorizer: Map<String, Value> =
            principal.context.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        authorizer.insert("principalId".to_owned(), json!(principal.id));
        if let Some(context) = event.get_mut("requestContext").and_then(Value::as_object_mut) {
            context.insert("authorizer".to_owned(), Value::Object(authorizer));
        }
    }
    Value::Object(event)
}

fn shared(call: &Call, headers: &[(String, Vec<u8>)], empty: &Value) -> Map<String, Value> {
    let headers = with_forwarding(call, headers);
    let (single, multiple) = maps(headers.into_iter().map(|(name, value)| (name, text_of(&value))));
    let (query, multiple_query) = maps(call.query_pairs.clone());
    let (parameters, _) = maps(call.path_parameters.clone());
    let (variables, _) = maps(call.stage_context.stage_variables.clone());
    let or_empty = |map: Map<String, Value>| if map.is_empty() { empty.clone() } else { Value::Object(map) };
    let members = [
        ("resource", json!(call.resource_path)),
        ("path", json!(call.path)),
        ("httpMethod", json!(call.method)),
        ("headers", Value::Object(single)),
        ("multiValueHeaders", Value::Object(multiple)),
        ("queryStringParameters", or_empty(query)),
        ("multiValueQueryStringParameters", or_empty(multiple_query)),
        ("pathParameters", or_empty(parameters)),
        ("stageVariables", or_empty(variables)),
        ("requestContext", request_context(call)),
    ];
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The single-value map holds the last of several values.
pub(crate) fn maps(
    pairs: impl IntoIterator<Item = (String, String)>,
) -> (Map<String, Value>, Map<String, Value>) {
    let (mut single, mut multiple) = (Map::new(), Map::new());
    for (name, value) in pairs {
        single.insert(name.clone(), json!(value));
        let values = multiple.entry(name).or_insert_with(|| json!([]));
        if let Some(values) = values.as_array_mut() {
            values.push(json!(value));
        }
    }
    (single, multiple)
}

/// Adds the headers that API Gateway's own front adds. `X-Forwarded-For` keeps the client's value and appends the
/// client's address.
fn with_forwarding(call: &Call, headers: &[(String, Vec<u8>)]) -> Vec<(String, Vec<u8>)> {
    let replaced = ["x-forwarded-for", "x-forwarded-port", "x-forwarded-proto", "x-amzn-trace-id"];
    let is_replaced = |name: &str| replaced.iter().any(|replaced| name.eq_ignore_ascii_case(replaced));
    let mut forwarded: Vec<(String, Vec<u8>)> =
        headers.iter().filter(|(name, _)| !is_replaced(name)).cloned().collect();
    let mut addresses: Vec<String> = values(&call.headers, "x-forwarded-for").map(text_of).collect();
    addresses.push(call.source_ip.clone());
    let added = [
        ("X-Amzn-Trace-Id", call.stamp.trace_id()),
        ("X-Forwarded-For", addresses.join(", ")),
        ("X-Forwarded-Port", "443".to_owned()),
        ("X-Forwarded-Proto", "https".to_owned()),
    ];
    forwarded.extend(added.into_iter().map(|(name, value)| (name.to_owned(), value.into_bytes())));
    forwarded
}

fn request_context(call: &Call) -> Value {
    let stage = &call.stage_context;
    json!({
        "accountId": stage.account_id,
        "apiId": API_ID,
        "deploymentId": "local0",
        "domainName": DOMAIN_NAME,
        "domainPrefix": DOMAIN_NAME,
        "extendedRequestId": call.stamp.extended_id(),
        "httpMethod": call.method,
        "identity": {
            "accessKey": null,
            "accountId": null,
            "caller": null,
            "cognitoAuthenticationProvider": null,
            "cognitoAuthenticationType": null,
            "cognitoIdentityId": null,
            "cognitoIdentityPoolId": null,
            "principalOrgId": null,
            "sourceIp": call.source_ip,
            "user": null,
            "userAgent": call.own_header("User-Agent"),
            "userArn": null,
        },
        "path": call.full_path,
        "protocol": "HTTP/1.1",
        "requestId": call.stamp.request_id(),
        "requestTime": call.stamp.request_time(),
        "requestTimeEpoch": u64::try_from(call.stamp.time.as_millis()).unwrap_or(u64::MAX),
        "resourceId": call.resource_id,
        "resourcePath": call.resource_path,
        "stage": stage.stage,
    })
}

/// If its `Content-Type` is a binary media type, the body is in base64 ("Content type conversions in API Gateway"). A
/// missing `Content-Type` counts as `application/json`.
fn body(call: &Call, binary_media_types: &[String]) -> (Value, bool) {
    if call.body.is_empty() {
        return (Value::Null, false);
    }
    let content_type = call.own_header("Content-Type").unwrap_or_else(|| "application/json".to_owned());
    if headers::is_binary(&content_type, binary_media_types) {
        return (json!(STANDARD.encode(&call.body)), true);
    }
    (json!(text_of(&call.body)), false)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::indexing_slicing, reason = "a test fails by panicking")]

    use super::*;
    use crate::api_gateway::fixture::call;

    #[test]
    fn a_request_authorizer_sees_the_clients_spelling_and_every_value() {
        let mut call = call("GET", "/a/b?x=1&x=%2F2");
        call.headers.push(("cOOkie".to_owned(), b"a=1".to_vec()));
        call.headers.push(("Cookie".to_owned(), b"b=2".to_vec()));
        call.headers.push(("Cookie".to_owned(), b"c=3".to_vec()));
        let event = request_authorizer(&call, EmptyMaps::Empty);
        assert_eq!(event["type"], "REQUEST");
        assert_eq!(event["headers"]["cOOkie"], "a=1");
        assert_eq!(event["headers"]["Cookie"], "c=3");
        assert_eq!(event["multiValueHeaders"]["Cookie"], json!(["b=2", "c=3"]));
        assert_eq!(event["queryStringParameters"], json!({"x": "/2"}));
        assert_eq!(event["multiValueQueryStringParameters"], json!({"x": ["1", "/2"]}));
        assert_eq!(event["pathParameters"], json!({"proxy": "a/b"}));
        assert_eq!(event["resource"], "/{proxy+}");
        assert_eq!(event["path"], "/a/b");
        assert_eq!(
            event["methodArn"],
            "arn:aws:execute-api:eu-central-1:123456789012:local00000/prod/GET/a/b"
        );
        assert!(event.get("body").is_none(), "a REST authorizer never gets the body");
        assert!(event["requestContext"]["identity"]["userArn"].is_null());
    }

    #[test]
    fn an_authorizer_event_shows_no_query_either_way() {
        let call = call("GET", "/a");
        assert_eq!(request_authorizer(&call, EmptyMaps::Empty)["queryStringParameters"], json!({}));
        assert!(request_authorizer(&call, EmptyMaps::Null)["queryStringParameters"].is_null());
    }

    #[test]
    fn a_proxy_event_has_null_where_there_is_nothing() {
        let event = proxy(&call("GET", "/a"), &[]);
        for name in ["body", "queryStringParameters", "multiValueQueryStringParameters"] {
            assert!(event[name].is_null(), "{name}");
        }
        assert_eq!(event["isBase64Encoded"], false);
    }

    #[test]
    fn a_proxy_event_has_the_authorizers_context_as_text() {
        let event = proxy(&call("GET", "/a"), &[]);
        assert_eq!(
            event["requestContext"]["authorizer"],
            json!({"principalId": "principal", "sub": "user-1"})
        );
    }

    #[test]
    fn a_body_of_a_binary_media_type_is_base64() {
        let mut call = call("POST", "/a");
        call.body = b"a=1".to_vec();
        call.headers.push(("content-type".to_owned(), b"application/x-www-form-urlencoded".to_vec()));
        let every = ["*/*".to_owned()];
        let event = proxy(&call, &every);
        assert_eq!((event["body"].clone(), event["isBase64Encoded"].clone()), (json!("YT0x"), json!(true)));
        let event = proxy(&call, &["image/png".to_owned()]);
        assert_eq!((event["body"].clone(), event["isBase64Encoded"].clone()), (json!("a=1"), json!(false)));
    }

    #[test]
    fn the_clients_address_stands_behind_what_it_claims() {
        let mut call = call("GET", "/a");
        call.headers.push(("x-forwarded-for".to_owned(), b"10.0.0.1".to_vec()));
        let event = proxy(&call, &[]);
        assert_eq!(event["headers"]["X-Forwarded-For"], "10.0.0.1, 127.0.0.1");
        assert!(event["headers"].get("x-forwarded-for").is_none());
        assert_eq!(event["headers"]["X-Forwarded-Proto"], "https");
    }

    #[test]
    fn a_function_does_not_see_hop_by_hop_headers() {
        let mut call = call("GET", "/a");
        call.headers.push(("Connection".to_owned(), b"keep-alive".to_vec()));
        call.headers.push(("Expect".to_owned(), b"x".to_vec()));
        let event = proxy(&call, &[]);
        assert!(event["headers"].get("Connection").is_none());
        assert!(event["headers"].get("Expect").is_none());
        assert!(event["headers"].get("Host").is_some());
    }
}
