//! Tests the authorizer of a WebSocket API, which is called on `$connect`; any page can cause that.

use lambda::authorizer_function::AuthorizerFunction;
use local::cognito::NewUser;
use serde_json::{Map, Value, json};
use tests::invocation::invoke;
use tests::world::{APPLICATION, Setup, World};

const STAGE: &str = "arn:aws:execute-api:eu-west-1:123456789012:abcdef1234/prod";

/// API Gateway's event for a connection with these fields.
fn event(fields: &[(&str, &str)]) -> Value {
    let single: Map<String, Value> =
        fields.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    let multiple: Map<String, Value> =
        fields.iter().map(|(name, value)| ((*name).to_owned(), json!([value]))).collect();
    json!({
        "type": "REQUEST",
        "methodArn": format!("{STAGE}/$connect"),
        "headers": single,
        "multiValueHeaders": multiple,
        "queryStringParameters": {},
        "multiValueQueryStringParameters": {},
        "stageVariables": {},
        "requestContext": {
            "routeKey": "$connect",
            "eventType": "CONNECT",
            "messageDirection": "IN",
            "stage": "prod",
            "connectedAt": 1_795_860_000_000_u64,
            "requestTimeEpoch": 1_795_860_000_001_u64,
            "identity": {"sourceIp": "203.0.113.7"},
            "requestId": "U2tPXFGkFiAFuyQ=",
            "connectionId": "U2tPXc8AliACH5A=",
            "domainName": "abcdef1234.execute-api.eu-west-1.amazonaws.com",
            "apiId": "abcdef1234",
        },
    })
}

/// `Allow`, `Deny` or the error, and the context.
async fn outcome(world: &World, event: &Value) -> (String, Value) {
    let authorizer = AuthorizerFunction::new(world.shared_site());
    match invoke(&authorizer, event.to_string().as_bytes()).await {
        Ok(answer) => {
            let answer: Value = serde_json::from_slice(&answer).unwrap();
            let statement = &answer["policyDocument"]["Statement"];
            assert_eq!(statement.as_array().unwrap().len(), 1);
            assert_eq!(
                statement[0]["Resource"],
                format!("{STAGE}/$connect"),
                "the connection and nothing else"
            );
            assert!(answer["context"]["location"].is_null(), "a handshake follows no redirect");
            (statement[0]["Effect"].as_str().unwrap().to_owned(), answer["context"].clone())
        }
        Err(error) => (error.error_message, Value::Null),
    }
}

async fn session(world: &World) -> String {
    let browser = world.browser();
    world.sign_in(&browser, "/get").await;
    let name = world.session_cookie();
    let cookie = browser.cookies("localhost").into_iter().find(|cookie| cookie.name == name).unwrap();
    format!("{}={}", cookie.name, cookie.value)
}

