//! Payload format 1.0.

use serde_json::{Value, json};

use super::{fields, refusal, request, rest_event, shape_and_request, with, without};
use crate::event::{EventRefusal, EventShape, parse_http_event};

#[test]
fn a_rest_event_is_read_as_it_is() {
    let (shape, request) = shape_and_request(&rest_event());
    assert_eq!(shape, EventShape::RestV1);
    assert_eq!(request.method, http::Method::GET);
    assert_eq!(request.path, "/orders/7");
    assert_eq!(request.query, "view=short&view=full");
    assert_eq!(request.query_values("view"), ["short", "full"]);
    assert_eq!(
        fields(&request),
        [
            ("Accept", "text/html"),
            ("Cookie", "a=1"),
            ("Cookie", "theme=dark"),
            ("Host", "abcdef1234.execute-api.eu-central-1.amazonaws.com"),
        ]
    );
    assert_eq!(request.body, b"");
    assert_eq!(request.source_ip.as_deref(), Some("203.0.113.7"));
    assert_eq!(request.request_id, "c6af9ac6-7b61-11e6-9a41-93e8deadbeef");
}

#[test]
fn members_keep_the_order_and_the_spelling_of_the_event() {
    let event = r#"{"httpMethod":"GET","path":"/","multiValueHeaders":{"z":["1"],"Authorization":["a"],
        "authorization":["b"],"a":["2"],"z":["3"]},"multiValueQueryStringParameters":{"y":["1"],"b":["2"],"y":["3"]}}"#;
    let request = crate::event::parse_http_event(event.as_bytes(), "").unwrap().request;
    let expected = [("z", "1"), ("Authorization", "a"), ("authorization", "b"), ("a", "2"), ("z", "3")];
    assert_eq!(fields(&request), expected);
    assert_eq!(request.query, "y=1&b=2&y=3");
}

#[test]
fn null_maps_are_none() {
    let mut event = rest_event();
    for member in [
        "/headers",
        "/multiValueHeaders",
        "/queryStringParameters",
        "/multiValueQueryStringParameters",
        "/pathParameters",
        "/body",
        "/isBase64Encoded",
        "/requestContext",
    ] {
        event = with(event, member, Value::Null);
    }
    let request = request(&event);
    assert_eq!(fields(&request), []);
    assert_eq!(request.query, "");
    assert_eq!(request.path, "/orders/7");
    assert_eq!((request.source_ip, request.request_id), (None, String::new()));
}

#[test]
fn missing_maps_are_none() {
    let mut event = rest_event();
    for member in [
        "/headers",
        "/multiValueHeaders",
        "/queryStringParameters",
        "/multiValueQueryStringParameters",
        "/pathParameters",
        "/body",
        "/isBase64Encoded",
        "/requestContext",
        "/resource",
    ] {
        event = without(event, member);
    }
    assert_eq!(request(&event).path, "/orders/7");
}

#[test]
fn single_headers_are_taken_where_there_are_no_others() {
    let event = without(rest_event(), "/multiValueHeaders");
    let request = request(&event);
    assert_eq!(request.headers.sole("cookie"), Some("theme=dark"));
}

#[test]
fn an_empty_multi_value_map_tells_nothing() {
    let event = with(rest_event(), "/multiValueHeaders", json!({}));
    let request = request(&with(event, "/multiValueQueryStringParameters", json!({})));
    assert_eq!(request.headers.sole("cookie"), Some("theme=dark"));
    assert_eq!(request.query, "view=full");
}

#[test]
fn a_header_that_only_the_single_map_has_is_refused() {
    let event = with(rest_event(), "/headers/X-Vestibule-Sub", json!("admin"));
    assert_eq!(refusal(&event), EventRefusal::HeadersDisagree);
}

#[test]
fn a_header_value_that_only_the_single_map_has_is_refused() {
    let event = with(rest_event(), "/headers/Cookie", json!("theme=light"));
    assert_eq!(refusal(&event), EventRefusal::HeadersDisagree);
}

