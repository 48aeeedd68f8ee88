//! Payload format 2.0: HTTP APIs and function URLs.

use serde_json::{Value, json};

use super::{fields, http_api_event, refusal, request, shape_and_request, with, without};
use crate::event::{EventRefusal, EventShape};

#[test]
fn an_http_api_event_is_read_as_it_is() {
    let (shape, request) = shape_and_request(&http_api_event());
    assert_eq!(shape, EventShape::HttpApiV2);
    assert_eq!(request.method, http::Method::GET);
    assert_eq!(request.path, "/orders/7");
    assert_eq!(request.query, "view=short&view=full&name=a%20b");
    assert_eq!(
        fields(&request),
        [
            ("accept", "text/html,application/xhtml+xml"),
            ("host", "abcdef1234.execute-api.eu-central-1.amazonaws.com"),
            ("x-forwarded-for", "203.0.113.7"),
            ("cookie", "a=1; theme=dark"),
        ]
    );
    assert_eq!(request.source_ip.as_deref(), Some("203.0.113.7"));
    assert_eq!(request.request_id, "JKJaXmPLvHcESHA=");
}

#[test]
fn missing_maps_are_none() {
    let event = without(without(http_api_event(), "/headers"), "/cookies");
    let request = request(&without(event, "/rawQueryString"));
    assert_eq!((fields(&request), request.query.as_str()), (vec![], ""));
}

#[test]
fn null_maps_are_none() {
    let event = with(with(http_api_event(), "/headers", Value::Null), "/cookies", Value::Null);
    let request = request(&with(event, "/rawQueryString", Value::Null));
    assert_eq!((fields(&request), request.query.as_str()), (vec![], ""));
}

#[test]
fn a_cookie_field_that_tells_the_same_is_taken_once() {
    for told in ["a=1; theme=dark", "a=1;theme=dark", "a=1,theme=dark", "a=1; theme=dark;"] {
        let request = request(&with(http_api_event(), "/headers/Cookie", json!(told)));
        assert_eq!(request.headers.sole("cookie"), Some("a=1; theme=dark"), "{told}");
    }
}

#[test]
fn a_cookie_field_that_tells_otherwise_is_refused() {
    for told in ["a=1", "a=2; theme=dark", "theme=dark; a=1", "a=1; theme=dark; c=3"] {
        let event = with(http_api_event(), "/headers/cookie", json!(told));
        assert_eq!(refusal(&event), EventRefusal::HeadersDisagree, "{told}");
    }
}

#[test]
fn a_cookie_field_alone_stays() {
    let event = with(without(http_api_event(), "/cookies"), "/headers/cookie", json!("a=1;b=2"));
    assert_eq!(request(&event).headers.sole("cookie"), Some("a=1;b=2"));
}

#[test]
fn a_named_stage_is_taken_off() {
    let event = with(http_api_event(), "/requestContext/stage", json!("prod"));
    for (raw, path) in [
        ("/prod/orders/7", "/orders/7"),
        ("/prod", "/"),
        ("/prod/", "/"),
        ("/production", "/production"),
        ("/orders", "/orders"),
        ("/prod//x", "//x"),
    ] {
        assert_eq!(request(&with(event.clone(), "/rawPath", json!(raw))).path, path, "{raw}");
    }
}

#[test]
fn the_default_stage_is_no_part_of_the_path() {
    let event = with(http_api_event(), "/rawPath", json!("/$default/orders"));
    assert_eq!(request(&event).path, "/$default/orders");
}

#[test]
fn a_route_with_a_parameter_tells_the_path_below_any_base() {
    let event = with(http_api_event(), "/routeKey", json!("ANY /{proxy+}"));
    let event = with(event, "/pathParameters", json!({"proxy": "orders/7"}));
    for raw in ["/orders/7", "/prod/orders/7", "/shop/orders/7"] {
        assert_eq!(request(&with(event.clone(), "/rawPath", json!(raw))).path, "/orders/7", "{raw}");
    }
    assert_eq!(refusal(&with(event, "/rawPath", json!("/admin"))), EventRefusal::PathMismatch);
}

#[test]
fn a_control_character_in_the_raw_query_is_refused() {
    let event = with(http_api_event(), "/rawQueryString", json!("rd=/\r\na"));
    assert_eq!(refusal(&event), EventRefusal::ControlCharacter);
}

#[test]
fn a_control_character_in_a_cookie_is_refused() {
    let event = with(http_api_event(), "/cookies", json!(["a=1", "b=\u{1}"]));
    assert_eq!(refusal(&event), EventRefusal::ControlCharacter);
}

#[test]
fn a_cookie_that_is_no_text_is_refused() {
    for cookies in [json!([1]), json!([null]), json!("a=1"), json!({"a": "1"})] {
        let event = with(http_api_event(), "/cookies", cookies);
        assert_eq!(refusal(&event), EventRefusal::WrongType("cookies"));
    }
}

#[test]
fn a_member_of_every_such_event_is_required() {
    for (pointer, member) in [
        ("/rawPath", "rawPath"),
        ("/requestContext", "requestContext"),
        ("/requestContext/http", "requestContext.http"),
        ("/requestContext/http/method", "requestContext.http.method"),
    ] {
        assert_eq!(refusal(&without(http_api_event(), pointer)), EventRefusal::MissingMember(member));
        let null = with(http_api_event(), pointer, Value::Null);
        assert_eq!(refusal(&null), EventRefusal::MissingMember(member));
        assert_eq!(refusal(&with(http_api_event(), pointer, json!(7))), EventRefusal::WrongType(member));
    }
}

#[test]
fn an_http_api_waits_thirty_seconds_and_a_function_url_does_not() {
    let front_timeout = |event: &serde_json::Value| {
        crate::event::parse_http_event(event.to_string().as_bytes(), "")
            .unwrap()
            .front_timeout
            .map(|wait| wait.as_secs())
    };
    let of_host = |host: &str| with(http_api_event(), "/requestContext/domainName", json!(host));
    assert_eq!(front_timeout(&http_api_event()), Some(30));
    // The client may use any host name. Without a host name the front is unknown, and the shorter timeout is
    // the safe choice.
    assert_eq!(front_timeout(&of_host("www.example.com")), Some(30));
    assert_eq!(front_timeout(&without(http_api_event(), "/requestContext/domainName")), Some(30));
    assert_eq!(front_timeout(&of_host("abcdef1234.lambda-url.eu-central-1.on.aws")), None);
    let rest = super::rest_event();
    assert_eq!(front_timeout(&rest), None);
    assert_eq!(front_timeout(&with(rest, "/version", json!("1.0"))), Some(30));
    assert_eq!(front_timeout(&super::load_balancer_event()), None);
}
