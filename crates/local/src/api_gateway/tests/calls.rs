use super::*;

#[tokio::test]
async fn an_unknown_path_is_missing_authentication_token() {
    let seen = Setting::default().open();
    let response = seen.send("DELETE", "/items/7", &[]).await;
    assert_eq!(
        (response.status, text(&response).as_str()),
        (403, r#"{"message":"Missing Authentication Token"}"#)
    );
}

#[tokio::test]
async fn a_method_that_rest_apis_do_not_have_has_no_route() {
    let seen = Setting::default().open();
    for method in ["TRACE", "CONNECT", "PROPFIND", "get"] {
        assert_eq!(seen.send(method, "/a", &[]).await.status, 403, "{method}");
    }
}

#[tokio::test]
async fn x_http_method_override_changes_the_method() {
    let seen = Setting::default().open();
    seen.send("GET", "/a", &[("x-http-method-override", "delete")]).await;
    assert_eq!(seen.forwarded().method, "DELETE");
}

#[tokio::test]
async fn on_a_custom_domain_no_stage_is_in_the_path() {
    let seen = Setting::default().open();
    seen.send("GET", "/oauth2/login", &[]).await;
    let event = seen.invoked();
    assert_eq!(
        (event["path"].clone(), event["requestContext"]["path"].clone()),
        (json!("/oauth2/login"), json!("/oauth2/login"))
    );
    assert_eq!(event["requestContext"]["stage"], "prod");
}

#[tokio::test]
async fn on_execute_api_the_stage_is_in_the_path_of_the_context_alone() {
    let behaviour = Behaviour { endpoint: Endpoint::ExecuteApi, ..Behaviour::default() };
    let seen = Setting { behaviour, ..Setting::default() }.open();
    seen.send("GET", "/prod/oauth2/login", &[]).await;
    let event = seen.invoked();
    assert_eq!(event["path"], "/oauth2/login");
    assert_eq!(event["requestContext"]["path"], "/prod/oauth2/login");
    assert_eq!(seen.send("GET", "/prod", &[]).await.status, 200);
    assert_eq!(seen.forwarded().target, "/base/");
    for outside in ["/oauth2/login", "/production/a", "/"] {
        let response = seen.send("GET", outside, &[]).await;
        assert_eq!(
            (response.status, text(&response).as_str()),
            (403, r#"{"message":"Forbidden"}"#),
            "{outside}"
        );
    }
}

#[tokio::test]
async fn an_encoded_slash_reaches_the_upstream_either_way() {
    let seen = Setting::default().open();
    seen.send("GET", "/a%2Fb", &[]).await;
    assert_eq!(seen.forwarded().target, "/base/a/b");
    let behaviour = Behaviour { path_parameters: PathParameters::AsSent, ..Behaviour::default() };
    let seen = Setting { behaviour, ..Setting::default() }.open();
    seen.send("GET", "/a%2Fb", &[]).await;
    assert_eq!(seen.forwarded().target, "/base/a%2Fb");
}

#[tokio::test]
async fn dot_segments_are_left_as_they_are() {
    let seen = Setting::default().open();
    seen.send("GET", "/a/../b/./c", &[]).await;
    assert_eq!(seen.forwarded().target, "/base/a/../b/./c");
}

#[tokio::test]
async fn a_function_gets_the_event_and_answers() {
    let answer = json!({"statusCode": 302, "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"]}, "body": ""});
    let seen = Setting { login: Ok(answer), ..Setting::default() }.open();
    let mut request = request("POST", "/oauth2/login?rd=%2Fa&rd=b", &[("cOOkie", "x=y")]);
    request.body = b"a=1".to_vec();
    let response = seen.gateway.handle(&request).await;
    assert_eq!(response.status, 302);
    assert_eq!(response.header_values("set-cookie").len(), 2);
    assert_eq!(
        header(&response, "x-amzn-requestid").as_deref(),
        Some("01234567-89ab-cdef-0123-456789abcdef")
    );
    let event = seen.invoked();
    assert_eq!(event["headers"]["cOOkie"], "x=y");
    assert_eq!(event["queryStringParameters"], json!({"rd": "b"}));
    assert_eq!(event["multiValueQueryStringParameters"], json!({"rd": ["/a", "b"]}));
    assert_eq!((event["body"].clone(), event["isBase64Encoded"].clone()), (json!("YT0x"), json!(true)));
    assert_eq!(event["stageVariables"], json!({"colour": "blue"}));
    assert!(event["pathParameters"].is_null());
}