#[test]
fn a_query_value_that_only_the_single_map_has_is_refused() {
    let event = with(rest_event(), "/queryStringParameters/view", json!("none"));
    assert_eq!(refusal(&event), EventRefusal::QueryDisagrees);
}

#[test]
fn a_query_name_that_only_the_single_map_has_is_refused() {
    let event = with(rest_event(), "/queryStringParameters/rd", json!("/"));
    assert_eq!(refusal(&event), EventRefusal::QueryDisagrees);
}

#[test]
fn decoded_query_values_are_encoded_again() {
    let query = json!({"a b": ["x&y=z", "1+1", "ü", "100%", "#"], "flag": [""]});
    let event = with(rest_event(), "/multiValueQueryStringParameters", query);
    let request = request(&with(event, "/queryStringParameters", Value::Null));
    assert_eq!(request.query, "a%20b=x%26y%3Dz&a%20b=1%2B1&a%20b=%C3%BC&a%20b=100%25&a%20b=%23&flag=");
    assert_eq!(request.query_values("a b"), ["x&y=z", "1+1", "ü", "100%", "#"]);
}

#[test]
fn a_line_break_in_a_decoded_query_stays_encoded() {
    let event = with(rest_event(), "/queryStringParameters", Value::Null);
    let event = with(event, "/multiValueQueryStringParameters", json!({"rd": ["/\r\nset-cookie: a=b"]}));
    assert_eq!(request(&event).query, "rd=/%0D%0Aset-cookie:%20a%3Db");
}

#[test]
fn the_root_resource_is_the_root_path() {
    let event = with(rest_event(), "/resource", json!("/"));
    assert_eq!(request(&with(event, "/path", json!("/"))).path, "/");
}

/// A good event from a custom domain name, where `path` may start with a base path.
fn custom_domain_event(path: &str) -> Value {
    with(with(rest_event(), "/path", json!(path)), "/requestContext/path", json!(path))
}

#[test]
fn a_base_path_mapping_is_taken_off() {
    assert_eq!(request(&custom_domain_event("/shop/orders/7")).path, "/orders/7");
    let root = with(custom_domain_event("/shop"), "/resource", json!("/"));
    assert_eq!(request(&root).path, "/");
    let login = with(custom_domain_event("/shop/oauth2/login"), "/resource", json!("/oauth2/login"));
    assert_eq!(request(&login).path, "/oauth2/login");
}

#[test]
fn an_apis_own_host_has_no_base_path() {
    let event = with(rest_event(), "/path", json!("/shop/orders/7"));
    let event = with(event, "/requestContext/path", json!("/prod/shop/orders/7"));
    assert_eq!(refusal(&event), EventRefusal::PathMismatch);
    let root = with(rest_event(), "/resource", json!("/"));
    assert_eq!(refusal(&root), EventRefusal::PathMismatch);
    let empty = with(rest_event(), "/pathParameters/proxy", json!(""));
    assert_eq!(refusal(&empty), EventRefusal::PathMismatch);
}

#[test]
fn a_base_path_ends_at_a_slash() {
    for path in ["/shoporders/7", "/7", "/orders/77", "/"] {
        assert_eq!(refusal(&custom_domain_event(path)), EventRefusal::PathMismatch, "{path}");
    }
}

#[test]
fn an_encoded_slash_ends_no_base_path() {
    for path in ["/shop%2forders/7", "/shop%2Forders/7", "/shop%252forders/7", "%2fshop/orders/7"] {
        let judged = parse_http_event(custom_domain_event(path).to_string().as_bytes(), "");
        let refused = judged.map(|event| event.request.path).map_err(|refused| refused.refusal);
        assert!(
            matches!(refused, Err(EventRefusal::PathMismatch | EventRefusal::PathMalformed)),
            "{path}: {refused:?}"
        );
    }
    let inside = with(custom_domain_event("/shop/orders%2f7"), "/pathParameters/proxy", json!("orders%2f7"));
    assert_eq!(request(&inside).path, "/orders%2f7");
}

