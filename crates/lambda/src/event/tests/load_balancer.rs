//! Application Load Balancers.

use serde_json::json;

use super::{load_balancer_event, refusal, request, shape_and_request, with, without};
use crate::event::{EventRefusal, EventShape};

#[test]
fn a_multi_value_event_is_read_as_it_is() {
    let (shape, request) = shape_and_request(&load_balancer_event());
    assert_eq!(shape, EventShape::Alb { multi_value: true });
    assert_eq!(request.path, "/orders/7");
    assert_eq!(request.headers.values("cookie").collect::<Vec<_>>(), ["a=1", "theme=dark"]);
    assert_eq!(request.source_ip.as_deref(), Some("203.0.113.7"));
    assert_eq!(request.request_id, "Root=1-5c536348-3d683b8b04734faae651f476");
}

#[test]
fn a_query_is_joined_as_it_was_sent() {
    let query = request(&load_balancer_event()).query;
    // The members may stand in any order, but the values of one member may not.
    assert!(
        ["name=a%20b&view=short&view=full", "view=short&view=full&name=a%20b"].contains(&query.as_str()),
        "{query}"
    );
}

#[test]
fn an_event_without_multi_value_headers_is_told_apart() {
    let event = without(load_balancer_event(), "/multiValueHeaders");
    let event = without(event, "/multiValueQueryStringParameters");
    let event = with(event, "/headers", json!({"cookie": "theme=dark"}));
    let (shape, request) = shape_and_request(&with(event, "/queryStringParameters", json!({"view": "full"})));
    assert_eq!(shape, EventShape::Alb { multi_value: false });
    assert_eq!(request.headers.sole("cookie"), Some("theme=dark"));
    assert_eq!(request.query, "view=full");
}

#[test]
fn only_the_load_balancers_own_element_of_forwarded_for_counts() {
    let event = with(
        load_balancer_event(),
        "/multiValueHeaders/x-forwarded-for",
        json!(["127.0.0.1", "10.0.0.1,  203.0.113.9"]),
    );
    assert_eq!(request(&event).source_ip.as_deref(), Some("203.0.113.9"));
}

#[test]
fn the_client_of_a_load_balancer_is_an_address_or_nobody() {
    for (element, address) in [
        ("203.0.113.9", Some("203.0.113.9")),
        ("203.0.113.9:47110", Some("203.0.113.9")),
        ("2001:db8::9", Some("2001:db8::9")),
        ("[2001:db8::9]", Some("2001:db8::9")),
        ("[2001:db8::9]:47110", Some("2001:db8::9")),
        ("unknown", None),
        ("", None),
        ("203.0.113.9:", None),
        ("203.0.113.999", None),
        ("<script>", None),
    ] {
        let event = with(load_balancer_event(), "/multiValueHeaders/x-forwarded-for", json!([element]));
        assert_eq!(request(&event).source_ip.as_deref(), address, "{element}");
    }
}

#[test]
fn a_trace_id_is_cut_down_to_an_id() {
    let trace = format!("Root=1-<script>{}", "x".repeat(500));
    let event = with(load_balancer_event(), "/multiValueHeaders/x-amzn-trace-id", json!([trace]));
    let id = request(&event).request_id;
    assert!(id.starts_with("Root=1-scriptxxx") && id.len() == 128, "{id}");
}

#[test]
fn the_load_balancers_own_trace_names_the_request() {
    let root = "Root=1-67891233-abcdef012345678912345678";
    let goes_on = "Self=1-67891234-012345678912345678abcdef;Root=1-67891233-abcdef012345678912345678";
    for (fields, id) in [
        (json!([root, "Root=mine"]), root),
        (json!(["mine", root]), root),
        (json!(["Root=1-67891233-short", root]), root),
        (json!([root, goes_on]), goes_on),
        (json!([goes_on, root]), goes_on),
        (json!(["mine", "yours"]), "mine"),
        (json!(["Self=1-6789123-012345678912345678abcdef", root]), root),
        (json!(["Self=1-67891234-012345678912345678abcdeg", root]), root),
        (json!(["Self=2-67891234-012345678912345678abcdef", root]), root),
        (json!(["", ""]), ""),
    ] {
        let event = with(load_balancer_event(), "/multiValueHeaders/x-amzn-trace-id", fields.clone());
        assert_eq!(request(&event).request_id, id, "{fields}");
    }
}

#[test]
fn a_control_character_in_the_query_is_refused() {
    let event = with(load_balancer_event(), "/multiValueQueryStringParameters/view", json!(["\n"]));
    assert_eq!(refusal(&event), EventRefusal::ControlCharacter);
}

#[test]
fn a_target_of_another_form_is_refused() {
    for path in ["http://front.example/orders", "front.example:443", "*", ""] {
        let event = with(load_balancer_event(), "/path", json!(path));
        assert_eq!(refusal(&event), EventRefusal::PathMalformed, "{path}");
    }
}
