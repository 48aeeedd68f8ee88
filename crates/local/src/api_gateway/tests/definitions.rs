//! Changes one thing in a good template for each fault.

use super::*;

fn faults(from: &str, to: &str) -> String {
    let good = fixture::text();
    let bad = good.replacen(from, to, 1);
    assert_ne!(good, bad, "`{from}` is not in the fixture");
    match RestApi::from_template(&bad, &Inputs::default(), Behaviour::default()) {
        Ok(_) => "no fault".to_owned(),
        Err(error) => {
            let messages: Vec<String> = error.faults.iter().map(|fault| fault.message.clone()).collect();
            messages.join("; ")
        }
    }
}

fn api(text: &str) -> RestApi {
    RestApi::from_template(text, &Inputs::default(), Behaviour::default()).unwrap()
}

#[test]
fn the_functions_of_the_api_are_named() {
    let names = api(&fixture::text()).functions();
    assert_eq!(
        names.into_iter().collect::<Vec<_>>(),
        ["AuthorizerFunction", "CallbackFunction", "LoginFunction"]
    );
}

#[test]
fn a_function_that_is_not_there_is_refused_at_start() {
    let error = api(&fixture::text()).with(Backends::new(Functions::new())).err().unwrap();
    assert_eq!(error.logical_ids, ["AuthorizerFunction", "CallbackFunction", "LoginFunction"]);
}

#[test]
fn an_open_upstream_route_is_legal_and_reported() {
    assert!(api(&fixture::text()).open_routes().is_empty());
    let text = fixture::text().replacen("security: [{Session: []}]", "security: [{NONE: []}]", 1);
    let open = api(&text).open_routes();
    assert_eq!(open.len(), 1);
    assert!(open[0].starts_with("GET /token (line "), "{open:?}");
}

#[test]
fn without_security_a_method_has_the_default_authorizer_even_when_it_says_none_in_a_list() {
    let text = fixture::text().replacen("security: [{Session: []}]", "security: []", 1);
    assert!(api(&text).open_routes().is_empty());
}

#[test]
fn faults_of_several_routes_show_at_once() {
    let text = fixture::text().replace("type: http_proxy", "type: nothing");
    let error = RestApi::from_template(&text, &Inputs::default(), Behaviour::default()).unwrap_err();
    assert_eq!(error.faults.len(), 4);
    assert!(error.faults.iter().all(|fault| fault.line > 1));
}

#[test]
fn integrations_are_checked() {
    for (from, to, expected) in [
        ("type: http_proxy", "type: http", "/items/{id} GET: integration type `http` is not supported here"),
        ("type: http_proxy", "type: mock", "/items/{id} GET: integration type `mock` is not supported here"),
        (
            "/i/{id}",
            "/i/{other}",
            "/items/{id} GET: {other} in the uri has no integration.request.path.other",
        ),
        ("httpMethod: GET", "httpMethod: FETCH", "/items/{id} GET: `FETCH` is not a method of API Gateway"),
        (
            "httpMethod: POST",
            "httpMethod: GET",
            "/oauth2/login ANY: Lambda functions are invoked with httpMethod POST",
        ),
        ("/invocations", "/invoke", "/oauth2/login ANY: `uri` is not an invocation of a Lambda function"),
        (
            "${UpstreamUrl}/i/",
            "upstream/i/",
            "/items/{id} GET: `upstream/i/{id}` is not an http or https URI",
        ),
        (
            "passthroughBehavior: when_no_match",
            "tlsConfig: {}",
            "/{proxy+} ANY: x-amazon-apigateway-integration: `tlsConfig` is not supported here",
        ),
        (
            "passthroughBehavior: when_no_match",
            "timeoutInMillis: 30000",
            "/{proxy+} ANY: `timeoutInMillis` must be from 50 to 29000",
        ),
        (
            "passthroughBehavior: when_no_match",
            "connectionType: VPC_LINK",
            "/{proxy+} ANY: only connectionType INTERNET is supported here",
        ),
        (
            "passthroughBehavior: when_no_match",
            "responseTransferMode: CHUNKED",
            "/{proxy+} ANY: `responseTransferMode` must be BUFFERED or STREAM",
        ),
        (
            "passthroughBehavior: when_no_match",
            "responseTransferMode: STREAM\n                timeoutInMillis: 900001",
            "/{proxy+} ANY: `timeoutInMillis` must be from 50 to 900000",
        ),
        (
            "httpMethod: POST",
            "httpMethod: POST\n                responseTransferMode: STREAM",
            "/oauth2/login ANY: a function is not supported here with responseTransferMode STREAM",
        ),
    ] {
        assert_eq!(faults(from, to), expected, "{to}");
    }
}