#[test]
fn a_path_parameter_may_be_decoded() {
    let event = with(rest_event(), "/path", json!("/orders/a%20b"));
    let request = request(&with(event, "/pathParameters/proxy", json!("orders/a b")));
    assert_eq!(request.path, "/orders/a%20b");
}

#[test]
fn a_path_parameter_that_is_another_path_is_refused() {
    let event = with(rest_event(), "/pathParameters/proxy", json!("admin"));
    assert_eq!(refusal(&event), EventRefusal::PathMismatch);
}

#[test]
fn a_path_that_was_decoded_twice_is_refused() {
    let event = with(rest_event(), "/path", json!("/orders%252F7"));
    let event = with(event, "/pathParameters/proxy", json!("orders/7"));
    assert_eq!(refusal(&event), EventRefusal::PathMismatch);
}

#[test]
fn a_slash_at_the_end_stays_where_we_send_the_path_on() {
    assert_eq!(request(&with(rest_event(), "/path", json!("/orders/7/"))).path, "/orders/7/");
}

#[test]
fn a_resource_without_its_parameter_leaves_the_path() {
    assert_eq!(request(&with(rest_event(), "/pathParameters", json!({}))).path, "/orders/7");
}

#[test]
fn a_nested_greedy_resource_is_filled() {
    let event = with(rest_event(), "/resource", json!("/oauth2/{proxy+}"));
    let event = with(event, "/path", json!("/oauth2/nowhere/at/all"));
    let event = with(event, "/pathParameters/proxy", json!("nowhere/at/all"));
    assert_eq!(request(&event).path, "/oauth2/nowhere/at/all");
}

#[test]
fn an_http_apis_stage_is_taken_off_payload_1() {
    let event = with(rest_event(), "/version", json!("1.0"));
    let event = without(with(event, "/path", json!("/prod/orders/7")), "/resource");
    assert_eq!(request(&event).path, "/orders/7");
}

#[test]
fn a_rest_path_that_starts_like_the_stage_stays() {
    let event = without(with(rest_event(), "/path", json!("/prod/orders/7")), "/resource");
    assert_eq!(request(&event).path, "/prod/orders/7");
}

#[test]
fn a_base64_body_is_decoded() {
    let event = with(rest_event(), "/isBase64Encoded", json!(true));
    assert_eq!(request(&with(event, "/body", json!("cmQ9JTJG/w=="))).body, b"rd=%2F\xff");
}

#[test]
fn a_text_body_stays() {
    assert_eq!(request(&with(rest_event(), "/body", json!("cmQ9"))).body, b"cmQ9");
}

#[test]
fn a_body_that_is_no_base64_is_refused() {
    for body in ["c", "cmQ", "cm Q9", "cmQ9\n", "cmQ-", "ü"] {
        let event = with(rest_event(), "/isBase64Encoded", json!(true));
        assert_eq!(refusal(&with(event, "/body", json!(body))), EventRefusal::BodyNotBase64, "{body}");
    }
}

#[test]
fn the_extended_request_id_stands_beside_the_one_that_a_client_can_choose() {
    let (long, bounded) = ("x".repeat(1_000), "x".repeat(128));
    for (told, expected) in [("U2tPXFGkFiAFuyQ=", "U2tPXFGkFiAFuyQ="), ("a\n\"b<c", "abc"), (&long, &bounded)]
    {
        let event = with(rest_event(), "/requestContext/extendedRequestId", json!(told));
        let read = parse_http_event(event.to_string().as_bytes(), "").unwrap();
        assert_eq!(read.request.extended_request_id, expected);
        let refused = parse_http_event(without(event, "/path").to_string().as_bytes(), "").unwrap_err();
        assert_eq!(refused.extended_request_id, expected);
    }
}