#[tokio::test]
async fn a_web_socket_opens_with_a_session_of_an_own_page_or_with_a_bearer_token() {
    for storage in ["cookie", "memory"] {
        let world = Setup::default().set("session_storage", storage).build();
        let cookie = session(&world).await;
        let bearer = format!("Bearer {}", world.access_token(&NewUser::local_admin()));
        let (own, foreign) = (("Origin", APPLICATION), ("Origin", "https://evil.example"));
        let session = ("Cookie", cookie.as_str());
        let navigation =
            [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"), ("Accept", "text/html")];
        for (fields, expected) in [
            (vec![own, session], "Allow"),
            (vec![("origin", APPLICATION), ("cookie", &cookie)], "Allow"),
            (vec![own, session, ("Sec-Fetch-Mode", "websocket"), ("Sec-Fetch-Site", "same-origin")], "Allow"),
            (vec![("Authorization", bearer.as_str())], "Allow"),
            (vec![foreign, ("Authorization", bearer.as_str())], "Allow"), // no page can set it
            // The page's origin must be known.
            (vec![session], "Deny"),
            (vec![foreign, session], "Deny"),
            (vec![("Origin", "null"), session], "Deny"),
            (vec![("Origin", ""), session], "Deny"),
            (vec![("Origin", "https://localhost:8400"), session], "Deny"),
            (vec![("Origin", "http://localhost:8401"), session], "Deny"),
            (vec![("Origin", "http://localhost:8400.evil.example"), session], "Deny"),
            (vec![("Origin", "http://localhost:8400, https://evil.example"), session], "Deny"),
            (vec![("Origin", "http://localhost:8400/"), session], "Deny"),
            (vec![own, ("origin", "https://evil.example"), session], "Deny"),
            (vec![foreign, ("Referer", "http://localhost:8400/"), session], "Deny"),
            (vec![foreign, ("Cookie", "theme=dark")], "Deny"),
            // The user must be known.
            (vec![own], "Unauthorized"),
            (vec![], "Unauthorized"),
            (vec![own, ("Cookie", "theme=dark")], "Unauthorized"),
            ([vec![own], navigation.to_vec()].concat(), "Unauthorized"),
            (vec![own, ("Authorization", "Bearer a.b.c")], "Unauthorized"),
            (vec![own, session, ("Authorization", "Bearer a.b.c")], "Unauthorized"),
            (vec![own, session, ("X-Vestibule-Sub", "admin")], "Deny"),
            (vec![own, session, ("Remote-User", "admin")], "Deny"),
            (vec![own, session, ("X-HTTP-Method-Override", "PUT")], "Deny"),
        ] {
            assert_eq!(outcome(&world, &event(&fields)).await.0, expected, "{storage} {fields:?}");
        }
        let (_, context) = outcome(&world, &event(&[own, session])).await;
        assert_eq!((&context["authenticated"], &context["groups"]), (&json!("true"), &json!("admins")));
        assert!(context["authorization"].as_str().unwrap().starts_with("Bearer "));
    }
}

#[tokio::test]
async fn a_rule_for_connections_holds_for_them_and_no_open_start_page_does() {
    let start = json!({"paths": ["/"], "auth": "none"});
    let of_admins = json!({"paths": ["/$connect"], "groups_required": ["admins"]});
    let of_nobody = json!({"paths": ["/$connect"], "groups_required": ["nobody"]});
    let optional = json!({"paths": ["/$connect"], "auth": "optional"});
    let open = json!({"paths": ["/$connect"], "auth": "none"});
    for (rules, with_session, without, from_elsewhere) in [
        (json!([start]), "Allow", "Unauthorized", "Deny"),
        (json!([of_admins]), "Allow", "Unauthorized", "Deny"),
        (json!([of_nobody]), "Deny", "Unauthorized", "Deny"),
        (json!([optional]), "Allow", "Allow", "Deny"),
        (json!([open]), "Allow", "Allow", "Allow"),
    ] {
        let world = Setup::default().set("routes", rules.clone()).build();
        let cookie = session(&world).await;
        let own = ("Origin", APPLICATION);
        let ask = async |fields: &[(&str, &str)]| outcome(&world, &event(fields)).await.0;
        assert_eq!(ask(&[own, ("Cookie", &cookie)]).await, with_session, "{rules}");
        assert_eq!(ask(&[own]).await, without, "{rules}");
        let foreign = [("Origin", "https://evil.example"), ("Cookie", cookie.as_str())];
        let (effect, context) = outcome(&world, &event(&foreign)).await;
        assert_eq!(effect, from_elsewhere, "{rules}");
        assert_ne!(context["authenticated"], "true", "a foreign page is nobody: {rules}");
    }
}

/// Only the opening of a connection can be authorized, and no other event is allowed by mistake.
#[tokio::test]
async fn a_request_that_is_no_connection_is_refused() {
    let world = World::new();
    let cookie = session(&world).await;
    let good = event(&[("Origin", APPLICATION), ("Cookie", &cookie)]);
    for (pointer, value) in [
        ("/requestContext/eventType", json!("MESSAGE")),
        ("/requestContext/eventType", json!("DISCONNECT")),
        ("/requestContext/eventType", json!("connect")),
        ("/requestContext/routeKey", json!("$default")),
        ("/requestContext/routeKey", json!("$connect ")),
        ("/requestContext/routeKey", Value::Null),
        ("/methodArn", json!(format!("{STAGE}/$default"))),
        ("/methodArn", json!(format!("{STAGE}/GET/"))),
        ("/methodArn", json!(format!("{STAGE}/$connect/a"))),
        ("/methodArn", json!("*")),
        ("/methodArn", Value::Null),
        ("/type", json!("TOKEN")),
    ] {
        let mut event = good.clone();
        *event.pointer_mut(pointer).unwrap() = value.clone();
        let authorizer = AuthorizerFunction::new(world.shared_site());
        let answer = invoke(&authorizer, event.to_string().as_bytes()).await;
        let answer = answer.map(|answer| serde_json::from_slice::<Value>(&answer).unwrap());
        let denied = |answer: &Value| answer["policyDocument"]["Statement"][0]["Effect"] == "Deny";
        assert!(answer.as_ref().map_or(true, denied), "{pointer} {value}: {answer:?}");
    }
    let mut rest = good;
    rest["httpMethod"] = json!("GET");
    let authorizer = AuthorizerFunction::new(world.shared_site());
    assert!(invoke(&authorizer, rest.to_string().as_bytes()).await.is_err(), "of two kinds");
}
