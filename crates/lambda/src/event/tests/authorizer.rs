//! Events of Lambda authorizers.

use aws_lambda_events::apigw::ApiGatewayCustomAuthorizerRequestTypeRequest;
use serde_json::{Value, json};

use super::{fields, http_api_event, rest_event, with, without};
use crate::event::{AuthorizerEvent, AuthorizerForm, EventRefusal, RefusedEvent, parse_authorizer_event};

const ARN: &str = "arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/prod/GET/orders/7";

fn rest() -> Value {
    with(with(rest_event(), "/type", json!("REQUEST")), "/methodArn", json!(ARN))
}

fn token() -> Value {
    json!({"type": "TOKEN", "methodArn": ARN, "authorizationToken": "Bearer abc"})
}

fn http_api_1() -> Value {
    let event = with(rest(), "/version", json!("1.0"));
    let event = without(without(event, "/multiValueHeaders"), "/multiValueQueryStringParameters");
    let event = with(event, "/identitySource", json!("user1,123"));
    with(event, "/authorizationToken", json!("user1,123"))
}

fn http_api_2() -> Value {
    let event = with(http_api_event(), "/type", json!("REQUEST"));
    let event = with(event, "/identitySource", json!(["user1", "123"]));
    with(event, "/routeArn", json!(ARN))
}

fn read(event: &Value) -> Result<AuthorizerEvent, RefusedEvent<AuthorizerForm>> {
    parse_authorizer_event(event.to_string().as_bytes())
}

fn refusal(event: &Value) -> EventRefusal {
    read(event).unwrap_err().refusal
}

#[test]
fn a_request_event_is_read() {
    let event = read(&rest()).unwrap();
    assert_eq!(event.form, AuthorizerForm::RestRequest);
    assert_eq!(event.request.path, "/orders/7");
    assert_eq!(event.request.query, "view=short&view=full");
    assert_eq!(event.request.headers.values("cookie").count(), 2);
    assert_eq!(event.request.request_id, "c6af9ac6-7b61-11e6-9a41-93e8deadbeef");
    assert_eq!(event.arn.method(), "GET");
}

#[test]
fn a_slash_at_the_end_goes_where_the_integration_goes_by_the_parameter() {
    assert_eq!(read(&with(rest(), "/path", json!("/orders/7/"))).unwrap().request.path, "/orders/7");
}

#[test]
fn a_connection_of_a_web_socket_is_read() {
    let sample = include_bytes!("../../../../../events/authorizer/websocket-session.json");
    let as_aws_has_it: ApiGatewayCustomAuthorizerRequestTypeRequest = serde_json::from_slice(sample).unwrap();
    assert!(as_aws_has_it.method_arn.unwrap().ends_with("/$connect"));
    let event = parse_authorizer_event(sample).unwrap();
    assert_eq!(event.form, AuthorizerForm::WebSocket);
    assert_eq!((event.request.method.as_str(), event.request.path.as_str()), ("GET", "/$connect"));
    assert_eq!(event.request.source_ip.as_deref(), Some("203.0.113.7"));
    assert_eq!(event.request.headers.sole("origin"), Some("http://localhost:8400"));
    assert_eq!(event.request.query, "");
}

#[test]
fn a_token_event_has_its_token_and_nothing_else() {
    let event = read(&token()).unwrap();
    assert_eq!(event.form, AuthorizerForm::RestToken);
    assert_eq!(fields(&event.request), [("authorization", "Bearer abc")]);
    assert_eq!((event.request.method.as_str(), event.request.path.as_str()), ("GET", "/orders/7"));
}

#[test]
fn a_token_event_without_a_token_has_no_field() {
    assert_eq!(fields(&read(&without(token(), "/authorizationToken")).unwrap().request), []);
    let null = with(token(), "/authorizationToken", Value::Null);
    assert_eq!(fields(&read(&null).unwrap().request), []);
}

#[test]
fn an_http_api_event_of_format_1_is_read() {
    let event = read(&http_api_1()).unwrap();
    assert_eq!(event.form, AuthorizerForm::HttpApiV1);
    assert_eq!(event.request.headers.sole("Cookie"), Some("theme=dark"));
    assert_eq!(event.request.path, "/orders/7");
}

