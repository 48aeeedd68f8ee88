//! Sends oversized requests: they cause no panic and no 500, and never reach the upstream.

use fronts::fronts;
use local::cognito::{MintKey, NewUser};
use serde_json::{Value, json};
use tests::invocation::invoke;
use tests::world::World;

#[fronts(every_front)]
async fn three_hundred_cookies_are_read_and_ours_are_found() {
    let world = World::with_stored_sessions();
    let (session, _) = crate::credentials::session_and_attempt(&world).await;
    let mut cookies: Vec<String> = (0..300).map(|number| format!("c{number}=v{number}")).collect();
    cookies.insert(150, format!("{}={session}", world.session_cookie()));
    let reply = world.send("GET", "/anything", &[("cookie", &cookies.join("; "))]).await;
    assert_eq!(reply.status, 200);
    assert_eq!(world.last_received().sole("cookie").unwrap().split("; ").count(), 300);
}

#[fronts(every_front)]
async fn three_hundred_of_our_own_cookies_are_cleared_away() {
    let world = World::new();
    let cookies: Vec<String> = (0..300).map(|number| format!("__Host-attempt-{number:08}=x")).collect();
    let mut headers = super::PAGE.to_vec();
    let field = cookies.join("; ");
    headers.push(("cookie", &field));
    let reply = world.send("GET", "/oauth2/login", &headers).await;
    assert_eq!(reply.status, 302);
    let bytes: usize = reply.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    assert!(bytes < 10_240, "{bytes}");
    let expired = reply.values("set-cookie").iter().filter(|cookie| cookie.contains("Max-Age=0")).count();
    assert!(expired >= 20, "{expired}");
}

#[fronts(every_front)]
async fn two_hundred_chunks_of_a_session_are_cleared_away() {
    let world = World::new();
    let name = world.session_cookie();
    let chunks: Vec<String> = (1..100)
        .flat_map(|number| {
            [format!("{name}.{number}=x"), format!("{}.{number}=x", name.replace("__Host-", "__Secure-"))]
        })
        .collect();
    let mut headers = super::PAGE.to_vec();
    let field = chunks.join("; ");
    headers.push(("cookie", &field));
    for path in ["/oauth2/login", "/anything"] {
        let reply = world.send("GET", path, &headers).await;
        assert_eq!(reply.status, 302, "{path}");
        let bytes: usize = reply.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        assert!(bytes < 10_240, "{path}: {bytes}");
    }
}

#[fronts(every_front)]
async fn more_header_than_a_front_takes_never_reaches_the_upstream() {
    let world = World::new();
    let bearer = format!("Bearer {}", world.access_token(&NewUser::local_admin()));
    let large = "x".repeat(world.front.too_large_a_field());
    for name in ["cookie", "x-note", "authorization", "accept"] {
        let headers = if name == "authorization" {
            vec![(name, large.as_str())]
        } else {
            vec![("authorization", bearer.as_str()), (name, large.as_str())]
        };
        let reply = world.send("GET", "/anything", &headers).await;
        assert!((400..500).contains(&reply.status), "{name}: {}", reply.status);
    }
    assert!(world.received().is_empty());
}

/// Invokes the authorizer without API Gateway's own limits.
async fn authorizer(world: &World, headers: &Value) -> Result<Value, String> {
    let event = json!({
        "type": "REQUEST",
        "methodArn": "arn:aws:execute-api:eu-central-1:123456789012:local00000/app/GET/anything",
        "resource": "/{proxy+}",
        "path": "/anything",
        "httpMethod": "GET",
        "headers": headers,
        "multiValueHeaders": headers
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| (name.clone(), json!([value])))
            .collect::<serde_json::Map<_, _>>(),
        "queryStringParameters": {},
        "multiValueQueryStringParameters": {},
        "pathParameters": {"proxy": "anything"},
        "stageVariables": {},
        "requestContext": {
            "path": "/anything",
            "accountId": "123456789012",
            "resourceId": "abc",
            "stage": "app",
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "identity": {"sourceIp": "192.0.2.7"},
            "resourcePath": "/{proxy+}",
            "httpMethod": "GET",
            "apiId": "local00000",
        },
    });
    let functions = world.functions();
    let answer = invoke(functions["AuthorizerFunction"].as_ref(), event.to_string().as_bytes()).await;
    answer.map(|bytes| serde_json::from_slice(&bytes).unwrap()).map_err(|error| error.error_message)
}

