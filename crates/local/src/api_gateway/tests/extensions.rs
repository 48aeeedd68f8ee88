//! An API that says everything in OpenAPI extensions, without SAM's `Auth` and `GatewayResponses`.

use super::*;

const TEXT: &str = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Check: {Type: AWS::Serverless::Function}
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: prod
      DefinitionBody:
        openapi: 3.0.1
        security: [{Request: []}]
        x-amazon-apigateway-binary-media-types: [image/PNG]
        x-amazon-apigateway-gateway-responses:
          DEFAULT_4XX:
            responseParameters: {gatewayresponse.header.X-Why: context.error.responseType}
            responseTemplates: {text/plain: 'because: $context.error.message'}
        components:
          securitySchemes:
            Request:
              type: apiKey
              name: Unused
              in: header
              x-amazon-apigateway-authtype: custom
              x-amazon-apigateway-authorizer:
                type: request
                authorizerUri: !Sub arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Check.Arn}/invocations
                authorizerResultTtlInSeconds: 0
                identitySource: method.request.header.Cookie, context.path
            Token:
              type: apiKey
              name: X-Token
              in: header
              x-amazon-apigateway-authtype: custom
              x-amazon-apigateway-authorizer:
                type: token
                authorizerUri: !Sub arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Check.Arn}/invocations
                authorizerResultTtlInSeconds: 0
        paths:
          /request:
            get:
              security: [{Request: []}]
              x-amazon-apigateway-integration: {type: http_proxy, httpMethod: ANY, uri: 'http://127.0.0.1:1/'}
          /token:
            get:
              security: [{Token: []}]
              x-amazon-apigateway-integration: {type: http_proxy, httpMethod: ANY, uri: 'http://127.0.0.1:1/'}
          /open:
            get:
              x-amazon-apigateway-integration: {type: http_proxy, httpMethod: ANY, uri: 'http://127.0.0.1:1/'}
";

fn opened(text: &str) -> Seen {
    let api = RestApi::from_template(text, &Inputs::default(), Behaviour::default()).unwrap();
    let mut seen = Setting::default().open();
    let check = function(&Ok(allow()), &seen.authorized);
    seen.gateway.backends.functions.insert("Check".to_owned(), check);
    seen.gateway.api = api;
    seen
}

#[tokio::test]
async fn both_kinds_of_authorizer_are_read() {
    let seen = opened(TEXT);
    assert_eq!(seen.send("GET", "/request", &[]).await.status, 200);
    assert_eq!(seen.send("GET", "/token", &[("X-Token", "t")]).await.status, 200);
    let events = seen.authorized.lock().unwrap();
    assert_eq!(
        (events[0]["type"].clone(), events[1]["authorizationToken"].clone()),
        (json!("REQUEST"), json!("t"))
    );
}

#[tokio::test]
async fn security_at_the_root_protects_nothing() {
    let seen = opened(TEXT);
    assert_eq!(seen.send("GET", "/open", &[]).await.status, 200);
    assert!(seen.authorized.lock().unwrap().is_empty());
    assert_eq!(seen.gateway.api.open_routes().len(), 1);
}

#[tokio::test]
async fn gateway_responses_of_openapi_are_read() {
    let response = opened(TEXT).send("GET", "/none", &[]).await;
    assert_eq!(response.status, 403);
    assert_eq!(header(&response, "x-why").as_deref(), Some("MISSING_AUTHENTICATION_TOKEN"));
    assert_eq!(header(&response, "content-type").as_deref(), Some("text/plain"));
    assert_eq!(text(&response), "because: Missing Authentication Token");
}

#[test]
fn faults_of_the_extensions_are_refused() {
    for (from, to, expected) in [
        (
            "TtlInSeconds: 0",
            "TtlInSeconds: 300",
            "authorizer `Request` caches for 300 s: only 0 is supported here",
        ),
        (
            "authtype: custom",
            "authtype: cognito_user_pools",
            "security scheme `Request` is no Lambda authorizer",
        ),
        ("type: request", "type: other", "authorizer type `other` is not supported here"),
        ("context.path", "method.request.path.x", "`method.request.path.x` is no identity source"),
        (
            "gatewayresponse.header.X-Why",
            "header.X-Why",
            "`header.X-Why` does not begin with gatewayresponse.header.",
        ),
    ] {
        let error =
            RestApi::from_template(&TEXT.replacen(from, to, 1), &Inputs::default(), Behaviour::default())
                .unwrap_err();
        assert_eq!(error.faults[0].message, expected, "{to}");
    }
}