#[test]
fn an_http_api_event_of_format_2_is_read() {
    let event = read(&http_api_2()).unwrap();
    assert_eq!(event.form, AuthorizerForm::HttpApiV2);
    assert_eq!(event.request.headers.sole("cookie"), Some("a=1; theme=dark"));
    let stage = "arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/prod/*";
    assert_eq!(event.arn.policy_resource(), stage);
}

#[test]
fn an_event_of_no_form_is_refused() {
    for event in [
        json!({}),
        without(rest(), "/type"),
        with(rest(), "/type", json!("token")),
        with(token(), "/version", json!("1.0")),
        with(http_api_2(), "/version", json!("3.0")),
    ] {
        assert_eq!(refusal(&event), EventRefusal::Unsupported);
    }
}

#[test]
fn an_event_without_its_arn_is_refused() {
    for event in [rest(), token(), http_api_1()] {
        let member = EventRefusal::MissingMember("methodArn");
        assert_eq!(refusal(&without(event.clone(), "/methodArn")), member);
        assert_eq!(refusal(&with(event, "/methodArn", Value::Null)), member);
    }
    assert_eq!(refusal(&without(http_api_2(), "/routeArn")), EventRefusal::MissingMember("routeArn"));
}

#[test]
fn an_arn_that_is_none_is_refused() {
    for arn in [json!(7), json!(""), json!("*"), json!("arn:aws:s3:::bucket")] {
        assert_eq!(refusal(&with(rest(), "/methodArn", arn)), EventRefusal::WrongType("methodArn"));
    }
}

#[test]
fn a_token_that_is_no_text_is_refused() {
    let event = with(token(), "/authorizationToken", json!(["Bearer abc"]));
    assert_eq!(refusal(&event), EventRefusal::WrongType("authorizationToken"));
}

#[test]
fn a_control_character_in_a_token_is_refused() {
    let event = with(token(), "/authorizationToken", json!("Bearer a\u{0}"));
    assert_eq!(refusal(&event), EventRefusal::ControlCharacter);
}

#[test]
fn a_method_that_is_not_of_capital_letters_is_refused_in_every_form() {
    for method in ["get", "Get", "trace", "connect", "GET1", "*"] {
        let arn = ARN.replace("/GET/", &format!("/{method}/"));
        for event in [
            with(rest(), "/httpMethod", json!(method)),
            with(http_api_1(), "/httpMethod", json!(method)),
            with(http_api_2(), "/requestContext/http/method", json!(method)),
            with(token(), "/methodArn", json!(arn)),
        ] {
            assert_eq!(refusal(&event), EventRefusal::MethodMalformed, "{method}");
        }
    }
}

#[test]
fn header_maps_that_disagree_are_refused() {
    let event = with(rest(), "/headers/Authorization", json!("Bearer abc"));
    assert_eq!(refusal(&event), EventRefusal::HeadersDisagree);
}

#[test]
fn a_path_of_two_meanings_is_refused() {
    let event = with(rest(), "/pathParameters/proxy", json!("public"));
    assert_eq!(refusal(&event), EventRefusal::PathMismatch);
}

#[test]
fn a_refused_event_keeps_form_and_id() {
    let refused = read(&with(http_api_2(), "/headers", json!(7))).unwrap_err();
    assert_eq!(refused.refusal, EventRefusal::WrongType("headers"));
    assert_eq!(refused.shape, AuthorizerForm::HttpApiV2);
    assert_eq!(refused.request_id, "JKJaXmPLvHcESHA=");
}

#[test]
fn an_event_cut_at_any_length_is_refused() {
    for event in [rest(), token(), http_api_1(), http_api_2()] {
        let text = event.to_string();
        for length in 0..text.len() {
            let cut = text.as_bytes().get(..length).unwrap();
            assert_eq!(parse_authorizer_event(cut).unwrap_err().refusal, EventRefusal::NotJson);
        }
    }
}
