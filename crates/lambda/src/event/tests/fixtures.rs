//! Reads events written by the types of `aws_lambda_events`, which have AWS's member names.

use aws_lambda_events::alb::AlbTargetGroupRequest;
use aws_lambda_events::apigw::{
    ApiGatewayCustomAuthorizerRequest, ApiGatewayCustomAuthorizerRequestTypeRequest, ApiGatewayProxyRequest,
    ApiGatewayV2CustomAuthorizerV2Request, ApiGatewayV2httpRequest,
};
use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlRequest;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{http_api_event, load_balancer_event, request, rest_event, with};
use crate::event::parse_authorizer_event;

/// The event after the public types have read and written it: with nulls and empty maps.
fn through<T: DeserializeOwned + Serialize>(event: &Value) -> Value {
    serde_json::to_value(serde_json::from_value::<T>(event.clone()).unwrap()).unwrap()
}

/// The request without the data that those types lose: order and spelling of names, and the value of
/// `headers`.
fn essence(event: &Value) -> (String, String, Vec<(String, String)>) {
    let request = request(event);
    let mut headers: Vec<(String, String)> =
        request.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    headers.sort();
    (request.path, request.method.to_string(), headers)
}

#[test]
fn a_rest_event_goes_through_the_public_type() {
    assert_eq!(essence(&through::<ApiGatewayProxyRequest>(&rest_event())), essence(&rest_event()));
}

#[test]
fn an_http_api_event_goes_through_the_public_type() {
    let through = through::<ApiGatewayV2httpRequest>(&http_api_event());
    assert_eq!(essence(&through), essence(&http_api_event()));
}

#[test]
fn a_function_url_event_goes_through_the_public_type() {
    let through = through::<LambdaFunctionUrlRequest>(&http_api_event());
    assert_eq!(essence(&through), essence(&http_api_event()));
}

#[test]
fn a_load_balancer_event_goes_through_the_public_type() {
    let through = through::<AlbTargetGroupRequest>(&load_balancer_event());
    assert_eq!(essence(&through), essence(&load_balancer_event()));
}

#[test]
fn authorizer_events_go_through_the_public_types() {
    let arn = "arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/prod/GET/orders/7";
    let request = with(with(rest_event(), "/type", json!("REQUEST")), "/methodArn", json!(arn));
    let request = through::<ApiGatewayCustomAuthorizerRequestTypeRequest>(&request);
    // Only that type writes the values of `queryStringParameters` as lists.
    let request = with(request, "/queryStringParameters", json!({"view": "full"}));
    assert_eq!(parse_authorizer_event(request.to_string().as_bytes()).err(), None);
    let token = json!({"type": "TOKEN", "methodArn": arn, "authorizationToken": "Bearer abc"});
    let token = through::<ApiGatewayCustomAuthorizerRequest>(&token);
    assert_eq!(parse_authorizer_event(token.to_string().as_bytes()).err(), None);
    let route = with(with(http_api_event(), "/type", json!("REQUEST")), "/routeArn", json!(arn));
    let route = through::<ApiGatewayV2CustomAuthorizerV2Request>(&route);
    assert_eq!(parse_authorizer_event(route.to_string().as_bytes()).err(), None);
}