#[fronts(rest)]
async fn a_good_token_passes_the_bare_function() {
    let world = World::new();
    let bearer = format!("Bearer {}", world.access_token(&NewUser::local_admin()));
    let answer = authorizer(&world, &json!({"Authorization": bearer})).await.unwrap();
    assert_eq!(answer["policyDocument"]["Statement"][0]["Effect"], "Allow");
}

#[fronts(rest)]
async fn tokens_of_a_hundred_kilobytes_are_unauthorized() {
    let world = World::new();
    let good = world.access_token(&NewUser::local_admin());
    let long_claim = json!({"x": "x".repeat(75_000)}).to_string();
    let tokens = [
        "x".repeat(100_000),
        ".".repeat(100_000),
        format!("{good}{}", "A".repeat(100_000)),
        world.stand_in.mint_raw("{\"alg\":\"RS256\",\"kid\":\"x\"}", &long_claim, MintKey::Access).unwrap(),
    ];
    for token in tokens {
        let refused = authorizer(&world, &json!({"Authorization": format!("Bearer {token}")})).await;
        assert_not_let_through(refused);
    }
}

#[fronts(rest)]
async fn cookies_of_a_hundred_kilobytes_are_unauthorized() {
    let world = World::new();
    let name = world.session_cookie();
    for cookie in [
        format!("{name}={}", "A".repeat(100_000)),
        format!("{name}.0={}", "A".repeat(100_000)),
        ";".repeat(100_000),
        "=".repeat(100_000),
        format!("{name}=x;").repeat(5_000),
    ] {
        assert_not_let_through(authorizer(&world, &json!({"Cookie": cookie})).await);
    }
}

#[fronts(every_front)]
async fn json_ten_thousand_deep_is_refused_and_not_followed_down() {
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let objects = format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000));
    for event in [deep.clone(), objects.clone(), format!("{{\"type\":\"REQUEST\",\"headers\":{deep}}}")] {
        assert_no_function_takes(&World::new(), event.as_bytes()).await;
    }
}

#[fronts(every_front)]
async fn a_token_five_thousand_deep_is_refused_and_not_followed_down() {
    let world = World::new();
    let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
    let claims = format!("{{\"iss\":\"http://127.0.0.1:8410/us-east-1_LocalPool\",\"x\":{deep}}}");
    let header = "{\"alg\":\"RS256\",\"kid\":\"x\"}";
    let token = world.stand_in.mint_raw(header, &claims, MintKey::Access).unwrap();
    let bearer = format!("Bearer {token}");
    if !world.front.is_proxy() {
        assert_not_let_through(authorizer(&world, &json!({"Authorization": bearer})).await);
    }
    let reply = world.send("GET", "/anything", &[("authorization", &bearer)]).await;
    assert!([401, 431].contains(&reply.status), "{reply:?}");
    assert!(world.received().is_empty());
}

#[fronts(every_front)]
async fn bytes_that_are_no_event_are_refused_by_every_function() {
    let world = World::new();
    let events: [&[u8]; 9] = [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\"x\"",
        b"{",
        b"\xff\xfe",
        b"{\"type\":\"REQUEST\"}",
        b"{\"version\":\"2.0\"}",
    ];
    for event in events {
        assert_no_function_takes(&world, event).await;
    }
}

async fn assert_no_function_takes(world: &World, event: &[u8]) {
    for (name, function) in world.functions() {
        let answer = invoke(function.as_ref(), event).await;
        let text = answer.map_or_else(|error| error.error_message, |bytes| String::from_utf8(bytes).unwrap());
        assert!(!text.contains("\"Allow\"") && !text.contains("\"statusCode\":500"), "{name}: {text}");
    }
    assert!(world.received().is_empty());
}

/// Asserts a 401, or a Deny that leads to the error page.
fn assert_not_let_through(answer: Result<Value, String>) {
    match answer {
        Err(message) => assert_eq!(message, "Unauthorized"),
        Ok(answer) => assert_eq!(answer["policyDocument"]["Statement"][0]["Effect"], "Deny", "{answer}"),
    }
}