#[test]
fn mappings_are_checked() {
    for (from, to, expected) in [
        (
            "\"'edge'\"",
            "edge",
            "/{proxy+} ANY: `edge` is not a mapping source; put static text in quotes: \"'text'\"",
        ),
        (
            "context.authorizer.absent",
            "context.unknown",
            "/{proxy+} ANY: `context.unknown` is not a context variable that is known here",
        ),
        (
            "context.authorizer.absent",
            "method.request.path.other",
            "/{proxy+} ANY: the path has no parameter {other}",
        ),
        (
            "context.authorizer.absent",
            "method.request.header.X",
            "/{proxy+} ANY: the method does not declare the header parameter `X`",
        ),
        (
            "context.authorizer.absent",
            "method.request.querystring.x",
            "/{proxy+} ANY: the method does not declare the query parameter `x`",
        ),
        (
            "integration.request.header.x-absent",
            "integration.request.header.Content-Length",
            "/{proxy+} ANY: API Gateway refuses a mapping onto `Content-Length`",
        ),
        (
            "integration.request.header.x-absent",
            "integration.request.cookie.x",
            "/{proxy+} ANY: `integration.request.cookie.x` is not an integration request parameter",
        ),
        (
            "parameters: [{name: id, in: path",
            "parameters: [{name: other, in: path",
            "/items/{id} GET: the method does not declare the path parameter `id`",
        ),
    ] {
        assert_eq!(faults(from, to), expected, "{to}");
    }
}

#[test]
fn authorizers_are_checked() {
    let identity = "Identity: {ReauthorizeEvery: 0}";
    for (from, to, expected) in [
        (
            identity,
            "Identity: {}",
            "authorizer `Session` caches for 300 s, AWS's default: only 0 is supported here",
        ),
        (
            identity,
            "Identity: {ReauthorizeEvery: 60}",
            "authorizer `Session` caches for 60 s: only 0 is supported here",
        ),
        (
            identity,
            "Identity: {ReauthorizeEvery: 0, Headers: [Cookie]}",
            "Identity: `Headers` is not supported here",
        ),
        (
            identity,
            "AuthorizationScopes: [a]",
            "authorizer `Session`: `AuthorizationScopes` is not supported here",
        ),
        ("DefaultAuthorizer: Session", "DefaultAuthorizer: Other", "there is no authorizer `Other`"),
        (
            "FunctionPayloadType: REQUEST",
            "FunctionPayloadType: TOKEN",
            "only `FunctionPayloadType` `REQUEST` is supported here",
        ),
        (
            "security: [{Session: []}]",
            "security: [{Other: []}]",
            "/token GET: there is no authorizer `Other`",
        ),
        (
            "security: [{Session: []}]",
            "security: [{Session: []}, {NONE: []}]",
            "/token GET: a method with several security requirements is not supported here",
        ),
    ] {
        assert_eq!(faults(from, to), expected, "{to}");
    }
}

