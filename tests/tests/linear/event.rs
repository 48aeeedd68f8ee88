//! Builds events of three kinds with many items of one dimension.

use serde_json::{Map, Value, json};

/// An event of an HTTP API, payload 2.0.
pub(crate) fn http_api(method: &str, path: &str, query: &str, headers: &[(String, String)]) -> Value {
    let headers: Map<String, Value> =
        headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "http": {"method": method, "sourceIp": "192.0.2.7"}, "requestId": "r", "stage": "$default",
        },
        "isBase64Encoded": false,
    })
}

/// An event of a load balancer whose target group has multi-value headers.
pub(crate) fn load_balancer(headers: &Value, query: &Value) -> Value {
    json!({
        "requestContext": {"elb": {
            "targetGroupArn": "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/a/6d0ecf831eec9f09",
        }},
        "httpMethod": "GET",
        "path": "/a",
        "multiValueHeaders": headers,
        "multiValueQueryStringParameters": query,
    })
}

/// An event of a REST API for its authorizer, which contains headers and query twice.
pub(crate) fn authorizer(headers: &Map<String, Value>, query: &Map<String, Value>) -> Value {
    let every = |single: &Map<String, Value>| -> Map<String, Value> {
        single.iter().map(|(name, value)| (name.clone(), json!([value]))).collect()
    };
    json!({
        "type": "REQUEST",
        "methodArn": "arn:aws:execute-api:eu-west-1:123456789012:abcdef1234/app/GET/a",
        "resource": "/{proxy+}",
        "path": "/a",
        "httpMethod": "GET",
        "headers": headers,
        "multiValueHeaders": every(headers),
        "queryStringParameters": query,
        "multiValueQueryStringParameters": every(query),
        "pathParameters": {"proxy": "a"},
        "requestContext": {
            "resourcePath": "/{proxy+}", "httpMethod": "GET", "path": "/app/a", "stage": "app",
            "requestId": "r", "identity": {"sourceIp": "192.0.2.7"},
        },
    })
}