#[tokio::test]
async fn a_function_that_fails_or_answers_badly_is_502() {
    for login in [Err("boom".to_owned()), Ok(json!({})), Ok(json!({"statusCode": 200, "other": 1}))] {
        let seen = Setting { login, ..Setting::default() }.open();
        let response = seen.send("GET", "/oauth2/login", &[]).await;
        assert_eq!(
            (response.status, text(&response).as_str()),
            (502, r#"{"message":"Internal server error"}"#)
        );
    }
}

#[tokio::test]
async fn the_rest_of_the_prefix_is_its_functions() {
    let seen = Setting::default().open();
    seen.send("GET", "/oauth2/a%20b/c", &[]).await;
    let event = seen.invoked();
    assert_eq!(event["resource"], "/oauth2/{proxy+}");
    assert_eq!(event["path"], "/oauth2/a%20b/c");
    assert_eq!(event["pathParameters"], json!({"proxy": "a b/c"}));
}

#[tokio::test]
async fn an_upstream_that_is_down_is_504() {
    let seen = Setting { upstream: Err("refused".to_owned()), ..Setting::default() }.open();
    let response = seen.send("GET", "/a", &[]).await;
    assert_eq!(
        (response.status, text(&response).as_str()),
        (504, r#"{"message":"Network error communicating with endpoint"}"#)
    );
}

#[tokio::test]
async fn an_upstreams_headers_are_remapped() {
    let headers = ["WWW-Authenticate", "Server", "Set-Cookie", "Set-Cookie", "Transfer-Encoding"];
    let headers = headers.map(|name| (name.to_owned(), b"v".to_vec())).to_vec();
    let upstream = Ok(RawResponse { status: 401, headers, body: Vec::new() });
    let seen = Setting { upstream, ..Setting::default() }.open();
    let response = seen.send("GET", "/a", &[]).await;
    let names: Vec<&str> = response.headers.iter().map(|(name, _)| name.as_str()).collect();
    let expected = [
        "x-amzn-Remapped-WWW-Authenticate",
        "x-amzn-Remapped-Server",
        "Set-Cookie",
        "Set-Cookie",
        "Content-Type",
        "x-amzn-RequestId",
        "x-amz-apigw-id",
    ];
    assert_eq!(names, expected);
}

#[tokio::test]
async fn header_values_over_10240_bytes_are_refused() {
    let seen = Setting::default().open();
    let host = "localhost:8400".len();
    let fits = "x".repeat(10_240 - host);
    assert_eq!(seen.send("GET", "/a", &[("Cookie", &fits)]).await.status, 200);
    let over = "x".repeat(10_241 - host);
    assert_eq!(seen.send("GET", "/a", &[("Cookie", &over)]).await.status, 431);
}

#[tokio::test]
async fn a_url_over_10240_characters_is_414() {
    let seen = Setting::default().open();
    assert_eq!(seen.send("GET", &format!("/a?{}", "x".repeat(10_237)), &[]).await.status, 200);
    assert_eq!(seen.send("GET", &format!("/a?{}", "x".repeat(10_238)), &[]).await.status, 414);
}

#[tokio::test]
async fn a_body_over_10_mb_is_413() {
    let seen = Setting::default().open();
    let mut request = request("POST", "/a", &[]);
    request.body = vec![0; 10 * 1024 * 1024];
    assert_eq!(seen.gateway.handle(&request).await.status, 200);
    request.body.push(0);
    assert_eq!(seen.gateway.handle(&request).await.status, 413);
}

#[tokio::test]
async fn a_bare_pipe_in_the_query_is_refused() {
    let seen = Setting::default().open();
    assert_eq!(seen.send("GET", "/a?x=a|b", &[]).await.status, 400);
    assert_eq!(seen.send("GET", "/a?x=a%7Cb", &[]).await.status, 200);
}