#[test]
fn gateway_responses_are_checked() {
    for (from, to, expected) in [
        ("ACCESS_DENIED", "ACCESS_REFUSED", "`ACCESS_REFUSED` is not a gateway response type"),
        ("StatusCode: 302", "StatusCode: 3020", "`3020` is not a status code"),
        ("StatusCode: 302", "Status: 302", "gateway response ACCESS_DENIED: `Status` is not supported here"),
        (
            "\"'no-store'\"",
            "no-store",
            "`no-store` is not a mapping source; put static text in quotes: \"'text'\"",
        ),
        (
            "Cache-Control: \"'no-store'\"",
            "'Cache Control': \"'no-store'\"",
            "`Cache Control` is not a header name",
        ),
    ] {
        assert_eq!(faults(from, to), expected, "{to}");
    }
}

#[test]
fn a_function_without_permission_is_a_fault() {
    let login = "/oauth2/login ANY: API Gateway has no permission to invoke LoginFunction";
    let rest = "/oauth2/{proxy+} ANY: API Gateway has no permission to invoke LoginFunction";
    for (from, to) in [
        ("FunctionName: !Ref LoginFunction", "FunctionName: !Ref CallbackFunction"),
        ("Principal: apigateway", "Principal: elasticloadbalancing"),
        ("Action: lambda:InvokeFunction", "Action: lambda:GetFunction"),
        ("${Api}/prod/*", "${Api}/test/*"),
        ("${Api}/prod/*", "${Api}/prod/GET/*"),
    ] {
        assert_eq!(faults(from, to), format!("{login}; {rest}"), "{to}");
    }
    assert_eq!(faults("${Api}/prod/*", "${Api}/prod/*/oauth2/login"), rest);
}

#[test]
fn a_permission_is_for_its_own_method_and_path_alone() {
    let expected = "/oauth2/callback GET: API Gateway has no permission to invoke CallbackFunction";
    for other in ["*/GET/oauth2/callback2", "*/POST/oauth2/callback"] {
        assert_eq!(faults("*/GET/oauth2/callback", other), expected, "{other}");
    }
}

#[test]
fn the_rest_of_the_api_is_checked() {
    for (from, to, expected) in [
        ("Name: fixture", "Cors: '*'", "AWS::Serverless::Api: `Cors` is not supported here"),
        (
            "Name: fixture",
            "MergeDefinitions: true",
            "AWS::Serverless::Api: `MergeDefinitions` is not supported here",
        ),
        ("StageName: prod", "StageName: 'a b'", "`a b` is not a stage name"),
        ("openapi: 3.0.1", "openapi: '2.0'", "only OpenAPI 3 is supported here"),
        (
            "        paths:",
            "        security: [{Session: []}]\n        paths:",
            "DefinitionBody: `security` is not supported here",
        ),
        (
            "        paths:",
            "        x-amazon-apigateway-policy: {}\n        paths:",
            "DefinitionBody: `x-amazon-apigateway-policy` is not supported here",
        ),
        ("  /token:", "  /to ken:", "/to ken: `to ken` is not a path segment"),
        (
            "  /oauth2/{proxy+}:",
            "  /{proxy+}/oauth2:",
            "/{proxy+}/oauth2: `{proxy+}` must be the last segment",
        ),
    ] {
        assert_eq!(faults(from, to), expected, "{to}");
    }
}

#[test]
fn a_template_that_is_cut_anywhere_is_a_fault_or_an_api_and_never_a_panic() {
    let text = fixture::text();
    for end in (0..text.len()).step_by(61) {
        if let Some(cut) = text.get(..end) {
            let _ = RestApi::from_template(cut, &Inputs::default(), Behaviour::default());
        }
    }
}

#[test]
fn hosts_over_tls_are_named() {
    let text = fixture::text().replacen("http://127.0.0.1:8420", "https://upstream.example.com", 1);
    assert_eq!(api(&text).secure_upstreams().into_iter().collect::<Vec<_>>(), ["upstream.example.com"]);
    assert!(api(&fixture::text()).secure_upstreams().is_empty());
}
